"""What measurements are worth while somebody moves their points: intervals by the detector's errors.

What a person placed or accepted counts as exact, so that an interval is of what is still the detector's.
"""

import numpy as np

from rtl_tf.app.entries import one_of, place
from rtl_tf.documents import Node
from rtl_tf.measuring.intervals import intervals
from rtl_tf.measuring.landmark_covariance import LandmarkCovariance
from rtl_tf.schema import Schema

Interval = tuple[float, float]


def live_intervals(
    schema: Schema, errors: LandmarkCovariance, points: np.ndarray, by_hand: np.ndarray, mirrored: bool
) -> dict[str, Interval]:
    """Measurement -> ends at 0.95, lengths in px; without those that are by hand alone, or have no known error.

    Args:
        points: (K, 2), original px, NaN = no place.
        by_hand: bool (K,), which of them a person placed.
        mirrored: whether the detector saw the face mirrored.
    """
    measured = [
        one for one in schema.measurements if not all(by_hand[schema.index(landmark)] for landmark in one.points)
    ]
    in_px, order = np.ones(1), schema.mirror_permutation
    known = (points[None], errors, schema.names, in_px)
    ends = intervals(measured, *known, mirrored=mirrored, exact=by_hand[None], order=order)
    found = zip(measured, *(end[0].tolist() for end in ends), strict=True)
    return {one.name: (low, high) for one, low, high in found if np.isfinite([low, high]).all()}


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
