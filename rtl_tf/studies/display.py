"""What a study shows while it trains: a line for each finished run, and how long the rest will take."""

import sys
import time

from rtl_tf.studies.planning import Task
from rtl_tf.system.progress import bar


class StudyProgress:
    """Counts runs and work. `there` runs of the study need no training."""

    def __init__(self, tasks: tuple[Task, ...], there: int):
        self.tasks, self.finished, self.total = tasks, there, there + len(tasks)
        self.shares: dict[int, float] = {}
        self.lost: set[int] = set()
        self.started = time.perf_counter()
        self.begun: dict[int, float] = {}
        self.live = sys.stderr.isatty()

    def begin(self, number: int) -> None:
        self.begun[number], self.shares[number] = time.perf_counter(), 0.0
        self._show_live(number)

    def advance(self, number: int, share: float) -> None:
        """A task has got to a share of its work, 0 to 1."""
        self.shares[number] = share
        self._show_live(number)

    def end(self, number: int, outcome: str, failed: bool = False) -> None:
        """Print the line of a run that is over."""
        self.finished += 1
        self.shares[number] = 1.0
        if failed:  # what it would have taken must not make the others look quick
            self.lost.add(number)
        seconds = time.perf_counter() - self.begun[number]
        left = f" ({self._left()})" if self.finished < self.total and self._done() else ""
        if self.live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
        print(f"{self._count()} {self.tasks[number].title}: {outcome}, {clock(seconds)}{left}", flush=True)

    def seconds_left(self) -> float:
        """At the pace so far; work of runs that go on side by side counts as it is done."""
        all_work = sum(task.work for number, task in enumerate(self.tasks) if number not in self.lost)
        return (time.perf_counter() - self.started) * (all_work - self._done()) / self._done()

    def _left(self) -> str:
        """When the last trainings have made their epochs, only their predictions are left."""
        seconds = self.seconds_left()
        return f"about {clock(seconds)} left" if seconds > 0 else "less than a minute left"

    def _done(self) -> float:
        return sum(self.tasks[number].work * share for number, share in self.shares.items() if number not in self.lost)

    def _count(self) -> str:
        return f"[{self.finished:{len(str(self.total))}d}/{self.total}]"

    def _show_live(self, number: int) -> None:
        if self.live:
            left = f", {self._left()}" if self._done() else ""
            share = bar(round(100 * self.shares[number]), 100)
            sys.stderr.write(f"\r\x1b[K{self._count()} {self.tasks[number].title} {share}{left}")
            sys.stderr.flush()


def clock(seconds: float) -> str:
    """`0:42`, `12:05`, `3:00:07`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
