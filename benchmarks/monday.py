"""A clinician's Monday, with the commands of docs/monday.md: forty photographs, twenty labelled, the rest measured.

    python benchmarks/monday.py [--photographs 40] [--labelled 20] [--size 1200] [--parts] [--folder DIR]

Built-in heads stand in for the photographs and their exact landmarks for the person: what the page would write into its
journal is written by it here. Prints each command's time, and what is wrong with the measurements in the end.
"""

import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure import RESULTS, machine, write_json

from rtl_tf import cli

ROOT = Path(__file__).resolve().parents[1]
CORRECTED = 5
FISSURE = "palpebral_fissure_length"


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
        figures = monday(options)
    places = ("folder", "json")  # of this machine
    details = {"settings": {name: str(value) for name, value in vars(options).items() if name not in places}}
    write_json(options.json, figures, details | {"machine": machine(("tensorflow", "keras", "numpy"))})


def parse(arguments: list[str]):
    parser = cli.Parser(prog="python benchmarks/monday.py", description=__doc__.splitlines()[0])
    parser.add_argument("--photographs", type=int, default=40, help="two of each person [40]")
    parser.add_argument("--labelled", type=int, default=20)
    parser.add_argument("--size", type=int, default=1200, help="px of a photograph's side [1200]")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, help="[the preset's]")
    parser.add_argument("--parts", action="store_true", help="train with --parts")
    parser.add_argument("--folder", type=Path, help="where everything is kept [a temporary one]")
    parser.add_argument("--json", type=Path, default=RESULTS / "monday.json")
    return parser.parse_args(arguments)


def monday(options) -> dict[str, float]:
    """Seconds of each command, and what is wrong with the measurements of the photographs that nobody labelled."""
    heads = ["-m", "rtl_tf.datasets.synthetic", "--photographs", "--output", "heads", "--scans", "2"]
    run("rendering (no part of the day)", *heads, "--subjects", options.photographs // 2, "--size", options.size)
    truth = {Path(row["image"]).name: row for row in read("heads/landmarks.csv")}
    Path("photos").mkdir(exist_ok=True)
    for name in truth:
        shutil.copy(Path("heads/images") / name, "photos")
    facts = [{"image": f"photos/{name}"} | {key: row[key] for key in FACTS} for name, row in truth.items()]
    write("facts.csv", facts)
    names = sorted(truth)
    first = [*names[::2], *names[1::2]][: options.labelled]  # as many people as possible
    say("photos", first, truth)
    seconds = {}
    corrected = ("--corrected", "labelled/landmarks.csv")
    again = ("--no-test-part", *(("--parts",) if options.parts else ()))
    for turn, more, told in (("first", (), ()), ("second", again, corrected)):
        trained = f"runs/labelled/{turn}"
        shutil.rmtree("labelled", ignore_errors=True)
        steps = {
            "export": ("-m", "rtl_tf.app", "--export", "labelled/landmarks.csv", "photos"),
            "train": (
                *(ROOT / "train.py", "--preset", "detector", "--data", "labelled", "--schema", "fas14"),
                *("--folds", options.folds, "--output", trained, *more),
                *(("--epochs", options.epochs) if options.epochs else ()),
            ),
            "predict": (ROOT / "predict.py", trained, "photos", "--output", f"found-{turn}.csv"),
            "measure": (
                *("-m", "rtl_tf.cli.measure", f"found-{turn}.csv", "--facts", "facts.csv", "--errors", trained),
                *("--output", f"measurements-{turn}.csv", *told),
            ),
        }
        for name, words in steps.items():
            seconds[f"{turn} {name}"] = run(f"{turn} {name}", *words)
        if turn == "first":
            say("photos", doubtful(read("found-first.csv"), set(first)), truth)
    seconds["all commands"] = sum(seconds.values())
    print(f"all commands: {seconds['all commands']:.0f} s")
    return {f"{name}, s": value for name, value in seconds.items()} | judge(truth, set(first))


FACTS = ("subject", "mm_per_px", "age", "sex")


def run(what: str, *words) -> float:
    """Seconds that a command took; its output is shown where it fails."""
    started = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{what}: {done.stdout}\n{done.stderr}")
    print(f"{what}: {time.perf_counter() - started:.1f} s", flush=True)
    return time.perf_counter() - started


def say(folder: str, names: list[str], truth: dict[str, dict[str, str]]) -> None:
    """What a person does on the page: place all landmarks of these photographs, and tell the person and the scale."""
    from rtl_tf.app.entries import ATTRIBUTE, PLACE, Entry
    from rtl_tf.app.journal import NAME, writing
    from rtl_tf.schema import load_schema
    from rtl_tf.system.hashing import file_hash

    schema = load_schema("fas14")
    with writing(Path(folder) / NAME, schema) as journal:
        for name in names:
            row, content = truth[name], file_hash(Path(folder) / name)
            said = {"time": "2026-01-05T09:00:00Z", "who": "me", "image": name, "sha256": content, "change": name}
            places = {one: (float(row[f"{one}_x"]), float(row[f"{one}_y"])) for one in schema.names if row[f"{one}_x"]}
            entries = [Entry(**said, kind=PLACE, what=one, old=None, new=place) for one, place in places.items()]
            facts = {"subject": row["subject"], "mm_per_px": row["mm_per_px"]}
            entries += [Entry(**said, kind=ATTRIBUTE, what=one, old=None, new=value) for one, value in facts.items()]
            journal.append(entries)


def doubtful(found: list[dict[str, str]], labelled: set[str]) -> list[str]:
    """The photographs to correct: flagged ones first, then those with the largest radii."""

    def key(row):
        radii = [float(cell) for name, cell in row.items() if name.endswith("_radius") and cell]
        return not row["flags"], -np.mean(radii)

    rows = [row for row in found if Path(row["image"]).name not in labelled]
    return [Path(row["image"]).name for row in sorted(rows, key=key)[:CORRECTED]]


def judge(truth: dict[str, dict[str, str]], labelled: set[str]) -> dict[str, float]:
    """Errors of measurements in mm on photographs that nobody labelled or corrected, and how often intervals hold."""
    exact = {
        (Path(row["image"]).name, row["measurement"]): float(row["value"])
        for row in measured("heads/landmarks.csv", "truth.csv")
    }
    corrected = set(doubtful(read("found-first.csv"), labelled))
    found = {}
    for turn in ("first", "second"):
        rows = [
            row for row in read(f"measurements-{turn}.csv")
            if row["value"] and Path(row["image"]).name not in labelled | corrected and row["unit"] == "mm"
        ]  # fmt: skip
        true = np.array([exact[Path(row["image"]).name, row["measurement"]] for row in rows])
        value, low, high = (np.array([float(row[name] or "nan") for row in rows]) for name in ("value", "low", "high"))
        fissure = np.array([row["measurement"] == FISSURE for row in rows])
        found[f"{turn}: sd of the fissure's error, mm"] = float(np.std((value - true)[fissure]))
        found[f"{turn}: mean absolute error of all distances, mm"] = float(np.abs(value - true).mean())
        found[f"{turn}: truth within the interval"] = float(((low <= true) & (true <= high)).mean())
    for name, value in found.items():
        print(f"{name}: {value:.3f}")
    return found


def measured(table: str, output: str) -> list[dict[str, str]]:
    run("measuring the truth", "-m", "rtl_tf.cli.measure", table, "--schema", "fas14", "--output", output)
    return read(output)


def read(file: str) -> list[dict[str, str]]:
    with open(file, encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def write(file: str, rows: list[dict[str, str]]) -> None:
    with open(file, "w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    cli.run(main)
