"""Runs tests in forks of this process, which has imported what takes seconds: TensorFlow once, not once a mutant.

Each fork works in a copy of the checkout, of which there is one for each job, so that the checkout is never touched.
"""

import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from . import PACKAGE, ROOT

# All but the package. None of it may start a thread: a fork has only the one that made it.
HEAVY = ("tensorflow", "keras", "pandas", "scipy.special", "scipy.stats", "matplotlib.pyplot", "PIL.Image", "h5py")
TESTING = ("pytest", "hypothesis", "coverage")
LEFT_BEHIND = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist")
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "Agg", "CUDA_VISIBLE_DEVICES": "", "PYTHONDONTWRITEBYTECODE": "1"}


class Task(NamedTuple):
    """`run(copy)` in a fork, after `files` (below the copy -> text) were put in; stopped after so many seconds."""

    key: object
    run: Callable[[Path], int]
    seconds: float
    files: dict[str, str]


class Ending(NamedTuple):
    """How a task went: exit status, negative for a signal, None where its time was up; what it printed."""

    task: Task
    status: int | None
    seconds: float
    log: str


def prepare() -> None:
    """Import what the tests import. The package itself comes later, from a copy."""
    os.environ |= QUIET
    sys.dont_write_bytecode = True
    from rtl_tf.system.redirection import silenced

    with silenced(2):
        for name in (*HEAVY, *TESTING):
            importlib.import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@contextmanager
def copies(count: int) -> Iterator[list[Path]]:
    """Copies of the checkout, for as many tasks at a time."""
    with tempfile.TemporaryDirectory(prefix="strength-") as folder:
        places = [Path(folder) / str(number) / "checkout" for number in range(count)]
        for place in places:
            shutil.copytree(ROOT, place, ignore=left_behind, symlinks=True)
        yield places


def left_behind(folder: str, names: list[str]) -> set[str]:
    """What no copy needs; the user's runs among them, but not the package's module of that name."""
    return LEFT_BEHIND(folder, names) | ({"runs"} if Path(folder) == ROOT else set())


def run_all(tasks: Iterable[Task], places: list[Path]) -> Iterator[Ending]:
    """Endings of the tasks, as they come; as many at a time as there are copies."""
    waiting, free, running = iter(tasks), list(places), {}
    try:
        while True:
            while free and (task := next(waiting, None)) is not None:
                place = free.pop()
                running[_start(task, place)] = task, place, time.monotonic()
            if not running:
                return
            for process, (task, place, start) in list(running.items()):
                seconds = time.monotonic() - start
                done, status = os.waitpid(process, os.WNOHANG)
                if done or seconds > task.seconds:
                    _stop(process, done)
                    del running[process]
                    free.append(place)
                    _restore(task, place)
                    status = os.waitstatus_to_exitcode(status) if done else None
                    yield Ending(task, status, seconds, (place.parent / "log").read_text(errors="replace"))
            time.sleep(0.02)
    finally:
        for process in running:
            _stop(process, 0)


def _start(task: Task, place: Path) -> int:
    for file, text in task.files.items():
        (place / file).write_text(text, encoding="utf-8")
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        _settle(place)
        status = task.run(place)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _settle(place: Path) -> None:
    """In the fork: a group of its own, a log, a folder for temporary files, and the copy in place of the checkout."""
    os.setsid()
    log = os.open(place.parent / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    shutil.rmtree(place.parent / "tmp", ignore_errors=True)
    (place.parent / "tmp").mkdir()
    tempfile.tempdir = os.environ["TMPDIR"] = str(place.parent / "tmp")
    os.environ["PYTHONPATH"] = str(place)
    os.environ["RTL_TF_CACHE"] = str(place.parent / "cache")
    os.chdir(place)
    sys.path[:] = [str(place), *(path for path in sys.path if path not in ("", str(ROOT)))]


def _stop(process: int, done: int) -> None:
    """The process, and whatever it started; alone where it has not yet come to lead a group."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError):
            kill(process, signal.SIGKILL)
    if not done:
        os.waitpid(process, 0)


def _restore(task: Task, place: Path) -> None:
    for file in task.files:
        shutil.copyfile(ROOT / file, place / file)
