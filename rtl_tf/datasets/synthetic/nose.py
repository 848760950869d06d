"""The nose: a ridge with a tip, wings that overhang the cheek, a columella and nostrils."""

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from rtl_tf.datasets.synthetic.people import Subject
from rtl_tf.datasets.synthetic.profiles import (
    bell,
    bell2,
    blend,
    interpolate,
    smooth_maximum,
    smoothstep,
)


class Nose:
    """Forward and sideways relief over face coordinates.

    Attributes:
        base_y: height of the subnasale, where ridge and columella end.
        tip_y: height of the tip.
        wing_y: height of the middle of the wings.
    """

    def __init__(self, subject: Subject):
        shape = subject.shape
        self.base_y = -4.65 * shape.lower_height * (0.5 + 0.5 * shape.nose_length)
        self.tip_y = self.base_y + shape.nose_tip + 0.6 * shape.nose_upturn
        self.wing_y = self.tip_y - 0.27
        self.width, self.projection = shape.nose_width, shape.nose_projection
        self._ridge_y, self._ridge_z = self._ridge(shape.nose_bridge, shape.nose_hump)

    def _ridge(self, bridge: float, hump: float) -> tuple[np.ndarray, np.ndarray]:
        """Height of the dorsum over the face along the midline."""
        tip, base = self.tip_y, self.base_y
        above_tip = tip + min(0.75, -0.3 * tip)
        y = [-12, base - 0.45, base, tip - 0.45, tip, above_tip, 0.39 * above_tip, 0, 0.7, 1.6, 6]
        profile = np.array([0, 0.05, 0.40, 1.95, 2.20, 1.85, 0.80 * bridge + 0.25 + hump, 0.32 * bridge])
        z = np.concatenate([profile * self.projection, [0.06 * bridge, 0, 0]])
        z[0] = 0
        fine_y = np.linspace(-12, 6, 800)
        return fine_y, gaussian_filter1d(np.maximum(PchipInterpolator(y, z)(fine_y), 0), 9.0)

    def covers(self, ax: np.ndarray, y: np.ndarray) -> np.ndarray:
        """True where the relief can differ from zero."""
        return (ax < 3.2) & (y > self.base_y - 1.3) & (y < 2.4)

    def wing_radius(self, ax: np.ndarray, y: np.ndarray) -> np.ndarray:
        """0 in the middle of the nasal wing, 1 at the alar crease."""
        u = (ax - 1.12 * self.width) / (0.66 * self.width)
        return np.sqrt(u**2 + ((y - self.wing_y) / 0.64) ** 2)

    def nostril(self, ax: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Squared elliptical distance from the middle of the nostril; 1 at its rim."""
        u = (ax - 0.62 * self.width) / (0.38 * self.width)
        v = (y - (self.base_y + 0.24 + 0.22 * (ax - 0.6))) / 0.22
        return u**2 + v**2

    def relief(self, ax: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(forward, sideways away from the midline) relief."""
        width, projection = self.width, self.projection
        up = np.clip((y - self.tip_y) / (0.8 - self.tip_y), 0, 1)
        half_width = blend(1.10 * width, 0.85 * (0.5 + 0.5 * width), smoothstep(0, 0.9, up))
        across = ax / half_width
        dorsum = interpolate(y, self._ridge_y, self._ridge_z) * np.exp(-0.62 * across**2.3 - 0.12 * across**4)
        tip = 0.25 * projection * bell2(ax, y, 0, self.tip_y + 0.08, 0.62 * width, 0.62)
        radius = self.wing_radius(ax, y)
        inside = np.maximum(1 - radius**2, 0)
        wing = 1.30 * projection * np.sqrt(np.maximum(1 - radius**2.6, 0)) * smoothstep(1.12, 0.75, radius)
        forward = smooth_maximum(dorsum + tip, wing, 0.25)
        forward -= 0.10 * bell(radius - 1.08, 0.12) * smoothstep(0.6 * width, 1.1 * width, ax)
        forward -= 0.42 * projection * np.exp(-0.8 * self.nostril(ax, y))
        sideways = 0.30 * width * np.sqrt(inside) * smoothstep(0.9 * width, 1.5 * width, ax)
        return forward, sideways
