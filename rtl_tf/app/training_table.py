"""landmarks.csv of the journal: what people have placed, as `train.py` reads it, nothing of a detector."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rtl_tf.app.entries import CHECKED, MM_PER_PX, SUBJECT
from rtl_tf.app.folder import Folder, Photo
from rtl_tf.app.labels import AllLabels, Labels
from rtl_tf.csv_rows import header_if_any
from rtl_tf.datasets import table_writer
from rtl_tf.datasets.annotations import require_crop
from rtl_tf.datasets.collection import Collection
from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample, Samples
from rtl_tf.schema import Schema
from rtl_tf.system.atomic import write_bytes

HUMAN = "labelled_by"
NOWHERE = (np.nan, np.nan)


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
            raise InputError("nobody has placed two landmarks on a photograph yet")
        return bytes(table_writer.write(self.collection, output).files[output.name])

    def write(self, output: Path) -> None:
        """Whole or not at all. InputError where something else than such a table is in its place, or for no face."""
        if output.exists() and not is_training_table(output):
            raise InputError(f"--export {output}: there already, and not written by rtl-app; name another file")
        content = self.content(output)
        output.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(output, content)


def training_table(folder: Folder, labels: AllLabels, schema: Schema) -> TrainingTable:
    """A face for each photograph on which somebody has placed landmarks; one without a place is not labelled."""
    samples, nameless, few = Samples(), [], []
    found, copies = folder.labelled(labels)
    for content, photo in found.items():
        if not (said := labels.of(content)).placed:
            continue
        points = np.array([said.placed.get(name, NOWHERE) for name in schema.names])
        try:
            require_crop(points)  # `train.py` refuses a table with a row around which there is no square
        except InputError:
            few.append(photo.name)
            continue
        if SUBJECT not in said.attributes:
            nameless.append(photo.name)
        samples.append(_sample(photo, said, points))
    missing = sorted(labels.name_of[content] for content in labels.known - set(found))
    return TrainingTable(Collection(samples, schema), _notes(nameless, few, missing, copies))


def is_training_table(path: Path) -> bool:
    """Whether a file is a table of this module."""
    return {HUMAN, CHECKED, SUBJECT, "image"} <= set(header_if_any(path))


def _sample(photo: Photo, said: Labels, points: np.ndarray) -> Sample:
    subject, checked = said.attributes.get(SUBJECT) or photo.path.stem, said.attributes.get(CHECKED) or "no"
    about = {HUMAN: said.who, CHECKED: str(checked)}
    mm_per_px = float(str(said.attributes.get(MM_PER_PX) or "nan"))
    return Sample(photo.path, points.astype(np.float32), str(subject), mm_per_px=mm_per_px, attributes=about)


def _notes(nameless: list[str], few: list[str], missing: list[str], copies: list[str]) -> list[str]:
    notes = []
    if nameless:
        notes.append(
            f"{len(nameless)} without a person's code ({nameless[0]} first): each counts as a person of its own; give "
            "photographs of one person one code, or they come into both training and test"
        )
    if few:
        notes.append(
            f"{len(few)} with landmarks on one spot ({few[0]} first): left out, no face can be cut out around it"
        )
    if missing:
        gone = "not in the folder any more, or not readable"
        notes.append(f"{len(missing)} in the journal, but {gone} ({missing[0]} first): left out")
    if copies:
        notes.append(f"{len(copies)} the same as another photograph ({copies[0]} first): left out")
    return notes
