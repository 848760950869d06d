"""A run, read from its folder. It is what its config.json says, not its path."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rtl_tf.documents import Node, read_json, read_text
from rtl_tf.exceptions import InputError
from rtl_tf.methods import METHODS
from rtl_tf.runs import layout
from rtl_tf.runs.config_file import read_config
from rtl_tf.runs.fitted import fitted_in
from rtl_tf.runs.history import read_history
from rtl_tf.runs.metrics_file import read_metrics
from rtl_tf.runs.packed import Packed, packed_run
from rtl_tf.runs.parts import part_size
from rtl_tf.runs.predictions import Predictions, read_predictions, without_landmarks
from rtl_tf.schema import UNLABELLED, Schema, available_schemas, known_schemas, load_schema, parse_schema

NEEDED = ("method", "data_name", "dataset_hash", "schema", "image_size", "seed")
FOUND_OUT = ("data_name", "dataset_hash", "images_hash", "schema_hash", "source_hash")  # by the run: text, all of it


@dataclass(frozen=True)
class Run:
    """One detector: what was asked for, what it resolved to, and, once it is finished, what it predicted.

    It can stand wherever its folder can: `Detector.load(run)`.
    """

    folder: Path | Packed
    asked: dict
    resolved: dict

    def __fspath__(self) -> str:
        return str(self.folder)

    @property
    def method(self) -> str:
        return self.resolved["method"]

    @property
    def seed(self) -> int:
        return self.resolved["seed"]

    @property
    def cross_validated(self) -> bool:
        """Whether nobody was held out, nor a fold, so that its predictions are its folds', of the training part."""
        return self.resolved.get("test_part") is False and not self.resolved.get("fold")

    @property
    def heeds_boxes(self) -> bool:
        """Whether its detector's answers are moved by what given boxes tell: `Recipe.box_evidence`."""
        return self._recipe is not None and self._recipe.get("box_evidence") is not None

    @property
    def fitted(self) -> dict[str, Any]:
        """What was fitted to the training part beside the network, see `fitted.fitted_in`; empty where nothing was."""
        if self._recipe is None:
            return {}
        return fitted_in(self._recipe, self.resolved["image_size"], self.predictions.landmarks)

    @property
    def _recipe(self) -> Node | None:
        file = self.folder / layout.RECIPE
        return read_json(file) if file.is_file() else None

    @property
    def tested(self) -> bool:
        """Whether it has predicted the test part, or its folds the training part."""
        return (self.folder / layout.PREDICTIONS).is_file()

    @property
    def validated(self) -> bool:
        """Whether it is trained and has predicted the validation part: what a choice of settings looks at."""
        return (self.folder / layout.VALIDATION).is_file()

    def judged(self, part: str) -> bool:
        """Whether it has predicted the part, "test" or "validation"; who has predicted the test part, has both."""
        return self.tested or (part == "validation" and self.validated)

    def predictions_of(self, part: str) -> Predictions:
        """`predictions` of "test", `validation` of "validation"."""
        return self.predictions if part == "test" else self.validation

    @property
    def ended(self) -> bool:
        """Whether `train.py` got to its end."""
        return layout.is_ended(self.folder)

    @property
    def begun(self) -> bool:
        """Whether `train.py --resume` can go on with it."""
        return not self.ended and isinstance(self.folder, Path)

    @property
    def packed_without(self) -> bool:
        """Whether it stands in a pack without its predictions."""
        return isinstance(self.folder, Packed) and not self.judged("validation")

    @property
    def packed_without_folds(self) -> str:
        """Why a run in a pack does not tell what its folds said; "" where it does, or had none."""
        told, record = self.resolved, self.folder / layout.OUT_OF_FOLD
        if not isinstance(self.folder, Packed) or not told.get("folds") or told.get("fold") or record.is_file():
            return ""
        return f"{self.folder} was packed without what its folds said; pack its folder again, with --predictions"

    @property
    def problem(self) -> str:
        """What keeps a run without predictions out of tables."""
        if isinstance(self.folder, Packed):
            return f"{self.folder} was packed without its predictions, which tables are computed from"
        if self.ended:
            return f"{self.folder} has lost its {layout.PREDICTIONS}, which tables are computed from"
        return f"{self.folder} has no {layout.PREDICTIONS}: the run is not finished (train.py --resume finishes it)"

    @cached_property
    def schema(self) -> str:
        """Its landmarks and mirrored pairs, by content: `Schema.identity`; the text that was asked where that is lost.

        An older run's settings do not tell the content; the copy in its folder does.
        """
        schema_hash = self.resolved.get("schema_hash")
        if schema_hash is not None:
            return known_schemas().get(schema_hash, schema_hash[:12])
        try:
            path = self.folder / layout.SCHEMA
            return parse_schema(read_text(path), str(path)).identity
        except InputError:
            return self.resolved["schema"]

    @cached_property
    def schema_read(self) -> Schema:
        """As the package has it now, if it is the package's: an older run tells fewer measurements. Else the copy
        in its folder or pack; where that is lost, what was asked for."""
        if self.schema in available_schemas():
            return load_schema(self.schema)
        path = self.folder / layout.SCHEMA
        return parse_schema(read_text(path), str(path)) if path.is_file() else load_schema(self.resolved["schema"])

    @property
    def schema_source(self) -> str:
        """By which `load_schema` finds its landmarks: a name, or the copy in its folder; what was asked for where the
        run stands in a pack, in which no file can be named."""
        path = self.folder / layout.SCHEMA
        has_copy = isinstance(path, Path) and path.is_file()
        return str(path) if self.schema not in available_schemas() and has_copy else self.resolved["schema"]

    @cached_property
    def predictions(self) -> Predictions:
        """Read at the first use; raises InputError naming the file that is missing or damaged."""
        if not self.tested:
            raise InputError(self.problem)
        path = self.folder / layout.PREDICTIONS
        predictions = read_predictions(path)
        try:
            expected = self.metrics.get("images")
        except InputError:  # not there yet, or damaged: tables do without it
            expected = None
        if expected not in (None, len(predictions.images)):
            raise InputError(f"{path}: {len(predictions.images)} images, {layout.METRICS} says {expected}: cut off?")
        return predictions

    @property
    def learnt_predictions(self) -> Predictions:
        """`predictions` as `Detector.predict` has them: nothing of landmarks that no training image labels."""
        return without_landmarks(self.predictions, self.resolved.get(UNLABELLED) or ())

    @cached_property
    def validation(self) -> Predictions:
        """As `predictions`, of the validation part: what settings are chosen by."""
        path = self.folder / layout.VALIDATION
        if self.tested and not path.is_file():
            raise InputError(f"no file {path}: its run was trained before runs kept it; train it anew")
        return read_predictions(path)

    @cached_property
    def history(self) -> list[dict[str, float]]:
        """Rows of history.csv, one an epoch; raises InputError unless it holds every epoch."""
        path = self.folder / layout.HISTORY
        rows = read_history(path, ("epoch", "heatmap_loss", "val_loss", "val_error"))
        if len(rows) != self.resolved.get("epochs"):
            raise InputError(f"{path}: {len(rows)} epochs instead of {self.resolved.get('epochs')}")
        return rows

    @cached_property
    def metrics(self) -> dict[str, float | int | None]:
        """metrics.json; raises InputError where it is missing or damaged."""
        return read_metrics(self.folder / layout.METRICS)

    @cached_property
    def training_images(self) -> int | None:
        """How many images it was trained on, by its split.csv; None where that is not there."""
        try:
            return part_size(self.folder / layout.SPLIT, "training")
        except InputError:
            return None


def read_run(folder: str | os.PathLike | Packed) -> Run:
    """Read a run's settings; raises InputError naming the file that is missing or damaged.

    A packed run may also be called by its name in the pack, see `packed_run`.
    """
    folder = folder if isinstance(folder, Packed) else Path(folder)
    if isinstance(folder, Path) and (not folder.is_dir() or (folder / layout.PACK).is_file()):
        folder = packed_run(folder)
    path = folder / layout.CONFIG
    config = read_config(path)
    resolved = config["resolved"]
    missing = [key for key in NEEDED if resolved.get(key) is None]
    if missing:
        raise InputError(f"{path}: 'resolved' lacks {', '.join(missing)}")
    for key in FOUND_OUT:
        if (value := Node(resolved, str(path), "resolved").get(key)) is not None:
            value.text()
    if resolved["method"] not in METHODS:
        raise InputError(f"{path}: no method is called '{resolved['method']}'")
    return Run(folder, config["asked"], resolved)
