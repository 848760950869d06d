"""All faces of a data set against the shape model of the other people's."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtl_tf.audit.exchanged_names import Exchange, find_exchanges, undone
from rtl_tf.audit.outliers import Outliers, find_outliers
from rtl_tf.audit.sketches import Place
from rtl_tf.evaluation.halves import Halves, as_one_half, as_seen, find_halves, frame_of
from rtl_tf.geometry.shape_model import FEWEST_KEPT, FEWEST_POINTS, ShapeModel
from rtl_tf.geometry.similarity import as_points
from rtl_tf.records import Sample
from rtl_tf.schema import Schema
from rtl_tf.system.progress import progress

FEWEST_FACES = 12  # that a model is made of
FEWEST_PEOPLE = 3


@dataclass(frozen=True)
class Faces:
    """What the shapes of N samples tell.

    Attributes:
        points: (N, K, 2), as all are seen: mirrored where a sample is, or where it shows the other half; NaN where
            there are too few.
        flipped: bool (N,): mirrored because it shows the other half, in a data set that shows both.
        groups: (N,) the person each is left out with; each image alone where there are too few people.
        outliers: what does not fit, of each sample.
        exchanges: pairs of landmarks that are swapped in some samples, of those where nothing else is wrong.
    """

    points: np.ndarray
    flipped: np.ndarray
    halves: Halves
    groups: list[str]
    model: ShapeModel
    outliers: list[Outliers]
    exchanges: list[Exchange]

    @property
    def compared(self) -> np.ndarray:
        """bool (N,): samples with enough landmarks that others have, too."""
        return np.isfinite([one.judged.size for one in self.outliers])

    def swaps(self, index: int) -> list[tuple[int, int]]:
        """Pairs of landmarks that are swapped in a sample."""
        return [(one.first, one.second) for one in self.exchanges if one.swapped[index]]

    def places(self, samples: Sequence[Sample]) -> list[Place]:
        """Where each face is in its image."""
        found = []
        for sample, flipped, one in zip(samples, self.flipped, self.outliers, strict=True):
            (x, y), is_mirrored = one.judged.middle, bool(sample.mirrored != flipped)
            found.append(Place((-x if is_mirrored else x, y), one.judged.size, one.judged.turn, is_mirrored))
        return found

    def expected(self, index: int, sample: Sample, schema: Schema) -> np.ndarray:
        """(K, 2), where the others predict each landmark of a sample, in px of its image and under its name."""
        points = as_seen(self.outliers[index].judged.expected, bool(self.flipped[index]), schema)
        return as_seen(points, sample.mirrored, schema)


def judge_faces(samples: Sequence[Sample], schema: Schema) -> Faces | None:
    """Fit the model, find what does not fit, and fit it again without that. None where there is too little to tell."""
    points = frame_of(samples, schema)
    labelled = (~np.isnan(points).any(axis=-1)).sum(axis=1)
    if (labelled >= FEWEST_POINTS).sum() < FEWEST_FACES:
        return None
    points[labelled < FEWEST_POINTS] = np.nan
    people = [sample.subject for sample in samples]
    groups = people if len(set(people)) >= FEWEST_PEOPLE else [str(index) for index in range(len(samples))]
    halves = find_halves(points, schema)
    flipped = halves.other if halves.is_mixed else np.zeros(len(points), bool)
    points = as_one_half(points, halves, schema)
    model = ShapeModel(points, groups)
    exchanges = find_exchanges(model.laid(points) + as_points(model.mean))
    named = undone(points, exchanges)
    model = ShapeModel(named, groups) if exchanges else model
    outliers = _all_outliers(model, named, groups, "fitting the shapes")
    trusted = ~np.isnan(points).any(axis=-1)
    for index, one in enumerate(outliers):
        trusted[index] &= ~one.off & (not one.is_whole)
    if (trusted.sum(axis=1) >= FEWEST_POINTS).sum() >= FEWEST_FACES:
        model = ShapeModel(named, groups, trusted)
        outliers = _all_outliers(model, named, groups, "comparing the shapes")
    exchanges = _believed(exchanges, outliers, model, points, groups)
    return Faces(points, flipped, halves, groups, model, outliers, exchanges)


def _believed(
    exchanges: list[Exchange], outliers: list[Outliers], model: ShapeModel, points: np.ndarray, groups: list[str]
) -> list[Exchange]:
    """Exchanges in samples that fit with their names exchanged back; `outliers` become those of the points as named."""
    for index in np.flatnonzero(np.any([one.swapped for one in exchanges], axis=0)) if exchanges else ():
        swapped = np.zeros(points.shape[1], bool)
        for one in exchanges:
            swapped[[one.first, one.second]] |= one.swapped[index]
        known = ~np.isnan(points[index]).any(axis=1)
        if outliers[index].stands and not outliers[index].off.any() and (known & ~swapped).sum() >= FEWEST_KEPT:
            judged = model.judge(points[index], groups[index], known & ~swapped)
            outliers[index] = Outliers(swapped, judged, False)
        else:
            outliers[index] = find_outliers(model, points[index], groups[index])
            for one in exchanges:
                one.swapped[index] = False
    return [one for one in exchanges if one.swapped.any()]


def _all_outliers(model: ShapeModel, points: np.ndarray, groups: list[str], label: str) -> list[Outliers]:
    found: list[Outliers | None] = [None] * len(points)
    order = sorted(range(len(points)), key=groups.__getitem__)  # a person's images need one model
    for index in progress(order, len(order), label):
        found[index] = find_outliers(model, points[index], groups[index])
    return [one for one in found if one is not None]
