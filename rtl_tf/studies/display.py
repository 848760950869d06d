"""What a study shows while it trains: a line for each finished run, and how long the rest will take."""

import time

from rtl_tf.studies.planning import Task
from rtl_tf.system.progress import Bar, aside, clock


class StudyProgress:
    """Counts runs and work. `there` runs of the study need no training. `close` it at the end, whatever that is."""

    def __init__(self, tasks: tuple[Task, ...], there: int):
        self.tasks, self.finished, self.total = tasks, there, there + len(tasks)
        self.shares: dict[int, float] = {}
        self.lost: set[int] = set()
        self.started = time.perf_counter()
        self.begun: dict[int, float] = {}
        self.latest: int | None = None  # the task that was heard of last
        self.bar = Bar(self._work(), self._count(), self._note)

    def begin(self, number: int) -> None:
        self.begun[number], self.shares[number] = time.perf_counter(), 0.0
        self._heard_of(number)
        self.bar.refresh()

    def advance(self, number: int, share: float) -> None:
        """A task has got to a share of its work, 0 to 1."""
        self.shares[number] = share
        self._heard_of(number)

    def end(self, number: int, outcome: str, failed: bool = False) -> None:
        """Print the line of a run that is over."""
        self.finished += 1
        self.shares[number] = 1.0
        if failed:  # what it would have taken must not make the others look quick
            self.lost.add(number)
        seconds = time.perf_counter() - self.begun[number]
        left = f" ({self._left()})" if self.finished < self.total and self._done() else ""
        with aside():
            print(f"{self._count()} {self.tasks[number].title}: {outcome}, {clock(seconds)}{left}", flush=True)
            self._heard_of(None if self.latest == number else self.latest)

    def close(self) -> None:
        self.bar.close()

    def seconds_left(self) -> float:
        """At the pace so far; work of runs that go on side by side counts as it is done."""
        return (time.perf_counter() - self.started) * (self._work() - self._done()) / self._done()

    def _left(self) -> str:
        """When the last trainings have made their epochs, only their predictions are left."""
        seconds = self.seconds_left()
        return f"about {clock(seconds)} left" if seconds > 0 else "less than a minute left"

    def _work(self) -> float:
        return sum(task.work for number, task in enumerate(self.tasks) if number not in self.lost)

    def _done(self) -> float:
        return sum(self.tasks[number].work * share for number, share in self.shares.items() if number not in self.lost)

    def _count(self) -> str:
        return f"[{self.finished:{len(str(self.total))}d}/{self.total}]"

    def _heard_of(self, number: int | None) -> None:
        self.latest, self.bar.desc, self.bar.total = number, self._count(), self._work()
        self.bar.reach(self._done())

    def _note(self, *_) -> str:
        left = [self._left()] if self._done() else []
        now = [] if self.latest is None else [f"{self.shares[self.latest]:.0%} of {self.tasks[self.latest].title}"]
        return ", ".join(left + now)
