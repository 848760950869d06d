"""measurements.csv: a row a measurement and norm, in the long form that R and pandas take."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from rtl_tf.clinic.measured import Measured
from rtl_tf.csv_rows import write_rows

USE = "research use, no diagnosis"
COLUMNS = (
    *("image", "face", "subject", "measurement", "value", "low", "high", "unit", "view", "yaw"),
    *("scale", "mm_per_px", "scale_error", "norm", "citation", "z", "z_low", "z_high", "criterion", "note", "use"),
)
DIGITS = {"mm": 3, "deg": 2, "1": 4}  # after the point
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def write_measured(path: str | Path, measured: Iterable[Measured]) -> None:
    """The table, whole or not at all."""
    write_rows(path, COLUMNS, map(_cells, measured))


def _cells(one: Measured) -> Iterator[str]:
    digits, measurement = DIGITS[one.measurement.unit], one.measurement
    yield from (_text(one.face.name), _text(one.face.face), _text(one.face.subject), measurement.name)
    yield from (number(value, digits) for value in (one.value, one.low, one.high))
    yield from (measurement.unit, one.sight.view, number(one.sight.yaw, 1))
    scale = one.scale if measurement.needs_scale else one.scale._replace(source="", mm_per_px=math.nan)
    known = not math.isnan(scale.mm_per_px)
    yield from (scale.source, number(scale.mm_per_px, 5), number(scale.error, 5) if known else "")
    yield from (_text(one.norm), _text(one.citation))
    yield from (number(value, 2) for value in (one.z, one.z_low, one.z_high))
    yield from ("; ".join(one.criteria), "; ".join(one.notes), USE)


def number(value: float, digits: int) -> str:
    """Decimals; empty for NaN."""
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def _text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
