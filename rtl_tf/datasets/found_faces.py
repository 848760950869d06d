"""A detector's predictions from the table that predict.py writes: faces whose points nobody has looked at yet."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from rtl_tf.csv_rows import Row, header_if_any, read_rows
from rtl_tf.datasets.collection import Collection
from rtl_tf.datasets.subject_codes import with_checked_people
from rtl_tf.datasets.table import (
    attributes_of,
    landmarks_of,
    number_in,
    require_image_and_box,
    sample_of,
    schema_in,
    table_file,
    tell_misspelt_optional,
    without_errors,
)
from rtl_tf.datasets.table_cells import DOUBT, PEAK, RADIUS
from rtl_tf.exceptions import retold_by
from rtl_tf.records import Samples
from rtl_tf.schema import Schema


def holds_predictions(path: Path) -> bool:
    """Whether `path` is a table with a detector's peaks, or a folder with one as its `landmarks.csv`; with people's
    codes added it stays one."""
    file = table_file(path)
    if file.suffix.lower() != ".csv" or not file.is_file():
        return False
    return bool(_peaks(header_if_any(file)))


def read_predictions(path: Path, schema: str | None = None, subjects_as_written: bool = False) -> Collection:
    """The rows of a table of predict.py, without those in error, which are counted in an InputWarning.

    Args:
        path: see `holds_predictions`. Columns as `table.read` has them, but that `subject` may be missing, and
            `detector`, <landmark>_peak and <landmark>_radius tell who found the points, and how sure. `coverage` and
            `flags` are attributes.
        schema: its landmarks are taken; None = the largest shipped one that the columns fit.
        subjects_as_written: as `datasets.load` has it, where somebody has added subjects.
    Raises:
        InputError: names the file and the row.
    """
    file = table_file(path)
    header, rows = read_rows(file)
    require_image_and_box(file, header)
    fitting = schema_in(file, header, schema)
    tell_misspelt_optional(file, header)
    rows = without_errors(file, rows)
    doubt, samples = [name for name in DOUBT if name in header], Samples()
    first_row: dict[tuple[Path, str], int] = {}
    for row, others in zip(rows, attributes_of(header, [row.cells for row in rows]), strict=True):
        attributes = {name: cell for name, cell in others.items() if name not in _peaks(header) and name != "detector"}
        attributes |= {name: row.cells[name] for name in doubt}
        with retold_by(row.error):
            sample = sample_of(file.parent, row.cells, fitting, attributes)
        if (other := first_row.setdefault((sample.image, sample.face), row.line)) != row.line:
            raise row.error(f"{row.cells['image']} is already in row {other}; remove one")
        samples.append(replace(sample, place=f"row {row.line}"))
    samples = with_checked_people(file, samples, subjects_as_written)
    peaks, radii = ([_numbers_in(row, fitting, end) for row in rows] for end in (PEAK, RADIUS))
    known = [name + RADIUS for name in fitting.names if name + RADIUS in header]
    return Collection(samples, fitting, [row.cells.get("detector", "") for row in rows], peaks, radii if known else ())


def _peaks(header: list[str]) -> set[str]:
    """Columns of the peaks of landmarks."""
    return {name + PEAK for name in landmarks_of(header)} & set(header)


def _numbers_in(row: Row, schema: Schema, end: str) -> np.ndarray:
    """(K,), of the columns of landmarks with this end."""
    with retold_by(row.error):
        return np.array([number_in(row.cells, name + end) for name in schema.names])
