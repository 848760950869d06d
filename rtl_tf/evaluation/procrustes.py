"""Generalised Procrustes superimposition: shapes without place, turn and size, by least squares, without reflection.

Its least squares are those of geometric morphometrics (Rohlf and Slice, 1990), whose tests rest on them; where labels
may be wrong, `similarity.mean_shape` is its robust sister. Shapes come to unit centroid size, then into the plane that
touches shape space at the mean, where distances are Euclidean.
"""

from dataclasses import dataclass

import numpy as np

from rtl_tf.geometry.similarity import apply, as_complex, as_points, fit

ROUNDS = 100  # at most; five do for faces
CLOSE = 1e-12  # of a mean of size 1: it has come to rest


@dataclass(frozen=True)
class Superimposed:
    """Shapes over their mean.

    Attributes:
        points: (N, K, 2), of unit centroid size, in the tangent plane at the mean.
        mean: (K, 2), of unit centroid size, turned as the shapes were on average.
        sizes: (N,), centroid sizes in the unit of what was given: square root of the sum of squared distances of the
            points from their middle.
    """

    points: np.ndarray
    mean: np.ndarray
    sizes: np.ndarray


def superimpose(points: np.ndarray) -> Superimposed:
    """Lay shapes (N, K, 2) over their mean; none has a missing point, or all its points in one place."""
    shapes = as_complex(points)
    mean = _unit(shapes[0])
    for _ in range(ROUNDS):
        before, mean = mean, _unit(apply(fit(shapes, mean, rounds=1), shapes).mean(axis=0))
        if np.abs(mean - before).max() < CLOSE:
            break
    turns = fit(shapes, mean, rounds=1)[0]
    mean = mean * np.exp(-1j * np.angle((turns / np.abs(turns)).mean()))
    laid = apply(fit(shapes, mean, rounds=1), shapes)
    along = (laid * np.conj(mean)).real.sum(axis=1, keepdims=True)
    return Superimposed(as_points(laid + (1 - along) * mean), as_points(mean), centroid_sizes(points))


def centroid_sizes(points: np.ndarray) -> np.ndarray:
    """(...,) of shapes (..., K, 2)."""
    centred = points - points.mean(axis=-2, keepdims=True)
    return np.sqrt((centred.astype(np.float64) ** 2).sum(axis=(-2, -1)))


def shape_freedom(landmarks: int) -> int:
    """Dimensions of the space of shapes: what two shifts, a turn and a scale leave of the coordinates."""
    return 2 * landmarks - 4


def _unit(shape: np.ndarray) -> np.ndarray:
    """Its middle at 0, its centroid size 1."""
    centred = shape - shape.mean()
    return centred / np.linalg.norm(centred)
