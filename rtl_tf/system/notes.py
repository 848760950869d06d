"""What a person should know of and what is no error: notes on input that is read, warnings of runs; a line each."""

import difflib
import sys
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

_by_python = warnings.formatwarning
_shown_by_python = warnings.showwarning
_told: set[str] = set()


NAMED = 5  # things of a kind in a line


class InputWarning(UserWarning):
    """Input that is read in a way that its owner should know of; shown as `note: <message>`."""


def warn(line: str) -> None:
    """`warning: <line>` on stderr: of a run or its data, what nobody would want and what is no error."""
    print(f"warning: {line}", file=sys.stderr)


def first_of(names: Sequence[str], most: int) -> str:
    """The first of them, and how many more there are: "a.png, b.png and 3 more"."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def some(things: Sequence[str], what: str) -> str:
    """How many there are, and the first of them by name: "2 images (a.png, b.png)"."""
    return f"{len(things)} {what}{'s' * (len(things) != 1)} ({few(things)})"


def few(things: Sequence[str], between: str = ", ") -> str:
    """The first NAMED of them, and whether there are more: "a.png, b.png, ..."."""
    return between.join([*things[:NAMED], *(["..."] if len(things) > NAMED else [])])


def warn_once(kind: str, message: str) -> None:
    """An InputWarning that names the first file of its kind; thousands may be alike, and they are not named."""
    if kind not in _told:
        _told.add(kind)
        warnings.warn(message, InputWarning, stacklevel=2)


def tell_left_out(path: Path, what: str, left_out: Sequence[object]) -> None:
    """An InputWarning with the number of things of a kind that a reader of `path` left out, and the first of them."""
    if left_out:
        warn_once(f"{path} {what}", f"{path}: {what}, left out: {len(left_out)} ({left_out[0]} first)")


def did_you_mean(name: str, names: Sequence[str]) -> str:
    """The nearest of the names that could be meant, as a question; "" where none is near."""
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean '{near[0]}'?" if near else ""


def tell_misspelt(
    file: object, header: Sequence[str], others: Iterable[str], known: Sequence[str], now: str = "says nothing here"
) -> None:
    """A warning for each of the columns `others` that looks like one of `known` that is missing; what it is `now`."""
    for name in others:
        told = name.lower()
        near = [each for each in known if each.startswith(told)] if len(told) > 1 else []  # letters name many things
        near += difflib.get_close_matches(told, known, 1, 0.8)  # race is no face
        if near and near[0] not in header:
            warn(f"{file} row 1: column '{name}' {now}; did you mean '{near[0]}'?")


def _format(message: Warning | str, category: type[Warning], *place, **more) -> str:
    """One line, without the place in the program where the input was read; other warnings as Python shows them."""
    if issubclass(category, InputWarning):
        return f"note: {' '.join(str(message).split())}\n"
    return _by_python(message, category, *place, **more)


def _show(*warning, **more) -> None:
    """As Python shows it, beside the progress bars."""
    from rtl_tf.system.progress import aside  # here: what reads images is quick to load

    with aside():
        _shown_by_python(*warning, **more)


warnings.formatwarning = _format
warnings.showwarning = _show
