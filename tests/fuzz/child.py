"""A process that reads hostile files, one a request, and says how it went."""

import faulthandler
import os
import re
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from .guard import Guard, limit_memory, listing, unlimit_memory

READ, REFUSED = "read", "refused"
TRACEBACK, MEMORY, WRITE, CONNECTION, MESSAGE = "traceback", "memory", "write", "connection", "message"
HANG, CRASH = "hang", "crash"  # seen by the parent
FAULTS = (TRACEBACK, HANG, MEMORY, WRITE, CONNECTION, MESSAGE, CRASH)

LONGEST_MESSAGE = 2000
PRINTED = re.compile(r"^(?:Traceback \(most recent call last\)|Exception ignored)", re.MULTILINE)
HOMES = ("HOME", "XDG_CACHE_HOME", "KERAS_HOME", "MPLCONFIGDIR", "RTL_TF_CACHE")
PACKAGE = os.sep + "rtl_tf" + os.sep


class Outcome(NamedTuple):
    """How a case went: READ, REFUSED or a fault; what was said; the innermost place in the package; the whole story."""

    kind: str
    said: str = ""
    where: str = ""
    story: str = ""


class Request(NamedTuple):
    """Call `function(input, output)`; `writes`: the input folder may be changed; `limited`: take no more memory."""

    function: Callable[[Path, Path], object]
    input: Path
    output: Path
    writes: bool = False
    limited: bool = True


def serve(connection: Connection, scratch: Path, memory: int) -> None:
    """Answer requests until None comes. Everything lies in `scratch`, the home folder included."""
    os.setsid()  # whoever stops this process, stops what it started
    home, temporary, log = _isolate(scratch)
    guard = Guard()
    while (request := connection.recv()) is not None:
        with open(log, "r+b") as said:
            said.truncate()
        answer = _watched(request, guard, memory, home, temporary) if request.limited else _outcome(request)
        sys.stdout.flush()
        sys.stderr.flush()
        connection.send(_quiet(answer, log.read_text(errors="replace")))
        _empty(temporary)


def _watched(request: Request, guard: Guard, memory: int, home: Path, temporary: Path) -> Outcome:
    """The outcome of the call, or what was seen beside it: that counts more."""
    own = (request.input,) if request.writes else ()
    watched = (home,) if request.writes else (home, request.input)
    before = listing(*watched)
    limit_memory(memory)
    guard.start((request.output, temporary, *own))
    outcome = _outcome(request)
    guard.stop()
    unlimit_memory()
    changed = [place for place, _ in sorted(listing(*watched).items() ^ before.items())]
    if guard.connections:
        return outcome._replace(kind=CONNECTION, said="; ".join(guard.connections[:3]))
    if guard.writes or changed:
        return outcome._replace(kind=WRITE, said="; ".join((*guard.writes, *changed))[:500])
    return outcome


def _isolate(scratch: Path) -> tuple[Path, Path, Path]:
    """A home folder, a temporary folder, and a file for what is printed; no GPU, few threads."""
    home, temporary, log = scratch / "home", scratch / "tmp", scratch / "log"
    for folder in (home, temporary):
        folder.mkdir()
    log.touch()
    os.environ |= dict.fromkeys(HOMES, str(home)) | {"TMPDIR": str(temporary), "MPLBACKEND": "Agg"}
    os.environ |= {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for name, descriptor in ((os.devnull, 0), (log, 1), (log, 2)):
        opened = os.open(name, os.O_RDWR | os.O_APPEND)
        os.dup2(opened, descriptor)
        os.close(opened)
    faulthandler.register(signal.SIGUSR1, all_threads=False)  # the parent asks where a case is stuck
    sys.dont_write_bytecode = True
    os.chdir(home)
    return home, temporary, log


def _outcome(request: Request) -> Outcome:
    from rtl_tf.exceptions import InputError

    try:
        request.function(request.input, request.output)
        return Outcome(READ)
    except InputError as problem:
        kind = MEMORY if _for_memory(problem) else REFUSED
        return Outcome(kind, str(problem), *_story(problem))
    except BaseException as problem:
        kind = MEMORY if _for_memory(problem) else TRACEBACK
        return Outcome(kind, f"{type(problem).__name__}: {problem}"[:LONGEST_MESSAGE], *_story(problem))


def _for_memory(problem: BaseException | None) -> bool:
    while problem is not None:
        if isinstance(problem, MemoryError) or type(problem).__name__ == "ResourceExhaustedError":  # TensorFlow's own
            return True
        problem = problem.__cause__ or problem.__context__
    return False


def _story(problem: BaseException) -> tuple[str, str]:
    """The innermost place in the package of the first problem, and the whole traceback, cut in its middle."""
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if PACKAGE in frame.filename]
    where = ""
    if frames:
        frame = frames[-1]
        where = f"{frame.filename.rsplit(PACKAGE, 1)[1]}:{frame.lineno} {frame.name}"
    text = "".join(traceback.format_exception(problem))
    return where, text if len(text) < 8000 else f"{text[:4000]}\n...\n{text[-4000:]}"


def _quiet(outcome: Outcome, printed: str) -> Outcome:
    """The outcome, unless a traceback was printed by the way, or the message is none for a person."""
    if outcome.kind in (READ, REFUSED) and PRINTED.search(printed):
        return outcome._replace(kind=TRACEBACK, said=f"printed: {printed[-500:]}", story=printed[-4000:])
    if outcome.kind == REFUSED and (len(outcome.said.splitlines()) != 1 or len(outcome.said) >= LONGEST_MESSAGE):
        return outcome._replace(kind=MESSAGE, said=f"{len(outcome.said)} characters: {outcome.said[:300]!r}")
    return outcome


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
