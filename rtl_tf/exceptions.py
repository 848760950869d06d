"""The one exception that a person can cause with a file or a flag, and the words of others."""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LONGEST = 1500  # characters of a message, whatever it quotes
LONGEST_SHOWN = 60


class InputError(ValueError):
    """Bad input from outside: a flag, a file, a row. The message is one line that names it and says what to do.

    The command line turns it into `error: <message>` and exit status 2, without a traceback. Whatever a message quotes,
    it stays one printable line: other characters are escaped, the middle of a very long one is left out.
    """

    def __init__(self, message: object):
        text = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in str(message))
        if len(text) > LONGEST:
            text = f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"
        super().__init__(text)


@contextmanager
def retold_by(error: Callable[[InputError], InputError]) -> Iterator[None]:
    """An InputError of the block becomes the one that `error`, say of a row of a table, makes of it: it says where."""
    try:
        yield
    except InputError as problem:
        raise error(problem) from problem


def shortened(text: str) -> str:
    """A cell, line or name in a message: where a quotation mark is never closed, a cell is the rest of the file."""
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


def os_error_text(problem: OSError) -> str:
    """An OSError in one line: the file or folder, of two the one that was written, and the reason."""
    name = problem.filename2 or problem.filename or "standard output, or a temporary file"
    return f"{name}: {problem.strerror or problem}"


def is_out_of_memory(problem: BaseException) -> bool:
    """Whether memory ran out: Python's, or a device's or allocator's of TensorFlow, which need not be loaded."""
    return isinstance(problem, MemoryError) or type(problem).__name__ == "ResourceExhaustedError"


def is_full_disk(problem: BaseException) -> bool:
    """Of what `is_out_of_memory`: TensorFlow calls a full disk, as that of its temporary folder, by the same name."""
    return os.strerror(errno.ENOSPC) in str(problem)


def in_one_line(problem: BaseException, without: str | None = None, longest: int = 300) -> str:
    """What an exception of a library says, without its line ends; its kind where it says nothing.

    Lines that begin with `without` are left out, unless there is no other.
    """
    lines = [" ".join(line.split()) for line in str(problem).splitlines()]
    kept = [line for line in lines if line and not (without and line.startswith(without))]
    return " ".join(kept or filter(None, lines))[:longest] or type(problem).__name__
