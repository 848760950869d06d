"""Progress on stderr, of all that takes more than a second: bars on a terminal, lines in a log."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from typing import TypeVar

from tqdm.std import tqdm

Item = TypeVar("Item")
Answer = TypeVar("Answer")

INTERVAL = 0.1  # seconds between two drawings of a bar
QUIET = 1.0  # seconds before anything is shown: short loops stay silent
LINES = 10  # that a log has of a bar at most, but for a first one, which says that something goes on
LINE_INTERVAL = 5.0  # seconds between two of them, at least


class Bar(tqdm):
    """`<label> ████········ <note>`, in place on a terminal; elsewhere now and then a line `<label>: <note>`.

    Bars of one time have a line of the terminal each, and `aside` lets others write. `close` takes a bar away.
    """

    monitor_interval = 0  # no thread that draws while nothing happens
    _lock = threading.RLock()  # of bars of one process; the library's would also load multiprocessing

    def __init__(self, total: float, label: str, note: "Callable[[Bar, bool], str] | None" = None, delay: float = 0.0):
        """
        Args:
            total: the work, in any unit; `update(more)` and `reach(done)` tell how much is done.
            note: (the bar, whether it is on a terminal) -> what stands right of it; asked when it is shown.
                Without it: how much is done, and the time left.
            delay: seconds before anything is shown.
        """
        self.note = note or (lambda bar, live: bar.counted())
        self.began, self.written_at, self.tenth, self.is_drawn = time.perf_counter(), 0.0, 0, False
        super().__init__(
            total=total, desc=label, leave=False, mininterval=INTERVAL, miniters=0, delay=delay, ascii="·█",
            bar_format="{desc} {bar:24} {note}", file=sys.stderr,
        )  # fmt: skip

    def reach(self, done: float) -> None:
        """So much of the total is done."""
        self.update(done - self.n)

    @property
    def seconds(self) -> float:
        """Since the bar was made."""
        return time.perf_counter() - self.began

    def counted(self) -> str:
        """`12/40, 1:05 left`, at the pace so far."""
        left = f", {clock(self.seconds / self.n * (self.total - self.n))} left" if self.n else ""
        return f"{self.n}/{self.total}{left}"

    @property
    def format_dict(self) -> dict:
        """What tqdm draws a bar from."""
        return super().format_dict | {"note": self.note(self, True)}

    def display(self, msg: str | None = None, pos: int | None = None) -> bool:
        """Draw the bar, or nothing in its place (`msg` = ""); in a log write a line where one is due.

        What stderr is, is asked each time: a bar can begin while a library that loads is silenced.
        """
        if msg is None and (self.seconds < self.delay or not self.total):
            return False
        if not self.fp.isatty():
            if msg is None:
                self._write_line()
            return False
        self.is_drawn = True
        self.ncols, self.nrows = _terminal_size()
        return super().display(msg, pos)

    def clear(self, nolock: bool = False) -> None:
        """Take what is drawn away until it is drawn again."""
        if self.is_drawn:
            super().clear(nolock)

    def _write_line(self) -> None:
        tenth = LINES * self.n // self.total
        if self.seconds - self.written_at >= LINE_INTERVAL and (tenth > self.tenth or not self.written_at):
            self.written_at, self.tenth = self.seconds, tenth
            print(f"{self.desc}: {self.note(self, False)}", file=self.fp, flush=True)


def _terminal_size() -> tuple[int, int]:
    """Columns that a line can fill without a break, and lines; of a terminal that does not tell, the usual."""
    columns = lines = 0
    with suppress(OSError, ValueError):
        columns, lines = os.get_terminal_size(sys.stderr.fileno())
    return (columns or 80) - 1, lines or 24


def aside() -> AbstractContextManager[None]:
    """While others write to the terminal, the bars make room."""
    return Bar.external_write_mode()


def say(line: str) -> None:
    """A line on stderr, beside whatever bars there are."""
    with aside():
        print(line, file=sys.stderr, flush=True)


def progress(iterable: Iterable[Item], total: int, label: str) -> Iterator[Item]:
    """Yield the items and show how many of `total` are done, and in a line at the end how long they took.

    Loops shorter than a second show nothing.
    """
    done = 0
    with Bar(total, label, delay=QUIET) as bar:
        for done, item in enumerate(iterable, start=1):
            yield item
            bar.reach(done)
    if bar.seconds > QUIET:
        say(f"{label}: {done} in {bar.seconds:.0f} s")


def in_threads(ask: Callable[[Item], Answer], items: Sequence[Item], label: str) -> Iterator[Answer]:
    """What `ask` says of each item, in their order, while threads go on with the next ones; shown as `progress`."""
    with ThreadPoolExecutor() as pool:
        yield from progress(pool.map(ask, items), len(items), label)


def clock(seconds: float) -> str:
    """`0:42`, `12:05`, `3:00:07`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
