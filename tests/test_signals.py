"""A signal that asks a command to end leaves as little behind as Ctrl-C does."""

import os
import signal
import subprocess
import sys

import pytest

from rtl_tf.system import child

# A command that is asked to end while it writes a copy of a photograph; a closed terminal asks twice.
COMMAND = """
import os, signal, sys
from pathlib import Path
from rtl_tf.cli import run
from rtl_tf.system.atomic import replacing
from rtl_tf.system.lock import alone_in

number, again, handler = int(sys.argv[1]), int(sys.argv[2]), getattr(signal, sys.argv[3])

def main(_):
    with alone_in("copies/a.png"), replacing("copies/a.png") as unfinished:
        unfinished.write_text("half of a face")
        try:
            os.kill(os.getpid(), number)
        finally:
            for _ in range(again):
                os.kill(os.getpid(), number)

signal.signal(number, handler)
run(main, [])
"""

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals of POSIX")


def asked(folder, name: str, again: int = 0, handler: str = "SIG_DFL") -> tuple[int, str, list[str]]:
    """Exit status, what was said, and what is left of a command."""
    words = [sys.executable, "-c", COMMAND, str(int(getattr(signal, name))), str(again), handler]
    done = subprocess.run(words, cwd=folder, env=child.environment(), capture_output=True, text=True, timeout=300)
    left = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
    return done.returncode, done.stderr, left


@pytest.mark.parametrize(("name", "again"), [("SIGTERM", 0), ("SIGHUP", 0), ("SIGHUP", 1)])
def test_what_was_being_written_and_its_lock_go(tmp_path, name, again):
    assert asked(tmp_path, name, again) == (128 + getattr(signal, name), "\nstopped\n", [])
    assert os.listdir(tmp_path) == []


def test_a_second_request_of_a_batch_system_ends_it_at_once(tmp_path):
    status, said, left = asked(tmp_path, "SIGTERM", 1)
    assert (status, said) == (-signal.SIGTERM, "") and len(left) == 2


def test_what_somebody_ignores_stays_ignored(tmp_path):
    """`nohup train.py` goes on when its terminal is closed."""
    assert asked(tmp_path, "SIGHUP", handler="SIG_IGN") == (0, "", ["copies/a.png"])
