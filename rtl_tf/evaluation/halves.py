"""Which half of the face each image shows, told from its points: whether all show the same one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtl_tf.geometry.mirroring import unmirrored
from rtl_tf.geometry.similarity import apply, as_complex, fit, mean_shape
from rtl_tf.records import Sample
from rtl_tf.schema import Schema

ROUNDS = 3
TELLING = 1.3  # how much farther from the mean the worse half must lie to say anything
SAME = 0.9  # of the telling faces: then all are meant to show one half, and the others are suspects


@dataclass(frozen=True)
class Halves:
    """bool (N,): `other` shows the other half than most, `telling` says so clearly (faces from the front do not)."""

    other: np.ndarray
    telling: np.ndarray

    @property
    def share(self) -> float:
        """Of the telling faces, those that show the half that most show."""
        return 1 - float(self.other[self.telling].mean()) if self.telling.any() else 1.0

    @property
    def is_mixed(self) -> bool:
        return self.share < SAME


def find_halves(points: np.ndarray, schema: Schema) -> Halves:
    """Of points (N, K, 2), as all faces are seen."""
    shapes = as_complex(points)
    mirrored = as_complex(unmirrored(points, True, schema.mirror_permutation))
    other = np.zeros(len(points), bool)
    for _ in range(ROUNDS):
        mean = mean_shape(np.where(other[:, None], mirrored, shapes))
        plain, reflected = (_distance(each, mean) for each in (shapes, mirrored))
        other = reflected < plain
    if other.mean() > 0.5:
        other = ~other
    ratio = np.maximum(plain, reflected) / np.maximum(np.minimum(plain, reflected), 1e-9)
    return Halves(other, ratio > TELLING)


def as_one_half(points: np.ndarray, halves: Halves, schema: Schema) -> np.ndarray:
    """Points (N, K, 2) with the other half's mirrored, where a data set shows both."""
    if not halves.is_mixed:
        return points
    return unmirrored(points, halves.other, schema.mirror_permutation)


def as_seen(points: np.ndarray, mirrored: bool, schema: Schema) -> np.ndarray:
    """float64 (K, 2): as all faces of a data set are seen, mirrored ones about x = 0, names swapped; and back."""
    return unmirrored(points, mirrored, schema.mirror_permutation)


def frame_of(samples: Sequence[Sample], schema: Schema) -> np.ndarray:
    """float64 (N, K, 2): all samples `as_seen`."""
    return np.stack([as_seen(sample.points, sample.mirrored, schema) for sample in samples])


def _distance(shapes: np.ndarray, mean: np.ndarray) -> np.ndarray:
    distances = np.abs(apply(fit(shapes, mean), shapes) - mean)
    there = ~np.isnan(distances)
    return np.where(there, distances, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
