"""What was measured, in a screenful: a line a measurement, and why values or z-scores are missing."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from rtl_tf.clinic.corrections import placed_by
from rtl_tf.clinic.measured import Measured
from rtl_tf.clinic.measured_table import DIGITS, number
from rtl_tf.measurement import PHOTO, USE
from rtl_tf.reports.grid import Grid, as_text

HEADER = ["Measurement", "Unit", "Values", "Mean", "SD", "Lowest", "Highest", "±", "In view"]
MISSING = "-"
FEW = 3  # measurements of a note that are named
UPRIGHT = "Heads are taken to be upright: no view tells of nodding."


def measured_text(measured: Sequence[Measured], level: float) -> str:
    """A table over all faces, z-scores by norm, and what was left out and why."""
    first = {(id(one.face), one.measurement.name): one for one in reversed(measured)}  # of several norms, one
    by_name: dict[str, list[Measured]] = {}
    for one in reversed(first.values()):
        by_name.setdefault(one.measurement.name, []).append(one)
    faces = list({id(one.face): one for one in measured}.values())
    caption = f"{len(faces)} face{'s' * (len(faces) != 1)}. {USE.capitalize()}."
    rows = [_line(by_name[name]) for name in dict.fromkeys(one.measurement.name for one in measured)]
    views = Counter(one.sight.view or "unknown" for one in faces)
    scales = Counter("none" if np.isnan(one.scale.mm_per_px) else one.scale.source for one in faces)
    notes = [
        f"±: half the {level:.0%} interval, median over faces. In view: values that stand for the head's; the others",
        "count in the mean and beside it, too.",
        f"Views: {_counted(views)}. Scales: {_counted(scales)}.",
    ]
    if hands := Counter(hand for one in faces if (hand := placed_by(one.face))):
        notes.append(f"Landmarks placed by: {_counted(hands)}.")
    parts = [as_text(Grid(caption, HEADER, rows, 2, notes=notes))]
    return "\n\n".join([*parts, *compared_texts(measured)])


def compared_texts(measured: Sequence[Measured]) -> list[str]:
    """Z-scores by norm, criteria that are met, and notes; each where there are some."""
    return list(filter(None, (_scores(measured), _met(measured), _reasons(measured))))


def _counted(kinds: Counter) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())


def _line(group: list[Measured]) -> list[str]:
    measurement = group[0].measurement
    values = np.array([one.value for one in group])
    halves = np.array([(one.high - one.low) / 2 for one in group])
    halves, there = halves[np.isfinite(halves)], values[np.isfinite(values)]
    cells = [np.nan] * 5
    if len(there):
        spread = there.std(ddof=1) if len(there) > 1 else np.nan
        cells = [there.mean(), spread, there.min(), there.max(), np.median(halves) if len(halves) else np.nan]
    digits = DIGITS[measurement.unit] - 1
    seen = sum(one.in_view for one in group if np.isfinite(one.value))
    unit = measurement.unit.replace("1", "ratio")
    return [measurement.name, unit, str(len(there)), *(number(c, digits) or MISSING for c in cells), str(seen)]


def _scores(measured: Sequence[Measured]) -> str:
    """A line a norm and measurement with z-scores."""
    groups: dict[tuple[str, str], list[float]] = {}
    for one in measured:
        if np.isfinite(one.z):
            groups.setdefault((one.norm, one.measurement.name), []).append(one.z)
    rows = [[norm, name, str(len(z)), f"{np.mean(z):+z.2f}", f"{min(z):+z.2f}"] for (norm, name), z in groups.items()]
    header = ["Norm", "Measurement", "Values", "Mean", "Lowest"]
    notes = [UPRIGHT] if any(one.of == PHOTO for one in measured) else []
    return as_text(Grid("Z-scores", header, rows, 2, notes=notes)) if rows else ""


def _met(measured: Sequence[Measured]) -> str:
    counts = Counter((one.measurement.name, sentence) for one in measured for sentence in one.criteria)
    return "\n".join(
        f"{name}: {count} value{'s' * (count != 1)} {_verb(said, count)}" for (name, said), count in counts.items()
    )


def _verb(sentence: str, count: int) -> str:
    return sentence if count == 1 else sentence.replace("meets", "meet", 1)


def _reasons(measured: Sequence[Measured]) -> str:
    """Notes by how many values have them, the most frequent first, and of which measurements where these are few."""
    counts = Counter(note for one in measured for note in one.notes)
    lines = []
    for note, count in counts.most_common(8):
        names = dict.fromkeys(one.measurement.name for one in measured if note in one.notes)
        lines.append(f"  {count} x {', '.join(names) + ': ' if len(names) <= FEW else ''}{note}")
    more = len(counts) - len(lines)
    lines += [f"  and {more} other reasons, in the column note"] if more > 0 else []
    return "\n".join(["Notes:", *lines]) if lines else ""
