"""What asks a process to end ends it as Ctrl-C does: what it was writing, in /tmp too, goes, and so do its locks.

By default such a signal ends Python on the spot, and copies of photographs would stay where nobody looks for them.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# A batch system or `kill`, and a terminal that is closed: what a second one does while the process is ending. A second
# SIGTERM is meant; the shell and the system each send a SIGHUP.
SECOND = {"SIGTERM": signal.SIG_DFL, "SIGHUP": signal.SIG_IGN}


class Stopped(KeyboardInterrupt):
    """A signal asked the process to end; `status` is the exit status that tells which."""

    def __init__(self, number: int):
        super().__init__(signal.strsignal(number))
        self.status = 128 + number


@contextmanager
def ending_as_by_ctrl_c() -> Iterator[None]:
    """Inside, the signals of SECOND raise Stopped; those that somebody ignores (`nohup`) or heeds are left so."""
    before = {}
    for name, second in SECOND.items():
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number and signal.getsignal(number) is signal.SIG_DFL:
            with suppress(ValueError):  # only a program's first thread may say what signals do
                before[number] = signal.signal(number, _raising(second))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raising(second: signal.Handlers):
    def stop(number: int, _) -> None:
        signal.signal(number, second)
        raise Stopped(number)

    return stop
