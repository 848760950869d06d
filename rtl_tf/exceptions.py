"""The one exception that a person can cause with a file or a flag, and what is said of those of the system."""


class InputError(ValueError):
    """Bad input from outside: a flag, a file, a row. The message is one line that names it and says what to do.

    The command line turns it into `error: <message>` and exit status 2, without a traceback.
    """


def told(problem: OSError) -> str:
    """An OSError in one line: the file or folder, of two the one that was written, and the reason."""
    name = problem.filename2 or problem.filename or "standard output, or a temporary file"
    return f"{name}: {problem.strerror or problem}"
