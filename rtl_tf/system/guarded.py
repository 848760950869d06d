"""Reading, in a process of its own, what a library might crash on, hang in or fill the memory with.

HDF5 and the engines of exported detectors are C code that damaged files lead astray. A module that reads such a file
calls `serve`; `require_readable` starts it as a child with limits before this process opens the file.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from rtl_tf.documents import require_file
from rtl_tf.exceptions import InputError
from rtl_tf.system import child
from rtl_tf.system.hashing import State, state_of
from rtl_tf.system.redirection import redirect

SECONDS = 5.0  # of processor time, beside what files of this size need
SECONDS_A_MIB = 0.05
CORES = 4  # at most: every thread takes addresses of its own
PATIENCE = 3  # how much longer a child may take than its processor time: the machine has other work too
MEMORY = 2 * 2**30  # bytes, beside the files' own size
REFUSED = 3  # exit status of a child that says why


def require_readable(module: str, path: str | Path, memory: int = MEMORY, beside: Sequence[Path] = ()) -> None:
    """Let the child process `python -m module` read the file. What it has read once is not read again.

    Args:
        memory: bytes that the child may take, beside the files' own size.
        beside: other files that it reads with this one.
    Raises:
        InputError: no regular file, or the child refused it, crashed, or reached a limit of time or `memory` (bytes).
    """
    path = Path(path)
    require_file(path)
    _read(module, path, memory, tuple(map(state_of, (path, *beside))))


@lru_cache(maxsize=64)
def _read(module: str, path: Path, memory: int, states: tuple[State | None, ...]) -> None:
    size = sum(state[0] for state in states if state)
    seconds = SECONDS + SECONDS_A_MIB * size / 2**20
    try:
        done = subprocess.run(
            child.command(module, str(path), str(seconds), str(memory + size)),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=child.environment(OPENBLAS_NUM_THREADS="1", MALLOC_ARENA_MAX="2"),
            timeout=PATIENCE * seconds,
        )
    except subprocess.TimeoutExpired as problem:
        raise InputError(f"{path}: damaged (reading it takes longer than {PATIENCE * seconds:.0f} s)") from problem
    if done.returncode == REFUSED:
        raise InputError(json.loads(done.stdout))
    if done.returncode:
        raise InputError(f"{path}: damaged (a process that read it was stopped or crashed, {done.returncode})")


def serve(read: Callable[[Path], object]) -> None:
    """The child's side: set the limits, read the file, say why not. `read` raises InputError for a bad file."""
    path, seconds, memory = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    (answer,) = redirect(os.devnull, 1)  # where engines write what they have to say
    with suppress(ImportError):  # Windows has none of it; the parent's patience ends there too
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    try:
        read(path)
    except (InputError, MemoryError) as problem:
        refusal = str(problem) if isinstance(problem, InputError) else f"{path}: damaged (asks for too much memory)"
        os.write(answer, json.dumps(refusal).encode())
        os._exit(REFUSED)  # an engine may hang or crash on its way out
    os._exit(0)
