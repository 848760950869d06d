"""The one exception that a person can cause with a file or a flag, and the words of others."""


class InputError(ValueError):
    """Bad input from outside: a flag, a file, a row. The message is one line that names it and says what to do.

    The command line turns it into `error: <message>` and exit status 2, without a traceback.
    """


def in_one_line(problem: BaseException, without: str | None = None, longest: int = 300) -> str:
    """What an exception of a library says, without its line ends; its kind where it says nothing.

    Lines that begin with `without` are left out, unless there is no other.
    """
    lines = [" ".join(line.split()) for line in str(problem).splitlines()]
    kept = [line for line in lines if line and not (without and line.startswith(without))]
    return " ".join(kept or filter(None, lines))[:longest] or type(problem).__name__
