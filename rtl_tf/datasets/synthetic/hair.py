"""Hair: a cap raised over the scalp behind a hairline."""

import numpy as np

from rtl_tf.datasets.synthetic.people import Hair
from rtl_tf.datasets.synthetic.profiles import bell, smoothstep


class HairCap:
    """Where the scalp carries hair, and how thick it lies."""

    def __init__(self, hair: Hair):
        self.hair = hair
        self._angles = np.array([0, 25, 45, 58, 68, 78, 84, 88, 97, 108, 122, 140, 180], float)
        neck = -9.0 if hair.length > 0.4 else -5.0
        line, bare = hair.hairline, hair.recession
        self._heights = np.array([
            line + 0.5 * bare, line - 0.1 + 1.6 * bare, line - 0.5 + 2.0 * bare, line - 2.0 + 0.9 * bare, 3.1, 1.2,
            -0.6, -0.8, 0.8, -1.2, -3.5, neck, neck - 1,
        ])  # fmt: skip

    def over(self, angle: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(share of hair 0..1, thickness in cm) at places of the skin."""
        phases = self.hair.phases
        degrees = np.rad2deg(np.abs(angle))
        line = np.interp(degrees, self._angles, self._heights).astype(y.dtype)
        line += 0.12 * np.sin(7 * angle + phases[2]) + 0.08 * np.sin(15 * angle + phases[3])
        share = smoothstep(-0.7, 0.9, y - line)
        thickness = self.hair.volume * (0.25 + 0.55 * smoothstep(0, 3.5, y - line)) * smoothstep(0.3, 1, share)
        waves = 1 + 0.06 * np.sin(23 * angle + phases[5]) + 0.05 * np.sin(41 * angle + phases[6])
        parting = 1 - 0.45 * bell(angle - self.hair.parting, 0.05) * smoothstep(5.5, 7.0, y)
        return share, thickness * waves * parting
