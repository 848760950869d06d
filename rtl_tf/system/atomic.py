"""Files that appear whole or not at all."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

UNFINISHED = "unfinished-"  # how the names of files begin that are being written
LONGEST = 255 - len(f"{UNFINISHED}4194304-")  # bytes of a name behind that; disks take 255
ZEROS = bytes(2**20)


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, of the same suffix, to be written; move it into place at the end.

    If the block fails, the temporary file is removed and `path` is as it was. An OSError that names no file (a full
    disk does not) or the temporary one is given the name of `path`. Who may read a file that was there before may read
    the new one, and nobody else.
    """
    path = Path(path)
    name = path.name
    while len(os.fsencode(name)) > LONGEST:
        name = name[1:]
    unfinished = path.with_name(f"{UNFINISHED}{os.getpid()}-{name}")
    try:
        yield unfinished
        keep_mode(path, unfinished)
        os.replace(unfinished, path)
    except OSError as problem:
        if problem.filename in (None, str(unfinished)):
            problem.filename, problem.filename2 = str(path), None
        raise
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def keep_mode(before: Path, new: Path) -> None:
    """Give a new file the permissions of the one before it, if there was one and the disk knows any."""
    with suppress(OSError):
        shutil.copymode(before, new)


def write_bytes(path: str | Path, content: bytes | memoryview) -> None:
    """A file of this content, whole or not at all."""
    with replacing(path) as unfinished:
        unfinished.write_bytes(content)


def write_together(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    """Files below a folder by their paths there, of given content or copies of other files: all of them or none.

    They are written aside and moved when all are whole; a folder that was not there appears with all of them.
    """
    new, moved = not folder.exists(), []
    aside = (folder.parent if new else folder) / f"{UNFINISHED}{os.getpid()}-{folder.name}"
    name, copied = "", {str(content) for content in files.values() if isinstance(content, Path)}
    try:
        for name, content in files.items():
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                shutil.copyfile(content, aside / name)
            else:
                (aside / name).write_bytes(content)
        for name in () if new else files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(aside / name, folder / name)
            moved.append(folder / name)
        if new:
            os.replace(aside, folder)
    except BaseException as problem:
        for file in moved:
            file.unlink(missing_ok=True)
        if isinstance(problem, OSError) and problem.filename not in copied:
            problem.filename, problem.filename2 = str(folder / name), None
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def allocate(file: BinaryIO, size: int) -> None:
    """Give a file `size` bytes on the disk, all zero, from its position on; OSError where there is no room.

    A memory-mapped file must have its room before it is written to: with a hole in it, a full disk ends the process.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), file.tell(), size)
        return
    for start in range(0, size, len(ZEROS)):
        file.write(ZEROS[: size - start])
    file.flush()
