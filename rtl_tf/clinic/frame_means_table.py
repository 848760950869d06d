"""Means over frames, as a table and as text: a row a film, view and measurement."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rtl_tf.clinic.frame_means import FrameMean
from rtl_tf.clinic.measured_table import DIGITS, number, text
from rtl_tf.csv_rows import read_header, write_rows
from rtl_tf.measurement import USE
from rtl_tf.reports.grid import Grid, as_text

COLUMNS = (
    *("image", "face", "subject", "view", "measurement", "frames", "mean", "sd", "low", "high"),
    *("shared_low", "shared_high", "unit", "note", "use", "flagged"),
)
EARLIER = COLUMNS[:-1]  # of tables without "flagged"
HEADER = ["Film", "View", "Measurement", "Unit", "Frames", "Mean", "SD", "±", "± shared"]


def write_frame_means(path: Path, means: Iterable[FrameMean]) -> None:
    """The table, whole or not at all."""
    write_rows(path, COLUMNS, map(_cells, means))


def is_frame_means_table(file: Path) -> bool:
    """Whether `write_frame_means` wrote a file."""
    return not file.is_dir() and tuple(read_header(file)) in (COLUMNS, EARLIER)


def _cells(one: FrameMean) -> Iterator[str]:
    face, measurement = one.first.face, one.first.measurement
    digits = DIGITS[measurement.unit]
    yield from (text(face.name), text(face.face), text(face.subject), one.first.sight.view, measurement.name)
    yield str(one.frames)
    for value in (one.mean, one.spread, one.low, one.high, one.shared_low, one.shared_high):
        yield number(value, digits)
    yield from (measurement.unit, one.note, USE, str(one.flagged))


def frame_means_text(means: Sequence[FrameMean], level: float, left_out: str = "") -> str:
    """A screenful of means in the views in which they stand for the head's; the table has all.

    Args:
        left_out: see `frame_means.left_out`.
    """
    rows = []
    for one in (each for each in means if each.first.in_view):
        measurement = one.first.measurement
        halves = ((one.high - one.low) / 2, (one.shared_high - one.shared_low) / 2)
        numbers = [number(value, DIGITS[measurement.unit] - 1) or "-" for value in (one.mean, one.spread, *halves)]
        unit = measurement.unit.replace("1", "ratio")
        rows.append([one.first.face.name, one.first.sight.view, measurement.name, unit, str(one.frames), *numbers])
    notes = [
        f"±: half the {level:.0%} interval of the mean for other frames of the film; neighbouring frames are not taken",
        "for independent. ± shared: half of what --errors gives if the detector errs on all frames alike.",
    ]
    notes += [f"{left_out}."] * bool(left_out)
    notes += dict.fromkeys(one.note for one in means if one.first.in_view and one.note)
    return as_text(Grid(f"Means over frames. {USE.capitalize()}.", HEADER, rows, 4, notes=notes))
