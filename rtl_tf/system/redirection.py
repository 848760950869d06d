"""What libraries write past Python, before any log level counts, goes where we want it: to a file, or nowhere."""

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

STREAMS = {1: "stdout", 2: "stderr"}


def redirect(path: str | Path, *descriptors: int) -> list[int]:
    """From now on what is written to the file descriptors (1 and 2) is appended to a file.

    Returns:
        For each a descriptor of where it led before.
    """
    kept = [os.dup(descriptor) for descriptor in descriptors]
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    for descriptor in descriptors:
        os.dup2(file, descriptor)
    os.close(file)
    return kept


@contextmanager
def redirected(path: str | Path, *descriptors: int) -> Iterator[None]:
    """`redirect` for a while. Errors still arrive as exceptions."""
    _flush(descriptors)
    kept = redirect(path, *descriptors)
    try:
        yield
    finally:
        _flush(descriptors)
        for descriptor, before in zip(descriptors, kept, strict=True):
            os.dup2(before, descriptor)
            os.close(before)


def silenced(*descriptors: int) -> AbstractContextManager[None]:
    """Send what is written to the file descriptors (1 and 2) nowhere."""
    return redirected(os.devnull, *descriptors)


def _flush(descriptors: tuple[int, ...]) -> None:
    for descriptor in descriptors:
        getattr(sys, STREAMS[descriptor]).flush()
