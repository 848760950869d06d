"""Faces with landmarks, to be measured: rows of a table that predict.py or a person wrote, or of any data set."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rtl_tf.clinic.same_images import Picture
from rtl_tf.clinic.withheld import withheld_in
from rtl_tf.csv_rows import Row, read_rows
from rtl_tf.datasets import default_schema, is_table, load
from rtl_tf.datasets.annotations import inside_image, require_placed
from rtl_tf.datasets.files import file_called, is_film
from rtl_tf.datasets.table import (
    OPTIONAL,
    mirrored_of,
    mm_per_px_of,
    points_of,
    require_image_and_box,
    schema_in,
    table_file,
    tell_misspelt_optional,
)
from rtl_tf.datasets.table_cells import FILM, FRAME, YAW
from rtl_tf.exceptions import InputError, retold_by, shortened
from rtl_tf.images import SUFFIXES, read_size
from rtl_tf.measuring.norms import sex_of
from rtl_tf.numerals import as_number
from rtl_tf.records import Sample, image_names
from rtl_tf.schema import Schema, load_schema
from rtl_tf.system.notes import some, warn


@dataclass(frozen=True, eq=False)
class MarkedFace:
    """A face with its landmarks.

    Attributes:
        image: the photograph's file, which need not be there where nothing is looked for in it.
        name: of the image, as its table has it.
        subject: the person; "" = not told.
        points: float64 (K, 2), original px, NaN = missing.
        mirrored: see `Sample.mirrored`.
        mm_per_px: NaN = unknown.
        cells: all other columns as written: view, yaw, age, sex, ruler_x1, ...
        face: see `Sample.face`.
        place: for messages, "found.csv row 3".
        places: of cells that another table told, by column.
        problem: why there are no landmarks; "" where there are.
        outside: names of landmarks that the table has outside the photograph: they are missing.
        note: what all its values must not be taken for, or what contradicts whose they are; "" = nothing.
        scale_note: what contradicts its scale; "" = nothing.
        withheld: what a person said of landmarks without giving them a place, which are missing: one of
            `withheld.SAID` by name.
        by_hand: bool (K,), which of them a person placed; None = not told.
        film: that the photograph was saved of, see `best_frames.save_frames`; None = of none.
    """

    image: Path
    name: str
    subject: str
    points: np.ndarray
    mirrored: bool = False
    mm_per_px: float = float("nan")
    cells: Mapping[str, str] = field(default_factory=dict)
    face: str = ""
    place: str = ""
    places: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    outside: tuple[str, ...] = ()
    note: str = ""
    scale_note: str = ""
    withheld: Mapping[str, str] = field(default_factory=dict)
    by_hand: np.ndarray | None = None
    film: Path | None = None

    @property
    def picture(self) -> Picture:
        """Where it is to be seen."""
        return Picture(self.image, self.name, self.face, self.frame)

    @property
    def told_subject(self) -> str:
        """See `Picture.told`."""
        return self.picture.told(self.subject)

    @property
    def frame(self) -> str:
        """As `frame_in`."""
        return frame_in(self.image, self.cells)

    @property
    def age(self) -> float:
        """Years, NaN = not told. InputError where it is none."""
        if (age := self.number("age")) < 0:
            raise self.error(f"age {age:g} is below 0", "age")
        return age

    @property
    def sex(self) -> str:
        """male or female; "" = not told. InputError where it is neither."""
        told = self.cells.get("sex", "")
        if told and not (sex := sex_of(told)):
            raise self.error(f"sex '{shortened(told)}' is neither male nor female; leave it empty where unknown", "sex")
        return sex if told else ""

    def number(self, column: str) -> float:
        """A further column's number, NaN where it is empty or not there. InputError names the row."""
        try:
            return as_number(self.cells.get(column, ""))
        except InputError as problem:
            raise self.error(f"{column} {problem}", column) from problem

    def error(self, problem: object, *columns: str) -> InputError:
        """An InputError, to be raised, that names the row where the first filled one of these columns stands."""
        column = next((name for name in columns if self.cells.get(name)), "")
        return InputError(f"{self.places.get(column, self.place)}: {problem}")


def unmarked(cells: Mapping[str, str], place: str) -> MarkedFace:
    """What a row tells of a face beside its landmarks; `place`: for messages."""
    return MarkedFace(Path(), "", "", np.empty((0, 2)), cells=cells, place=place)


