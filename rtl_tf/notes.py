"""Notes on input that is read, but in a way that its owner should know of: one line each, on stderr."""

import warnings

_by_python = warnings.formatwarning
_told: set[str] = set()


class InputWarning(UserWarning):
    """Input that is read in a way that its owner should know of; shown as `note: <message>`."""


def warn_once(kind: str, message: str) -> None:
    """An InputWarning that names the first file of its kind; thousands may be alike, and they are not named."""
    if kind not in _told:
        _told.add(kind)
        warnings.warn(message, InputWarning, stacklevel=2)


def _format(message: Warning | str, category: type[Warning], *place, **more) -> str:
    """One line, without the place in the program where the input was read; other warnings as Python shows them."""
    if issubclass(category, InputWarning):
        return f"note: {' '.join(str(message).split())}\n"
    return _by_python(message, category, *place, **more)


warnings.formatwarning = _format
