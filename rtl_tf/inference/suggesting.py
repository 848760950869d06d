"""Which unlabelled photographs to label next: any, those that a detector doubts, or those unlike what it has seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from rtl_tf.conformal import LEVELS
from rtl_tf.coordinates import Crop, crop_around
from rtl_tf.images import crop_image, read_image
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.looked_at import Found
from rtl_tf.records import Prediction
from rtl_tf.runs.confidence import Confidence, doubts_of, extents
from rtl_tf.runs.signs import Signs

BORDER = 0.25  # around the landmarks that were found, share of their extent: what a face is compared by
DIMENSIONS = 16  # of faces that are compared, at most,
FACES_A_DIMENSION = 4  # and one for each so many faces: in as many as there are faces all are equally far apart
BATCH = 32


@dataclass(frozen=True)
class Candidate:
    """A photograph that nobody has labelled, as a detector sees it.

    Attributes:
        doubt: the mean over landmarks of the radii within which half of their places lie, a share of the face's extent;
            of a detector that does not know its errors, of what their heatmaps lack of a peak of 1.
        features: (C,), means over the encoder's map of the face.
        disagreement: how far views and mesh lie apart, the mean over landmarks as a share of the face's extent; 0 of a
            single answer.
    """

    image: Path
    found: Found
    doubt: float
    features: np.ndarray
    disagreement: float = 0.0


def look_at(detector: Detector, images: Sequence[Path], found: Sequence[Found]) -> list[Candidate]:
    """Of photographs and what the detector found on them."""
    candidates = []
    for start in range(0, len(images), BATCH):
        part = slice(start, start + BATCH)
        crops = np.stack([_face(detector, *pair) for pair in zip(images[part], found[part], strict=True)])
        features = detector.locate(crops).features
        for image, one, vector in zip(images[part], found[part], features, strict=True):
            doubt, disagreement = _doubt(one.prediction, detector.confidence), _disagreement(one.prediction)
            candidates.append(Candidate(image, one, doubt, vector, disagreement))
    return candidates


def _doubt(found: Prediction, confidence: Confidence | None) -> float:
    if confidence is None:
        return float(np.nanmean(doubts_of(found.peaks)))
    signs = Signs.of(found)
    # half: of any number of people such a radius is known
    return float(np.nanmean(confidence.radii(signs, LEVELS[0])[0]) / extents(signs.points)[0])


def _disagreement(found: Prediction) -> float:
    return 0.0 if found.spread is None else float(np.nanmean(found.spread) / extents(found.points[None])[0])


def _face(detector: Detector, image: Path, found: Found) -> np.ndarray:
    points, size = found.prediction.points, detector.image_size
    crop: Crop = crop_around(points, size, BORDER, found.mirrored)
    return crop_image(read_image(image), crop, image)


def suggest(
    candidates: Sequence[Candidate], known: Sequence[Candidate], count: int, strategy: str = "random", seed: int = 0
) -> list[tuple[int, float]]:
    """Indices of candidates, the one to label first at the beginning, and how far each is from what is known or stands
    before it (spreads of the faces, of 1 in every direction; infinite for the first where nothing is known).

    Known are the faces `known`, and all training faces together where the detector has numbers of them: a face is as
    far from these as it is unlike them.

    Args:
        known: faces that the detector was trained on.
        count: at most so many.
        strategy: "doubt", those with the highest ranks by doubt and by disagreement together; "variety", each the
            farthest from all before; "both", the largest product of distance and that rank; "random".
    """
    count = min(count, len(candidates))
    places = _places(candidates, known)
    own, seen = places[: len(candidates)], places[len(candidates) :]
    unlikeness = np.array([candidate.found.prediction.unlikeness for candidate in candidates])
    nearest = np.where(np.isnan(unlikeness), np.inf, unlikeness * np.sqrt(places.shape[1]))
    for place in seen:
        nearest = np.minimum(nearest, np.linalg.norm(own - place, axis=1))
    signs = [(candidate.doubt, candidate.disagreement) for candidate in candidates]
    ranks = rankdata(rankdata(signs, axis=0).sum(axis=1))
    order = np.random.default_rng(seed).permutation(len(own)).astype(float)
    left, chosen = np.ones(len(own), bool), []
    for _ in range(count):
        distances = np.where(np.isinf(nearest), 1.0, nearest)
        worth = {"doubt": ranks, "variety": distances, "both": ranks * distances, "random": order}[strategy]
        if strategy == "variety" and np.isinf(nearest).all():  # the first of all: the one in the middle
            worth = -np.linalg.norm(own - own.mean(axis=0), axis=1)
        index = int(np.argmax(np.where(left, worth, -np.inf)))
        chosen.append((index, float(nearest[index])))
        left[index] = False
        nearest = np.minimum(nearest, np.linalg.norm(own - own[index], axis=1))
    return chosen


def _places(candidates: Sequence[Candidate], known: Sequence[Candidate]) -> np.ndarray:
    """(N, D): all faces on their first principal components, each of spread 1."""
    features = np.stack([one.features for one in (*candidates, *known)]).astype(np.float64)
    centred = features - features.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    kept = sizes > 1e-9 * max(float(sizes[0]), 1e-30)
    dimensions = min(DIMENSIONS, max(len(features) // FACES_A_DIMENSION, 1))
    return left[:, kept][:, :dimensions] * np.sqrt(len(features))
