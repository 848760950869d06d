"""The mass of hair: a cap raised over the scalp behind a hairline."""

import numpy as np

from rtl_tf.datasets.synthetic.people import Hair
from rtl_tf.datasets.synthetic.profiles import bell, smoothstep


class HairCap:
    """Where the scalp carries hair, and how thick it lies."""

    def __init__(self, hair: Hair):
        self.hair = hair
        line, bare, long = hair.hairline, hair.recession, float(smoothstep(0.3, 0.5, np.array(hair.length)))
        heights = {
            0: line + 0.5 * bare, 22: line - 0.1 + 1.6 * bare, 38: line - 0.5 + 2.0 * bare, 48: line - 2.0 + 1.2 * bare,
            55: 2.7, 62: 1.5, 70: -0.4, 75: -1.7 + bare, 80: -1.9 + bare, 85: -0.9, 97: 0.9, 106: -1.5 - 2.0 * long,
            118: -3.8 - 3.0 * long, 140: -5.0 - 4.0 * long, 180: -6.0 - 4.0 * long,
        }  # fmt: skip
        self._angles, self._heights = np.array([*heights]), np.array([*heights.values()])

    def over(self, angle: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(share of hair 0..1, thickness in cm) at places of the skin."""
        phases = self.hair.phases
        degrees = np.rad2deg(np.abs(angle))
        line = np.interp(degrees, self._angles, self._heights).astype(y.dtype)
        line += 0.12 * np.sin(7 * angle + phases[2]) + 0.08 * np.sin(15 * angle + phases[3])
        share = smoothstep(-0.7, 0.9, y - line)
        thickness = self.hair.volume * (0.15 + 0.5 * smoothstep(0, 3.5, y - line)) * smoothstep(0.3, 1, share)
        waves = 1 + 0.06 * np.sin(23 * angle + phases[5]) + 0.05 * np.sin(41 * angle + phases[6])
        parting = 1 - 0.45 * bell(angle - self.hair.parting, 0.05) * smoothstep(5.5, 7.0, y)
        return share, thickness * waves * parting
