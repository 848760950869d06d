"""Silence for libraries that write to the terminal past Python, before any log level counts."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STREAMS = {1: "stdout", 2: "stderr"}


@contextmanager
def silenced(*descriptors: int) -> Iterator[None]:
    """Send what is written to the file descriptors (1 and 2) nowhere. Errors still arrive as exceptions."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    kept = {}
    for descriptor in descriptors:
        getattr(sys, STREAMS[descriptor]).flush()
        kept[descriptor] = os.dup(descriptor)
        os.dup2(nowhere, descriptor)
    try:
        yield
    finally:
        for descriptor, terminal in kept.items():
            getattr(sys, STREAMS[descriptor]).flush()
            os.dup2(terminal, descriptor)
            os.close(terminal)
        os.close(nowhere)
