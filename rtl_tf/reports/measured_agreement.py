"""A detector's measurements against manual ones, and two raters' against each other, in one table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rtl_tf.csv_rows import write_rows
from rtl_tf.evaluation.agreement import FEWEST, Agreement, Interval, bland_altman, icc
from rtl_tf.exceptions import InputError
from rtl_tf.measurement import USE, Measurement
from rtl_tf.measuring.quantities import measure
from rtl_tf.reports.grid import Grid, as_text
from rtl_tf.reports.texts import MISSING, number
from rtl_tf.schema import Schema

DETECTOR, RATERS = "detector", "raters"
MEASURED = "measured"  # what people read for DETECTOR: a table need not be a detector's
INTERVALS = ("bias", "lower", "upper", "icc_2_1", "icc_3_1")
COLUMNS = (
    *("measurement", "unit", "between", "images", "people", "sd", "mae"),
    *(f"{name}{end}" for name in INTERVALS for end in ("", "_low", "_high")),
    *("note", "use"),
)
NO_SUBJECTS = "No image has a subject: each counts as a person."
SOME_SUBJECTS = "Each image without a subject counts as a person of its own."
FEW = f"Of fewer than {FEWEST} images or people there is no bias, limit or correlation ({MISSING})."
GIVEN = (
    "Numbers are compared as they are given: a caliper's are of the head, for which a photograph's stand in the views",
    "of the schema alone. Those of other views are left out where their table tells the view.",
)
BY_PERSON = "Compared by person: each counts once, with the mean over the images."
CORRECTED = "Some of what is held for the detector's is of landmarks that a person placed (column placed_by)."
DIGITS = {"mm": 2, "deg": 1, "1": 3}


@dataclass(frozen=True, eq=False)
class Readings:
    """The M measurements of a schema on N images, by a person, by the detector, and perhaps by a second person.

    Attributes:
        subjects: N names; "" = not told.
        manual, found, second: float64 (N, M), in the measurements' units, NaN = missing; `second` None where there is
            none.
        as_given: whether some were given as numbers, and not as landmarks on the image.
        of_heads: whether some of these are of heads, and not of the photographs.
        notes: what holds for all of them.
    """

    schema: Schema
    subjects: Sequence[str]
    manual: np.ndarray
    found: np.ndarray
    second: np.ndarray | None = None
    as_given: bool = False
    of_heads: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Compared:
    """One measurement by two hands, of the images where both have it.

    Attributes:
        between: DETECTOR (against the manual one) or RATERS (the second against the first).
        first, other: (P,), mm, degrees or ratios.
        notes: what was averaged, how people were counted where not all are told, and why nothing is said of so few.
    """

    measurement: Measurement
    between: str
    first: np.ndarray
    other: np.ndarray
    agreement: Agreement
    icc_2_1: Interval
    icc_3_1: Interval
    notes: tuple[str, ...] = ()


def values_of(schema: Schema, points: np.ndarray, mm_per_px: np.ndarray) -> np.ndarray:
    """(N, M): the schema's measurements of landmarks (N, K, 2), original px, by the scales (N,) of their images."""
    values = [measure(measurement, points, schema.names, mm_per_px) for measurement in schema.measurements]
    return np.stack(values, axis=1) if values else np.empty((len(points), 0))


def compare(readings: Readings) -> list[Compared]:
    """All measurements of the schema of which there are any pairs. InputError where the detector has none."""
    found = []
    for column, measurement in enumerate(readings.schema.measurements):
        first = readings.manual[:, column]
        for between, values in ((DETECTOR, readings.found), (RATERS, readings.second)):
            if values is not None:
                other = values[:, column]
                both = np.isfinite(first) & np.isfinite(other)
                if both.any():
                    subjects = [subject for subject, there in zip(readings.subjects, both, strict=True) if there]
                    one = _compared(measurement, between, first[both], other[both], subjects)
                    found.append(replace(one, notes=(*readings.notes, *one.notes)))
    if not any(one.between == DETECTOR for one in found):
        advice = " (of landmarks; rtl-measure knows rulers and stickers: give its table)" if readings.as_given else ""
        problem = f"no measurement of schema {readings.schema.name} is there twice: no labels, or no scale"
        raise InputError(problem + advice)
    return found


