"""Work through tasks in processes of their own, a few side by side; none of them can take the others with it.

A process serves several tasks, so that they share what it has read, and is then replaced: TensorFlow gives back little
of a finished training's memory (measured: 50 to 65 MiB a run with dlib's network at 64x64, with or without
`clear_session`).

Why not `concurrent.futures.ProcessPoolExecutor`: a process of it that dies (too little memory) fails the tasks of all
others, a task cannot report how far it is, and none that runs can be stopped. The package's other processes start by
`system.child` instead, as modules with text on a pipe: `datasets.synthetic.crew` under a `ThreadPoolExecutor`, and
`system.guarded`. They may be needed in a person's script or notebook, which a pool would fork, TensorFlow's threads and
all, or import once more in each process; only a study's processes, which `train.py` alone starts, may do that.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

from rtl_tf.exceptions import InputError, os_error_text

TASKS_A_PROCESS = 8
PATIENCE = 5.0  # seconds that an interrupted process has to clean up

SPAWN = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang

Report = Callable[[Any], None]
Execute = Callable[[Any, Report], Any]


class Event(NamedTuple):
    """What happened to a task: "begun" (None), "progress" (what it reported), "done" (its result), "failed" (why)."""

    task: int
    kind: str
    value: Any = None


def work_through(
    tasks: Sequence[Any],
    make_execute: Callable[[], Execute],
    *,
    jobs: int = 1,
    environment: dict[str, str] | None = None,
    tasks_a_process: int = TASKS_A_PROCESS,
) -> Iterator[Event]:
    """Yield what happens to the tasks, until each is done or failed. Closing the iterator stops all processes.

    Args:
        make_execute: importable function; called once in each process, gives the function (task, report) -> result.
        jobs: processes side by side.
        environment: variables that are set before `make_execute` is called, where they are not set already.
    """
    waiting = list(enumerate(tasks))[::-1]
    workers: list[_Worker] = []
    try:
        while waiting or any(worker.task is not None for worker in workers):
            for worker in [worker for worker in workers if worker.task is None and worker.served >= tasks_a_process]:
                worker.stop()
                workers.remove(worker)
            while waiting:
                idle = next((worker for worker in workers if worker.task is None), None)
                if idle is None and len(workers) == jobs:
                    break
                if idle is None:
                    idle = _Worker(make_execute, environment or {})
                    workers.append(idle)
                number, task = waiting.pop()
                idle.begin(number, task)
                yield Event(number, "begun")
            busy: dict[Any, _Worker] = {worker.pipe: worker for worker in workers if worker.task is not None}
            for pipe in wait(list(busy)):
                worker = busy[pipe]
                event = worker.receive()
                if worker.ended:
                    workers.remove(worker)
                yield event
    finally:
        for worker in workers:
            worker.stop()


class _Worker:
    """The parent's view of a process."""

    def __init__(self, make_execute: Callable[[], Execute], environment: dict[str, str]):
        self.pipe, end = SPAWN.Pipe()
        self.process = SPAWN.Process(target=_serve, args=(end, make_execute, environment), daemon=True)
        self.process.start()
        end.close()
        self.task: int | None = None
        self.served, self.ended = 0, False

    def begin(self, number: int, task: Any) -> None:
        self.task = number
        self.served += 1
        with suppress(OSError):  # a process that died in the meantime is noticed when its answer is read
            self.pipe.send(task)

    def receive(self) -> Event:
        """The next message of a busy process, or that it has died."""
        number = self.task
        assert number is not None, "an idle process says nothing"
        try:
            kind, value = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            kind, value, self.ended = "failed", _cause_of_death(self.process.exitcode), True
        if kind in ("done", "failed"):
            self.task = None
        return Event(number, kind, value)

    def stop(self) -> None:
        """End the process; a busy one is interrupted and may clean up."""
        self.pipe.close()
        if self.task is not None and self.process.is_alive():
            self.process.terminate()
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _serve(pipe: Connection, make_execute: Callable[[], Execute], environment: dict[str, str]) -> None:
    """The life of a process: tasks until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the parent decides
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for name, value in environment.items():
        os.environ.setdefault(name, value)
    execute = None
    with suppress(EOFError, OSError):
        while True:
            task = pipe.recv()
            try:
                execute = execute or make_execute()
                answer = "done", execute(task, lambda value: pipe.send(("progress", value)))
            except InputError as problem:
                answer = "failed", str(problem)
            except OSError as problem:  # a full disk
                answer = "failed", os_error_text(problem)
            except Exception as problem:
                answer = "failed", " ".join(f"{type(problem).__name__}: {problem}".split())
            pipe.send(answer)


def _end_with_parent() -> None:
    """A parent that is killed cannot stop its processes; two trainings in one folder would spoil each other."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "called in a study's process"
    wait([parent.sentinel])
    os._exit(1)


def _cause_of_death(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name
        return f"its process was ended by {name}" + (" (too little memory?)" if name == "SIGKILL" else "")
    return f"its process ended with status {exitcode}"
