"""Measurements of films: the mean over a film's frames in one view, with an interval, ready for a table.

Frames that follow each other are no independent measurements of a person: they show the same pose in the same light. So
the frames of a group are cut into SPANS stretches of as many frames each, one after the other, and the means of the
stretches are taken for independent: Student's interval with SPANS - 1 degrees of freedom (batch means). Of series
whose correlation falls off within 0.3 s, 10 to 60 s long, such 95 % intervals cover the mean in 0.94 to 0.95 of cases;
where it takes 1 s, in 0.85 (10 s) to 0.94 (60 s).

The interval is for other frames of the same film. What the detector gets wrong on all of them alike, and the scale, are
not in it: the mean of the frames' own intervals, which stands beside it, takes all errors for such.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rtl_tf.clinic.measured import Measured
from rtl_tf.evaluation import statistics

SPANS = statistics.FEWEST_PEOPLE


@dataclass(frozen=True, eq=False)
class FrameMean:
    """The mean of one measurement over frames of a film in one view. NaN = unknown.

    Attributes:
        first: the value of the first frame, for all that the frames share.
        frames: that have a value.
        flagged: frames with a value that are left out for their flags.
        mean, spread: of their values, and the values' standard deviation.
        low, high: ends of the interval for other frames of the film.
        shared_low, shared_high: means of the ends of the frames' intervals: that of an error which all share.
        note: why there is no interval, and what the mean must not be taken for.
    """

    first: Measured
    frames: int
    mean: float
    spread: float
    low: float
    high: float
    shared_low: float
    shared_high: float
    note: str = ""
    flagged: int = 0


def frame_means(measured: Iterable[Measured], level: float = statistics.LEVEL) -> list[FrameMean]:
    """Of all values of frames (not photographs) by film, face, view, turn and measurement, in the order of coming.

    Frames whose view is unknown are left out, and those with flags; see `left_out`.
    """
    groups: dict[tuple[str, ...], dict[str, Measured]] = {}
    flagged: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for one in measured:
        if not one.face.frame or not one.sight.view or np.isnan(one.value):
            continue
        group = one.face.name, one.face.face, one.sight.view, one.out_of_view, one.measurement.name
        if _has_flags(one):
            flagged[group].add(one.face.frame)
        else:
            groups.setdefault(group, {}).setdefault(one.face.frame, one)  # once, of several norms
    return [replace(_mean(list(frames.values()), level), flagged=len(flagged[g])) for g, frames in groups.items()]


def left_out(measured: Iterable[Measured]) -> str:
    """How many frames are in no mean, and why: "3 of 12 frames are left out: 2 with flags, 1 without a value"."""
    why: dict[tuple[str, ...], str] = {}
    for one in (each for each in measured if each.face.frame):
        frame = one.face.name, one.face.face, one.face.frame
        if _has_flags(one):
            why[frame] = "with flags"
        elif not one.sight.view:
            why[frame] = "of an unknown view"
        elif why.setdefault(frame, "without a value") and not np.isnan(one.value):
            why[frame] = ""
    counts = Counter(filter(None, why.values()))
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    return f"{counts.total()} of {len(why)} frames are left out: {reasons}" if counts else ""


def _has_flags(one: Measured) -> bool:
    return bool(one.face.cells.get("flags"))


def _mean(frames: Sequence[Measured], level: float) -> FrameMean:
    times = np.array([one.face.number("time_s") for one in frames])
    values = np.array([one.value for one in frames])[np.argsort(times, kind="stable")]
    spans = np.sort(np.arange(len(values)) * SPANS // max(len(values), 1))
    seconds = len(np.unique(np.floor(times[~np.isnan(times)])))
    low = high = np.nan
    if seconds >= SPANS:
        found = statistics.estimate(values[:, None], spans.astype(str))
        (low,), (high,) = (end.tolist() for end in statistics.interval(found, level))
    notes = [] if seconds >= SPANS else [f"no interval: its frames show {seconds} s, {SPANS} s are needed"]
    if not frames[0].in_view:
        notes.append(frames[0].out_of_view)
    shared_low, shared_high = np.array([(one.low, one.high) for one in frames]).mean(axis=0).tolist()
    spread = float(values.std(ddof=1)) if len(values) > 1 else np.nan
    ends = low, high, shared_low, shared_high
    return FrameMean(frames[0], len(values), float(values.mean()), spread, *ends, "; ".join(notes))
