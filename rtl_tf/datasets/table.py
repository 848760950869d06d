"""A CSV table and a folder of images: the format for data of one's own."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rtl_tf.coordinates import Crop
from rtl_tf.csv_rows import Row, read_header, read_rows, separator_advice
from rtl_tf.datasets.annotations import MM_PER_PX, fitting_schema, require_usable, shipped_landmarks
from rtl_tf.datasets.box_columns import boxes_by_other_names
from rtl_tf.datasets.files import file_called, is_film
from rtl_tf.datasets.subject_codes import code_key
from rtl_tf.datasets.table_cells import DOUBT, RADIUS
from rtl_tf.exceptions import InputError, retold_by, shortened
from rtl_tf.images import read_size, require_sensible
from rtl_tf.numerals import as_number
from rtl_tf.records import Sample
from rtl_tf.schema import Schema
from rtl_tf.system.faults import each_read, set_aside
from rtl_tf.system.notes import tell_left_out, tell_misspelt, warn_once

TABLE = "landmarks.csv"
BOX = ("box_left", "box_top", "box_side")
FOUND_BOX = "box_found"  # true: by the face finder, who knows nothing of landmarks; else by somebody who does
OPTIONAL = ("subject", "mm_per_px", "mirrored", "face", *BOX)  # beside image and landmarks, what columns say here
FACES = "faces_found"  # how many that one found, of which the largest was looked at; empty where a square was given
LOOKED_AT = (*BOX, FOUND_BOX, FACES, "mirrored")  # what predict.py's tables say of the square
# As spreadsheets and people write them; a number of a program that knows no other type has its ".0".
TRUE = ("true", "yes", "y", "t", "1", "1.0", "wahr", "ja", "vrai", "oui", "verdadero", "sí", "si", "vero", "waar")
FALSE = ("false", "no", "n", "f", "0", "0.0", "falsch", "nein", "faux", "non", "falso", "onwaar", "nee", "")
TRUTH = dict.fromkeys(TRUE, True) | dict.fromkeys(FALSE, False)


def recognises(path: Path) -> bool:
    """Whether `path` is a CSV file, or a folder that holds `landmarks.csv`."""
    return (path / TABLE).is_file() or (path.is_file() and path.suffix.lower() == ".csv")


def default_schema(path: Path) -> str:
    """The largest shipped schema of which the table has every landmark."""
    file = _table(path)
    return _schema(file, read_header(file), None).name


def read(path: Path, schema: str | None = None) -> list[Sample]:
    """A sample for every row of a table (a `.csv` file, or a folder with `landmarks.csv`).

    Columns:
        image: file, relative to the table, see `files.find_file`.
        subject: the person.
        <landmark>_x, <landmark>_y: original px (after EXIF rotation), pixel centres on integers; both cells of a
            landmark that is not labelled are empty.
        mm_per_px, box_left, box_top, box_side, mirrored (true, false), face: optional; see `Sample`. An image can have
            several rows if each has another `face`.
        error: optional; a row where it is not empty is left out, with an InputWarning: predict.py found nothing on
            its image.
        Any other column becomes an attribute, its cells as written.

    Raises:
        InputError: names the file and the row, the header being row 1.
    """
    file = _table(path)
    header, rows = read_rows(file)
    rows = without_errors(file, rows)
    fitting = _schema(file, header, schema)
    if BOX[0] not in header and (unread := boxes_by_other_names(header)):
        named = f"boxes are read from columns {', '.join(BOX)}, and {', '.join(unread)} are attributes"
        warn_once(f"{file} boxes", f"{file} row 1: {named}: crops are made around the landmarks")
    tell_misspelt_optional(file, header)
    attributes = attributes_of(header, [row.cells for row in rows])
    first_row: dict[tuple[Path, str], int] = {}

    def sample_in(row: Row, others: dict[str, str]) -> tuple[Row, Sample]:
        with retold_by(row.error):
            _require_subject(row.cells)
            sample = sample_of(file.parent, row.cells, fitting, others)
        other = first_row.setdefault((sample.image, sample.face), row.line)
        if other != row.line:
            advice = "remove one, or tell its faces apart in a column 'face'"
            raise row.error(f"{row.cells['image']} is already in row {other}; {advice}")
        return row, replace(sample, place=f"row {row.line}")

    of_rows = each_read(lambda pair: sample_in(*pair), zip(rows, attributes, strict=True))
    _require_faces(of_rows)
    return [sample for _, sample in of_rows]


def without_errors(file: Path, rows: Sequence[Row]) -> list[Row]:
    """Those of images that predict.py could look at; the others are told. InputError where there is none."""
    tell_left_out(file, "rows with an error", [f"row {row.line}" for row in rows if row.cells.get("error")])
    kept = [row for row in rows if not row.cells.get("error")]
    if not kept:
        raise InputError(f"{file}: no row without an error")
    return kept


def _require_faces(rows: list[tuple[Row, Sample]]) -> None:
    """InputError where one row of an image has an empty `face` and another has not."""
    named = {sample.image: row.line for row, sample in rows if sample.face}
    for row, sample in rows:
        with set_aside():
            if not sample.face and sample.image in named:
                raise row.error(f"{row.cells['image']} is also in row {named[sample.image]}; fill in 'face'")


def table_file(path: Path) -> Path:
    """The table of a data set that is a folder with one, or the table itself; it need not be there."""
    return path / TABLE if path.is_dir() else path


def _table(path: Path) -> Path:
    file = table_file(path)
    if not file.is_file():
        raise InputError(f"{file}: no such table")
    return file


def _schema(file: Path, header: list[str], schema: str | None) -> Schema:
    """Checks the columns' names and finds the schema that they fit."""
    require_image_and_box(file, header)
    if "subject" not in header:
        raise InputError(f"{file} row 1: no column 'subject'; add one with a code for each person")
    x, y = ({name[:-2] for name in header if name.endswith(axis)} for axis in ("_x", "_y"))
    half = sorted(shipped_landmarks() & (x ^ y))
    if half:
        there, missing = ("x", "y") if half[0] in x else ("y", "x")
        raise InputError(f"{file} row 1: column {half[0]}_{there} without {half[0]}_{missing}")
    return schema_in(file, header, schema)


