"""How unlike other faces a shape of landmarks is, in one number, by a Gaussian that a file can keep."""

from dataclasses import dataclass

import numpy as np

from rtl_tf.documents import Node
from rtl_tf.geometry.point_gaussian import PointGaussian
from rtl_tf.geometry.shape_model import FEWEST_KEPT, ShapeModel
from rtl_tf.geometry.similarity import apply, as_complex, as_points, fit


@dataclass(frozen=True, eq=False)
class ShapeCheck:
    """A `ShapeModel` of all its people.

    Attributes:
        mean: (K, 2), the mean shape; NaN for a landmark that no face had.
        gaussian: of differences from it.
    """

    mean: np.ndarray
    gaussian: PointGaussian

    @classmethod
    def of(cls, model: ShapeModel) -> "ShapeCheck":
        return cls(as_points(model.mean), model.of_all())

    def misfit(self, points: np.ndarray) -> float:
        """Of one shape (K, 2), NaN = missing: about 1 for a face like others; NaN where too few points are there."""
        mean, shape = as_complex(self.mean), as_complex(points)
        known = ~np.isnan(shape) & ~np.isnan(mean)
        if known.sum() < FEWEST_KEPT:
            return float("nan")
        laid = apply(fit(np.where(known, shape, np.nan)[None], mean), shape[None])[0] - mean
        return self.gaussian.misfit(as_points(laid), known)

    def to_json(self) -> dict:
        mean = [[None if np.isnan(value) else float(value) for value in point] for point in self.mean]
        return {"mean": mean, "offset": self.gaussian.mean.tolist(), "covariance": self.gaussian.covariance.tolist()}

    @classmethod
    def from_json(cls, node: Node, landmarks: int) -> "ShapeCheck":
        points = [_point(point) for point in node["mean"].elements()]
        if len(points) != landmarks:
            raise node["mean"].error(f"{len(points)} points, not {landmarks}")
        offset, covariance = node["offset"].array((2 * landmarks,)), node["covariance"].array((2 * landmarks,) * 2)
        return cls(np.array(points), PointGaussian(offset, covariance))


def _point(node: Node) -> np.ndarray:
    """(2,); of a landmark that no face had, which is two nulls, NaN."""
    return np.full(2, np.nan) if node.value == [None, None] else node.array((2,))
