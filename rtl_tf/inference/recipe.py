"""How a photograph is looked at, and how a network's answers become landmarks: what a run fits beside its network."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np

from rtl_tf.coordinates import Crop
from rtl_tf.documents import File, Node, read_json, write_json
from rtl_tf.inference.alignment import Alignment
from rtl_tf.inference.box_evidence import BoxEvidence
from rtl_tf.inference.face_finder import Face
from rtl_tf.inference.face_meshes import Mesh, find_mesh, mesh_in
from rtl_tf.inference.face_parts import FaceParts, Locate
from rtl_tf.inference.mesh_calibration import Calibration
from rtl_tf.inference.squares import face_in, mesh_square
from rtl_tf.inference.views import VIEWS, View
from rtl_tf.pyramid import Photographed, Pyramid
from rtl_tf.records import Prediction
from rtl_tf.runs.fitted import Fitted

FACE = 0.0  # score of a mesh above which its face is believed


@dataclass(frozen=True)
class Look:
    """The views of one face.

    Attributes:
        crops: what the network sees; the first is the square, the others views of it.
        calibrated: (K, 2) original px, landmarks by the mesh and its calibration, as the first crop names them; None
            without.
    """

    crops: tuple[Crop, ...]
    calibrated: np.ndarray | None = None


@dataclass(frozen=True)
class Recipe:
    """What is done beside one pass of the network over the box.

    Attributes:
        alignment: the square is found by the face's mesh; None = it is the box.
        views: how many of `views.VIEWS` are looked at.
        calibration: of the mesh's points; None = the network's answer alone.
        blend: share of the calibration in the answer, 0 to 1.
        label_shift: how far labels lie to the right in the image, a share of the square's side, see `label_shift`:
            what the network learns lacks it, and it is given back.
        parts: of the face, which a second network looks at.
        flips: whether the network knows flipped views; the mesh always does.
        box_evidence: what a given box tells beside; None = nothing.
        fitted: to what, for people to read; None = to nothing, or by an earlier version. It makes no other recipe.
    """

    alignment: Alignment | None = None
    views: int = 1
    calibration: Calibration | None = None
    blend: float = 0.0
    label_shift: float = 0.0
    parts: FaceParts | None = None
    flips: bool = True
    box_evidence: BoxEvidence | None = None
    fitted: Fitted | None = field(default=None, compare=False)

    def square(self, image: Photographed, box: Crop, mesh: Mesh | None = None) -> Crop:
        """What the network sees first of a face in `box`: upright, if it is aligned and a mesh is there.

        mesh: `find_mesh` of these, where that is known.
        """
        return self._square(mesh or find_mesh(image, box), box) if self.alignment else box

    def _square(self, mesh: Mesh, box: Crop) -> Crop:
        return self.alignment.square(mesh, box.size) if self.alignment and mesh.score > FACE else box

    def look(self, image: Photographed, box: Crop, face: Face | None = None) -> Look:
        """At a decoded image (H, W, 3), around a face. Where no face's mesh is in the box, that is what is seen.

        face: by which the box was found; None = the one in the box. Its mesh is looked for from there on.
        """
        mesh = self._find_mesh(image, box, face) if self.alignment or self.calibration else None
        square = self._square(mesh, box) if mesh else box
        crops = tuple(view.of(square) for view in self.seen_views)
        if mesh is None or mesh.score <= FACE or self.calibration is None:
            return Look(crops)
        found = self.calibration.landmarks.of(mesh_views(image, mesh, self.views))
        return Look(crops, square.from_shares(self.calibration(square.to_shares(found))))

    def _find_mesh(self, image: Photographed, box: Crop, face: Face | None) -> Mesh:
        face = face or face_in(image, box)
        mesh = find_mesh(image, mesh_square(face, box)) if face else None
        return mesh if mesh and mesh.score > FACE else find_mesh(image, box)

    def answer(self, square: Crop, points: np.ndarray, calibrated: np.ndarray | None) -> np.ndarray:
        """float32 (K, 2): of the network's points (V, K, 2) in all views and of `Look.calibrated`, original px."""
        answer = points.mean(axis=0)
        if calibrated is not None:
            answer = (1 - self.blend) * answer + self.blend * calibrated
        return (answer + (self.label_shift * square.side, 0)).astype(np.float32)

    def heed(self, points: np.ndarray, box: Crop) -> np.ndarray:
        """float32 (K, 2) original px, named as `box` shows them: moved by what a given box tells."""
        return points if self.box_evidence is None else self.box_evidence(points, box).astype(np.float32)

    def look_closer(self, image: Photographed, square: Crop, first: Prediction, locate: Locate) -> Prediction:
        """At the parts, around what was found first in the face's square, by the network that knows them."""
        if self.parts is None:
            return first
        return self.parts.look(image, square, first, locate, self.seen_views, self.label_shift * square.side)

    @property
    def seen_views(self) -> tuple[View, ...]:
        """The views that the network is shown."""
        return tuple(view for view in VIEWS[: self.views] if self.flips or not view.flipped)

    @property
    def plain(self) -> bool:
        """Whether the answer is what the network says of the box."""
        return self.sees_boxes and self.label_shift == 0

    @property
    def sees_boxes(self) -> bool:
        """Whether the network sees the box, once, and nothing else counts but the labels' shift."""
        return self == Recipe(flips=self.flips, label_shift=self.label_shift)

    def to_json(self) -> dict:
        return {
            "alignment": self.alignment and self.alignment.to_json(),
            "views": self.views,
            "calibration": self.calibration and self.calibration.to_json(),
            "blend": self.blend,
            "label_shift": self.label_shift,
            "parts": self.parts and self.parts.to_json(),
            "flips": self.flips,
            "box_evidence": self.box_evidence and self.box_evidence.to_json(),
            "fitted": self.fitted and self.fitted.to_json(),
        }

    @classmethod
    def from_json(cls, node: Node, landmarks: int) -> "Recipe":
        return cls(
            node.optional("alignment", Alignment.from_json),
            node["views"].whole(1, len(VIEWS)),
            node.optional("calibration", Calibration.from_json, landmarks),
            node["blend"].number(0, 1),
            node["label_shift"].number(-1, 1),
            node.optional("parts", FaceParts.from_json, landmarks),
            node["flips"].flag(),
            node.optional("box_evidence", BoxEvidence.from_json, landmarks),
            node.optional("fitted", Fitted.from_json),
        )


def mesh_views(image: Photographed, mesh: Mesh, views: int) -> np.ndarray:
    """(V, 468, 2) original px: a mesh found again in views of its own square, on all cores."""
    numbers = sorted(range(views), key=lambda number: VIEWS[number].flipped)  # a pyramid knows what flipped ones show
    crops = [VIEWS[number].of(mesh.square) for number in numbers]
    if isinstance(image, Pyramid):
        image.prepare(crops)
    found = dict(zip(numbers, _threads().map(partial(mesh_in, image), crops), strict=True))
    return np.stack([found[number].points for number in range(views)])


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count())


def write_recipe(path, recipe: Recipe) -> None:
    write_json(path, recipe.to_json())


def read_recipe(path: File, landmarks: int) -> Recipe:
    """What a run's folder says; where it has no such file, the plain one. InputError for a damaged file."""
    return Recipe.from_json(read_json(path), landmarks) if path.exists() else Recipe()
