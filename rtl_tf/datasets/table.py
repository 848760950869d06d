"""A CSV table and a folder of images: the format for data of one's own."""

import math
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from rtl_tf.datasets.annotations import fitting_schema, require_crop, require_inside, shipped_landmarks
from rtl_tf.datasets.csv_rows import read_header, read_rows
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_size
from rtl_tf.records import Sample
from rtl_tf.schema import Schema

TABLE = "landmarks.csv"
BOX = ("box_left", "box_top", "box_side")
MISSING = ("", "na", "nan")
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}


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
        image: file, relative to the table.
        subject: the person.
        <landmark>_x, <landmark>_y: original px (after EXIF rotation), pixel centres on integers; both cells of a
            landmark that is not labelled are empty.
        mm_per_px, box_left, box_top, box_side, mirrored (true, false): optional; see `Sample`.
        error: optional; a row where it is not empty is left out: predict.py found nothing on its image.
        Any other column becomes an attribute: float where all of its cells are numbers or empty, else str.

    Raises:
        InputError: names the file and the row, the header being row 1.
    """
    file = _table(path)
    header, rows = read_rows(file)
    rows = [(row, cells) for row, cells in rows if not cells.get("error")]
    if not rows:
        raise InputError(f"{file}: no row without an error")
    fitting = _schema(file, header, schema)
    attributes = _attributes(header, [cells for _, cells in rows])
    samples, first_row = [], {}
    for (row, cells), others in zip(rows, attributes, strict=True):
        try:
            sample = _sample(file.parent, cells, fitting, others)
        except InputError as problem:
            raise InputError(f"{file} row {row}: {problem}") from problem
        if sample.image in first_row:
            other = first_row[sample.image]
            raise InputError(f"{file} row {row}: {cells['image']} is already in row {other}; remove one")
        first_row[sample.image] = row
        samples.append(sample)
    return samples


def _table(path: Path) -> Path:
    file = path / TABLE if path.is_dir() else path
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
    try:
        return fitting_schema(_landmarks(header), schema)
    except InputError as problem:
        raise InputError(f"{file} row 1: {problem}") from problem


def require_image_and_box(file: Path, header: list[str]) -> None:
    """InputError where the columns of the image or of the box are not whole."""
    if "image" not in header:
        other = next((name for sign, name in ((";", "';'"), ("\t", "tabs")) if sign in "".join(header)), None)
        advice = f" (its cells are separated by {other}: save it with commas)" if other else ""
        raise InputError(f"{file} row 1: no column 'image'{advice}")
    if any(column in header for column in BOX) and not all(column in header for column in BOX):
        raise InputError(f"{file} row 1: a box needs all of the columns {', '.join(BOX)}")


def _landmarks(header: list[str]) -> list[str]:
    """Names that have both columns."""
    return [name[:-2] for name in header if name.endswith("_x") and name[:-2] + "_y" in header]


def _attributes(header: list[str], rows: list[dict[str, str]]) -> list[dict[str, str | float]]:
    """The cells of all columns that have no meaning here, a dictionary a row."""
    coordinates = {name + axis for name in _landmarks(header) for axis in ("_x", "_y")}
    meant = {"", "image", "subject", "mm_per_px", "mirrored", "error", *BOX, *coordinates}
    columns = {name: _numbers_or_text([cells[name] for cells in rows]) for name in header if name not in meant}
    return [{name: values[i] for name, values in columns.items()} for i in range(len(rows))]


def _numbers_or_text(cells: list[str]) -> list[float] | list[str]:
    try:
        return [math.nan if cell.lower() in MISSING else float(cell) for cell in cells]
    except ValueError:
        return cells


def _sample(folder: Path, cells: dict[str, str], schema: Schema, attributes: dict[str, str | float]) -> Sample:
    if not cells["image"]:
        raise InputError("column image is empty")
    if not cells["subject"]:
        raise InputError("column subject is empty")
    image = Path(os.path.normpath(folder / cells["image"]))
    points = _points(cells, schema)
    require_inside(points, read_size(image), schema.names)
    box = box_of(cells)
    require_crop(points, box)
    mm_per_px = _number(cells, "mm_per_px")
    if mm_per_px <= 0:
        raise InputError(f"mm_per_px {mm_per_px:g} is not above 0; leave it empty where unknown")
    return Sample(image, points, cells["subject"], box, mirrored_of(cells), mm_per_px, attributes)


def mirrored_of(cells: dict[str, str]) -> bool:
    """The cell `mirrored`; false where it is empty or the column is not there."""
    if cells.get("mirrored", "").lower() not in TRUTH:
        raise InputError(f"mirrored '{cells['mirrored']}' is neither true nor false")
    return TRUTH[cells.get("mirrored", "").lower()]


def _points(cells: dict[str, str], schema: Schema) -> np.ndarray:
    points = np.array([_numbers(cells, (f"{name}_x", f"{name}_y")) for name in schema.names], np.float32)
    half = np.isnan(points).sum(axis=-1) == 1
    if half.any():
        name = schema.names[int(half.argmax())]
        raise InputError(f"landmark {name} has only one coordinate; give both or none")
    return points


def box_of(cells: dict[str, str]) -> tuple[float, float, float] | None:
    """The cells `box_left`, `box_top`, `box_side`; None where all are empty or the columns are not there."""
    box = _numbers(cells, BOX)
    if all(map(math.isnan, box)):
        return None
    if not box[2] > 0 or any(map(math.isnan, box)):
        raise InputError(f"box {box}: needs all of {', '.join(BOX)}, and a side above 0")
    return box


def _numbers(cells: dict[str, str], columns: Iterable[str]) -> tuple[float, ...]:
    return tuple(_number(cells, column) for column in columns)


def _number(cells: dict[str, str], column: str) -> float:
    """A cell's number; NaN where it is empty or the column is not there."""
    cell = cells.get(column, "")
    if cell.lower() in MISSING:
        return math.nan
    try:
        number = float(cell)
    except ValueError:
        number = math.inf
    if math.isinf(number):
        raise InputError(f"column {column}: '{cell}' is not a number")
    return number
