"""What measurements are worth while somebody moves their points: intervals by the detector's errors.

What a person placed or accepted counts as exact, so that an interval is of what is still the detector's, and of the
ruler's ends, where one gives the millimetres.
"""

import numpy as np

from rtl_tf.app.entries import one_of, place
from rtl_tf.documents import Node
from rtl_tf.measuring.intervals import intervals
from rtl_tf.measuring.landmark_covariance import LandmarkCovariance
from rtl_tf.schema import Schema

Interval = tuple[float, float]
LARGEST_ERROR = 1e6  # of a ruler whose ends are a hair apart


def live_intervals(
    schema: Schema,
    errors: LandmarkCovariance,
    points: np.ndarray,
    by_hand: np.ndarray,
    mirrored: bool,
    scale_error: float = 0.0,
) -> dict[str, Interval]:
    """Measurement -> ends at 0.95, lengths in px, as wide as they are in mm; without those that have no known error.
    What is by hand alone has that of the scale.

    Args:
        points: (K, 2), original px, NaN = no place.
        by_hand: bool (K,), which of them a person placed.
        mirrored: whether the detector saw the face mirrored.
        scale_error: standard deviation of the scale, as a share of it.
    """
    measured = [
        one
        for one in schema.measurements
        if (scale_error and one.needs_scale) or not all(by_hand[schema.index(landmark)] for landmark in one.points)
    ]
    in_px, order = np.ones(1), schema.mirror_permutation
    known = (points[None], errors, schema.names, in_px, scale_error)
    ends = intervals(measured, *known, mirrored=mirrored, exact=by_hand[None], order=order)
    found = zip(measured, *(end[0].tolist() for end in ends), strict=True)
    return {one.name: (low, high) for one, low, high in found if np.isfinite([low, high]).all()}


def scale_error(asked: Node) -> float:
    """`scale_error` of `live_intervals`. InputError where it is none."""
    return asked.optional("scale_error", Node.number, 0, LARGEST_ERROR) or 0.0


def placed_points(asked: Node, schema: Schema) -> tuple[np.ndarray, np.ndarray]:
    """`points` and `by_hand` of `live_intervals`, of {"points": {landmark: [x, y]}, "by_hand": [landmark, ...]}.

    Raises:
        InputError: names what is no such landmark or no place.
    """
    points, by_hand = np.full((len(schema), 2), np.nan), np.zeros(len(schema), bool)
    given = asked["points"]
    for name in given.object():
        if name not in schema.names:
            raise given.error(f"'{name}' is none of {', '.join(schema.names)}")
        found = place(given[name])
        if not isinstance(found, tuple):
            raise given[name].error("expected a place [x, y]")
        points[schema.index(name)] = found
    for node in asked["by_hand"].elements():
        by_hand[schema.index(one_of(node, schema.names))] = True
    return points, by_hand
