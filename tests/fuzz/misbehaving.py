"""Readers with every fault that the sandbox is to find."""

import os
import signal
import socket
import sys
import time
from pathlib import Path

from rtl_tf.exceptions import InputError


class _Unkempt(InputError):
    """One whose message stays as it is."""

    def __init__(self, message: str):
        ValueError.__init__(self, message)


def well(folder: Path, output: Path) -> None:
    (output / "report.txt").write_text("allowed")
    assert (folder / "a.txt").read_bytes() == b"a"


def refuses(folder: Path, output: Path) -> None:
    raise InputError(f"{folder / 'a.txt'}: no reason")


def raises(folder: Path, output: Path) -> None:
    raise KeyError(777)


def exits(folder: Path, output: Path) -> None:
    sys.exit(0)


def prints_a_traceback(folder: Path, output: Path) -> None:
    print("Traceback (most recent call last):\n  and so on", file=sys.stderr)


def sleeps(folder: Path, output: Path) -> None:
    time.sleep(60)


def takes_memory(folder: Path, output: Path) -> None:
    bytearray(3 * 2**30)


def hides_that_it_takes_memory(folder: Path, output: Path) -> None:
    try:
        bytearray(3 * 2**30)
    except MemoryError as problem:
        raise InputError("too large") from problem


def writes_beside(folder: Path, output: Path) -> None:
    (folder.parent / "beside.txt").write_text("not allowed")


def changes_its_input(folder: Path, output: Path) -> None:
    (folder / "a.txt").unlink()


def writes_home_past_python(folder: Path, output: Path) -> None:
    """As a library does: by another program here, whose calls no audit hook hears."""
    os.system("echo x > ~/left")


def hides_that_it_writes(folder: Path, output: Path) -> None:
    try:
        (folder.parent / "more").mkdir()
    except OSError as problem:
        raise InputError("no such folder") from problem


def connects(folder: Path, output: Path) -> None:
    socket.create_connection(("127.0.0.1", 9), timeout=1)


def says_two_lines(folder: Path, output: Path) -> None:
    raise _Unkempt("one\ntwo")


def says_too_much(folder: Path, output: Path) -> None:
    raise _Unkempt("x" * 5000)


def dies(folder: Path, output: Path) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)
