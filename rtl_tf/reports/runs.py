"""Finds runs, wherever they lie under a folder, and reads them. A run is what its config.json says, not its path."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rtl_tf.config_json import read_config
from rtl_tf.documents import Node, read_json, read_table
from rtl_tf.evaluation.metrics import summarize
from rtl_tf.evaluation.predictions import Predictions, read_predictions
from rtl_tf.exceptions import InputError
from rtl_tf.history import read_history
from rtl_tf.method_settings import METHOD_NAMES
from rtl_tf.schema import known_schemas, load_schema

NEEDED = ("method", "data_name", "dataset_hash", "schema", "image_size", "seed")
FOUND_OUT = ("data_name", "dataset_hash", "images_hash", "schema_hash", "source_hash")  # by the run: text, all of it
# Where these differ, errors are of other images or mean something else, and no table may hold both. What an older run
# does not tell (images_hash) cannot differ.
COMPARED = ("dataset_hash", "images_hash", "schema", "image_size", "crop_margin", "split_by", "split_seed")
FIRST_RUN = "python train.py --method rtl-eo --lambda 0.002"
RUN_FILES = {"config.json", "predictions.csv"}  # a folder with one of them is a run's
VALIDATION = "validation-predictions.csv"  # as predictions.csv, of the validation part
SOURCES = "sources"  # below the runs' folder: what `rtl_tf.cli.pretrain` trained, no runs to be compared


@dataclass(frozen=True)
class Run:
    """One detector: what was asked for, what it resolved to, and, once it is finished, what it predicted."""

    folder: Path
    asked: dict
    resolved: dict

    @property
    def method(self) -> str:
        return self.resolved["method"]

    @property
    def seed(self) -> int:
        return self.resolved["seed"]

    @property
    def tested(self) -> bool:
        """Whether it has predicted the test part."""
        return (self.folder / "predictions.csv").is_file()

    @property
    def validated(self) -> bool:
        """Whether it is trained and has predicted the validation part: what a choice of settings looks at."""
        return (self.folder / VALIDATION).is_file()

    def judged(self, part: str) -> bool:
        """Whether it has predicted the part, "test" or "validation"; who has predicted the test part, has both."""
        return self.tested or (part == "validation" and self.validated)

    def predictions_of(self, part: str) -> Predictions:
        """`predictions` of "test", `validation` of "validation"."""
        return self.predictions if part == "test" else self.validation

    @property
    def ended(self) -> bool:
        """Whether `train.py` got to its end: metrics.json is what it writes last."""
        return (self.folder / "metrics.json").is_file()

    @property
    def problem(self) -> str:
        """What keeps a run without predictions out of tables."""
        if self.ended:
            return f"{self.folder} has lost its predictions.csv, which tables are computed from"
        return f"{self.folder} has no predictions.csv: the run is not finished (train.py --resume finishes it)"

    @cached_property
    def schema(self) -> str:
        """Its landmarks and mirrored pairs, by content: `Schema.identity`; the text that was asked where that is lost.

        An older run's settings do not tell the content; the copy in its folder does.
        """
        told = self.resolved.get("schema_hash")
        if told is not None:
            return known_schemas().get(told, told[:12])
        try:
            return load_schema(self.folder / "schema.toml").identity
        except (InputError, OSError):
            return self.resolved["schema"]

    @cached_property
    def predictions(self) -> Predictions:
        """Read at the first use; raises InputError naming the file that is missing or damaged."""
        if not self.tested:
            raise InputError(self.problem)
        path = self.folder / "predictions.csv"
        predictions = read_predictions(path)
        try:
            expected = self.metrics.get("images")
        except InputError:  # not there yet, or damaged: tables do without it
            expected = None
        if expected not in (None, len(predictions.images)):
            raise InputError(f"{path}: {len(predictions.images)} images, metrics.json says {expected}: cut off?")
        return predictions

    @cached_property
    def validation(self) -> Predictions:
        """As `predictions`, of the validation part: what settings are chosen by."""
        path = self.folder / VALIDATION
        if self.tested and not path.is_file():
            raise InputError(f"no file {path}: its run was trained before runs kept it; train it anew")
        return read_predictions(path)

    @cached_property
    def history(self) -> list[dict[str, float]]:
        """Rows of history.csv, one an epoch; raises InputError unless it holds every epoch."""
        path = self.folder / "history.csv"
        rows = read_history(path, ("epoch", "heatmap_loss", "val_loss", "val_error"))
        if len(rows) != self.resolved.get("epochs"):
            raise InputError(f"{path}: {len(rows)} epochs instead of {self.resolved.get('epochs')}")
        return rows

    @cached_property
    def metrics(self) -> dict[str, float | int | None]:
        """metrics.json; raises InputError where it is missing or damaged."""
        return read_metrics(self.folder / "metrics.json")

    @cached_property
    def training_images(self) -> int | None:
        """How many images it was trained on, by its split.csv; None where that is not there."""
        try:
            return sum(row.cells["part"] == "training" for row in read_table(self.folder / "split.csv", ["part"]))
        except InputError:
            return None

    @cached_property
    def summary(self) -> dict[str, float | int | None]:
        """`evaluation.metrics.summarize` of the predictions."""
        return summarize(self.predictions)


def read_run(folder: str | Path) -> Run:
    """Read a run's settings; raises InputError naming the file that is missing or damaged."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"no run folder {folder}")
    path = folder / "config.json"
    config = read_config(path)
    resolved = config["resolved"]
    missing = [key for key in NEEDED if resolved.get(key) is None]
    if missing:
        raise InputError(f"{path}: 'resolved' lacks {', '.join(missing)}")
    for key in FOUND_OUT:
        if (value := Node(resolved, str(path), "resolved").get(key)) is not None:
            value.text()
    if resolved["method"] not in METHOD_NAMES:
        raise InputError(f"{path}: no method is called '{resolved['method']}'")
    return Run(folder, config["asked"], resolved)


