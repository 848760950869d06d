"""Tasks in processes of their own: nothing that one of them does takes the others with it."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import worker_tasks

from rtl_tf.studies.workers import work_through


def outcome(tasks, **options):
    """Task -> (kind, value) of its last event."""
    last = {}
    for number, kind, value in work_through(tasks, worker_tasks.make_execute, **options):
        last[number] = kind, value
    return [last[number] for number in range(len(tasks))]


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z" if Path("/proc").is_dir() else True


def gone(pid, seconds=5.0):
    end = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return not is_running(pid)


def test_each_task_begins_reports_and_ends():
    events = list(work_through([("double", 4), ("double", 5)], worker_tasks.make_execute))
    assert [tuple(event) for event in events] == [
        (0, "begun", None), (0, "progress", 0.5), (0, "done", 8),
        (1, "begun", None), (1, "progress", 0.5), (1, "done", 10),
    ]  # fmt: skip


def test_a_failing_or_dying_task_leaves_the_others_alone():
    tasks = [("refuse", "bad flag"), ("double", 1), ("raise", "two\nlines"), ("exit", 3), ("kill", 0), ("double", 2)]
    tasks.append(("full", "runs/ft/best.keras"))
    assert outcome(tasks) == [
        ("failed", "bad flag"),
        ("done", 2),
        ("failed", "ZeroDivisionError: two lines"),
        ("failed", "its process ended with status 3"),
        ("failed", "its process was ended by SIGKILL (too little memory?)"),
        ("done", 4),
        ("failed", "runs/ft/best.keras: No space left on device"),
    ]


def test_a_process_that_cannot_start_work_fails_its_tasks():
    events = list(work_through([("double", 1)] * 2, worker_tasks.make_nothing))
    assert [event.value for event in events if event.kind == "failed"] == ["ImportError: no such library"] * 2


def test_a_process_serves_several_tasks_and_is_replaced():
    pids = [value for _, value in outcome([("process", None)] * 5, tasks_a_process=2)]
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4]
    assert os.getpid() not in pids and all(gone(pid) for pid in pids)


def test_tasks_run_side_by_side():
    events = work_through([("sleep", 0.5), ("sleep", 0.5), ("process", None)], worker_tasks.make_execute, jobs=2)
    kinds = [(event.task, event.kind) for event in events]
    assert kinds.index((1, "begun")) < kinds.index((0, "done"))
    assert kinds.index((2, "begun")) > min(kinds.index((0, "done")), kinds.index((1, "done")))


def test_variables_are_set_unless_the_user_has_set_them(monkeypatch):
    monkeypatch.setenv("RTL_TF_TEST_SET", "mine")
    environment = {"RTL_TF_TEST_SET": "1", "RTL_TF_TEST_UNSET": "1"}
    tasks = [("variable", "RTL_TF_TEST_SET"), ("variable", "RTL_TF_TEST_UNSET")]
    assert outcome(tasks, environment=environment) == [("done", "mine"), ("done", "1")]


def test_who_stops_listening_stops_the_processes():
    events = work_through([("sleep", 60)], worker_tasks.make_execute)
    pid = next(event.value for event in events if event.kind == "progress")
    assert is_running(pid)
    events.close()
    assert gone(pid)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX signals")
def test_processes_end_with_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        textwrap.dedent("""
        import worker_tasks
        from rtl_tf.studies.workers import work_through

        if __name__ == "__main__":
            for event in work_through([("sleep", 60)], worker_tasks.make_execute):
                print(event.value, flush=True)
        """)
    )
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    environment = os.environ | {"PYTHONPATH": paths}
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=environment)
    pids = [parent.stdout.readline().strip() for _ in range(2)]
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert pids[0] == "None" and gone(int(pids[1]))
