"""The scripts of benchmarks/ answer; what they measure they tell by being run."""

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
# mediapipe_mesh runs in an environment of its own, with mediapipe.
COMMANDS = sorted(
    path.stem for path in FOLDER.glob("*.py") if "Parser(" in path.read_text() and path.stem != "mediapipe_mesh"
)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_answered(name):
    command = [sys.executable, str(FOLDER / f"{name}.py"), "--help"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0 and answer.stdout.startswith(f"usage: {name}.py [-h]"), answer.stderr