def schema_in(file: Path, header: list[str], schema: str | None) -> Schema:
    """The schema that the landmarks in a table's header fit, see `fitting_schema`; InputError names the file."""
    try:
        return fitting_schema(landmarks_of(header), schema)
    except InputError as problem:
        raise InputError(f"{file} row 1: {problem}") from problem


def require_image_and_box(file: Path, header: list[str]) -> None:
    """InputError where the columns of the image or of the box are not whole."""
    if "image" not in header:
        raise InputError(f"{file} row 1: no column 'image'{separator_advice(header)}")
    if any(column in header for column in BOX) and not all(column in header for column in BOX):
        raise InputError(f"{file} row 1: a box needs all of the columns {', '.join(BOX)}")


def tell_misspelt_optional(file: Path, header: list[str], known: Sequence[str] = OPTIONAL) -> None:
    """A warning for an attribute that looks like one of the columns `known` that is missing."""
    (attributes,) = attributes_of(header, [dict.fromkeys(header, "")])
    tell_misspelt(file, header, attributes, known, "is an attribute")


def landmarks_of(header: list[str]) -> list[str]:
    """Names that have both columns."""
    columns = set(header)
    return [name[:-2] for name in header if name.endswith("_x") and name[:-2] + "_y" in columns]


def attributes_of(header: list[str], rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The cells of all columns that have no meaning here, a dictionary a row."""
    coordinates = {name + axis for name in landmarks_of(header) for axis in ("_x", "_y")}
    radii = {name + RADIUS for name in landmarks_of(header)} & set(header)
    doubt = (*DOUBT, *radii) if radii else ()  # of predict.py's tables
    meant = {"", "image", "error", *OPTIONAL, *doubt, *coordinates}
    names = [name for name in header if name not in meant]
    return [{name: cells[name] for name in names} for cells in rows]


def _require_subject(cells: dict[str, str]) -> None:
    if cells["image"] and not code_key(cells["subject"]):
        raise InputError("column subject is empty, or shows nothing")


def sample_of(folder: Path, cells: dict[str, str], schema: Schema, attributes: dict[str, str]) -> Sample:
    """The sample of a row of a table in `folder`; its subject is empty where the table has none. InputError as `read`,
    without the row."""
    if not cells["image"]:
        raise InputError("column image is empty")
    image = file_called(folder, cells["image"])
    if is_film(image):
        raise InputError(f"{image}: a film; save frames of it with rtl-frames --frames --output, and give their table")
    points = points_of(cells, schema)
    box = box_of(cells)
    if box:
        require_sensible(Crop(*box, 1), image)
    require_usable(points, read_size(image), schema.names, box)
    mirrored, face = mirrored_of(cells), cells.get("face", "")
    points = points.astype(np.float32)
    return Sample(image, points, cells.get("subject", ""), box, mirrored, mm_per_px_of(cells), attributes, face)


def mm_per_px_of(cells: dict[str, str]) -> float:
    """The cell `mm_per_px`; NaN where it is empty or the column is not there."""
    mm_per_px, (low, high) = number_in(cells, "mm_per_px"), MM_PER_PX
    if mm_per_px <= 0:
        raise InputError(f"mm_per_px {mm_per_px:g} is not above 0; leave it empty where unknown")
    if not math.isnan(mm_per_px) and not low <= mm_per_px <= high:
        raise InputError(f"mm_per_px {mm_per_px:g} is not between {low:g} and {high:g}; leave it empty where unknown")
    return mm_per_px


def mirrored_of(cells: dict[str, str]) -> bool:
    """The cell `mirrored`; false where it is empty or the column is not there."""
    return truth_in(cells, "mirrored")


def truth_in(cells: dict[str, str], column: str) -> bool:
    """A cell as people write it; false where it is empty or the column is not there. InputError where it is neither."""
    if (cell := cells.get(column, "").lower()) not in TRUTH:
        raise InputError(f"{column} '{shortened(cells[column])}' is neither true nor false")
    return TRUTH[cell]


def points_of(cells: dict[str, str], schema: Schema) -> np.ndarray:
    """float64 (K, 2)."""
    return np.array([_numbers(cells, (f"{name}_x", f"{name}_y")) for name in schema.names])


def box_of(cells: dict[str, str]) -> tuple[float, float, float] | None:
    """The cells `box_left`, `box_top`, `box_side`; None where all are empty or the columns are not there."""
    left, top, side = _numbers(cells, BOX)
    box = (left, top, side)
    if all(map(math.isnan, box)):
        return None
    if not side > 0 or any(map(math.isnan, box)):
        raise InputError(f"box {box}: needs all of {', '.join(BOX)}, and a side above 0")
    return box


def _numbers(cells: dict[str, str], columns: Iterable[str]) -> tuple[float, ...]:
    return tuple(number_in(cells, column) for column in columns)


def number_in(cells: dict[str, str], column: str) -> float:
    """A cell's number; NaN where it is empty or the column is not there."""
    try:
        return as_number(cells.get(column, ""))
    except InputError as problem:
        raise InputError(f"column {column}: {problem}") from None
