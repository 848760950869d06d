"""Measurements as numbers: from a caliper, from another program, or as `rtl-measure` or `rtl-lift` wrote them; images'
or people's values, no landmarks."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rtl_tf.clinic.corrections import BOTH, PERSON
from rtl_tf.clinic.facts import KNOWN
from rtl_tf.clinic.known_names import known_measurements, measurements_of
from rtl_tf.clinic.marked_faces import frame_in, name_of, unmarked
from rtl_tf.clinic.measured_table import PLACED_BY, STICKER, is_measured_table, untext
from rtl_tf.clinic.same_images import Picture
from rtl_tf.clinic.sights import Sight, told_sight
from rtl_tf.csv_rows import Row, read_header, read_rows, separator_advice
from rtl_tf.datasets import is_table
from rtl_tf.datasets.files import file_called
from rtl_tf.datasets.table import BOX, mirrored_of, table_file
from rtl_tf.datasets.table_cells import FILMED
from rtl_tf.exceptions import InputError, retold_by, shortened
from rtl_tf.measurement import Measurement
from rtl_tf.numerals import as_number
from rtl_tf.schema import Schema, available_schemas, load_schema
from rtl_tf.system.notes import some, warn

LONG = ("measurement", "value")  # columns of a table with a row a measurement; else it has a column a measurement
MESH = "mesh"  # of what rtl-lift wrote
BESIDE = {"image", MESH, "mirrored", "face", *KNOWN, *BOX, *FILMED}  # columns of numbers that are no measurements
UNITS = {"mm": ("mm",), "deg": ("deg", "degrees", "°"), "1": ("1", "ratio")}  # as people write them
LARGEST_ANGLE = 180.0


class GivenValues(NamedTuple):
    """Values (N, M) of N images by M measurements of a schema, in its units, NaN = not measured.

    Attributes:
        names: of the images, as `marked_faces.full_name` has them; where the table is by person, the subjects.
        subjects: "" = not told.
        sights: of the images; None = not told.
        by_person: whether a person's values stand in a row, and not an image's.
        of_photographs: whether `rtl-measure` wrote them, and not a person who measured the head.
        pictures: of the images; empty where the table is by person.
        corrected: whether values are of landmarks that a person placed, not the detector.
    """

    names: list[str]
    subjects: list[str]
    values: np.ndarray
    sights: list[Sight | None]
    by_person: bool = False
    of_photographs: bool = False
    pictures: Sequence[Picture] = ()
    corrected: bool = False


def holds_values(data: str | Path) -> bool:
    """Whether this is a table that `rtl-measure` wrote, or one without a column of a landmark: where a sticker lies is
    in columns that are called as a landmark's. InputError as `datasets.load`."""
    if not is_table(data):
        return False
    file = table_file(Path(data))
    columns = set(read_header(file)) - set(STICKER)
    return is_measured_table(file) or not any(name.endswith(("_x", "_y")) for name in columns)


def richest_schema() -> Schema:
    """The shipped schema with most measurements."""
    return max(map(load_schema, available_schemas()), key=lambda schema: len(schema.measurements))


def read_values(data: str | Path, schema: Schema) -> GivenValues:
    """Values from a table with `image` and a column a measurement of the schema; or with `image`, `measurement`,
    `value`, and perhaps `unit`, in a row a measurement, of which `norm` may tell several that are alike. `subject`,
    `face` and `frame` may be there, and `view` or `yaw`. Without `image`, rows are of scans, by `mesh` and `mirrored`,
    as `rtl-lift` tells halves of faces, or else of people, by `subject`. An empty cell is not measured. Measurements
    that only another shipped schema has are left out, with a warning.

    Raises:
        InputError: names the file and the row: a measurement that there is not, another unit, no number, one that no
            distance or angle has, or two values of one image.
    """
    file = table_file(Path(data))
    header, rows = read_rows(file)
    by_person, of_photographs = _is_by_person(file, header), is_measured_table(file)
    halves = {(row.cells[MESH], _is_mirrored(row)) for row in rows} if MESH in header else set()
    several = Counter(mesh for mesh, _ in halves)
    columns = {name: column for column, name in enumerate(measurements_of(schema))}
    images: dict[str, int] = {}
    pictures = list[Picture]()
    subjects, sights = list[str](), list[Sight | None]()
    first: dict[tuple[str, str], dict[str, tuple[Row, float]]] = {}
    left_out: dict[str, None] = {}
    for row, name, cell in _cells(file, header, rows, schema):
        seen = None if by_person else _image(row) if "image" in row.cells else _half(row, several)
        image = name_of(*seen) if seen else _subject(row)
        if images.setdefault(image, len(images)) == len(subjects):
            pictures += [Picture(file_called(file.parent, seen[0]), *seen)] if seen else []
            subjects.append(untext(row.cells.get("subject", "")))
            sights.append(_sight(row, of_photographs))
        if name not in columns:
            left_out[name] = None
            continue
        value = _value(row, schema.measurements[columns[name]], cell)
        _require_once(row, value, first.setdefault((image, name), {}), f"{name} of {image}")
    if left_out:
        warn(f"{file}: {some(list(left_out), 'measurement')} not of schema {schema.name}, left out")
    values = np.full((len(images), len(columns)), np.nan)
    for (image, name), told in first.items():
        _, values[images[image], columns[name]] = next(iter(told.values()))
    corrected = any(row.cells.get(PLACED_BY) in (PERSON, BOTH) and row.cells.get("value") for row in rows)
    return GivenValues(list(images), subjects, values, sights, by_person, of_photographs, pictures, corrected)


