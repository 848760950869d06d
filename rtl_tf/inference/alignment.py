"""From a face's mesh to the square that a network looks at: upright in the face, wherever the face was found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rtl_tf.coordinates import Crop, turned
from rtl_tf.documents import Node
from rtl_tf.inference.face_meshes import Mesh

BORDER = 0.04  # between the outermost landmarks and the edge, a share of the mesh square's side


@dataclass(frozen=True)
class Alignment:
    """Where the square that is looked at lies in the square of a face's mesh, and how large it is.

    Attributes:
        offset: from the mesh square's centre to the square's, (x, y) of the view, shares of the mesh square's side.
        scale: the square's side as a share of the mesh square's.
    """

    offset: tuple[float, float]
    scale: float

    @classmethod
    def fit(cls, meshes: Sequence[Mesh], points: Sequence[np.ndarray]) -> "Alignment":
        """The mesh's square, which its network knows best, or the least larger one that shows the landmarks.

        Args:
            meshes: N; points: the landmarks (K, 2) of the same faces, original px. One in fifty may lie outside.
        """
        labels = np.concatenate([mesh.square.to_shares(face) for mesh, face in zip(meshes, points, strict=True)])
        low, high = np.nanpercentile(labels, (1, 99), axis=0)
        low, high = np.minimum(low - BORDER, 0.0), np.maximum(high + BORDER, 1.0)
        x, y = (low + high) / 2 - 0.5
        return cls((float(x), float(y)), float((high - low).max()))

    def square(self, mesh: Mesh, size: int) -> Crop:
        """The view of `size` input px; where it is the mesh's square, that to the last bit."""
        base = mesh.square
        if self == Alignment((0.0, 0.0), 1.0):
            return replace(base, size=size)
        x = -self.offset[0] if base.mirrored else self.offset[0]
        shift = base.side * np.array([x, self.offset[1]])
        centre = turned(np.array(base.centre) + shift, base.angle, base.centre)
        side = base.side * self.scale
        left, top = (float(value) for value in centre - side / 2)
        return Crop(left, top, side, size, base.mirrored, base.angle)

    def to_json(self) -> dict:
        return {"offset": list(self.offset), "scale": self.scale}

    @classmethod
    def from_json(cls, node: Node) -> "Alignment":
        x, y = node["offset"].array((2,)).tolist()
        return cls((x, y), node["scale"].number(1))
