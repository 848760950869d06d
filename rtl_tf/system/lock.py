"""One process for each run: a folder that is being trained is closed to all others, by a lock file beside it.

So is a file that one process alone may write.
"""

import errno
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from rtl_tf.exceptions import InputError
from rtl_tf.system.notes import warn

# What a file system answers that has no locks (a network disk without its lock service, say).
NO_LOCKS = {errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL}


@contextmanager
def alone_in(folder: str | Path, flag: str = "--output", use: str = "being trained") -> Iterator[None]:
    """Hold a folder or file, which need not exist yet, by `<folder>.lock`; a killed process lets go of it.

    The lock file goes at the end, and so do the folders above it that were made for it and stay empty. Where the file
    system has no locks, that is said and nothing is held.

    Args:
        flag: by which another one can be given; use: what a process that holds it does. Both for messages.
    Raises:
        InputError: another process holds it, or there is no place for the lock file.
    """
    file = _lock_file(folder)
    made = []
    try:
        made = _make(file.parent, flag)
        lock = _taken(file, folder, flag, use)
        try:
            yield
        finally:
            with suppress(OSError):
                file.unlink(missing_ok=True)  # while it is held: who opens it now finds it gone, and makes another
            lock.release()
    finally:
        for parent in reversed(made):
            with suppress(OSError):
                parent.rmdir()


def is_taken(folder: str | Path) -> bool | None:
    """Whether a process holds the folder; None = there is a lock file, and the file system has no locks that tell.

    A lock file of another user, which cannot be opened, counts as held.
    """
    file = _lock_file(folder)
    if not file.exists():
        return False
    lock = _lock(file)
    try:
        _acquire(lock)
    except (Timeout, PermissionError):
        return True
    except (OSError, NotImplementedError, UserWarning):
        return None
    with suppress(OSError):
        file.unlink(missing_ok=True)  # of a process that was killed
    lock.release()
    return False


def _lock_file(folder: str | Path) -> Path:
    """Beside the folder, not in it: that may have to stay away if the run's input turns out to be bad."""
    folder = Path(folder).resolve()
    if folder == folder.parent:
        raise InputError(f"{folder} cannot be a run's folder: give another --output")
    return folder.with_name(folder.name + ".lock")


def _make(folder: Path, flag: str) -> list[Path]:
    """Make a folder and those above it; which were made, the outermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise InputError(f"{flag} {folder}: {problem.strerror}") from problem
    return missing[::-1]


def _lock(file: Path) -> FileLock:
    return FileLock(file, mode=0o644)


def _acquire(lock: FileLock) -> None:
    """UserWarning where the library would take to another kind of lock, which survives a kill."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*SoftFileLock")
        lock.acquire(timeout=0)


def _taken(file: Path, folder: str | Path, flag: str, use: str) -> FileLock:
    lock = _lock(file)
    try:
        _acquire(lock)
    except Timeout as problem:
        if not file.exists():  # the library waits for the folder to let it be made
            raise InputError(f"{flag} {folder}: no lock file can be made beside it") from problem
        raise InputError(f"{folder} is {use} by another process: let it end, or give another {flag}") from problem
    except (NotImplementedError, UserWarning):
        _warn(folder, os.strerror(errno.ENOSYS))
    except OSError as problem:
        if problem.errno not in NO_LOCKS:
            raise InputError(f"{flag} {folder}: no lock file beside it: {problem.strerror}") from problem
        _warn(folder, problem.strerror or str(problem))
    return lock


def _warn(folder: str | Path, reason: str) -> None:
    warn(f"{folder}: its file system has no locks ({reason}): see to it that no other process has it")
