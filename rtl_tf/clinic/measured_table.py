"""measurements.csv: a row a measurement and norm, in the long form that R and pandas take."""

import math
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from rtl_tf.clinic.half_seen import half_seen
from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.clinic.measured import Measured
from rtl_tf.csv_rows import read_header, write_rows
from rtl_tf.datasets.table_cells import FRAME, TIME
from rtl_tf.exceptions import InputError
from rtl_tf.measurement import USE
from rtl_tf.schema import Schema

COMPARED = ("norm", "citation", "z", "z_low", "z_high", "criterion", "note", "use")
FIRST = (
    *("image", "face", "subject", "measurement", "value", "low", "high", "unit", "view", "yaw"),
    *("scale", "mm_per_px", "scale_error", *COMPARED),
)
PERSON = ("age", "sex")
ABOUT = ("side", *PERSON, "flags")  # what z depends on, and what speaks against a value
COLUMNS = (*FIRST, *ABOUT)
OF_FILMS = (FRAME, TIME)
PLACED_BY = "placed_by"  # of tables that people corrected
STICKER = ("sticker_x", "sticker_y", "sticker_px")  # centre and diameter, where one was measured
UNMEASURED = (math.nan,) * len(STICKER)
DIGITS = {"mm": 3, "deg": 2, "1": 4}  # after the point
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def write_measured(path: str | Path, measured: Sequence[Measured], schema: Schema, kept: Sequence[str] = ()) -> None:
    """The table, whole or not at all. Who placed the landmarks, where it is told, stands at the end; so do number and
    time where there are frames of films, where in a photograph a sticker was measured, and the columns of people's own
    tables that are `kept`."""
    corrected = any(one.face.by_hand is not None for one in measured)
    of_films = OF_FILMS if any(one.face.cells.get(FRAME) for one in measured) else ()
    stickers = STICKER if any(one.scale.sticker for one in measured) else ()
    about = {id(one.face): list(_about(one.face, schema)) for one in measured}
    rows = (
        [
            *(*_cells(one), *about[id(one.face)], *[one.placed_by] * corrected),
            *(text(one.face.cells.get(name, "")) for name in of_films),
            *(number(value, 1) for value in (one.scale.sticker or UNMEASURED)[: len(stickers)]),
            *(text(one.face.cells.get(name, "")) for name in kept),
        ]
        for one in measured
    )
    write_rows(path, (*COLUMNS, *[PLACED_BY] * corrected, *of_films, *stickers, *kept), rows)


def require_keepable(kept: Sequence[str], there: Collection[str]) -> None:
    """InputError for a column that is to be kept and is not `there`, or is called like one of the table's."""
    own = (*COLUMNS, PLACED_BY, *OF_FILMS, *STICKER)
    for column in kept:
        if column in own or kept.count(column) > 1:
            raise InputError(f"--keep {column}: a column of the table is called so")
        if column not in there:
            raise InputError(f"--keep {column}: no such column in the table, nor in --facts")


def is_measured_table(file: Path) -> bool:
    """Whether `write_measured` wrote a file, also that of an earlier version, whose columns ended with FIRST."""
    return not file.is_dir() and tuple(read_header(file))[: len(FIRST)] == FIRST


def _about(face: MarkedFace, schema: Schema) -> Iterator[str]:
    """Those of ABOUT."""
    yield half_seen(face.points, schema.names) or text(face.cells.get("side", ""))
    yield from person_cells(face)
    yield text(face.cells.get("flags", ""))


def person_cells(face: MarkedFace) -> Iterator[str]:
    """Those of PERSON. One that is none, which no norm asked for, stands there as it was written."""
    for column, read in (("age", lambda: "" if math.isnan(face.age) else f"{face.age:g}"), ("sex", lambda: face.sex)):
        try:
            yield read()
        except InputError:
            yield text(face.cells[column])


def _cells(one: Measured) -> Iterator[str]:
    digits, measurement = DIGITS[one.measurement.unit], one.measurement
    yield from (text(one.face.name), text(one.face.face), text(one.face.subject), measurement.name)
    yield from (number(value, digits) for value in (one.value, one.low, one.high))
    yield from (measurement.unit, one.sight.view, number(one.sight.yaw, 1))
    scale = one.scale if measurement.needs_scale else one.scale._replace(source="", mm_per_px=math.nan)
    known = not math.isnan(scale.mm_per_px)
    yield from (scale.source, number(scale.mm_per_px, 5), number(scale.error, 5) if known else "")
    yield from compared_cells(one)


def compared_cells(one: Measured) -> Iterator[str]:
    """Those of COMPARED."""
    yield from (text(one.norm), text(one.citation))
    yield from (number(value, 2) for value in (one.z, one.z_low, one.z_high))
    yield from ("; ".join(one.criteria), "; ".join(one.notes), USE)


def number(value: float, digits: int) -> str:
    """Decimals, 0 without a sign; empty for NaN."""
    return "" if math.isnan(value) else f"{value:z.{digits}f}"


def text(cell: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def untext(cell: str) -> str:
    """What `text` was given."""
    return cell[1:] if cell.startswith(tuple(f"'{sign}" for sign in FORMULA)) else cell
