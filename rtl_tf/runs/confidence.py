"""What a run knows of its own errors: radii around landmarks, and which faces somebody should look at.

Fitted to out-of-fold predictions, of people whom the networks had not seen. Lengths are shares of the extent of the
found landmarks (the larger of width and height), so that they hold for photographs of any size. A landmark's doubt is
what its heatmap lacks of a peak of 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtl_tf.conformal import Conformal, quantiles
from rtl_tf.documents import File, Node, read_json, write_json
from rtl_tf.geometry.mirroring import unmirrored
from rtl_tf.geometry.shape_check import ShapeCheck
from rtl_tf.geometry.shape_model import FEWEST_KEPT, ShapeModel, are_enough
from rtl_tf.known import mean_of_known, of_known
from rtl_tf.measurement import view_of
from rtl_tf.runs.predictions import Predictions, of_labelled_landmarks
from rtl_tf.runs.signs import Signs

FEWEST_PEOPLE = 10  # with a shape; below, radii would be the largest error that there was
TOO_FEW = f"fewer than {FEWEST_PEOPLE} people have {FEWEST_KEPT} labelled landmarks in an image"  # for any confidence
FLAGGED = 0.97  # share of faces like the training ones whose score is below a limit; of fewer people, the largest
KINDS = UNSURE, UNLIKELY, DISAGREE, RIVALS, STRANGE = (
    *("unsure", "improbable shape", "views disagree"),
    *("two peaks", "unlike the training faces"),
)


@dataclass(frozen=True, eq=False)
class Confidence:
    """Of a detector of K landmarks.

    Attributes:
        conformal: of errors, shares of the extent; its groups are views of the head.
        shape: of the faces' landmarks.
        limits: by flag, of the score above which a face gets it; infinite where nobody's is known.
        people, images: that it was fitted to.
        order: (K,), of a mirrored face's landmarks, see `Schema.mirror_permutation`; None (older files) = the shapes
            of both halves of the face were taken for one kind.
    """

    conformal: Conformal
    shape: ShapeCheck
    limits: dict[str, float]
    people: int
    images: int
    order: np.ndarray | None = None

    @classmethod
    def fit(cls, unseen: Predictions, order: np.ndarray) -> "Confidence | None":
        """Of out-of-fold predictions, `order` being their schema's; None where there are TOO_FEW."""
        unseen, people = of_labelled_landmarks(unseen), unseen.subjects
        if len(set(np.array(people)[are_enough(unseen.truth)].tolist())) < FEWEST_PEOPLE:
            return None
        signs = Signs.of(unseen)
        errors = np.linalg.norm(unseen.points - unseen.truth, axis=-1) / extents(unseen.points)[:, None]
        conformal = Conformal.fit(errors, doubts_of(unseen.peaks), people, _views(signs))
        model = ShapeModel(_one_half(unseen.truth, signs, order), people)
        shapes = _one_half(unseen.points, signs, order)
        misfits = np.array([model.judge(*pair).misfit for pair in zip(shapes, people, strict=True)])
        limits = {name: _limit(values, people) for name, values in _scores(conformal, signs, misfits).items()}
        return cls(conformal, ShapeCheck.of(model), limits, len(set(people)), len(people), order)

    def radii(self, signs: Signs, coverage: float) -> np.ndarray:
        """float64 (N, K), original px: within it lie `coverage` of the landmarks, 0.5 to 0.99; NaN where too few people
        can promise that, or a landmark is missing."""
        signs = self._with_known_landmarks(signs)
        return self.conformal.radii(doubts_of(signs.peaks), coverage, _views(signs)) * extents(signs.points)[:, None]

    def expected_errors(self, signs: Signs) -> np.ndarray:
        """float64 (N, K), original px: by these, faces can be put in an order of doubt; NaN as `radii`."""
        signs = self._with_known_landmarks(signs)
        return self.conformal.expected(doubts_of(signs.peaks)) * extents(signs.points)[:, None]

    def flags(self, signs: Signs) -> list[tuple[str, ...]]:
        """Of each of N faces, why somebody should look at it; empty for about nine in ten that are like the training
        ones."""
        signs = self._with_known_landmarks(signs)
        shapes = _one_half(signs.points, signs, self.order)
        misfits = np.array([self.shape.misfit(face) for face in shapes])
        scores = _scores(self.conformal, signs, misfits)
        beyond = {name: values > self.limits[name] for name, values in scores.items()}
        return [tuple(name for name, marked in beyond.items() if marked[index]) for index in range(len(misfits))]

    def _with_known_landmarks(self, signs: Signs) -> Signs:
        """Without landmarks that no out-of-fold image labels: a network has perhaps never learnt where they are."""
        return signs.of_landmarks(self.conformal.known)

    def to_json(self) -> dict:
        return {
            "people": self.people,
            "images": self.images,
            "limits": {name: None if np.isinf(limit) else limit for name, limit in self.limits.items()},
            "conformal": self.conformal.to_json(),
            "shape": self.shape.to_json(),
            "order": None if self.order is None else self.order.tolist(),
        }

    @classmethod
    def from_json(cls, node: Node, landmarks: int) -> "Confidence":
        written = node["limits"]
        limits = {name: limit.number() if (limit := written.get(name)) else np.inf for name in KINDS}
        conformal = Conformal.from_json(node["conformal"], landmarks)
        shape = ShapeCheck.from_json(node["shape"], landmarks)
        numbers = node["people"].whole(1), node["images"].whole(1)
        return cls(conformal, shape, limits, *numbers, _order(node, landmarks))


