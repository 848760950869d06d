"""Where a sticker may lie on a face with landmarks: an iris, a nostril and the hollow of an ear are round, too."""

from collections.abc import Sequence

import numpy as np

from rtl_tf.measuring.face_lengths import points_called
from rtl_tf.measuring.face_size import face_size

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


def feature_at(place: np.ndarray, points: np.ndarray, landmarks: Sequence[str]) -> str:
    """What of a face lies at a place (2,), original px: a key of FEATURES; "" = none of them.

    Args:
        points: (K, 2), original px, NaN = missing, of these landmarks. Those of unknown names are of no account.
    """
    near = NEAR * float(face_size(points))
    for feature, groups in FEATURES.items():
        for names in groups:
            around = points_called(points, landmarks, names)
            both = [around, _mirrored(around, points_called(points, landmarks, MIDLINE))]
            pieces = both if feature == OUTSIDE else [np.concatenate(both)]
            if any(len(piece) and _distance(place, piece) < near for piece in pieces):
                return feature
    return ""


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
