"""How large a face is on its photograph, also where some of its landmarks are missing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rtl_tf.documents import Node


def face_size(points: np.ndarray) -> np.ndarray:
    """(..., K, 2) -> (...,), px: root mean square distance of the landmarks that are there from their middle.

    Examples:
        >>> face_size(np.array([[0.0, 0.0], [6.0, 8.0]]))
        array(5.)
    """
    points = np.asarray(points, np.float64)
    there = np.isfinite(points).all(axis=-1, keepdims=True)
    count = np.maximum(there.sum(axis=-2), 1)
    middle = np.where(there, points, 0).sum(axis=-2) / count
    squares = np.where(there, (points - middle[..., None, :]) ** 2, 0).sum(axis=(-2, -1)) / count[..., 0]
    return np.where(squares > 0, np.sqrt(squares), np.nan)


@dataclass(frozen=True, eq=False)
class MeanFace:
    """How much of a face's size its landmarks make: without those of the ear an oblique face has 0.7 of it.

    Attributes:
        landmarks: K names.
        products: float64 (K, K), mean inner products of the landmarks' places, counted from their middle, in squares of
            `face_size`.
    """

    landmarks: tuple[str, ...] = ()
    products: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))

    @classmethod
    def of(cls, landmarks: Sequence[str], points: np.ndarray) -> "MeanFace":
        """Of faces (N, K, 2) as they are seen, without landmarks that some lack."""
        there = np.isfinite(points).all(axis=(0, 2))
        whole = points[:, there] - points[:, there].mean(axis=1, keepdims=True)
        flat = np.moveaxis(whole / face_size(points)[:, None, None], 1, 0).reshape(there.sum(), -1)
        names = tuple(name for name, known in zip(landmarks, there, strict=True) if known)
        return cls(names, flat @ flat.T / len(points))

    def sizes(self, landmarks: Sequence[str], points: np.ndarray) -> np.ndarray:
        """(..., K, 2) -> (...,), px: the `face_size` that faces would have with all landmarks, NaN = missing.

        Where none is known, the size of those that are there.
        """
        if not self.landmarks:
            return face_size(points)
        known = [self.landmarks.index(name) if name in self.landmarks else -1 for name in landmarks]
        there = np.isfinite(points).all(axis=-1) & (np.array(known) >= 0)
        products = self.products[np.ix_(known, known)]
        shares = there / np.maximum(there.sum(axis=-1, keepdims=True), 1)
        squares = shares @ np.diag(products) - (shares @ products * shares).sum(axis=-1)
        return face_size(np.where(there[..., None], points, np.nan)) / np.sqrt(np.where(squares > 0, squares, np.nan))

    def to_json(self) -> dict:
        return {"landmarks": list(self.landmarks), "products": self.products.tolist()}

    @classmethod
    def from_json(cls, node: Node) -> "MeanFace":
        """InputError where it is none."""
        names = tuple(name.text() for name in node["landmarks"].elements())
        return cls(names, node["products"].array((len(names), len(names))))
