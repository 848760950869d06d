"""Landmarks from the points of a face's mesh: what few labelled images correct of a network that knows faces."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtl_tf.documents import Node
from rtl_tf.inference import ridge
from rtl_tf.inference.ridge import Ridge
from rtl_tf.inference.views import VIEWS

MESH_POINTS = 468


@dataclass(frozen=True)
class MeshLandmarks:
    """K mesh points that stand for the landmarks, in plain views and in flipped ones."""

    plain: tuple[int, ...]
    flipped: tuple[int, ...]

    @classmethod
    def fit(cls, meshes: np.ndarray, flipped: np.ndarray, points: np.ndarray) -> "MeshLandmarks":
        """Of the meshes of N plain views and of flipped ones (N, 468, 2), and landmarks (N, K, 2), in one frame."""
        plain = nearest_points(meshes, points)
        return cls(plain, nearest_points(flipped, meshes[:, list(plain)]))

    def of(self, meshes: np.ndarray) -> np.ndarray:
        """Meshes (V, 468, 2) of the views of `views.VIEWS`, in order -> (K, 2), their mean."""
        chosen = [self.flipped if view.flipped else self.plain for view in VIEWS[: len(meshes)]]
        return np.mean([mesh[list(points)] for mesh, points in zip(meshes, chosen, strict=True)], axis=0)

    def to_json(self) -> dict:
        return {"plain": list(self.plain), "flipped": list(self.flipped)}

    @classmethod
    def from_json(cls, node: Node, landmarks: int) -> "MeshLandmarks":
        names = ("plain", "flipped")
        chosen = [tuple(one.whole(0, MESH_POINTS - 1) for one in node[name].elements()) for name in names]
        for name, points in zip(names, chosen, strict=True):
            if len(points) != landmarks:
                raise node[name].error(f"expected {landmarks} mesh points, there are {len(points)}")
        return cls(*chosen)


@dataclass(frozen=True)
class Calibration:
    """Each landmark is its mesh point and an affine function of all of these.

    Coordinates are shares of the view's side, from edge to edge 0 to 1.

    Attributes:
        landmarks: the mesh points.
        correction: 2K -> 2K, what is added.
    """

    landmarks: MeshLandmarks
    correction: Ridge

    @classmethod
    def fit(
        cls, landmarks: MeshLandmarks, found: np.ndarray, points: np.ndarray, people: Sequence[str]
    ) -> tuple["Calibration", np.ndarray]:
        """Of mesh points (N, K, 2) and labels (N, K, 2), NaN = missing: each landmark is learned where it is labelled.

        Returns:
            The calibration; the points (N, K, 2) that it finds without each image's person.
        """
        correction, predicted = ridge.fit(_flat(found), _flat(points - found), people)
        return cls(landmarks, correction), found + predicted.reshape(found.shape)

    def __call__(self, found: np.ndarray) -> np.ndarray:
        """Mesh points (..., K, 2) -> landmarks (..., K, 2)."""
        return found + self.correction(found.reshape(*found.shape[:-2], -1)).reshape(found.shape)

    def to_json(self) -> dict:
        return {"landmarks": self.landmarks.to_json(), "correction": self.correction.to_json()}

    @classmethod
    def from_json(cls, node: Node, landmarks: int) -> "Calibration":
        correction = Ridge.from_json(node["correction"], 2 * landmarks, 2 * landmarks)
        return cls(MeshLandmarks.from_json(node["landmarks"], landmarks), correction)


def nearest_points(meshes: np.ndarray, points: np.ndarray) -> tuple[int, ...]:
    """Of each of K points (N, K, 2) the mesh point (N, M, 2) that is nearest on average; 0 where it is never seen."""
    chosen = []
    for landmark in np.moveaxis(points, 1, 0):
        seen = np.isfinite(landmark).all(axis=-1)
        distances = np.square(meshes[seen] - landmark[seen, None]).sum(axis=-1)
        chosen.append(int(distances.mean(axis=0).argmin()) if seen.any() else 0)
    return tuple(chosen)


def _flat(points: np.ndarray) -> np.ndarray:
    return points.reshape(len(points), -1)
