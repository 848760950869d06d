"""MediaPipe's Face Mesh, run by LiteRT: 468 points of a face, by which it is found again, upright. No TensorFlow."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rtl_tf.coordinates import Crop, turned
from rtl_tf.images import DERIVED, largest_side
from rtl_tf.inference.engines import Reserve, litert_interpreter
from rtl_tf.networks.catalogue import FACE_MESH, packaged_weights
from rtl_tf.pyramid import Photographed, crop_of

SIZE = 192  # input px
OUTER_EYE_CORNERS = (33, 263)  # right, left
WIDENED = 1.5  # side of a face's square over the larger extent of its mesh, as MediaPipe has it
LOOKS = 3  # at most, each at the square that the last one found


@dataclass(frozen=True)
class Mesh:
    """A face's mesh.

    Attributes:
        points: float32 (468, 2), original px; of a mirrored view, those of the face that the view shows: point 33 is
            the outer corner of the eye on the view's left.
        score: of a face being there; above 0 more likely than not.
        crop: the view that it was found in.
    """

    points: np.ndarray
    score: float
    crop: Crop

    @property
    def square(self) -> Crop:
        """The square around the face, upright in it."""
        points = self.points.astype(np.float64)
        across = points[OUTER_EYE_CORNERS[1]] - points[OUTER_EYE_CORNERS[0]]
        across = -across if self.crop.mirrored else across
        angle, origin = math.atan2(across[1], across[0]), (0.0, 0.0)
        upright = turned(points, -angle, origin)
        low, high = upright.min(axis=0), upright.max(axis=0)
        side = WIDENED * float((high - low).max())
        left, top = (turned((low + high) / 2, angle, origin) - side / 2).tolist()
        return replace(self.crop, left=left, top=top, side=side, angle=angle)


def mesh_in(image: Photographed, crop: Crop, networks: "Reserve[MeshNetwork] | None" = None) -> Mesh:
    """The mesh in one view of a decoded image (H, W, 3): the network always answers, see `Mesh.score`.

    networks: None = the installed package's.
    """
    view = replace(crop, size=SIZE)
    pixels = crop_of(image, view)
    with (networks or _networks).one() as network:
        points, score = network.locate(pixels)
    return Mesh(view.to_original(points), score, view)


def find_mesh(image: Photographed, crop: Crop, networks: "Reserve[MeshNetwork] | None" = None) -> Mesh:
    """The mesh of the face that a square shows, roughly: looked at again in its own square, then in that one's.

    Where there is no face its points can lie anywhere: if their square has its middle beside the image, or is too
    large to be looked at, its score is that of none. `networks` as in `mesh_in`.
    """
    for _ in range(LOOKS):
        mesh = mesh_in(image, crop, networks)
        crop = mesh.square
        inside = (-0.5 < middle < length - 0.5 for middle, length in zip(crop.centre, image.shape[1::-1], strict=True))
        if not all(inside) or crop.side > largest_side(DERIVED):
            return replace(mesh, score=-math.inf)
    return mesh


class MeshNetwork:
    """The interpreter of a `.tflite` file, None = the installed package's; one thread at a time may ask it."""

    def __init__(self, file: Path | None = None) -> None:
        self.interpreter = litert_interpreter(file or packaged_weights(FACE_MESH), threads=1)
        self.input = self.interpreter.get_input_details()[0]["index"]
        self.outputs = [output["index"] for output in self.interpreter.get_output_details()]

    def locate(self, pixels: np.ndarray) -> tuple[np.ndarray, float]:
        """uint8 (192, 192, 3) -> float64 (468, 2) input px, score."""
        self.interpreter.set_tensor(self.input, pixels[None].astype(np.float32) / 255)
        self.interpreter.invoke()
        points, score = (self.interpreter.get_tensor(output) for output in self.outputs)
        return points.reshape(-1, 3)[:, :2].astype(np.float64), float(score.ravel()[0])


_networks = Reserve(MeshNetwork)
