"""What a box that somebody gave tells of the landmarks: it stands around them, more or less."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rtl_tf.coordinates import Crop, crop_around
from rtl_tf.documents import Node
from rtl_tf.inference import ridge
from rtl_tf.inference.ridge import Ridge

FEATURES = 3  # how far the square around the points is off the box: in x, in y, in size


@dataclass(frozen=True)
class BoxEvidence:
    """Moves what was found towards where the box says that landmarks are, as far as boxes can be believed.

    Coordinates are shares of the box's side.

    Attributes:
        margin: of squares around landmarks, see `coordinates.crop_around`.
        correction: of the FEATURES -> 2K, what is added.
        believed: (FEATURES,), the largest there were when it was fitted: a box that is farther off tells nothing.
        labelled: bool (K,), landmarks that some face had: only these have places that are worth a look.
    """

    margin: float
    correction: Ridge
    believed: np.ndarray
    labelled: np.ndarray

    @classmethod
    def fit(
        cls, found: Sequence[np.ndarray], points: Sequence[np.ndarray], boxes: Sequence[Crop], margin: float,
        people: Sequence[str],
    ) -> "BoxEvidence":  # fmt: skip
        """Of N faces: what was found without their people (K, 2) and labels, NaN = missing, as the boxes show them.

        boxes: around all landmarks that some face has, labelled in this one or not; off by as much as boxes are.
        """
        shares = [[box.to_shares(part) for part in pair] for *pair, box in zip(found, points, boxes, strict=True)]
        offsets = [(label - answer).ravel() for answer, label in shares]
        labelled = np.isfinite(np.stack(points)).all(axis=-1).any(axis=0)
        features = np.stack([_features(answer[labelled], margin) for answer, _ in shares])
        correction, _ = ridge.fit(features, np.stack(offsets), people)
        return cls(margin, correction, np.abs(features).max(axis=0), labelled)

    def __call__(self, points: np.ndarray, box: Crop) -> np.ndarray:
        """(K, 2) original px, as the box shows them -> moved."""
        shares = box.to_shares(points)
        features = _features(shares[self.labelled], self.margin)
        if (np.abs(features) > self.believed).any():
            return points
        return box.from_shares(shares + self.correction(features).reshape(shares.shape))

    def to_json(self) -> dict:
        return {
            "margin": self.margin,
            "correction": self.correction.to_json(),
            "believed": self.believed.tolist(),
            "labelled": self.labelled.tolist(),
        }

    @classmethod
    def from_json(cls, node: Node, landmarks: int) -> "BoxEvidence":
        correction = Ridge.from_json(node["correction"], FEATURES, 2 * landmarks)
        flags = node.get("labelled")  # older files lack it
        labelled = np.array([one.flag() for one in flags.elements()] if flags else [True] * landmarks)
        if len(labelled) != landmarks or not labelled.any():
            raise node.error(f"labelled: no flags of {landmarks} landmarks")
        return cls(node["margin"].number(0), correction, node["believed"].array((FEATURES,)), labelled)


def displaced(box: Crop, jitter: float, random: np.random.Generator) -> Crop:
    """A box that is off by up to `jitter` of its side in x, y and size."""
    x, y, zoom = jitter * random.uniform(-1, 1, 3)
    side = box.side * (1 + zoom)
    left, top = (start + box.side * (shift - zoom / 2) for start, shift in ((box.left, x), (box.top, y)))
    return replace(box, left=left, top=top, side=side)


def _features(shares: np.ndarray, margin: float) -> np.ndarray:
    square = crop_around(shares, 1, margin)
    return np.array([*(middle - 0.5 for middle in square.centre), np.log(square.side)])
