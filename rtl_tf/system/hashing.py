"""SHA-256 of files and of pixels, and what tells that a file is still the one that was looked at."""

import hashlib
import os
from functools import cache
from pathlib import Path

import numpy as np

State = tuple[int, int, int]


def state_of(path: str | Path) -> State | None:
    """Size, time of the last change and number of a file: while they stay, so does its content. None = no file."""
    try:
        state = os.stat(path)
    except (OSError, ValueError):
        return None
    return state.st_size, state.st_mtime_ns, state.st_ino


def file_hash(path: str | Path, algorithm: str = "sha256") -> str:
    """Hexadecimal hash of a file's bytes, SHA-256 unless asked otherwise. A file that stays as it is is read once."""
    return _file_hash(Path(path), algorithm, state_of(path))


def pixels_hash(pixels: np.ndarray) -> str:
    """Hexadecimal SHA-256 of the shape and the values of decoded pixels (H, W, 3)."""
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


@cache
def _file_hash(path: Path, algorithm: str, state: State | None) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
