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


def test_a_note_is_one_line_and_said_once():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == ["note: a.gif: several frames", "<string>:6: UserWarning: odd"]
