"""Folders in folders, behind links too."""

import os
from collections.abc import Iterator
from pathlib import Path


def folders_below(root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """As `os.walk`, with links followed and each folder once, so that a link to where it lies in leads round no circle.

    Names of folders are in order; who takes one out of the list is spared what is below it.
    """
    seen = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        yield Path(folder), folders, files