def write_confidence(path, confidence: Confidence) -> None:
    write_json(path, confidence.to_json())


def read_confidence(path: File, landmarks: int) -> Confidence | None:
    """None where a run has none. InputError for a damaged file."""
    return Confidence.from_json(read_json(path), landmarks) if path.is_file() else None


def extents(points: np.ndarray) -> np.ndarray:
    """(N, K, 2) -> float64 (N,): the larger of width and height of the landmarks that are there."""
    return np.nanmax(np.nanmax(points, axis=1) - np.nanmin(points, axis=1), axis=-1).astype(np.float64)


def doubts_of(peaks: np.ndarray) -> np.ndarray:
    """(N, K) -> float64 (N, K), 0 to 1."""
    return np.clip(1 - np.asarray(peaks, np.float64), 0, 1)


def _order(node: Node, landmarks: int) -> np.ndarray | None:
    places = node.get("order")
    if places is None:
        return None
    order = [place.whole(0, landmarks - 1) for place in places.elements()]
    if sorted(order) != list(range(landmarks)):
        raise places.error(f"no order of {landmarks} landmarks")
    return np.array(order)


def _one_half(points: np.ndarray, signs: Signs, order: np.ndarray | None) -> np.ndarray:
    """float64 (N, K, 2): as the network saw the faces, all of which show one half then."""
    return np.asarray(points, np.float64) if order is None else unmirrored(points, signs.known("mirrored") == 1, order)


def _limit(scores: np.ndarray, people: Sequence[str]) -> float:
    """FLAGGED of new people are below; of fewer people than tell that, as many as these tell: below the largest."""
    known = len({name for name, score in zip(people, scores, strict=True) if np.isfinite(score)})
    return float(quantiles(scores, people, (min(FLAGGED, known / (known + 1)),))[0])


def _scores(conformal: Conformal, signs: Signs, misfits: np.ndarray) -> dict[str, np.ndarray]:
    """By flag, of N faces (N,), NaN = not known: the mean expected error, the misfit of the shape, how far views lie
    apart as a share of the extent, the highest second peak of a landmark, how unlike the training faces it is."""
    return {
        UNSURE: mean_of_known(conformal.expected(doubts_of(signs.peaks)), axis=1),
        UNLIKELY: misfits,
        DISAGREE: mean_of_known(_by_landmark(signs, "spread"), axis=1) / extents(signs.points),
        RIVALS: of_known(np.nanmax, _by_landmark(signs, "rivals"), axis=1),
        STRANGE: signs.known("unlikeness"),
    }


def _by_landmark(signs: Signs, name: str) -> np.ndarray:
    """(N, K) or, where nothing is known, (N, 1) of NaN."""
    return signs.known(name).reshape(len(signs.points), -1)


def _views(signs: Signs) -> list[str]:
    return [view_of(float(yaw)) for yaw in signs.known("yaw")]
