"""The one exception that a person can cause with a file or a flag."""


class InputError(ValueError):
    """Bad input from outside: a flag, a file, a row. The message is one line that names it and says what to do.

    The command line turns it into `error: <message>` and exit status 2, without a traceback.
    """
