"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

UNFINISHED = "unfinished-"  # how the names of files begin that are being written
ZEROS = bytes(2**20)


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, of the same suffix, to be written; move it into place at the end.

    If the block fails, the temporary file is removed and `path` is as it was. An OSError that names no file (a full
    disk does not) or the temporary one is given the name of `path`.
    """
    path = Path(path)
    unfinished = path.with_name(f"{UNFINISHED}{os.getpid()}-{path.name}")
    try:
        yield unfinished
        os.replace(unfinished, path)
    except OSError as problem:
        if problem.filename in (None, str(unfinished)):
            problem.filename, problem.filename2 = str(path), None
        raise
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def write_bytes(path: str | Path, content: bytes | memoryview) -> None:
    """A file of this content, whole or not at all."""
    with replacing(path) as unfinished:
        unfinished.write_bytes(content)


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
