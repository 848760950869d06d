"""All that is wrong with a file, where somebody wants to know: readers go on behind what they cannot read."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from rtl_tf.exceptions import InputError

Item = TypeVar("Item")
Read = TypeVar("Read")

_found: ContextVar[list[InputError] | None] = ContextVar("faults", default=None)


class Faults(InputError):
    """Several at once; the message is the first one's, with how many more there are."""

    def __init__(self, problems: list[InputError]):
        super().__init__(f"{problems[0]} (and {len(problems) - 1} more)")
        self.problems = problems


@contextmanager
def every_fault() -> Iterator[None]:
    """What is raised inside waits until readers have seen the rest.

    Raises:
        InputError: the only fault; Faults: where there are several. What a reader that went on says at last is not
            told: it may be wrong of the whole.
    """
    found: list[InputError] = []
    token = _found.set(found)
    try:
        yield
    except InputError:
        if not found:
            raise
    finally:
        _found.reset(token)
    raise_faults(found)


@contextmanager
def set_aside() -> Iterator[None]:
    """Around the reading of one row, face or file: its InputError waits, where `every_fault` is asked for."""
    try:
        yield
    except InputError as problem:
        if (found := _found.get()) is None:
            raise
        found.append(problem)


def each_read(read: Callable[[Item], Read], items: Iterable[Item]) -> list[Read]:
    """Of each item what `read` makes of it, but for those that are set aside."""
    results: list[Read] = []
    for item in items:
        with set_aside():
            results.append(read(item))
    return results


def require_none_set_aside() -> None:
    """InputError where readers have set something aside: what they have read is not all."""
    if found := _found.get():
        raise found[0]


def raise_faults(problems: list[InputError]) -> None:
    """None, one as it is, or several together, each once."""
    several = list({str(problem): problem for problem in problems}.values())
    if several:
        raise several[0] if len(several) == 1 else Faults(several)
