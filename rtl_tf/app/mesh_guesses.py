"""Guesses where there is no detector yet: points of the face's mesh that stand for landmarks.

The first photographs take them from anatomy, where the landmarks have names of `anatomical_points`. From a few labelled
photographs on, each landmark has the mesh point that was nearest to it on these, and their mean distance from it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rtl_tf.app.folder import Folder, Photo
from rtl_tf.app.guesses import MOST_FACES, NO_FACE, Guess, centre_of, places_of
from rtl_tf.app.labels import AllLabels, Labels
from rtl_tf.clinic.sights import Sight, sight_on
from rtl_tf.coordinates import Crop
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_image
from rtl_tf.inference.anatomical_points import OF_A_HALF, anatomical
from rtl_tf.inference.face_finder import Face, find_faces
from rtl_tf.inference.face_meshes import Mesh, find_mesh
from rtl_tf.inference.face_square import turn
from rtl_tf.inference.mesh_calibration import nearest_points
from rtl_tf.inference.recipe import FACE
from rtl_tf.known import mean_of_known
from rtl_tf.schema import Schema
from rtl_tf.system.hashing import State, state_of

FEWEST = 5  # labelled photographs from which on a landmark has a mesh point of its own
LEARNED_FROM = 40  # photographs at most: each must be decoded once, and more change little
WIDENED = 1.5  # sides of a found face that its mesh is looked for in


@dataclass(frozen=True)
class FaceMeshes:
    """The meshes of one face.

    Attributes:
        mesh: as the photograph shows it; mirrored: of its mirror image.
        turned: whether the half on the right of the photograph is nearer to the camera.
        sight: the view of the head.
        centre: of the face, original px, inside the photograph.
    """

    mesh: Mesh
    mirrored: Mesh
    turned: bool
    sight: Sight
    centre: tuple[float, float]

    def of(self, mirrored: bool) -> Mesh:
        return self.mirrored if mirrored else self.mesh


class MeshGuesser:
    """See `guesses.Guesser`."""

    name, ahead = "face mesh", False
    errors, no_errors = None, "the errors of the face mesh are not known"

    def __init__(self, schema: Schema, labels: AllLabels, folder: Folder):
        self.schema, self.labels, self.folder = schema, labels, folder
        self.of_a_half = bool(OF_A_HALF & set(schema.names))
        self._meshes: dict[tuple[Path, State | None], list[FaceMeshes]] = {}  # of a file as it was

    def guess(self, photo: Photo, pixels: np.ndarray) -> Guess:
        faces = self._meshes_of(photo, lambda: pixels)
        if not faces:
            return Guess({}, self.name, (NO_FACE,))
        examples = self._examples(photo)
        first, *others = (self._of_face(face, pixels, *examples) for face in faces)
        return replace(first, others=tuple(others))

    def _of_face(self, face: FaceMeshes, pixels: np.ndarray, meshes: np.ndarray, labels: np.ndarray) -> Guess:
        mirrored = face.turned and self.of_a_half
        square, points = face.of(mirrored).square, face.of(mirrored).points
        shares = self._shares(square.to_shares(points), meshes, labels)
        seen = square.from_shares(shares)[self._order(mirrored)]
        height, width = pixels.shape[:2]
        inside = np.all((seen > -0.5) & (seen < (width - 0.5, height - 0.5)), axis=-1)  # not so for NaN
        return Guess(places_of(self.schema.names, seen, inside), self.name, sight=face.sight, centre=face.centre)

    def heatmap(self, guess: Guess, pixels: np.ndarray, landmark: int) -> tuple[np.ndarray, Crop] | None:
        return None

    def _shares(self, mesh: np.ndarray, meshes: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """(K, 2), names as the view shows them; NaN where neither anatomy nor labels tell the point.

        Args:
            mesh: (468, 2). All are shares of the side of the mesh's square.
            meshes, labels: the examples.
        """
        chosen = anatomical(self.schema)
        shares = np.where((chosen >= 0)[:, None], mesh[chosen], np.nan)
        for landmark in np.flatnonzero(np.isfinite(labels).all(axis=-1).sum(axis=0) >= FEWEST):
            seen = np.isfinite(labels[:, landmark]).all(axis=-1)
            (nearest,) = nearest_points(meshes[seen], labels[seen][:, [landmark]])
            shares[landmark] = mesh[nearest] + (labels[seen, landmark] - meshes[seen, nearest]).mean(axis=0)
        return shares

    def _examples(self, without: Photo) -> tuple[np.ndarray, np.ndarray]:
        """Meshes (N, 468, 2) and labels (N, K, 2), NaN = none, of the photographs that were labelled last."""
        meshes, labels = [np.zeros((0, 468, 2))], [np.zeros((0, len(self.schema), 2))]
        photos, _ = self.folder.labelled(self.labels)
        labelled = [photo for photo in photos.values() if self._points(photo) is not None and photo != without]
        labelled.sort(key=lambda photo: self._said(photo).history[-1].time)
        for photo in labelled[-LEARNED_FROM:]:
            points = self._points(photo)
            faces = self._of_labelled(photo)
            if not faces or points is None:
                continue
            middle = mean_of_known(points, axis=0)
            found = min(faces, key=lambda face: math.dist(face.centre, middle))
            mirrored = self.of_a_half and self._shows_other_half(found, points)
            square = found.of(mirrored).square
            meshes.append(square.to_shares(found.of(mirrored).points)[None])
            labels.append(square.to_shares(points)[self._order(mirrored)][None])
        return np.concatenate(meshes), np.concatenate(labels)

    def _shows_other_half(self, found: FaceMeshes, points: np.ndarray) -> bool:
        """Which half people have labelled: the one whose anatomical points lie nearer to what they placed."""
        chosen = anatomical(self.schema)
        known = (chosen >= 0) & np.isfinite(points).all(axis=-1)
        if not known.any():
            return found.turned
        plain, mirrored = (
            np.linalg.norm(found.of(flag).points[chosen][self._order(flag)] - points, axis=-1)[known].mean()
            for flag in (False, True)
        )
        return bool(mirrored < plain)

    def _points(self, photo: Photo) -> np.ndarray | None:
        """float64 (K, 2) original px, NaN = not placed; None where nobody has placed any."""
        placed = self._said(photo).placed
        missing = (np.nan, np.nan)
        return np.array([placed.get(name, missing) for name in self.schema.names]) if placed else None

    def _said(self, photo: Photo) -> Labels:
        return self.labels.of(self.folder.contents.get(photo.name, ""))

    def _order(self, mirrored: bool) -> np.ndarray | slice:
        return self.schema.mirror_permutation if mirrored else slice(None)

    def _of_labelled(self, photo: Photo) -> list[FaceMeshes]:
        try:
            return self._meshes_of(photo, lambda: read_image(photo.path))
        except InputError:
            return []

    def _meshes_of(self, photo: Photo, pixels: Callable[[], np.ndarray]) -> list[FaceMeshes]:
        key = photo.path, state_of(photo.path)
        if key not in self._meshes:
            self._meshes[key] = meshes_in(pixels())
        return self._meshes[key]


def meshes_in(pixels: np.ndarray) -> list[FaceMeshes]:
    """Of the faces on a photograph that have a mesh, the largest first."""
    return [meshes for face in find_faces(pixels)[:MOST_FACES] if (meshes := _meshes_at(face, pixels))]


def _meshes_at(face: Face, pixels: np.ndarray) -> FaceMeshes | None:
    side = WIDENED * face.box[2]
    left, top = (face.centre - side / 2).tolist()
    plain, mirrored = (find_mesh(pixels, Crop(left, top, side, 1, flag)) for flag in (False, True))
    if min(plain.score, mirrored.score) <= FACE:
        return None
    return FaceMeshes(plain, mirrored, turn(face) < 0, sight_on(face), centre_of(face, pixels))
