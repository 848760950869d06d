"""Broad forms of the face: brow, eye sockets, cheeks, muzzle, chin, folds, and a person's own unevenness."""

import numpy as np

from rtl_tf.datasets.synthetic.people import Subject
from rtl_tf.datasets.synthetic.profiles import bell, bell2, smoothstep
from rtl_tf.datasets.synthetic.scans import Expression


class Face:
    """Forward relief (cm along z) over the front of the skull, sideways relief (cm along x) over its flanks."""

    def __init__(self, subject: Subject, expression: Expression, nose_base: float):
        self.shape, self.youth, self.expression = subject.shape, subject.youth, expression
        self.bumps = subject.bumps
        self.lower = subject.shape.lower_height
        self.nose_base = nose_base  # height of the subnasale

    def forward_relief(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Relief at face coordinates (x, y)."""
        ax = np.abs(x)
        return self._bones(ax, y) + self._soft_tissue(ax, y) + self._identity(x, ax, y)

    def sideways_relief(self, ax: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Zygomatic arch, masseter, temple and cheek hollow, outwards along x."""
        lower, shape = self.lower, self.shape
        flank = smoothstep(4.6, 6.0, ax) * smoothstep(-2, 0, z)
        arch = 0.22 * bell(y + 1.2 + 0.12 * (z - 3), 0.6) * smoothstep(7, 4.5, z)
        masseter = 0.20 * bell2(z, y, 1.8, -5.2 * lower, 1.5, 1.6)
        temple = 0.24 * bell2(z, y, 3.6, 2.2, 1.6, 1.5)
        hollow = 0.26 * bell2(z, y, 3.6, -3.6 * lower, 1.3, 1.3) * max(0.0, 1 - 2 * shape.buccal_fat)
        fat = 0.22 * shape.buccal_fat * bell2(z, y, 4.0, -4.6 * lower, 2.0, 1.8)
        return flank * (arch + masseter - temple - hollow + fat)

    def _bones(self, ax, y):
        shape, lower = self.shape, self.lower
        raised = y - 0.25 * self.expression.brow_raise
        relief = shape.brow_ridge * bell2(ax, raised, 2.5, 1.9, 1.5, 0.6)
        relief += 0.12 * shape.brow_ridge * bell2(ax, y, 0, 1.7, 0.8, 0.7)
        relief += shape.malar * bell2(ax, y, 4.6, -2.0 * lower, 1.4, 1.0)
        relief += shape.muzzle * bell2(ax, y, 0, -6.3 * lower, 2.1, 1.7 * lower)
        relief += (0.35 + shape.chin) * bell2(ax, y, 0, -10.0 * lower, 1.5, 1.0)
        relief -= 0.50 * bell2(ax, y, 0, -8.75 * lower, 1.9, 0.55)
        relief -= shape.socket_depth * bell2(ax, y, shape.eye_x - 0.02, 0.25, 1.35, 0.95)
        relief += 0.55 * shape.socket_depth * bell2(ax, y, 1.45, 0.3, 0.55, 0.9)
        return relief - 0.30 * bell2(ax, y, 6.5, 3.0, 1.0, 1.6)

    def _soft_tissue(self, ax, y):
        shape, lower, smile = self.shape, self.lower, self.expression.smile
        mature = 1 - self.youth
        relief = shape.buccal_fat * bell2(ax, y, 4.2, -4.4 * lower, 1.7, 1.6)
        relief -= 0.48 * max(0.0, 1 - 1.3 * shape.buccal_fat) * bell2(ax, y, 4.8, -4.9 * lower, 1.0, 1.3)
        apple_y = (-2.9 + 0.35 * smile) * lower
        relief += (0.20 + 0.30 * smile) * bell2(ax, y, 3.3, apple_y, 1.0, 0.75)
        trough = bell(y + 1.0 + 0.28 * (ax - 2), 0.2) * smoothstep(1.3, 2.0, ax) * smoothstep(4.2, 3.0, ax)
        relief -= (0.06 + 0.09 * mature + 0.05 * smile) * trough
        relief += self._nasolabial_fold(ax, y, mature, smile)
        jowl = mature * 0.10 * bell2(ax, y, 3.3, -9.2 * lower, 0.9, 0.8)
        marionette = mature * 0.06 * bell(ax - 2.75 - 0.1 * (y + 7 * lower), 0.25) * bell(y + 8.0 * lower, 0.9)
        return relief + jowl - marionette

    def _nasolabial_fold(self, ax, y, mature, smile):
        """From the nasal wing past the corner of the mouth: a groove, with the cheek swelling beside it."""
        below_wing = self.nose_base + 0.7 - y
        extent = smoothstep(self.nose_base - 2.6, self.nose_base - 1, y)
        extent = extent * (1 - smoothstep(self.nose_base + 0.4, self.nose_base + 1, y))
        groove = bell(ax - (1.75 + 0.12 * smile + below_wing * 0.42), 0.26)
        cheek = bell(ax - (2.5 + 0.12 * smile + below_wing * 0.42), 0.6)
        return extent * ((0.10 + 0.25 * smile) * cheek - (0.06 + 0.10 * mature + 0.16 * smile) * groove)

    def _identity(self, x, ax, y):
        away_from_nose = 1 - bell2(ax, y, 0, -4.8 * self.lower, 1.7, 2.3)
        one_sided = np.clip(x, -1, 1)
        relief = np.zeros_like(x)
        for centre_x, centre_y, width_x, width_y, height, asymmetry in self.bumps:
            hill = bell2(ax, y, centre_x, centre_y * self.lower, width_x, width_y)
            relief += height * hill * (1 + asymmetry * one_sided)
        return relief * away_from_nose
