"""Finds and reads finished runs: `<root>/<data>/<method>/seed<k>/`."""

import shlex
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from rtl_tf.config import Settings, flag_name, read_config
from rtl_tf.evaluation.metrics import summarize
from rtl_tf.evaluation.predictions import Predictions, read_predictions
from rtl_tf.exceptions import InputError
from rtl_tf.method_settings import METHOD_NAMES, foreign_settings

NEEDED = ("method", "data_name", "dataset_hash", "schema", "image_size", "seed")
# Where these differ, errors mean different things, and no table may hold both.
COMPARED = ("dataset_hash", "schema", "image_size", "crop_margin")
OWN = {"seed", "output"}  # settings of one run that say nothing about what was compared
FIRST_RUN = "python train.py --method rtl-eo --lambda 0.002"


@dataclass(frozen=True)
class Run:
    """One trained and tested detector: what was asked for, what it resolved to, and what it predicted."""

    folder: Path
    asked: dict
    resolved: dict
    predictions: Predictions

    @property
    def method(self) -> str:
        return self.resolved["method"]

    @cached_property
    def summary(self) -> dict[str, float | int | None]:
        """`evaluation.metrics.summarize` of the predictions."""
        return summarize(self.predictions)


def read_run(folder: str | Path) -> Run:
    """Read one run folder; raises InputError naming the file that is missing or damaged."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"no run folder {folder}")
    path = folder / "config.json"
    config = read_config(path)
    asked, resolved = config["asked"], config["resolved"]
    missing = [key for key in NEEDED if key not in resolved]
    if missing:
        raise InputError(f"{path}: 'resolved' lacks {', '.join(missing)}")
    predictions = folder / "predictions.csv"
    if not predictions.is_file():
        raise InputError(f"{folder} has no predictions.csv: the run is not finished (train.py --resume finishes it)")
    return Run(folder, asked, resolved, read_predictions(predictions))


def find_runs(root: str | Path, data: str | None = None) -> tuple[list[Run], list[str]]:
    """All readable runs of one data set, and a line for each that is not readable.

    `data` names the folder under `root`; it may be left out when there is only one with runs.
    """
    root = Path(root)
    folders = sorted(root.glob("*/*/seed*/"))
    if not folders:
        raise InputError(f"no runs in {root}: train one first, for example with {FIRST_RUN}")
    names = sorted({folder.parts[-3] for folder in folders})
    if data is None and len(names) > 1:
        raise InputError(f"{root} has runs on several data sets: choose with --data {' or --data '.join(names)}")
    if data is not None and data not in names:
        raise InputError(f"no runs on '{data}' in {root}: there are runs on {', '.join(names)}")
    runs, warnings = [], []
    for folder in folders:
        if folder.parts[-3] == (data or names[0]):
            try:
                runs.append(read_run(folder))
            except InputError as problem:
                warnings.append(str(problem))
    if not runs:
        raise InputError(f"no finished run on '{data or names[0]}' in {root}: {warnings[0]}")
    return runs, warnings


def require_comparable(runs: list[Run]) -> None:
    """Raise InputError, naming two runs, unless all were tested on the same images seen at the same size."""
    for run in runs[1:]:
        for key in COMPARED:
            if run.resolved.get(key) != runs[0].resolved.get(key):
                pair = f"{runs[0].folder} ({runs[0].resolved.get(key)}) and {run.folder} ({run.resolved.get(key)})"
                raise InputError(f"runs with different {key} cannot share a table: {pair}; move one out of the way")
        if run.predictions.images != runs[0].predictions.images:
            pair = f"{runs[0].folder} and {run.folder}"
            raise InputError(f"runs tested on different images cannot share a table: {pair}; move one out of the way")


def setting_differences(runs: list[Run], studied: tuple[str, ...]) -> list[str]:
    """A line for each run that differs from its peers in more than the settings that the table studies.

    Runs of one method must agree in all but the seed, or their mean mixes settings; methods may differ in lambda
    and width too, and in settings that are foreign to one of them.
    """
    first_of_method = {run.method: run for run in reversed(runs)}
    lines = []
    for run in runs:
        for other, ignored in ((runs[0], {*OWN, *studied, "width"}), (first_of_method[run.method], OWN)):
            foreign = foreign_settings(other.method).keys() | foreign_settings(run.method).keys()
            keys = _differing(other, run, ignored | foreign)
            if keys:
                lines.append(f"{other.folder} and {run.folder} differ in {', '.join(keys)}")
                break
    return lines


def training_command(method: str, like: Run | None) -> str | None:
    """The command that trains `method` so that it can stand in one table with the run `like`; None: not available.

    It repeats the flags typed for that run, except those that belong to its method or to that one run, or that are
    foreign to `method`.
    """
    if method not in METHOD_NAMES:
        return None
    defaults = {setting.name: setting.default for setting in fields(Settings)}
    words = ["python train.py --method", method]
    for key, value in (like.asked if like else {}).items():
        if key not in OWN | {"method", "lambda"} | foreign_settings(method).keys() and value != defaults.get(key):
            words.append(_as_flag(key, value))
    return " ".join(words)


def _differing(first: Run, second: Run, ignored: set[str]) -> list[str]:
    keys = (first.resolved.keys() | second.resolved.keys()) - ignored
    return sorted(key for key in keys if first.resolved.get(key) != second.resolved.get(key))


def _as_flag(name: str, value) -> str:
    return flag_name(name, value) if isinstance(value, bool) else f"{flag_name(name)} {shlex.quote(str(value))}"
