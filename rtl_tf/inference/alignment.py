"""From a face's mesh to the square that a network looks at: upright in the face, wherever the face was found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rtl_tf.coordinates import Crop, crop_around, turned
from rtl_tf.documents import Node
from rtl_tf.inference.face_meshes import OUTER_EYE_CORNERS, Mesh

NOSE_TIP = 1
# Of the samples of a data set that shows one half of each face, some are wrong about which.
BOTH_HALVES = 0.1


@dataclass(frozen=True)
class Alignment:
    """Where, in the square of a face's mesh, the square around the landmarks lies; medians over training images.

    Attributes:
        offset: from the mesh square's centre to the square's, (x, y) of the view, shares of the mesh square's side.
        scale: the square's side as a share of the mesh square's.
    """

    offset: tuple[float, float]
    scale: float

    @classmethod
    def fit(cls, meshes: Sequence[Mesh], points: Sequence[np.ndarray], margin: float) -> "Alignment":
        """Of N meshes and the landmarks (K, 2) of the same faces in original px; see `coordinates.crop_around`."""
        squares = []
        for mesh, labelled in zip(meshes, points, strict=True):
            unit = replace(mesh.square, size=1)
            around = crop_around(unit.to_input(labelled) + 0.5, 1, margin)  # from edge to edge the square is 0 to 1
            squares.append((*around.centre, around.side))
        x, y, side = np.median(squares, axis=0)
        return cls((float(x) - 0.5, float(y) - 0.5), float(side))

    def square(self, mesh: Mesh, size: int) -> Crop:
        """The view of `size` input px."""
        base = mesh.square
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
        x, y = (element.number(-1, 1) for element in node["offset"].elements())
        return cls((x, y), node["scale"].number(0.05, 20))


def turned_left(mesh: Mesh) -> bool:
    """Whether the half of the face on the view's right is turned to the camera.

    The tip of the nose protrudes: along the line of the eyes it is nearer to the corner of the half that is turned
    away.
    """
    first, second = (mesh.points[corner] for corner in OUTER_EYE_CORNERS)
    tip, across = mesh.points[NOSE_TIP], second - first
    return bool((second - tip) @ across > (tip - first) @ across)
