"""landmarks.csv of the journal: what people have placed, as `train.py` reads it, nothing of a detector."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rtl_tf.app.entries import CHECKED, DELETED, MM_PER_PX, NOT_VISIBLE, SUBJECT
from rtl_tf.app.folder import Folder, Photo
from rtl_tf.app.head_view import COLUMN, view_cells
from rtl_tf.app.labels import AllLabels, Labels
from rtl_tf.app.ruler import SaidScale, said_scale
from rtl_tf.app.told_facts import Known
from rtl_tf.clinic import withheld
from rtl_tf.clinic.scales import RULER
from rtl_tf.csv_rows import require_own
from rtl_tf.datasets import table_writer
from rtl_tf.datasets.annotations import require_crop
from rtl_tf.datasets.collection import Collection
from rtl_tf.datasets.table import landmarks_of
from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample, Samples
from rtl_tf.schema import Schema
from rtl_tf.system.atomic import write_bytes

HUMAN = "labelled_by"
NOWHERE = (np.nan, np.nan)
COLUMN_OF = {NOT_VISIBLE: withheld.NOT_VISIBLE, DELETED: withheld.DELETED}  # by what is said of a landmark
UNLABELLED = "nobody has placed two landmarks"
# What the reader of a table should know of photographs, by kind: after their number, {} being the first one.
NOTES = {
    "nameless": "without a person's code ({} first): each counts as a person of its own; give photographs of one "
    "person one code, or they come into both training and test",
    "few": "with one landmark, or all on one spot ({} first): their rows are for rtl-measure --corrected, not for "
    "train.py",
    "missing": "in the journal, but not in the folder any more, or not readable ({} first): left out",
    "copies": "the same as another photograph ({} first): left out",
    "unfinished": "with a ruler that makes no scale ({} first): give both ends and the mm between them, or remove it",
    "contradicted": "with a ruler and another number of mm in one px ({} first): the ruler's scale is in the table",
    "words": "with landmarks that are deleted or not visible, and none with a place ({} first): their rows are for "
    "rtl-measure --corrected, not for train.py",
    "no points": "with a scale or view alone ({} first): their rows are for rtl-measure --facts, not for train.py",
}


@dataclass(frozen=True)
class TrainingTable:
    """The faces of a table, and what its reader should know.

    Attributes:
        notes: lines for people.
    """

    collection: Collection
    notes: list[str]

    def content(self, output: Path) -> bytes:
        """Of the file `output`, relative to which its images are named. InputError for no face."""
        if not self.collection.samples:
            raise InputError("; ".join([f"{UNLABELLED} on a photograph yet", *self.notes]))
        return bytes(table_writer.write(self.collection, output).files[output.name])

    def write(self, output: Path) -> None:
        """Whole or not at all. InputError for no face, or as `require_own`."""
        require_own("--export", output, "rtl-app", own_columns)
        content = self.content(output)
        output.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(output, content)


def training_table(folder: Folder, labels: AllLabels, schema: Schema, known: Known | None = None) -> TrainingTable:
    """A face for each photograph on which somebody has placed landmarks; one without a place is not labelled.

    A photograph whose person nobody has told has its name, suffix included, which nobody's code is, for a person.
    Where somebody has said something else of a photograph, and placed no two landmarks, its row has an error. Of what
    is `known` it takes the subject, where nobody has said it.
    """
    samples, names = Samples(), defaultdict(list)
    found, names["copies"] = folder.labelled(labels)
    for content, photo in found.items():
        said, scale = labels.of(content), said_scale(labels.of(content))
        subject = str(said.attributes.get(SUBJECT) or (known.face(photo).subject if known else ""))
        if scale.is_unfinished:
            names["unfinished"].append(photo.name)
        if scale.is_contradicted:
            names["contradicted"].append(photo.name)
        points = np.array([said.placed.get(name, NOWHERE) for name in schema.names])
        if _makes_square(points):
            if not subject:
                names["nameless"].append(photo.name)
            samples.append(_sample(photo, said, points, scale, subject))
        elif kind := _kind_without_square(said, scale):
            names[kind].append(photo.name)
            samples.append(_sample(photo, said, points, scale, subject, UNLABELLED))
    names["missing"] = sorted(labels.name_of[content] for content in labels.known - set(found))
    notes = [f"{len(names[kind])} {note.format(names[kind][0])}" for kind, note in NOTES.items() if names[kind]]
    if names["missing"] and folder.advice:
        notes.append(folder.advice)
    return TrainingTable(Collection(samples, schema), notes)


def own_columns(header: list[str]) -> set[str]:
    """Those of a table that this module writes; none of another's."""
    if not {HUMAN, CHECKED, SUBJECT, "image"} <= set(header):
        return set()
    places = {f"{name}_{axis}" for name in landmarks_of(header) for axis in "xy"}
    return {"image", SUBJECT, MM_PER_PX, HUMAN, CHECKED, *RULER, COLUMN, *withheld.SAID, "error"} | places


def _makes_square(points: np.ndarray) -> bool:
    """Whether `train.py`, which refuses a table with another row, can cut a square out around points (K, 2)."""
    try:
        require_crop(points)
    except InputError:
        return False
    return True


def _kind_without_square(said: Labels, scale: SaidScale) -> str:
    """Of NOTES: what else somebody has said of a photograph; "" = nothing that a table has."""
    if said.placed:
        return "few"
    return "words" if _word_cells(said) else "no points" if scale.is_known or view_cells(said) else ""


def _word_cells(said: Labels) -> dict[str, str]:
    """Columns that name the landmarks of which somebody has said that they have no place."""
    by_column = defaultdict(list)
    for name, word in said.landmarks.items():
        if isinstance(word, str):
            by_column[COLUMN_OF[word]].append(name)
    return withheld.withheld_cells(by_column)


def _sample(photo: Photo, said: Labels, points: np.ndarray, scale: SaidScale, subject: str, error: str = "") -> Sample:
    checked = said.attributes.get(CHECKED) or "no"
    about = {HUMAN: said.who, CHECKED: str(checked), **scale.cells, **view_cells(said)}
    about |= _word_cells(said) | ({"error": error} if error else {})
    points = points.astype(np.float32)
    return Sample(photo.path, points, subject or photo.name, mm_per_px=scale.mm_per_px, attributes=about)
