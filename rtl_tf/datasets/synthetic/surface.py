"""What shading works on: the visible surface, pixel by pixel, and the material it is given."""

from dataclasses import dataclass

import numpy as np

from rtl_tf.datasets.synthetic.mesh import SKIN


@dataclass
class Surface:
    """Per visible pixel (P of them). The materials write albedo, gloss, roughness, occlusion and normal.

    `x`, `y`, `z` are the coordinates of the part: face coordinates on the skin, sheet coordinates on the ear and
    on locks of hair. `px` is the size of a raster pixel on the face, cm: edges are softened by it.
    """

    position: np.ndarray
    normal: np.ndarray
    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    hair: np.ndarray
    cavity: np.ndarray
    kind: np.ndarray
    px: float
    albedo: np.ndarray
    gloss: np.ndarray
    roughness: np.ndarray
    occlusion: np.ndarray
    softness: np.ndarray  # share of light that enters and scatters: 1 skin, 0 hair, cloth, eye

    @classmethod
    def of(cls, fields: np.ndarray, px: float) -> "Surface":
        """From interpolated mesh fields (P, 12), with nothing painted yet."""
        count = len(fields)
        normal = fields[:, 3:6] / np.sqrt((fields[:, 3:6] ** 2).sum(1, keepdims=True))
        x, y, z, hair, cavity, kind = np.ascontiguousarray(fields[:, 6:12].T)
        ones = np.ones(count, np.float32)
        return cls(fields[:, :3], normal, x, y, z, hair, cavity, np.rint(kind).astype(np.int8), px,
                   np.ones((count, 3), np.float32), 0 * ones, 18 * ones,
                   np.clip(1 - 0.85 * np.clip(cavity, 0, 0.8), 0.15, 1), ones)  # fmt: skip

    def paint(self, at: np.ndarray, share: np.ndarray, colour) -> None:
        """Covers the pixels `at` by `colour` (3,) or (len(at), 3) to the given share."""
        self.albedo[at] += (colour - self.albedo[at]) * share[:, None]

    def of_kind(self, kind: int) -> np.ndarray:
        """Indices of the pixels of one part."""
        return np.flatnonzero(self.kind == kind)

    @property
    def face(self) -> np.ndarray:
        """Indices of the pixels of the front of the face."""
        return np.flatnonzero(
            (self.kind == SKIN) & (self.z > 1.5) & (self.y > -10) & (self.y < 5.5) & (np.abs(self.x) < 6.2)
        )
