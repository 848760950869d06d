"""Z-scores against the norms that were named, of measurements while somebody moves their points."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from rtl_tf.app.entries import one_of
from rtl_tf.app.live_intervals import Interval
from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.clinic.measured import Measured, Yardsticks, explained
from rtl_tf.clinic.scales import Scale
from rtl_tf.clinic.sights import Sight
from rtl_tf.datasets.annotations import MM_PER_PX
from rtl_tf.documents import Node
from rtl_tf.measurement import VIEWS
from rtl_tf.measuring.norms import Norm
from rtl_tf.measuring.quantities import measure
from rtl_tf.schema import Schema


def live_scores(
    schema: Schema,
    norms: Sequence[Sequence[Norm]],
    face: MarkedFace,
    sight: Sight,
    points: np.ndarray,
    mm_per_px: float,
    intervals: Mapping[str, Interval],
) -> dict[str, list[str]]:
    """Measurement -> a line for each norm that has it: the z-score with its interval, or why there is none. Nothing
    of values that do not stand for the head's in this view, as `rtl-measure` has it.

    Args:
        norms: see `Yardsticks`.
        face: of which age and sex count.
        points: (K, 2), original px, NaN = no place.
        mm_per_px: NaN = unknown.
        intervals: as `live_intervals` gives them, lengths in px.
    """
    face = replace(face, points=points, mm_per_px=mm_per_px)
    found: dict[str, list[str]] = {}
    for one in schema.measurements:
        (value,) = measure(one, points[None], schema.names, np.array([mm_per_px])).tolist()
        low, high = (end * (mm_per_px if one.needs_scale else 1) for end in intervals.get(one.name, (np.nan, np.nan)))
        plain = Measured(face, sight, Scale(mm_per_px), one, value, low, high)
        if not np.isnan(value):
            lines = [_line(each) for each in explained(plain, schema, Yardsticks(norms=norms)) if each.norm]
            found |= {one.name: lines} if lines else {}
    return found


def told_scale(asked: Node) -> float:
    """`mm_per_px` of `live_scores`. InputError where it is none."""
    told = asked.get("mm_per_px")
    return np.nan if told is None else told.number(*MM_PER_PX)


def said_view(asked: Node) -> Sight | None:
    """The view that somebody has said; None = nothing. InputError where it is none."""
    told = asked.optional("view", one_of, VIEWS)
    return None if told is None else Sight(told)


def _line(one: Measured) -> str:
    if np.isnan(one.z):
        return f"{one.norm}: {one.notes[-1]}"
    ends = "" if np.isnan(one.z_low) else f" ({one.z_low:+z.2f} to {one.z_high:+z.2f})"
    return f"z {one.z:+z.2f}{ends}, {one.norm}"
