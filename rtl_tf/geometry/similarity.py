"""Similarities (shift, turn, scale; no reflection) that lay shapes over one another, and the mean of many shapes.

A shape is complex (K,), x + iy, NaN where a point is missing; a similarity is two complex numbers: z -> a z + b.
"""

import numpy as np

ROUNDS = 12  # of weights, and of the mean
CANDIDATES = 30  # shapes that the mean may begin from
COMPARED = 0.9  # of the points that the best of them is compared with, at least, for one to be chosen


def as_complex(points: np.ndarray) -> np.ndarray:
    """(..., K, 2) -> complex (..., K); a point that lacks a coordinate is NaN."""
    return points[..., 0].astype(np.float64) + 1j * points[..., 1]


def as_points(shapes: np.ndarray) -> np.ndarray:
    """complex (..., K) -> float64 (..., K, 2)."""
    return np.stack([shapes.real, shapes.imag], axis=-1)


def apply(similarity: tuple[np.ndarray, np.ndarray], shapes: np.ndarray) -> np.ndarray:
    """a z + b of shapes (N, K), each with its own a and b (N,)."""
    turn, shift = similarity
    return turn[..., None] * shapes + shift[..., None]


def fit(shapes: np.ndarray, onto: np.ndarray, rounds: int = ROUNDS) -> tuple[np.ndarray, np.ndarray]:
    """The similarities that bring shapes (N, K) nearest to `onto` (K,), by the sum of distances.

    Distances, not their squares: a few points that lie elsewhere hardly move it. A single round, where all points weigh
    the same, is the one by squares. The scale is that of the spreads: the nearest one would shrink a shape that does
    not fit to nothing. A shape needs two different points that `onto` has too; NaN for one that shares fewer.
    """
    known = ~np.isnan(shapes) & ~np.isnan(onto)
    too_few = known.sum(axis=-1) < 2
    shapes, onto = np.where(known, shapes, 0), np.where(known, onto, 0)
    weights = known.astype(np.float64)
    smallest = 1e-3 * np.sqrt(np.mean(np.abs(onto) ** 2) + 1e-30)
    for _ in range(rounds):
        total = weights.sum(-1, keepdims=True) + 1e-30
        middle, target = ((weights * part).sum(-1, keepdims=True) / total for part in (shapes, onto))
        moved, aim = shapes - middle, onto - target
        sizes = [np.sqrt((weights * np.abs(part) ** 2).sum(-1)) for part in (aim, moved)]
        turned = (weights * np.conj(moved) * aim).sum(-1)
        turn = np.exp(1j * np.angle(turned)) * sizes[0] / (sizes[1] + 1e-30)
        shift = target[..., 0] - turn * middle[..., 0]
        weights = known / np.maximum(np.abs(apply((turn, shift), shapes) - onto), smallest)
    return np.where(too_few, np.nan, turn), np.where(too_few, np.nan, shift)


def mean_shape(shapes: np.ndarray) -> np.ndarray:
    """complex (K,): the median of shapes (N, K) laid over one another; its middle at 0, its root mean square 1.

    It begins from the shape that lies nearest to the others, so that a faulty one is not what all are turned to.
    NaN for a point that no shape has, or none of those that share points with the others: of shapes of the eyes and
    shapes of the mouth, it is the mean of one kind alone.
    """
    shapes = shapes[~np.isnan(shapes).all(axis=-1)]
    labelled = (~np.isnan(shapes)).sum(axis=-1)
    candidates = np.argsort(-labelled, kind="stable")[:CANDIDATES]
    distances = [_distances(shapes, _normed(shapes[index])) for index in candidates]
    compared = np.array([(~np.isnan(each)).sum() for each in distances])
    wide = compared >= max(COMPARED * compared.max(), 1)
    medians = [np.nanmedian(each) if is_wide else np.inf for each, is_wide in zip(distances, wide, strict=True)]
    mean = _normed(shapes[candidates[int(np.argmin(medians))]])
    for _ in range(ROUNDS):
        laid = apply(fit(shapes, mean), shapes)
        known = ~np.isnan(laid).all(axis=0)
        if not known.any():
            break  # shapes of a single point
        middle = np.full(laid.shape[1], np.nan, complex)
        middle[known] = np.nanmedian(laid[:, known].real, axis=0) + 1j * np.nanmedian(laid[:, known].imag, axis=0)
        mean = _normed(middle)
    return mean


def _distances(shapes: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return np.abs(apply(fit(shapes, mean), shapes) - mean)


def _normed(shape: np.ndarray) -> np.ndarray:
    centred = shape - np.nanmean(shape)
    return centred / (np.sqrt(np.nanmean(np.abs(centred) ** 2)) + 1e-30)
