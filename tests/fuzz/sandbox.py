"""A child process under watch: what it reads may kill it or keep it for ever."""

import contextlib
import multiprocessing
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from .child import CRASH, HANG, READ, Outcome, Request, serve
from .clock import Clock
from .targets import Target
from .trees import Tree, read_tree, write_tree

LIMIT = 10.0  # seconds a case, by `Clock`
MEMORY = 2 * 2**30  # bytes more than the process has before a case
START = 300.0  # seconds for what is done once: importing TensorFlow, exporting a network
SHORT = 0.1  # seconds, between looks at the clock
PLACE = re.compile(r'File ".*/rtl_tf/(.+)", line (\d+) in (.+)')
RECYCLED = 1500  # cases, after which a process is replaced: libraries leak


class Sandbox:
    """Judges cases one by one in a child process that it starts, and starts again when it is stuck or dead."""

    def __init__(self, limit: float = LIMIT, memory: int = MEMORY):
        self.limit, self.memory = limit, memory
        self.process, self.connection, self.scratch = None, None, None
        self.cases, self.warm = 0, set()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *problem) -> None:
        self.close()

    def make(self, function: Callable[[Path], object]) -> Tree:
        """The tree that `function(folder)` writes, called in the child."""
        self._start()
        folder, output = self.scratch / "made", self.scratch / "made-output"
        folder.mkdir()
        answer = self._ask(Request(partial(_make, function), folder, output, limited=False), START)
        if answer.kind != READ:
            raise RuntimeError(f"no seed: {answer.kind} {answer.said}\n{answer.story}")
        tree = read_tree(folder)
        shutil.rmtree(folder)
        return tree

    def judge(self, target: Target, tree: Tree, seed: Tree | None = None) -> Outcome:
        """How a reader takes an input. `seed` is read once before, so that no library is loaded while the time runs."""
        if self.cases >= RECYCLED:
            self.close()
        self._start()
        if seed is not None and target.name not in self.warm:
            self._read(target, seed, START, limited=False)
            self._start()
            self.warm.add(target.name)
        self.cases += 1
        return self._read(target, tree, self.limit, limited=True)

    def close(self) -> None:
        """Stop the child, with whatever it started."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.join()
        self.connection.close()
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.process, self.cases, self.warm = None, 0, set()

    def _start(self) -> None:
        if self.process is not None:
            return
        self.scratch = Path(tempfile.mkdtemp(prefix="fuzz-"))
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, self.scratch, self.memory))
        self.process.start()
        theirs.close()

    def _read(self, target: Target, tree: Tree, limit: float, limited: bool) -> Outcome:
        case = self.scratch / "case"
        write_tree(tree, case / "input")
        (case / "output").mkdir()
        request = Request(target.read, case / "input", case / "output", target.writes, limited)
        answer = self._ask(request, limit)
        shutil.rmtree(case, ignore_errors=True)
        return answer

    def _ask(self, request: Request, limit: float) -> Outcome:
        try:
            self.connection.send(request)
            clock = Clock(self.process.pid)
            while clock.seconds() < limit:
                if self.connection.poll(max(limit - clock.seconds(), SHORT)):
                    return self.connection.recv()
            outcome = self._stuck(limit)
        except (EOFError, ConnectionError):
            self.process.join(5)
            code = self.process.exitcode
            name = signal.Signals(-code).name if code is not None and code < 0 else f"exit {code}"
            printed = (self.scratch / "log").read_text(errors="replace")[-2000:]
            outcome = Outcome(CRASH, name, story=printed)
        self.close()
        return outcome

    def _stuck(self, limit: float) -> Outcome:
        """The child says where it is, even from within a library."""
        os.kill(self.process.pid, signal.SIGUSR1)
        time.sleep(0.5)
        stack = (self.scratch / "log").read_text(errors="replace")[-4000:]
        places = [f"{file}:{line} {name}" for file, line, name in PLACE.findall(stack)]
        return Outcome(HANG, f"more than {limit:g} s", places[0] if places else "", stack)


def _make(function: Callable[[Path], object], folder: Path, output: Path) -> None:
    """A maker of seeds, called as a reader is."""
    function(folder)