def read_metrics(path: Path) -> dict[str, float | int | None]:
    """metrics.json: name -> number, or None; InputError where it is missing or damaged."""
    metrics = read_json(path)
    for name in metrics.object():
        if (value := metrics.get(name)) is not None:
            value.number()
    return metrics.value


def find_runs(root: str | Path, data: str | None = None) -> tuple[list[Run], list[str]]:
    """All runs on one data set, at any depth under `root`, and a line for each that cannot be used.

    Unfinished runs are among them, and have their line, except those that only were to predict the validation part;
    what has ended and lost a file is named by `readable`.
    `data` is the data set's name in the runs' settings; it may be left out when there is only one.
    """
    if not Path(root).is_dir():
        raise InputError(f"no folder {root}: choose with --runs, or train first, for example with {FIRST_RUN}")
    runs, warnings = read_runs(root)
    if not runs:
        problem = f": {warnings[0]}" if warnings else f": train one first, for example with {FIRST_RUN}"
        raise InputError(f"no runs in {root}{problem}")
    names = sorted({run.resolved["data_name"] for run in runs})
    if data is None and len(names) > 1:
        raise InputError(f"{root} has runs on several data sets: choose with --data {' or --data '.join(names)}")
    if data is not None and data not in names:
        raise InputError(f"no runs on '{data}' in {root}: there are runs on {', '.join(names)}")
    runs = [run for run in runs if run.resolved["data_name"] == (data or names[0])]
    return runs, warnings + [run.problem for run in runs if not (run.judged("validation") or run.ended)]


def read_runs(root: str | Path) -> tuple[list[Run], list[str]]:
    """All runs at any depth under `root`, perhaps none, and a line for each whose settings cannot be read."""
    runs, warnings = [], []
    for folder in _run_folders(Path(root)):
        try:
            runs.append(read_run(folder))
        except InputError as problem:
            warnings.append(str(problem))
    return runs, warnings


def holds_run(folder: Path) -> bool:
    """Whether there is a run in the folder itself, begun or finished."""
    return any((folder / name).is_file() for name in RUN_FILES)


def has_runs(root: str | Path) -> bool:
    """Whether there is any run under `root`, of whatever data and however damaged."""
    return bool(_run_folders(Path(root)))


def readable(runs: list[Run], part: str) -> tuple[list[Run], list[str]]:
    """Those of the runs that predicted a part whose predictions can be read, and a line for each other one of them."""
    good, warnings = [], []
    for run in runs:
        if run.judged(part) or run.ended:
            try:
                run.predictions_of(part)  # read now, so that damage is found here
                good.append(run)
            except InputError as problem:
                warnings.append(str(problem))
    return good, warnings


def require_same_images(runs: list[Run], part: str) -> None:
    """Raise InputError, naming two runs, unless all predict the same images and landmarks of a part."""
    for run in runs[1:]:
        for what in ("images", "subjects", "landmarks"):
            if getattr(run.predictions_of(part), what) != getattr(runs[0].predictions_of(part), what):
                numbers = [f"{one.folder} ({len(getattr(one.predictions_of(part), what))})" for one in (runs[0], run)]
                pair = " and ".join(numbers)
                raise InputError(
                    f"runs judged on different {what} cannot share a table: {pair}; move one out of --runs"
                )


def _run_folders(root: Path) -> list[Path]:
    """Folders with settings or predictions; nothing inside a run is one."""
    found = []
    for folder, folders, files in os.walk(root):
        if not RUN_FILES.isdisjoint(files):
            found.append(Path(folder))
            folders.clear()
        elif Path(folder) == root and SOURCES in folders:
            folders.remove(SOURCES)
    return sorted(found)