def _compared(
    measurement: Measurement, between: str, first: np.ndarray, other: np.ndarray, subjects: Sequence[str]
) -> Compared:
    """An image without a subject is a person of its own: else all of them together would be one."""
    unnamed = subjects.count("")
    people = [subject or row for row, subject in enumerate(subjects)]
    pairs, agreement = icc(np.stack([first, other], axis=1), people), bland_altman(other - first, people)
    notes = [NO_SUBJECTS if unnamed == len(subjects) else SOME_SUBJECTS] if unnamed else []
    notes += [FEW] if min(agreement.people, len(first)) < FEWEST else []
    return Compared(measurement, between, first, other, agreement, *pairs, tuple(notes))


def agreement_text(compared: Sequence[Compared], title: str, of_heads: bool = False) -> str:
    """For a terminal: errors, then correlations; `of_heads`: see `Readings`."""
    errors = ["Measurement", "Unit", "Of", "Images", "Bias", "SD", "MAE", "Limits of agreement"]
    names = ["", *(one.measurement.name for one in compared)]
    rows, shares = [], []
    for one, last in zip(compared, names, strict=False):
        name, unit = one.measurement.name, one.measurement.unit.replace("1", "ratio")
        first = [name, unit] if name != last else ["", ""]
        of = one.between.replace(DETECTOR, MEASURED)
        rows.append([*first, of, *_cells(one)])
        correlations = [_with_ends(each, 2) for each in (one.icc_2_1, one.icc_3_1)]
        shares.append([first[0], of, str(one.agreement.people), *correlations])
    bias = "Bias: measured - manual; of raters: the second - the first. Limits: bias ± 1.96 SD."
    notes = [bias, *GIVEN] if of_heads else [f"{bias} Views are of no account", "here, where both measure one image."]
    more = [
        "ICC(2,1): absolute agreement; ICC(3,1): consistency. In brackets 95 % intervals, as if all images of a person",
        f"said the same. {USE.capitalize()}.",
        *dict.fromkeys(note for one in compared for note in one.notes),
    ]
    correlated = Grid(
        "Intraclass correlation", ["Measurement", "Of", "People", "ICC(2,1)", "ICC(3,1)"], shares, 2, notes=more
    )
    return "\n\n".join(map(as_text, (Grid(title, errors, rows, 3, notes=notes), correlated)))


def _cells(one: Compared) -> list[str]:
    agreement, digits = one.agreement, DIGITS[one.measurement.unit]
    template = f"{{:z.{digits}f}}"
    limits = f"{number(agreement.lower.value, template)} to {number(agreement.upper.value, template)}"
    spread = (number(value, template) for value in (agreement.sd, agreement.mae))
    return [str(agreement.images), _with_ends(agreement.bias, digits), *spread, limits]


def _with_ends(found: Interval, digits: int) -> str:
    value, low, high = (number(each, f"{{:z.{digits}f}}") for each in found)
    return f"{value} [{low}, {high}]"


def write_agreement(path: Path, compared: Sequence[Compared]) -> None:
    """All numbers as CSV, whole or not at all."""
    write_rows(path, COLUMNS, map(_numbers, compared))


def _numbers(one: Compared) -> list[str]:
    agreement = one.agreement
    intervals = (agreement.bias, agreement.lower, agreement.upper, one.icc_2_1, one.icc_3_1)
    numbers = [agreement.sd, agreement.mae, *(end for interval in intervals for end in interval)]
    cells = ["" if np.isnan(value) else f"{value:.6g}" for value in numbers]
    who = [one.measurement.name, one.measurement.unit, one.between, str(agreement.images), str(agreement.people)]
    return [*who, *cells, " ".join(one.notes), USE]
