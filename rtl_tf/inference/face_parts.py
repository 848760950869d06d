"""Parts of a face looked at once more, in the photograph's own pixels: where they lie, and what is found there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rtl_tf.coordinates import Crop
from rtl_tf.documents import Node
from rtl_tf.inference.views import VIEWS, View
from rtl_tf.pyramid import Photographed, crop_of, size_of
from rtl_tf.records import Prediction
from rtl_tf.schema import Schema

WIDENED = 1.6  # side of a part's square over twice the reach of its landmarks from their middle
# Where a face has fewer px than this many times what the network sees, a second look did harm (results/README.md).
FINER = 2.0
LEAST = 0.3  # of such a side, a share of that of the face's square: a chin is known by its outline

# uint8 crops (N, S, S, 3), and where they come from -> predictions, see `Predictor.predict_crops`
Locate = Callable[[np.ndarray, Sequence[Crop]], list[Prediction]]


@dataclass(frozen=True)
class FacePart:
    """A square around some landmarks.

    Attributes:
        landmarks: their places in the schema.
        side: a share of that of the face's square.
    """

    landmarks: tuple[int, ...]
    side: float


def is_finer(square: Crop) -> bool:
    """Whether a photograph has so many more pixels in a face's square than the network sees of it that a second look at
    parts tells more than the first: FINER times as many along a side."""
    return square.side >= FINER * square.size


@dataclass(frozen=True)
class FaceParts:
    """The parts of a face, which one network looks at.

    Attributes:
        size: of its input, px.
        parts: their squares; no landmark is in two.
        views: how many of those that the recipe shows of the face are seen of each part. More than one bring little
            (docs/detector.md).
    """

    size: int
    parts: tuple[FacePart, ...]
    views: int = 1

    @classmethod
    def fit(cls, schema: Schema, squares: Sequence[Crop], points: Sequence[np.ndarray], size: int) -> "FaceParts":
        """The schema's parts, as far as their landmarks are ever labelled.

        Args:
            squares: N, of training faces; points: their landmarks (K, 2), original px. In one face of fifty a part may
                be larger.
        """
        shares = np.stack([square.to_shares(face) for square, face in zip(squares, points, strict=True)])
        labelled = np.isfinite(shares).all(axis=-1)
        parts = []
        for part in schema.parts:
            chosen = [index for name in part.landmarks if labelled[:, index := schema.index(name)].any()]
            whole = labelled[:, chosen].all(axis=1)
            if chosen and whole.any():
                places = shares[whole][:, chosen]
                reach = np.abs(places - places.mean(axis=1, keepdims=True)).max(axis=(1, 2))
                side = max(LEAST, WIDENED * 2 * float(np.percentile(reach, 98)))
                parts.append(FacePart(tuple(chosen), min(side, 1.0)))
        return cls(size, tuple(parts))

    def squares(self, square: Crop, points: np.ndarray, extent: tuple[int, int]) -> list[tuple[FacePart, Crop]]:
        """The parts of one face that are worth a second look, and their squares, as the face's is turned and mirrored.

        None where `is_finer` says no, and none of a part whose landmarks are not all known or whose middle lies outside
        the image.

        Args:
            points: (K, 2) original px; extent: (width, height) of the image.
        """
        if not is_finer(square):
            return []
        found = []
        for part in self.parts:
            middle = points[list(part.landmarks)].astype(np.float64).mean(axis=0)
            if (middle >= 0).all() and (middle <= np.array(extent) - 1).all():  # not so for NaN
                side = part.side * square.side
                left, top = (float(edge) for edge in middle - side / 2)
                found.append((part, replace(square, left=left, top=top, side=side, size=self.size)))
        return found

    def look(
        self, image: Photographed, square: Crop, first: Prediction, locate: Locate, views: Sequence[View], shift: float
    ) -> Prediction:
        """What was found first, with the landmarks of the parts as a second look at a decoded image has them.

        Args:
            square: of the face.
            views: that the recipe shows, the first of which are averaged.
            shift: of labels to the right, see `recipe.Recipe.label_shift`, original px: what networks learn lacks it.
        """
        points, peaks = first.points.copy(), first.peaks.copy()
        found = self.squares(square, first.points, size_of(image))
        views = views[: self.views]
        crops = [view.of(part) for _, part in found for view in views]
        seen = locate(np.stack([crop_of(image, crop) for crop in crops]), crops) if crops else []
        for number, (part, _) in enumerate(found):
            chosen, answers = list(part.landmarks), seen[number * len(views) : (number + 1) * len(views)]
            points[chosen] = np.mean([one.points[chosen] for one in answers], axis=0) + np.array((shift, 0), np.float32)
            peaks[chosen] = np.mean([one.peaks[chosen] for one in answers], axis=0)
        return replace(first, points=points, peaks=peaks)

    def to_json(self) -> dict:
        parts = [{"landmarks": list(part.landmarks), "side": part.side} for part in self.parts]
        return {"size": self.size, "parts": parts, "views": self.views}

    @classmethod
    def from_json(cls, node: Node, landmarks: int) -> "FaceParts":
        parts = [
            FacePart(
                tuple(one.whole(0, landmarks - 1) for one in part["landmarks"].elements()), part["side"].number(0.01, 1)
            )
            for part in node["parts"].elements()
        ]
        views = node.optional("views", Node.whole, 1, len(VIEWS)) or len(VIEWS)  # older files lack it: all were seen
        return cls(node["size"].whole(32, 4096), tuple(parts), views)
