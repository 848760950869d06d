"""Which half of its face a sample shows, by the shape of its labels: for views that all show the same half."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rtl_tf.records import Sample
from rtl_tf.schema import Schema

BETTER = 0.5  # of its misfit is left, where a shape is taken for a mirrored one
ROUNDS = 3


def same_half(samples: Sequence[Sample], schema: Schema) -> list[Sample]:
    """The samples, those `mirrored` differently whose labels fit the others' shape far better as their mirror image.

    Most samples keep their flag. Where a schema has both halves of the face, or all samples show the same half, or are
    flagged rightly, none changes.
    """
    shapes = np.stack([_shape(sample.points, sample.mirrored, schema) for sample in samples])
    others = np.stack([_shape(sample.points, not sample.mirrored, schema) for sample in samples])
    turned = np.zeros(len(samples), bool)
    reference = shapes[np.isfinite(shapes).sum(axis=1).argmax()]
    for _ in range(ROUNDS):
        turned = _misfit(others, reference) < BETTER * _misfit(shapes, reference)
        reference = _mean(np.where(turned[:, None], others, shapes), reference)
    if turned.mean() > 0.5:
        turned = ~turned
    return [
        replace(sample, mirrored=not sample.mirrored) if turn else sample
        for sample, turn in zip(samples, turned, strict=True)
    ]


def _shape(points: np.ndarray, mirrored: bool, schema: Schema) -> np.ndarray:
    """complex (K,), NaN = missing, its middle at 0: as a view shows the points."""
    seen = points[schema.mirror_permutation] * (-1, 1) if mirrored else points
    shape = seen[:, 0].astype(np.float64) + 1j * seen[:, 1]
    return shape - np.nanmean(shape)


def _misfit(shapes: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Of (N, K): what is left when the nearest turned and scaled reference is taken away, a share of the whole."""
    known = np.isfinite(shapes) & np.isfinite(reference)
    a, b = np.where(known, shapes, 0), np.where(known, reference, 0)
    overlap = np.abs((a * b.conj()).sum(axis=1)) ** 2
    return 1 - overlap / np.maximum((np.abs(a) ** 2).sum(axis=1) * (np.abs(b) ** 2).sum(axis=1), 1e-30)


def _mean(shapes: np.ndarray, reference: np.ndarray) -> np.ndarray:
    known = np.isfinite(shapes) & np.isfinite(reference)
    a, b = np.where(known, shapes, 0), np.where(known, reference, 0)
    onto = (b * a.conj()).sum(axis=1) / np.maximum((np.abs(a) ** 2).sum(axis=1), 1e-30)
    votes = np.isfinite(shapes).sum(axis=0)
    return np.where(votes > 0, np.nansum(onto[:, None] * shapes, axis=0) / np.maximum(votes, 1), np.nan)
