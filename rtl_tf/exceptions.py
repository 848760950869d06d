"""What a person can cause with a file or a flag: the one exception, and the one warning."""

import warnings

_told: set[str] = set()


class InputError(ValueError):
    """Bad input from outside: a flag, a file, a row. The message is one line that names it and says what to do.

    The command line turns it into `error: <message>` and exit status 2, without a traceback.
    """


class InputWarning(UserWarning):
    """Input that is read in a way that its owner should know of. One line; the command line prints `note: <line>`."""


def warn_once(kind: str, message: str) -> None:
    """An InputWarning that names the first file of its kind; thousands may be alike, and they are not named."""
    if kind not in _told:
        _told.add(kind)
        warnings.warn(message, InputWarning, stacklevel=2)
