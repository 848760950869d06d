"""A note on input is one line, for the first file of its kind; other warnings look as they do in Python."""

import subprocess
import sys

PROGRAM = """
import warnings
from rtl_tf.system.notes import warn_once
for name in "ab":
    warn_once("frames", f"{name}.gif: several\\nframes")
warnings.warn("odd")
"""
BESIDE_A_BAR = """
import sys
from rtl_tf.system.notes import warn_once
from rtl_tf.system.progress import Bar
sys.stderr.isatty = lambda: True
bar = Bar(2, "reading")
warn_once("frames", "a.gif: several frames")
bar.close()
"""


def test_a_note_is_one_line_and_said_once():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == ["note: a.gif: several frames", "<string>:6: UserWarning: odd"]


def test_a_note_has_its_own_line_beside_a_progress_bar():
    done = subprocess.run([sys.executable, "-c", BESIDE_A_BAR], capture_output=True, check=True)
    cleared, note, drawn_again = done.stderr.decode().rpartition("\rnote: a.gif: several frames\n")
    assert not cleared.split("\r")[-1].strip() and drawn_again.startswith("\rreading ····") and note
