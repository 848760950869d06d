"""Rendering on all cores.

The workers are processes of their own (`python -m rtl_tf.datasets.synthetic.worker`), each with a thread here that
gives it one subject a line; see `studies.workers` for why no process pool of the library does it.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue

from rtl_tf.system import child

_ALONE = 8  # pictures up to which starting workers is not worth it
_THREADS = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
Rows = list[dict[str, str]]


def render_subjects(subjects: list[int], settings: dict[str, int], folder: Path) -> Iterator[tuple[int, Rows]]:
    """Renders all scans of each subject into `folder`; yields (subject, table rows) as they are finished."""
    workers = min(_cores(), len(subjects))
    if workers < 2 or len(subjects) * settings["scans"] <= _ALONE:
        from rtl_tf.datasets.synthetic.worker import render_subject  # SciPy is needed only where rendering is

        for subject in subjects:
            yield subject, render_subject(subject, settings, folder)
    else:
        yield from _with_workers(workers, subjects, settings, folder)


def _with_workers(
    count: int, subjects: list[int], settings: dict[str, int], folder: Path
) -> Iterator[tuple[int, Rows]]:
    workers = [_start(settings, folder) for _ in range(count)]
    idle: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()  # as many as threads: none of them waits for one
    for worker in workers:
        idle.put(worker)

    def render(subject: int) -> tuple[int, Rows]:
        worker = idle.get()
        try:
            return subject, _ask(worker, subject)
        finally:
            idle.put(worker)

    with ThreadPoolExecutor(count) as threads:
        try:
            for rendered in as_completed([threads.submit(render, subject) for subject in subjects]):
                yield rendered.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.kill()
                worker.wait()


def _start(settings: dict[str, int], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        child.command("rtl_tf.datasets.synthetic.worker", json.dumps(settings), str(folder)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,  # Ctrl-C stops the parent, which stops its workers
        env=child.environment(**_THREADS),
    )


def _ask(worker: subprocess.Popen[str], subject: int) -> Rows:
    """Let an idle worker render a subject."""
    assert worker.stdin and worker.stdout, "pipes of `_start`"
    try:
        worker.stdin.write(f"{subject}\n")
        worker.stdin.flush()
        return json.loads(worker.stdout.readline())
    except (OSError, ValueError) as problem:
        raise RuntimeError(f"rendering subject {subject} failed (a worker ended; its message is above)") from problem


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
