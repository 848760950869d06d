"""One process for each run: a folder that is being trained is closed to all others with the same temporary folder."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rtl_tf.exceptions import InputError

try:
    import fcntl
except ImportError:  # Windows has no such locks: there it is up to the user
    fcntl = None


@contextmanager
def alone_in(folder: str | Path) -> Iterator[None]:
    """Hold a folder, which need not exist yet; a killed process lets go of it.

    Raises:
        InputError: another process holds it.
    """
    file = _open(folder)
    try:
        if not _take(file):
            raise InputError(f"{folder} is being trained by another process: let it end, or give another --output")
        yield
    finally:
        os.close(file)


def is_taken(folder: str | Path) -> bool:
    """Whether a process holds the folder."""
    file = _open(folder)
    try:
        return not _take(file)
    finally:
        os.close(file)


def _open(folder: str | Path) -> int:
    """A file for locks alone: not in the folder, which may have to stay away if the run's input turns out to be bad."""
    name = hashlib.sha256(str(Path(folder).resolve()).encode()).hexdigest()[:32]
    return os.open(Path(tempfile.gettempdir()) / f"rtl_tf-{name}.lock", os.O_RDONLY | os.O_CREAT, 0o666)


def _take(file: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
