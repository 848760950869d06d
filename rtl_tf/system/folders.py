"""Folders in folders, behind links too."""

import os
from collections.abc import Iterator
from pathlib import Path

from rtl_tf.system.notes import warn_once


def folders_below(root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """As `os.walk`, with links followed and each folder once, so that a link to where it lies in leads round no circle.

    Names of folders are in order; who takes one out of the list is spared what is below it. One that cannot be read is
    told by `tell_unread`.
    """
    seen = set()
    for folder, folders, files in os.walk(root, onerror=tell_unread, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        yield Path(folder), folders, files


def tell_unread(problem: OSError) -> None:
    """For `os.walk`, which passes over folders without a word: an InputWarning of each that cannot be read."""
    if not isinstance(problem, FileNotFoundError):
        message = f"{problem.filename}: cannot be read ({problem.strerror}); what lies in it is left out"
        warn_once(message, message)
