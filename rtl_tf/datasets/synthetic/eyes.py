"""Eyes: an eyeball in the fissure between two lids that are as thick as lids, with a crease above."""

import numpy as np

from rtl_tf.datasets.synthetic.people import Subject
from rtl_tf.datasets.synthetic.profiles import bell, blend, smooth_maximum, smoothstep
from rtl_tf.datasets.synthetic.scans import Expression

_LID_THICKNESS = 0.13  # cm
_CORNER_Y = -0.08  # height of the endocanthion
_IRIS_RADIUS = 0.60  # cm at every age: it hardly grows after infancy


class Eyes:
    """Both eyes of a subject (symmetric) with an expression.

    Attributes:
        centre_x: |x| of the pupils at rest.
        inner_x, outer_x: |x| of the endocanthion and the exocanthion.
        inner_y, outer_y: their heights.
        iris_radius: on an adult-sized head, cm.
        depth: z of the plane that the eyeballs protrude from; set once the skull is known.
    """

    def __init__(self, subject: Subject, expression: Expression):
        shape = subject.shape
        short = subject.short_palpebral_fissure
        self.centre_x = shape.eye_x
        self.inner_x = shape.eye_x - 1.35 * shape.fissure * (1 - 0.20 * short)
        self.outer_x = shape.eye_x + 1.10 * shape.fissure * (1 - 0.28 * short)
        self.inner_y, self.outer_y = _CORNER_Y, _CORNER_Y + shape.eye_tilt
        self.height = shape.eye_height
        squint = 1 - 0.18 * expression.smile
        self.opening = float(np.clip(expression.lid_opening * squint + 0.06 * expression.brow_raise, 0.5, 1.25))
        self.lower_lift = 0.10 * expression.smile
        self.crease = shape.lid_crease
        self.ball_width = 1.85 * (0.35 + 0.65 * min((self.outer_x - self.inner_x) / 3.09, 1.1))
        self.iris_radius = _IRIS_RADIUS / shape.size
        self.gaze = expression.gaze
        self.depth = 0.0

    def lids(self, ax: np.ndarray) -> tuple[np.ndarray, ...]:
        """(t, upper lid edge, lower lid edge, inside) over |x|; t is 0 at the inner corner and 1 at the outer."""
        t = np.clip((ax - self.inner_x) / (self.outer_x - self.inner_x), 0, 1)
        corner = blend(self.inner_y, self.outer_y, t)
        arch = np.maximum(4 * t * (1 - t), 0)
        upper = corner + 0.60 * self.height * self.opening * arch**0.62 * (1 + 0.25 * (0.45 - t))
        lower = corner - (0.40 * self.height - self.lower_lift) * arch**0.72 * (1 - 0.3 * (0.45 - t))
        return t, upper, lower, (ax > self.inner_x) & (ax < self.outer_x)

    def eyeball(self, ax: np.ndarray, y: np.ndarray) -> np.ndarray:
        """z of the eyeball's surface, continued backwards outside of it."""
        u = (ax - self.centre_x + 0.05) / self.ball_width
        inside = 1 - u**2 - (y / 1.42) ** 2
        bulge = 1.22 * np.sqrt(np.maximum(inside, 0)) - np.where(inside < 0, np.minimum(-inside, 4) * 1.2, 0)
        return self.depth - 0.24 * (ax - self.centre_x + 0.05) + bulge

    def nearness(self, ax: np.ndarray, y: np.ndarray) -> np.ndarray:
        """1 over the eye, 0 outside of its socket."""
        return smoothstep(2.6, 1.9, np.hypot((ax - self.centre_x) / 1.15, 1.25 * y))

    def carve(self, ax: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """z of the face with the lids laid over the eyeball and the fissure opened."""
        t, upper, lower, _ = self.lids(ax)
        within = smoothstep(0, 0.04, ax - self.inner_x) * smoothstep(0, 0.04, self.outer_x - ax)
        ball = self.eyeball(ax, y)
        lids = smooth_maximum(z, ball + _LID_THICKNESS, 0.22)
        arch = np.sin(np.pi * np.clip(0.9 * t + 0.05, 0, 1))
        crease = upper + self.crease * (0.35 + 0.65 * arch)
        span = smoothstep(self.inner_x - 0.1, self.inner_x + 0.6, ax)
        upper_span = span * (1 - smoothstep(self.outer_x - 0.8, self.outer_x + 0.25, ax))
        lids += (0.16 * bell(y - crease - 0.28, 0.2) - 0.20 * bell(y - crease, 0.10)) * upper_span
        lower_span = span * (1 - smoothstep(self.outer_x - 0.6, self.outer_x + 0.3, ax))
        lids -= 0.06 * bell(y - lower + 0.42, 0.13) * lower_span
        lids += 0.05 * bell(y - lower + 0.16, 0.12) * within
        edge = 0.03
        open_share = smoothstep(-edge, edge, upper - y) * smoothstep(-edge, edge, y - lower) * within
        return blend(z, blend(lids, ball, open_share), self.nearness(ax, y))
