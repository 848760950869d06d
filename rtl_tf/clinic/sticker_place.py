"""Where a sticker may lie on a face with landmarks, and what scales it may tell: an iris, a nostril and the hollow of
an ear are round, too."""

from collections.abc import Sequence

import numpy as np

from rtl_tf.measuring.landmark_covariance import face_size

# Round things of a face: beginnings of the names of the landmarks around each.
FEATURES: dict[str, tuple[tuple[str, ...], ...]] = {
    "an eye": (("exocanthion", "endocanthion"), ("right_eye",), ("left_eye",)),
    "the mouth": (("cheilion", "labiale", "crista_philtri", "outer_lip"),),
    "a nostril": (("alare", "subnasale", "pronasale", "nose_base"),),
    "an ear": (("upper_lobule", "triangular_fossa"),),
}
MIDLINE = ("nasion", "gnathion")  # of schemas that mark one half of the face: mirrored by it lies the other
OUTSIDE = "an ear"  # lies at the sides: not all between the two is one
NEAR = 0.2  # of the face's size, some 10 mm: half of an eye's height, and what the landmarks err by
# mm that lengths of a face have on a photograph, from the age of 2 to 80 years. Weinberg 2016 has 96 mm (SD 5) from
# nasion to gnathion at 4 years and 123 mm (SD 6.5) at 20, 43 and 55 mm (SD 3.5) from nasion to subnasale. A younger
# child, a head that nods by 30 degrees and 3 SD take a third off; 3 SD and an open mouth add as much.
LENGTHS_MM = {
    ("nasion", "gnathion"): (60.0, 180.0),
    ("nose_bridge_0", "jaw_8"): (60.0, 180.0),
    ("nasion", "subnasale"): (25.0, 75.0),
}


def feature_at(place: np.ndarray, points: np.ndarray, landmarks: Sequence[str]) -> str:
    """What of a face lies at a place (2,), original px: a key of FEATURES; "" = none of them.

    Args:
        points: (K, 2), original px, NaN = missing, of these landmarks. Those of unknown names are of no account.
    """
    near = NEAR * float(face_size(points))
    for feature, groups in FEATURES.items():
        for names in groups:
            around = _called(points, landmarks, names)
            both = [around, _mirrored(around, _called(points, landmarks, MIDLINE))]
            pieces = both if feature == OUTSIDE else [np.concatenate(both)]
            if any(len(piece) and _distance(place, piece) < near for piece in pieces):
                return feature
    return ""


def wrong_length(mm_per_px: float, points: np.ndarray, landmarks: Sequence[str]) -> str:
    """A length that no face has at this scale, in words; "" where all that are known may be those of a face."""
    for names, (low, high) in LENGTHS_MM.items():
        ends = _called(points, landmarks, names)
        if len(ends) == 2:
            length = mm_per_px * float(np.linalg.norm(ends[1] - ends[0]))
            if not low <= length <= high:
                return f"{length:.0f} mm from {names[0]} to {names[1]}"
    return ""


def _called(points: np.ndarray, landmarks: Sequence[str], beginnings: tuple[str, ...]) -> np.ndarray:
    """(P, 2): of the landmarks whose names begin so, those that are there."""
    mine = points[np.array([name.startswith(beginnings) for name in landmarks], bool)]
    return mine[np.isfinite(mine).all(axis=1)]


def _mirrored(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Points (P, 2) by a line through two points (2, 2); none where there is no line."""
    if len(line) != 2 or not (length := np.linalg.norm(line[1] - line[0])):
        return points[:0]
    along = (line[1] - line[0]) / length
    return line[0] + 2 * ((points - line[0]) @ along)[:, None] * along - (points - line[0])


def _distance(place: np.ndarray, points: np.ndarray) -> float:
    """Px from a place to the nearest of all lines between points (P, 2)."""
    first, way = points[:, None], points[None] - points[:, None]
    squares = np.maximum((way**2).sum(axis=-1), 1e-12)
    share = np.clip(((place - first) * way).sum(axis=-1) / squares, 0, 1)
    return float(np.linalg.norm(first + share[..., None] * way - place, axis=-1).min())
