"""Lips and philtrum: three curves across the mouth, the relief between them, and two ridges up to the nose."""

import numpy as np
from scipy.interpolate import PchipInterpolator

from rtl_tf.datasets.synthetic.people import Subject
from rtl_tf.datasets.synthetic.profiles import bell, bell2, blend, interpolate, smoothstep
from rtl_tf.datasets.synthetic.scans import Expression

_ACROSS = np.linspace(0, 1, 120)


class Mouth:
    """The mouth of a subject with an expression.

    Attributes:
        half_width: x of the corners of the mouth (cheilion).
        corner_y: height of the corners.
        crest_x: x of the crests of the philtrum on the vermilion border (crista philtri).
        jaw_drop: how far an open mouth lowers the chin, cm.
    """

    def __init__(self, subject: Subject, expression: Expression, nose_base: float):
        shape = subject.shape
        thin, smooth = subject.thin_upper_lip, subject.smooth_philtrum
        lower = shape.lower_height
        self.nose_base = nose_base
        self.volume = shape.lip_volume
        self.opening = 0.95 * expression.mouth_open
        self.jaw_drop = 0.75 * self.opening
        self.smile = expression.smile
        self.line_y = -shape.mouth_level * lower
        self.half_width = shape.mouth_width * (1 + 0.16 * self.smile - 0.06 * expression.mouth_open)
        self.corner_rise = 0.42 * self.smile - 0.06
        self.upper_height = shape.upper_lip * (0.5 + 0.5 * lower) * (1 - 0.62 * thin) * (1 - 0.12 * self.smile)
        self.lower_height = shape.lower_lip * (0.5 + 0.5 * lower) * (1 - 0.08 * self.smile)
        self.crest_x = shape.philtrum_width
        self.groove_depth = shape.philtrum_depth * (1 - smooth)
        bow = shape.cupids_bow * (1 - 0.35 * smooth)
        crest = self.crest_x / self.half_width
        self._upper_border = PchipInterpolator(
            [0, 0.4 * crest, crest, 0.5, 0.8, 1], [1 - bow, 1 - 0.62 * bow, 1, 0.74, 0.31, 0]
        )(_ACROSS)
        self._lower_border = PchipInterpolator([0, 0.3, 0.6, 0.85, 1], [1, 0.97, 0.78, 0.42, 0])(_ACROSS)
        self.bow_y = float(self.curves(np.zeros(1))[1][0])

    @property
    def corner_y(self) -> float:
        return float(self.curves(np.array([self.half_width]))[2][0])

    def curves(self, ax: np.ndarray) -> tuple[np.ndarray, ...]:
        """(t, upper border, lower edge of upper lip, upper edge of lower lip, lower border) over |x|.

        t is 0 in the midline and 1 at the corner; the others are heights in cm.
        """
        t = np.minimum(ax / self.half_width, 1)
        line = self.line_y + self.corner_rise * t**2.2 - 0.10 * bell(ax, 0.45) + 0.06 * np.sin(t * np.pi)
        gap = self.opening * np.maximum(1 - (t / 0.94) ** 2, 0) ** 0.8
        upper_edge, lower_edge = line + 0.12 * gap, line - 0.88 * gap
        upper = upper_edge + self.upper_height * interpolate(t, _ACROSS, self._upper_border)
        lower = lower_edge - self.lower_height * interpolate(t, _ACROSS, self._lower_border)
        return t, upper, upper_edge, lower_edge, lower

    def covers(self, ax: np.ndarray, y: np.ndarray) -> np.ndarray:
        """True where the relief can differ from zero."""
        reach = 2.4 * self.lower_height + self.opening + 0.3
        return (ax < self.half_width + 1) & (y > self.line_y - reach) & (y < self.nose_base + 0.1)

    def relief(self, ax: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Forward relief of philtrum and lips."""
        return self._philtrum(ax, y) + self._lips(ax, y)

    def drop(self, ax: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """How far the open jaw lowers a point of the face, cm."""
        below = smoothstep(self.line_y - self.opening, self.line_y - self.opening - 2.2, y)
        return self.jaw_drop * below * smoothstep(0, 6, z) * smoothstep(-15, -11.2, y)

    def _philtrum(self, ax, y):
        extent = smoothstep(self.bow_y - 0.25, self.bow_y + 0.3, y)
        extent = extent * (1 - smoothstep(self.nose_base - 0.35, self.nose_base + 0.05, y))
        up = np.clip((y - self.bow_y) / (self.nose_base - self.bow_y), 0, 1)
        ridge = bell(ax - self.crest_x * blend(1, 0.66, up), 0.19)
        return self.groove_depth * extent * (0.75 * ridge - 0.95 * bell(ax, 0.28))

    def _lips(self, ax, y):
        t, upper, upper_edge, lower_edge, lower = self.curves(ax)
        taper = np.sqrt(np.maximum(1 - t**2, 0))
        up = np.clip((y - upper_edge) / np.maximum(upper - upper_edge, 0.05), 0, 3)
        down = np.clip((lower_edge - y) / np.maximum(lower_edge - lower, 0.05), 0, 3)
        swell = min(self.upper_height / 0.8, 1.2) * self.volume
        upper_lip = np.where(y > upper_edge, swell * smoothstep(1.9, 0.75, up) * smoothstep(-0.25, 0.45, up), 0)
        lower_lip = np.where(
            y < lower_edge, 1.15 * self.volume * smoothstep(1.75, 0.55, down) * smoothstep(-0.25, 0.5, down), 0
        )
        relief = 0.85 * taper * (upper_lip + lower_lip)
        relief += 0.05 * bell(y - upper, 0.09) * taper**2 * (t < 1)  # white roll
        between = (y <= upper_edge) & (y >= lower_edge) & (t < 1)
        depth = 0.12 + 0.55 * smoothstep(0, 0.1, upper_edge - lower_edge)
        relief -= np.where(between, depth, 0) * taper
        relief -= 0.28 * bell(y - upper_edge, 0.09) * taper
        corner = (self.half_width + 0.05, self.line_y + self.corner_rise)
        return relief - (0.15 + 0.1 * self.smile) * bell2(ax, y, *corner, 0.25, 0.25)
