"""How long a user waits: for --help, for Table I, and for the first training step of a fresh installation.

    python benchmarks/start_up.py [--repeats 3] [--json FILE]

Wall times of whole processes, medians. The first step is that of the README's first command with an empty cache: 300
faces are rendered first. It is over when the progress line, on a terminal that this script plays, tells a loss.
"""

import argparse
import os
import pty
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import RESULTS, machine, write_json

ROOT = Path(__file__).resolve().parents[1]
METHODS = ("fe", "ftp", "ft", "rtl-co", "rtl-eo", "rtl-sam", "rtl-cam")
SEEDS = 5
TEST_IMAGES = 310  # the paper's
FIRST_STEP = re.compile(rb"epoch +1/\d+ .*loss \d")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, default=RESULTS / "start_up.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        runs = fake_runs(Path(folder) / "runs")
        waits = {
            "seconds_help": lambda: command("train.py", "--help"),
            "seconds_table": lambda: command("evaluate.py", "--table", "1", "--runs", runs),
            "seconds_first_step": lambda: first_step(Path(folder) / "first"),
        }
        seconds = {name: [wait() for _ in range(options.repeats)] for name, wait in waits.items()}
    for name, values in seconds.items():
        print(f"{name}: median {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})")
    figures = {name: statistics.median(values) for name, values in seconds.items()}
    write_json(options.json, figures, {"seconds": seconds, "machine": machine(("tensorflow", "keras", "numpy"))})


def fake_runs(root: Path) -> Path:
    """Run folders of the paper's size: seven methods, five seeds, 310 test images of 14 landmarks."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    import numpy as np
    from fake_runs import make_predictions, make_run

    from rtl_tf.runs.predictions import write_predictions
    from rtl_tf.schema import load_schema

    landmarks = load_schema("fas14").names
    rng = np.random.default_rng(0)
    for method in METHODS:
        for seed in range(SEEDS):
            errors = rng.gamma(4.0, 0.2, (TEST_IMAGES, len(landmarks)))
            folder = make_run(root, method, seed, errors[:, :1])
            write_predictions(folder / "predictions.csv", make_predictions(errors, landmarks=landmarks))
    return root


def command(script: str, *arguments) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, str(ROOT / script), *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def first_step(folder: Path) -> float:
    """Seconds until `train.py --method rtl-eo` has made a step; the training is stopped there."""
    terminal, other_end = pty.openpty()
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "train.py"), "--method", "rtl-eo", "--output", str(folder / "run")],
        stdout=subprocess.DEVNULL,
        stderr=other_end,
        env={**os.environ, "RTL_TF_CACHE": str(folder / "cache")},
    )
    os.close(other_end)
    told = b""
    try:
        while not FIRST_STEP.search(told):
            told += os.read(terminal, 4096)
        return time.perf_counter() - started
    except OSError as problem:  # the other end is closed: the process ended
        raise SystemExit(f"train.py ended before its first step:\n{told.decode()}") from problem
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
