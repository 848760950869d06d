"""How far a head is turned, by the face finder's six key points: its yaw, and the view that a clinic calls it.

Seen from the front the tip of the nose lies midway between the ears, and the eyes are far apart; turned by an angle a,
the one grows with sin a and the other shrinks with cos a. Their proportion was measured on built-in heads at 0 to 90
degrees, of which the answer is off by 1 degree in the mean up to 50, by 5 beyond.
"""

import math

import numpy as np

from rtl_tf.inference.decoded import Box
from rtl_tf.inference.face_finder import KEY_POINTS, Face, find_faces
from rtl_tf.pyramid import Photographed

EYES_OVER_NOSE = 0.479  # distance of the eyes seen from the front, over that of the nose from the ears in profile
RIGHT_EYE, LEFT_EYE, NOSE, MOUTH, RIGHT_EAR, LEFT_EAR = range(len(KEY_POINTS))


def yaw_of(face: Face) -> float:
    """Degrees, 0 from the front, 90 in profile; positive where the left side of the face is seen."""
    points = face.key_points.astype(np.float64)
    down = points[MOUTH] - points[[RIGHT_EYE, LEFT_EYE]].mean(axis=0)
    across = np.array([down[1], -down[0]])  # towards the left eye; the eyes themselves lie on one spot in profile
    nose_to_ears = (points[[RIGHT_EAR, LEFT_EAR]].mean(axis=0) - points[NOSE]) @ across
    eyes = (points[LEFT_EYE] - points[RIGHT_EYE]) @ across
    return math.degrees(math.atan2(EYES_OVER_NOSE * nose_to_ears, eyes))


def yaw_in(image: Photographed, box: Box, face: Face | None = None) -> float:
    """Of the face that a square (left, top, side) is around, which may be known; NaN where none is found there."""
    found = face or face_at(image, np.array([box[:2]]) + box[2] / 2)
    return math.nan if found is None else yaw_of(found)


def face_at(image: Photographed, points: np.ndarray) -> Face | None:
    """The face on an image (H, W, 3) that landmarks (K, 2) lie on; None where none is found there."""
    middle = np.nanmean(points, axis=0)
    near = [face for face in find_faces(image) if np.abs(middle - face.centre).max() < face.box[2] / 2]
    return min(near, key=lambda face: np.abs(middle - face.centre).max(), default=None)
