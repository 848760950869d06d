"""Which unlabelled photographs to label next: any, those that a detector doubts, or those unlike what it has seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rtl_tf.coordinates import Crop, crop_around
from rtl_tf.images import crop_image, read_image
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.predictor import Found
from rtl_tf.runs.confidence import doubts_of

STRATEGIES = ("both", "doubt", "variety", "random")
BORDER = 0.25  # around the landmarks that were found, share of their extent: what a face is compared by
DIMENSIONS = 16  # of faces that are compared
BATCH = 32


@dataclass(frozen=True)
class Candidate:
    """A photograph that nobody has labelled, as a detector sees it.

    Attributes:
        doubt: the mean over landmarks of what their heatmaps lack of a peak of 1, 0 to 1.
        features: (C,), means over the encoder's map of the face.
    """

    image: Path
    found: Found
    doubt: float
    features: np.ndarray


def look_at(detector: Detector, images: Sequence[Path], found: Sequence[Found]) -> list[Candidate]:
    """Of photographs and what the detector found on them."""
    candidates = []
    for start in range(0, len(images), BATCH):
        part = slice(start, start + BATCH)
        crops = np.stack([_face(detector, *pair) for pair in zip(images[part], found[part], strict=True)])
        features = detector.locate(crops).features
        for image, one, vector in zip(images[part], found[part], features, strict=True):
            doubt = float(np.nanmean(doubts_of(one.prediction.peaks)))
            candidates.append(Candidate(image, one, doubt, vector))
    return candidates


def _face(detector: Detector, image: Path, found: Found) -> np.ndarray:
    points, size = found.prediction.points, detector.image_size
    crop: Crop = crop_around(points, size, BORDER, found.mirrored)
    return crop_image(read_image(image), crop, image)


def suggest(
    candidates: Sequence[Candidate], known: Sequence[Candidate], count: int, strategy: str = "random", seed: int = 0
) -> list[tuple[int, float]]:
    """Indices of candidates, the one to label first at the beginning, and how far each is from what is known or stands
    before it (spreads of the faces, of 1 in every direction; infinite for the first where nothing is known).

    Args:
        known: faces that the detector was trained on.
        count: at most so many.
        strategy: "doubt", the most doubtful; "variety", each the farthest from all before; "both", the largest product
            of distance and rank of the doubt; "random".
    """
    count = min(count, len(candidates))
    places = _places(candidates, known)
    own, seen = places[: len(candidates)], places[len(candidates) :]
    nearest = np.full(len(own), np.inf)
    for place in seen:
        nearest = np.minimum(nearest, np.linalg.norm(own - place, axis=1))
    ranks = np.argsort(np.argsort([candidate.doubt for candidate in candidates], kind="stable")) + 1.0
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
    """(N, D): all faces on their principal components, each of spread 1."""
    features = np.stack([one.features for one in (*candidates, *known)]).astype(np.float64)
    centred = features - features.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    kept = sizes > 1e-9 * max(float(sizes[0]), 1e-30)
    return left[:, kept][:, :DIMENSIONS] * np.sqrt(len(features))
