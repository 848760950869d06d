"""The bare head: a stack of rings from the shoulders to the crown, without eyes, nose, mouth, ears or hair.

Units are centimetres on an adult-sized head. Axes: x to the subject's left, y up, z forward; the origin lies between
the pupils, in the middle of the head. A point of the surface is named by `angle` (radians around the head, 0 in the
midline of the face, positive to the left) and `level` (0 at the shoulders, 1 at the crown).
"""

import numpy as np
from scipy.interpolate import PchipInterpolator

from rtl_tf.datasets.synthetic.people import Subject
from rtl_tf.datasets.synthetic.profiles import bell, smoothstep

# height in front, depth in front, half-width, depth of the widest point, height at the side, depth at the back,
# exponent of the front arc (small = flat face)
_RINGS = np.array([
    [-24.0, 7.0, 18.0, -3.0, -23.0, -11.0, 0.90],
    [-19.5, 4.6, 9.0, -3.0, -18.0, -8.5, 0.90],
    [-16.5, 3.4, 5.4, -2.5, -14.5, -7.3, 0.90],
    [-13.0, 3.4, 5.0, -2.0, -10.2, -7.2, 0.95],
    [-11.3, 4.5, 5.1, -1.5, -8.3, -7.5, 1.10],
    [-11.55, 6.5, 5.35, -1.0, -7.2, -7.9, 1.35],
    [-10.95, 8.0, 5.6, -0.6, -6.3, -8.3, 1.50],
    [-9.8, 8.7, 5.9, -0.2, -5.3, -8.8, 1.35],
    [-8.6, 8.6, 6.05, 0.0, -5.0, -9.0, 1.20],
    [-6.8, 8.75, 6.35, 0.2, -4.0, -9.2, 1.08],
    [-4.6, 8.9, 6.65, 0.2, -3.0, -9.4, 0.98],
    [-2.5, 8.9, 6.85, 0.2, -1.8, -9.6, 0.90],
    [0.0, 8.9, 6.95, 0.0, 0.0, -9.8, 0.87],
    [2.3, 9.2, 7.0, 0.0, 2.0, -10.0, 0.88],
    [5.0, 9.1, 7.3, -0.3, 4.5, -10.0, 0.90],
    [7.5, 7.9, 7.2, -0.8, 7.0, -9.2, 0.95],
    [9.5, 5.8, 6.1, -1.2, 9.2, -7.6, 0.90],
    [11.0, 2.9, 3.9, -1.5, 10.9, -5.2, 1.00],
    [11.6, -1.5, 0.0, -1.5, 11.6, -1.5, 1.00],
])  # fmt: skip
_STEPS = np.hypot(np.diff(_RINGS[:, 0]), np.diff(_RINGS[:, 1])) + 0.3
LEVELS = np.concatenate([[0], np.cumsum(_STEPS)]) / _STEPS.sum()
CHIN_LEVEL = float(LEVELS[5])  # lowest ring of the chin: below it the midline rises to the throat
_FACE_LEVELS = np.linspace(CHIN_LEVEL, 1, 1500)


def rest_level(height: np.ndarray) -> np.ndarray:
    """Level whose ring lies at `height` (above the chin) in the midline of the average head."""
    return np.interp(height, PchipInterpolator(LEVELS, _RINGS[:, 0])(_FACE_LEVELS), _FACE_LEVELS)


class Skull:
    """The rings of one subject."""

    def __init__(self, subject: Subject):
        shape = subject.shape
        self.lower = shape.lower_height
        self._rings = PchipInterpolator(LEVELS, _shaped_rings(subject))
        self._face_rings = self._rings(_FACE_LEVELS)

    def surface(self, angle: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x, y, z of the surface, in the broadcast shape and the floating-point type of `angle`."""
        rings = self._rings(level).astype(angle.dtype)
        front_y, front_z, width, middle_z, side_y, back_z, arc = np.moveaxis(rings, -1, 0)
        sine, cosine = np.sin(angle), np.cos(angle)
        x = width * sine
        y = front_y + (side_y - front_y) * (1 - np.maximum(cosine, 0))
        forward = middle_z + (front_z - middle_z) * np.abs(cosine) ** arc
        z = np.where(cosine > 0, forward, middle_z - (back_z - middle_z) * cosine)
        return self._behind_the_jaw(x, y, z, sine), y, z

    def locate(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(angle, level) of points of the face given by their x and y, by fixed-point iteration."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        rings, levels = self._face_rings, _FACE_LEVELS
        front_y, width, drop = rings[:, 0], rings[:, 2], rings[:, 4] - rings[:, 0]
        angle, level = np.zeros_like(x), np.interp(y, front_y, levels)
        for _ in range(30):
            level_y = y - np.interp(level, levels, drop) * (1 - np.cos(angle))
            level = 0.4 * level + 0.6 * np.interp(level_y, front_y, levels)
            reach = np.clip(np.abs(x) / np.interp(level, levels, width), 0, 1)
            angle = 0.4 * angle + 0.6 * np.arcsin(reach)
        return np.copysign(angle, x), level

    def side_x(self, y: float, z: float) -> float:
        """Half-width of the head beside the ear, at height y and depth z behind the widest point."""
        rings = self._face_rings
        side_y = rings[:, 4]
        width, middle_z, back_z = (float(np.interp(y, side_y, rings[:, k])) for k in (2, 3, 5))
        return width * float(np.sqrt(max(0.0, 1 - ((z - middle_z) / (back_z - middle_z)) ** 2)))

    def _behind_the_jaw(self, x: np.ndarray, y: np.ndarray, z: np.ndarray, sine: np.ndarray) -> np.ndarray:
        """The neck lies further in than the ramus of the mandible and than the jaw's lower edge."""
        ramus = smoothstep(0.2, -3.4, z) * smoothstep(-1.0, -5.0, y) * smoothstep(-13, -7.5, y)
        edge = smoothstep(6.0, 1.5, z) * smoothstep(-4.8, -8.0, y + 0.42 * (z - 1)) * smoothstep(-14, -9, y)
        inwards = 1.15 * ramus * np.minimum(np.abs(sine), 1) + 0.4 * edge
        return x - np.sign(x) * inwards


def _shaped_rings(subject: Subject) -> np.ndarray:
    shape = subject.shape
    rings = _RINGS.copy()
    height = _RINGS[:, 0]
    below, above = height < 0, height > 1
    neck = height < -11.7
    rings[:, 2] *= np.where(neck, shape.neck_width, shape.head_width)
    rings[:, 2] *= 1 + (shape.jaw_width - 1) * smoothstep(-3, -8, height) * smoothstep(-13, -12, height)
    rings[above, 2] *= shape.cranium**0.8
    rings[above, 5] *= shape.cranium
    rings[above, 0] *= shape.cranium**1.6
    rings[above, 4] *= shape.cranium**1.6
    rings[:, 1] += shape.forehead * bell(height - 4.5, 2.2)
    rings[below, 0] *= shape.lower_height
    rings[below, 4] *= shape.lower_height
    return rings
