"""landmarks.csv of the journal: what people have placed, as `train.py` reads it, nothing of a detector."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rtl_tf.app.entries import CHECKED, MM_PER_PX, SUBJECT, Value
from rtl_tf.app.folder import Folder, Photo, labels_of
from rtl_tf.app.labels import AllLabels, Labels
from rtl_tf.csv_rows import read_header, write_rows
from rtl_tf.datasets.annotations import require_crop
from rtl_tf.exceptions import InputError
from rtl_tf.inference.found_cells import image_cell, number

HUMAN = "labelled_by"


@dataclass(frozen=True)
class TrainingTable:
    """Its header and rows, and what its reader should know.

    Attributes:
        notes: lines for people.
    """

    header: list[str]
    rows: list[list[str]]
    notes: list[str]

    @property
    def text(self) -> str:
        file = io.StringIO(newline="")
        csv.writer(file).writerows([self.header, *self.rows])
        return file.getvalue()

    def write(self, path: Path) -> None:
        """Whole or not at all. InputError where something else than such a table is in its place."""
        if path.exists() and not is_training_table(path):
            raise InputError(f"--export {path}: there already, and not written by rtl-app; name another file")
        if not self.rows:
            raise InputError(f"--export {path}: nobody has placed a landmark yet")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_rows(path, self.header, self.rows)


def training_table(folder: Folder, labels: AllLabels, names: Sequence[str], beside: Path) -> TrainingTable:
    """A row for each photograph on which somebody has placed a landmark; a landmark without a place is empty.

    Args:
        names: of the landmarks.
        beside: folder in which the table will lie.
    """
    coordinates = [f"{name}_{axis}" for name in names for axis in "xy"]
    header = ["image", SUBJECT, MM_PER_PX, HUMAN, CHECKED, *coordinates]
    rows, nameless, few = [], [], []
    for photo, said in _labelled(folder.photos, labels):
        if not _has_extent(said):
            few.append(photo.name)
            continue
        if SUBJECT not in said.attributes:
            nameless.append(photo.name)
        about = [said.attributes.get(SUBJECT) or photo.path.stem, said.attributes.get(MM_PER_PX) or ""]
        places = [cell for name in names for cell in _cells(said.points.get(name))]
        rows.append([image_cell(photo.path, beside), *map(str, about), said.who, _checked(said), *places])
    return TrainingTable(header, rows, _notes(nameless, few, folder.missing(labels)))


def is_training_table(path: Path) -> bool:
    """Whether a file is a table of this module."""
    try:
        return {HUMAN, CHECKED, SUBJECT, "image"} <= set(read_header(path))
    except InputError:
        return False


def _labelled(photos: Iterable[Photo], labels: AllLabels) -> Iterable[tuple[Photo, Labels]]:
    for photo in photos:
        if not photo.problem and photo.name in labels.sha256_of and (said := labels_of(photo, labels)).placed:
            yield photo, said


def _has_extent(said: Labels) -> bool:
    """Whether there is a square around what is placed: `train.py` refuses a table with a row that has none."""
    try:
        require_crop(np.array(list(said.placed.values())))
    except InputError:
        return False
    return True


def _cells(value: Value) -> tuple[str, str]:
    return (number(value[0]), number(value[1])) if isinstance(value, tuple) else ("", "")


def _checked(said: Labels) -> str:
    return str(said.attributes.get(CHECKED) or "no")


def _notes(nameless: list[str], few: list[str], missing: list[str]) -> list[str]:
    notes = []
    if nameless:
        notes.append(
            f"{len(nameless)} without a person's code ({nameless[0]} first): each counts as a person of its own; give "
            "photographs of one person one code, or they come into both training and test"
        )
    if few:
        notes.append(
            f"{len(few)} with landmarks on one spot alone ({few[0]} first): left out, no face can be cut out around it"
        )
    if missing:
        notes.append(f"{len(missing)} in the journal, but not in the folder any more ({missing[0]} first): left out")
    return notes
