"""Rendering on all cores.

Workers are processes of their own (`python -m rtl_tf.datasets.synthetic.worker`) that take one subject a line on
stdin. Unlike multiprocessing they neither fork a parent in which TensorFlow runs threads nor import the
caller's script.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

import rtl_tf

_ALONE = 8  # pictures up to which starting workers is not worth it
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
    todo, done = Queue(), Queue()
    for subject in subjects:
        todo.put(subject)
    workers = [_start(settings, folder) for _ in range(count)]
    try:
        for worker in workers:
            threading.Thread(target=_drive, args=(worker, todo, done), daemon=True).start()
        for _ in subjects:
            answer = done.get()
            if isinstance(answer, Exception):
                raise answer
            yield answer
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def _start(settings: dict[str, int], folder: Path) -> subprocess.Popen:
    package = str(Path(rtl_tf.__file__).resolve().parents[1])
    threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", "rtl_tf.datasets.synthetic.worker", json.dumps(settings), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,  # Ctrl-C stops the parent, which stops its workers
        env={**os.environ, **threads, "PYTHONPATH": path},
    )


def _drive(worker: subprocess.Popen, todo: Queue, done: Queue) -> None:
    """Feeds one worker a subject at a time until none is left."""
    while True:
        try:
            subject = todo.get_nowait()
        except Empty:
            return
        try:
            worker.stdin.write(f"{subject}\n")
            worker.stdin.flush()
            done.put((subject, json.loads(worker.stdout.readline())))
        except (OSError, ValueError):
            done.put(RuntimeError(f"rendering subject {subject} failed (a worker ended; its message is above)"))
            return


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
