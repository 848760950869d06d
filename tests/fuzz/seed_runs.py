"""What training leaves: a run's files, several runs for a table, studies, rendered faces."""

import gzip
import json
import tempfile
from pathlib import Path

import numpy as np
from fake_runs import add_examples, add_history, add_split, add_validation, make_run

from rtl_tf.config import Asked
from rtl_tf.evaluation.metrics import summarize
from rtl_tf.runs.config_file import to_json
from rtl_tf.runs.designs import lambda_grid
from rtl_tf.runs.finding import read_runs
from rtl_tf.runs.packing import write_pack
from rtl_tf.runs.predictions import read_predictions

from .seed_data import table

EPOCHS = 2
METHODS = ("ft", "rtl-eo")


def run(folder: Path) -> None:
    """One finished run with all of its files."""
    _fill(make_run(folder, "rtl-eo", 0, _errors(0), attributes=_attributes(), **_settings("rtl-eo")))


def several(folder: Path) -> None:
    """Two methods with two seeds each: enough for tables and figures."""
    for method in METHODS:
        for seed in range(2):
            _fill(make_run(folder, method, seed, _errors(seed), attributes=_attributes(), **_settings(method)))


def packed(folder: Path) -> None:
    """The same in one file."""
    with tempfile.TemporaryDirectory() as scratch:
        several(Path(scratch))
        write_pack(read_runs(scratch)[0], Path(scratch), folder, predictions=True)


def pack_content(folder: Path) -> None:
    """What is compressed in it."""
    packed(folder)
    for path in folder.glob("*.gz"):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()


def with_data(folder: Path) -> None:
    """A data set with a split of it."""
    table(folder / "data")
    _split(folder / "data")


def study(folder: Path) -> None:
    text = (
        'title = "Made up"\nseeds = 2\njudged_on = "validation"\n[[runs]]\nmethod = ["ft", "rtl-eo"]\nlambda = 0.002\n'
    )
    (folder / "table-9.toml").write_text(text)


def rendered(folder: Path) -> None:
    """The cache of one rendered face."""
    from rtl_tf.datasets import synthetic

    synthetic.samples(subjects=1, scans=1, size=32, cache=folder)


def _settings(method: str) -> dict:
    """All that a run resolves to, but for what `make_run` takes by itself."""
    resolved = to_json(Asked(method=method, epochs=EPOCHS).resolved(schema="fas14", encoder_stride=16))
    return {key: value for key, value in resolved.items() if key not in ("method", "seed", "data", "output")}


def _errors(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 2, (6, 3))


def _attributes() -> list[dict]:
    return [{"site": "north" if index % 2 else "south", "age": float(index)} for index in range(6)]


def _fill(folder: Path) -> None:
    add_validation(folder, _errors(5))
    add_history(folder, [0.8, 0.7])
    add_split(folder, 3)
    add_examples(folder, ["face000.png", "face001.png"], [0.5, 0.6])
    metrics = {"attention.drift.mean": 0.2, "attention.drift.std": 0.1}
    metrics |= summarize(read_predictions(folder / "predictions.csv"))
    (folder / "metrics.json").write_text(json.dumps(metrics))
    scores = [{"lambda": value, "validation_error": 0.5, "epoch": 1} for value in lambda_grid()]
    (folder / "lambda_search.json").write_text(json.dumps({"chosen": 0.002, "measure": "px", "candidates": scores}))
    about = {"rtl_tf": "0.1.0", "python": "3.11", "cores": 2, "gpus": [], "packages": {"keras": "3.15.1"}}
    (folder / "environment.json").write_text(json.dumps(about))


def _split(data: Path) -> None:
    from rtl_tf import datasets
    from rtl_tf.records import Split
    from rtl_tf.runs.parts import write_split

    samples = datasets.load(data)
    split = Split((0, 1), (2,), (3,))
    write_split(data.with_name("split.csv"), samples, split)
