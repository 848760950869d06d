"""The head of a subject with an expression: skull, face, nose, mouth, eyes and ear as one surface function."""

from typing import NamedTuple

import numpy as np

from rtl_tf.datasets.synthetic.ear import Ear
from rtl_tf.datasets.synthetic.eyes import Eyes
from rtl_tf.datasets.synthetic.face import Face
from rtl_tf.datasets.synthetic.mouth import Mouth
from rtl_tf.datasets.synthetic.nose import Nose
from rtl_tf.datasets.synthetic.people import Subject
from rtl_tf.datasets.synthetic.profiles import smoothstep
from rtl_tf.datasets.synthetic.scans import Expression
from rtl_tf.datasets.synthetic.skull import Skull


class Skin(NamedTuple):
    """Points of the skin: where they are, and where they came from on the bare skull (their face coordinates)."""

    position: np.ndarray  # (..., 3) cm
    x: np.ndarray
    y: np.ndarray
    z: np.ndarray


class Head:
    """A surface over (angle, level) of the skull, and an ear beside it. Centimetres on an adult-sized head."""

    def __init__(self, subject: Subject, expression: Expression):
        self.subject, self.expression = subject, expression
        self.skull = Skull(subject)
        self.nose = Nose(subject)
        self.mouth = Mouth(subject, expression, self.nose.base_y)
        self.eyes = Eyes(subject, expression)
        self.face = Face(subject, expression, self.nose.base_y)
        self.eyes.depth = self._eye_plane()
        self.ear = Ear(subject, self.skull, self.skin)

    def skin(self, angle: np.ndarray, level: np.ndarray) -> Skin:
        """The skin at (angle, level), broadcast against each other; features are computed only where they act."""
        x, y, z = (np.ascontiguousarray(part) for part in np.broadcast_arrays(*self.skull.surface(angle, level)))
        position = np.stack([x, y, z], axis=-1)
        front = np.flatnonzero((z > 0.0) & (y > -15))
        if front.size:
            position.reshape(-1, 3)[front] = self._displaced(x.ravel()[front], y.ravel()[front], z.ravel()[front])
        return Skin(position, x, y, z)

    def _displaced(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        ax, side = np.abs(x), np.sign(x)
        weight = smoothstep(1.5, 4.5, z)
        forward = self.face.forward_relief(x, y)
        sideways = self.face.sideways_relief(ax, y, z)

        at = np.flatnonzero(self.nose.covers(ax, y) & (z > 1.5))
        nose_forward, nose_sideways = self.nose.relief(ax[at], y[at])
        forward[at] += nose_forward
        sideways[at] += weight[at] * nose_sideways

        at = np.flatnonzero(self.mouth.covers(ax, y) & (z > 1.5))
        forward[at] += self.mouth.relief(ax[at], y[at])

        at = np.flatnonzero((self.eyes.nearness(ax, y) > 0) & (z > 1.5))
        forward[at] = self.eyes.carve(ax[at], y[at], z[at] + forward[at]) - z[at]

        down = self.mouth.drop(ax, y, z) if self.mouth.jaw_drop else 0
        return np.stack([x + side * sideways, y - down, z + weight * forward], axis=-1)

    def _eye_plane(self) -> float:
        angle, level = self.skull.locate(np.array([self.eyes.centre_x]), np.array([0.0]))
        return float(self.skull.surface(angle, level)[2][0]) - 0.55 * self.subject.shape.socket_depth - 0.95
