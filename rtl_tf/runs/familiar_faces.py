"""How like the training faces a new one is, as the network sees them: a Gaussian of the means over its encoder's map.

Few faces tell few of the many directions apart, so all others have one variance in common (Tipping and Bishop 1999,
probabilistic principal component analysis).
"""

from dataclasses import dataclass

import numpy as np

from rtl_tf.documents import File, Node, read_json, write_json

AXES = 8  # at most, one for each FACES_AN_AXIS faces
FACES_AN_AXIS = 8
FEWEST = FACES_AN_AXIS  # faces


@dataclass(frozen=True, eq=False)
class FamiliarFaces:
    """Of faces in C numbers.

    Attributes:
        mean: (C,).
        axes: (D, C), orthonormal; variances: (D,), along them.
        rest: the variance along every other direction.
    """

    mean: np.ndarray
    axes: np.ndarray
    variances: np.ndarray
    rest: float

    @classmethod
    def fit(cls, features: np.ndarray) -> "FamiliarFaces | None":
        """Of (N, C); None for fewer than FEWEST faces."""
        faces, width = features.shape
        if faces < FEWEST:
            return None
        mean = features.mean(axis=0, dtype=np.float64)
        _, sizes, axes = np.linalg.svd(features - mean, full_matrices=False)
        variances = sizes**2 / (faces - 1)
        count = min(AXES, faces // FACES_AN_AXIS, width - 1)
        tiny = max(1e-9 * float(variances[0]), np.finfo(np.float32).tiny)  # where all faces are alike
        rest = max(float(variances[count:].sum()) / (width - count), tiny)
        return cls(mean, axes[:count], np.maximum(variances[:count], rest), rest)

    def unlikeness(self, features: np.ndarray) -> np.ndarray:
        """(N, C) -> float64 (N,): the Mahalanobis distance from the mean, for each of the C numbers about 1."""
        away = features - self.mean
        along = away @ self.axes.T
        beside = np.maximum((away**2).sum(axis=1) - (along**2).sum(axis=1), 0)
        return np.sqrt(((along**2 / self.variances).sum(axis=1) + beside / self.rest) / len(self.mean))

    def to_json(self) -> dict:
        arrays = {name: getattr(self, name).tolist() for name in ("mean", "axes", "variances")}
        return arrays | {"rest": self.rest}

    @classmethod
    def from_json(cls, node: Node, width: int | None = None) -> "FamiliarFaces":
        """InputError, which names file and place, unless `to_json` wrote it, of faces in `width` numbers if told."""
        width, count = width or len(node["mean"].list()), len(node["variances"].list())
        variances = node["variances"].array((count,))
        if (variances <= 0).any():
            raise node["variances"].error("expected numbers above 0")
        rest = node["rest"].number(float(np.finfo(np.float32).tiny))
        return cls(node["mean"].array((width,)), node["axes"].array((count, width)), variances, rest)


def write_familiar_faces(path, familiar: FamiliarFaces) -> None:
    write_json(path, familiar.to_json())


def read_familiar_faces(path: File, width: int | None = None) -> FamiliarFaces | None:
    """None where a run has none. InputError for a damaged file, or for faces in another width than the network's."""
    return FamiliarFaces.from_json(read_json(path), width) if path.is_file() else None
