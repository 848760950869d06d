"""Hostile files for every reader: mutated and made up, read in child processes that are watched.

python -m fuzz --cases 20000        in the folder tests of a checkout
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = str(ROOT / "tests")
if TESTS not in sys.path:  # the toys of the other tests are seeds here
    sys.path.insert(0, TESTS)