def read_faces(
    data: str | Path, schema: str | None = None, subjects_as_written: bool = False
) -> tuple[Schema, list[MarkedFace]]:
    """The faces of a table (CSV, or a folder with landmarks.csv) or of any data set that `datasets.load` reads.

    A table needs the columns image and <landmark>_x, <landmark>_y, and no subject: what predict.py writes will do.
    `subjects_as_written`: as `datasets.load` has it.

    Raises:
        InputError: names the file and the row.
    """
    if is_table(data):
        return _of_table(table_file(Path(data)), schema)
    samples = load(data, schema, subjects_as_written=subjects_as_written)
    names = image_names(samples)
    faces = [_of_sample(sample, name, str(data)) for sample, name in zip(samples, names, strict=True)]
    return load_schema(schema or default_schema(data)), faces


def read_faces_inside(
    data: str | Path, schema: str | None, subjects_as_written: bool = False
) -> tuple[Schema, list[MarkedFace]]:
    """As `read_faces`, with a warning of landmarks outside their photographs, which are missing."""
    fitting, faces = read_faces(data, schema, subjects_as_written)
    outside = [f"{full_name(face)}: {', '.join(face.outside)}" for face in faces if face.outside]
    if outside:
        warn(f"{data}: {some(outside, 'image')} with landmarks outside, which are left out")
    return fitting, faces


def full_name(face: MarkedFace) -> str:
    """Of the image, with the face and the frame that are meant."""
    return name_of(face.name, face.face, face.frame)


def name_of(image: str, face: str, frame: str) -> str:
    """As `full_name`."""
    name = f"{image}#{face}" if face else image
    return f"{name} frame {frame}" if frame else name


def frame_in(image: str | Path, cells: Mapping[str, str]) -> str:
    """The number of the film's frame in a row's cells; "" of a photograph, also of one that was saved of a film."""
    return "" if Path(image).suffix.lower() in SUFFIXES else cells.get(FRAME, "")


def _of_table(file: Path, schema: str | None) -> tuple[Schema, list[MarkedFace]]:
    header, rows = read_rows(file)
    require_image_and_box(file, header)
    fitting = schema_in(file, header, schema)
    tell_misspelt_optional(file, header, (*OPTIONAL, "age", "sex", "view", YAW))
    faces = [_of_row(file.parent, row, fitting) for row in rows]
    _require_once(rows, faces)
    return fitting, faces


def _require_once(rows: Sequence[Row], faces: Sequence[MarkedFace]) -> None:
    """InputError for a second row of one face of one photograph, or of one frame of a film: it would count twice."""
    first: dict[tuple[str, str, str], int] = {}
    for row, face in zip(rows, faces, strict=True):
        other = first.setdefault((os.path.realpath(face.image), face.face, face.frame), row.line)
        if other != row.line:
            what = f"frame {face.frame} of {face.name}" if face.frame else face.name
            raise row.error(f"{what} is already in row {other}; remove one, or tell its faces apart in a column 'face'")


def _of_row(folder: Path, row: Row, schema: Schema) -> MarkedFace:
    cells = row.cells
    if not cells["image"]:
        raise row.error("column image is empty")
    with retold_by(row.error):
        points, scale, mirrored = points_of(cells, schema), mm_per_px_of(cells), mirrored_of(cells)
        require_placed(points, schema.names)
        withheld = withheld_in(cells, schema)
    if (half := np.isnan(points).sum(axis=1) == 1).any():
        raise row.error(f"landmark {schema.names[int(np.argmax(half))]} has one of its two coordinates")
    image = file_called(folder, cells["image"])
    outside = np.isfinite(points).all(axis=1) & ~inside_image(points, _size(image))
    points[outside] = np.nan
    return MarkedFace(
        image=image,
        name=cells["image"],
        subject=cells.get("subject", ""),
        points=points,
        mirrored=mirrored,
        mm_per_px=scale,
        cells=cells,
        face=cells.get("face", ""),
        place=row.place,
        problem=cells.get("error", ""),
        outside=tuple(name for name, away in zip(schema.names, outside, strict=True) if away),
        withheld=withheld,
        film=file_called(folder, cells[FILM]) if cells.get(FILM) else None,
    )


def _size(image: Path) -> tuple[float, float]:
    """(width, height), px; without an end where there is no photograph that tells it."""
    try:
        return (math.inf, math.inf) if is_film(image) else read_size(image)
    except InputError:  # who needs its pixels says so
        return math.inf, math.inf


def _of_sample(sample: Sample, name: str, origin: str) -> MarkedFace:
    return MarkedFace(
        image=sample.image,
        name=name.removesuffix(f"#{sample.face}") if sample.face else name,
        subject=sample.subject,
        points=sample.points.astype(np.float64),
        mirrored=sample.mirrored,
        mm_per_px=sample.mm_per_px,
        cells=sample.attributes,
        face=sample.face,
        place=f"{origin} {sample.place or name}",
    )