def _is_by_person(file: Path, header: Sequence[str]) -> bool:
    """InputError where nothing tells whose values they are."""
    if not {"image", MESH, "subject"} & set(header):
        raise InputError(f"{file} row 1: no column image or subject{separator_advice(header)}")
    return not {"image", MESH} & set(header)


def _cells(file: Path, header: Sequence[str], rows: Sequence[Row], schema: Schema) -> Iterator[tuple[Row, str, str]]:
    """Rows, names of measurements and what their cells say."""
    known = known_measurements(schema)
    there = f"schema {schema.name} has {', '.join(measurements_of(schema)) or 'none'}"
    in_rows = set(LONG) <= set(header)
    named = [name for name in header if name in known]
    for row in rows:
        cells = {row.cells["measurement"]: row.cells["value"]} if in_rows else row.cells
        for name in cells if in_rows else header:
            if name not in known and (in_rows or (name not in BESIDE and _is_number(cells[name]))):
                raise row.error(f"'{shortened(name)}' is no measurement; {there}")
        yield from ((row, name, cells[name]) for name in (cells if in_rows else named))
    if not in_rows and not named:
        lacking = "no columns of landmarks (nasion_x, nasion_y), and none named by a measurement"
        raise InputError(f"{file} row 1: {lacking}; {there}")


def _image(row: Row) -> tuple[str, str, str]:
    """Name, face and frame."""
    if not row.cells["image"]:
        raise row.error("column image is empty")
    image, face = untext(row.cells["image"]), untext(row.cells.get("face", ""))
    return image, face, frame_in(image, row.cells)


def _half(row: Row, halves: Counter[str]) -> tuple[str, str, str]:
    """As `_image`, of a scan; where both halves of its face were lifted, they are told apart."""
    mesh = row.cells[MESH]
    if not mesh:
        raise row.error(f"column {MESH} is empty")
    return mesh, "mirrored" if halves[mesh] > 1 and _is_mirrored(row) else "", ""


def _is_mirrored(row: Row) -> bool:
    with retold_by(row.error):
        return mirrored_of(row.cells)


def _subject(row: Row) -> str:
    if not row.cells["subject"]:
        raise row.error("column subject is empty, and there is no column image")
    return untext(row.cells["subject"])


def _sight(row: Row, of_photograph: bool) -> Sight | None:
    """As the row tells it; `rtl-measure` leaves the cells empty where it is unknown."""
    return told_sight(unmarked(row.cells, row.place)) or (Sight("", problem="not told") if of_photograph else None)


def _value(row: Row, measurement: Measurement, cell: str) -> float:
    unit = row.cells.get("unit", "") if set(LONG) <= set(row.cells) else ""
    if unit and unit.lower() not in UNITS[measurement.unit]:
        expected = measurement.unit.replace("1", "ratio")
        raise row.error(f"{measurement.name} in '{shortened(unit)}': give it in {expected}")
    try:
        value = as_number(cell)
    except InputError as problem:
        raise row.error(f"{measurement.name} {problem}") from problem
    if value < 0 or (measurement.unit == "deg" and value > LARGEST_ANGLE):
        raise row.error(f"{measurement.name} {value:g}: no {measurement.kind.replace('_', ' ')}")
    return value


def _require_once(row: Row, value: float, told: dict[str, tuple[Row, float]], what: str) -> None:
    """Adds a value to those that are told of an image, by norm; InputError for another one, or the same twice."""
    norm = row.cells.get("norm", "")
    for other, known in told.values():
        if norm in told or not np.array_equal(known, value, equal_nan=True):
            raise row.error(f"{what} is already in row {other.line}; remove one")
    told[norm] = (row, value)


def _is_number(cell: str) -> bool:
    try:
        return not np.isnan(as_number(cell))
    except InputError:
        return False
