"""A reader's input as a small tree of files in memory: relative name -> content."""

import os
from enum import Enum
from fnmatch import fnmatch
from pathlib import Path

import numpy as np


class Odd(Enum):
    """What may lie where a file should."""

    FIFO = "a pipe that nobody writes to"
    FOLDER = "a folder"
    LOOP = "a link to itself"
    DANGLING = "a link to nothing"
    DEVICE = "a link to an endless device"
    MISSING = "nothing"


Tree = dict[str, bytes | Odd]


def read_tree(folder: Path) -> Tree:
    """The files below a folder, by name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def write_tree(tree: Tree, folder: Path) -> None:
    """The tree below a folder, which is made."""
    folder.mkdir(parents=True)
    for name, content in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Odd):
            _write_odd(content, path)
        else:
            path.write_bytes(content)


def damageable(tree: Tree, patterns: tuple[str, ...]) -> list[str]:
    """Names of files that fit one of the patterns."""
    return [name for name in tree if any(fnmatch(name, pattern) for pattern in patterns)]


def random_odd(rng: np.random.Generator) -> Odd:
    return list(Odd)[rng.integers(len(Odd))]


def _write_odd(kind: Odd, path: Path) -> None:
    if kind is Odd.FIFO:
        os.mkfifo(path)
    elif kind is Odd.FOLDER:
        path.mkdir()
    elif kind is not Odd.MISSING:
        path.symlink_to({Odd.LOOP: path.name, Odd.DANGLING: "nowhere", Odd.DEVICE: "/dev/zero"}[kind])
