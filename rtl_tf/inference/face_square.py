"""From a face that was found to the square that the network knows from its training, and which side the face shows.

Both are learned from training images: a ridge regression from the finder's square and key points to the square of the
landmarks, and a threshold on where the tip of the nose stands between the eyes. Needs no TensorFlow.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from rtl_tf.coordinates import turned
from rtl_tf.documents import Node, read_json
from rtl_tf.inference import ridge
from rtl_tf.inference.decoded import Box
from rtl_tf.inference.face_finder import KEY_POINTS, SWAPPED, Face
from rtl_tf.inference.ridge import Ridge

FEWEST_FACES = 5  # faces that a fit takes
FEW = 0.05  # of training faces that turn one way
TILTED = math.radians(20)  # faces that are turned by more are seen as if upright: hardly any training face is like them
SMALLEST, LARGEST = 0.1, 10.0  # sides of the found square that an answer has at least and at most
RIGHT_EYE, LEFT_EYE, NOSE = (KEY_POINTS.index(name) for name in ("right eye", "left eye", "nose tip"))
INPUTS, OUTPUTS = 2 * len(KEY_POINTS), 3


@dataclass(frozen=True)
class Side:
    """Which images the network sees mirrored: those where `turn` of the face is on one side of a threshold.

    Attributes:
        threshold: of `turn`.
        above: whether those above it are mirrored, or those below.
    """

    threshold: float
    above: bool

    def is_mirrored(self, face: Face) -> bool:
        return (turn(face) > self.threshold) == self.above


@dataclass(frozen=True, eq=False)
class FaceSquare:
    """Where the network shall look, once a face is found.

    Attributes:
        ridge: from the key points of a face (12,) to its square (3,), both in its own frame, as the network sees it.
        side: how to tell mirrored faces; or the one flag that all training images had.
    """

    ridge: Ridge
    side: Side | bool

    def apply(self, face: Face, mirrored: bool | None = None) -> tuple[Box, bool]:
        """The square, original px, and whether the network shall see it mirrored: as given, else by the key points."""
        if mirrored is None:
            mirrored = self.is_mirrored(face)
        tilt = face.tilt if abs(face.tilt) > TILTED else 0.0
        upright = replace(face, key_points=turned(face.key_points, -tilt, face.centre)) if tilt else face
        x, y, size = self.ridge(_inputs(upright, mirrored))
        side = face.box[2] * float(np.clip(np.exp(size), SMALLEST, LARGEST))
        middle = face.centre + turned(np.array([-x if mirrored else x, y]), tilt, (0, 0)) * face.box[2]
        left, top = (middle - side / 2).tolist()
        return (left, top, side), mirrored

    def is_mirrored(self, face: Face) -> bool:
        return self.side.is_mirrored(face) if isinstance(self.side, Side) else self.side

    def to_json(self) -> dict[str, Any]:
        side = self.side
        mirrored = {"threshold": side.threshold, "above": side.above} if isinstance(side, Side) else side
        return {"ridge": self.ridge.to_json(), "mirrored": mirrored}

    @classmethod
    def from_json(cls, node: Node) -> "FaceSquare":
        """InputError, which names file and place, unless `to_json` wrote it."""
        ridge, mirrored = Ridge.from_json(node["ridge"], INPUTS, OUTPUTS), node["mirrored"]
        if isinstance(mirrored.value, bool):
            return cls(ridge, mirrored.value)
        return cls(ridge, Side(mirrored["threshold"].number(), mirrored["above"].flag()))


def read_face_square(file: Path) -> FaceSquare | None:
    """What a run's folder says; None where it has no such file. InputError where that is damaged."""
    return FaceSquare.from_json(read_json(file)) if file.exists() else None


def fit(
    faces: Sequence[Face],
    squares: Sequence[Box],
    mirrored: Sequence[bool],
    subjects: Sequence[str],
    one_sided: bool = False,
) -> FaceSquare | None:
    """Learn from N faces on training images; None where they are fewer than FEWEST_FACES.

    Args:
        squares: that training crops show, original px.
        mirrored: see `Sample.mirrored`.
        subjects: who is shown. The ridge has for each of x, y and size the strength that errs least on people who are
            left out.
        one_sided: whether landmarks are of one half of the face, which an image of the other half shows mirrored.
    """
    if len(faces) < FEWEST_FACES:
        return None
    inputs = np.array([_inputs(*pair) for pair in zip(faces, mirrored, strict=True)])
    answers = np.array([_answers(*each) for each in zip(faces, squares, mirrored, strict=True)])
    if len(set(subjects)) == 1:
        subjects = [str(index) for index in range(len(faces))]
    x_y_size = [ridge.fit(inputs, answers[:, [column]], subjects)[0] for column in range(OUTPUTS)]
    means, weights = (
        np.concatenate([getattr(each, name) for each in x_y_size], axis=-1) for name in ("mean", "weights")
    )
    return FaceSquare(Ridge(inputs.mean(axis=0), means, weights), _fit_side(faces, mirrored, one_sided))


def turn(face: Face) -> float:
    """How far the tip of the nose stands from the middle of the eyes towards the left eye, in distances of the eyes.

    Above 0 where the person looks towards their left side.
    """
    right, left, nose = (face.key_points[index] for index in (RIGHT_EYE, LEFT_EYE, NOSE))
    line = left - right
    return float((nose - (left + right) / 2) @ line / max(line @ line, 1e-9))


def _inputs(face: Face, mirrored: bool) -> np.ndarray:
    """(12,): the key points in the frame of the found square, of the face as the network sees it."""
    points = (face.key_points - face.centre) / face.box[2]
    return (points[SWAPPED] * (-1, 1) if mirrored else points).ravel()


def _answers(face: Face, square: Box, mirrored: bool) -> np.ndarray:
    """(3,): the square's middle (x, y) in that frame, and the logarithm of its size."""
    left, top, side = square
    x, y = (np.array([left, top]) + side / 2 - face.centre) / face.box[2]
    return np.array([-x if mirrored else x, y, np.log(side / face.box[2])])


def _fit_side(faces: Sequence[Face], mirrored: Sequence[bool], one_sided: bool) -> Side | bool:
    """The threshold that is wrong least often, in the middle of the widest such gap.

    Where all have one flag it is that; but where they all turn one way and show that half alone, those that turn the
    other way by as much as hardly any of them turns less show the other half.
    """
    flags = np.array(mirrored, bool)
    turns = np.array([turn(face) for face in faces])
    if flags.all() or not flags.any():
        way = float(np.sign(np.median(turns)))
        least = float(np.quantile(turns * way, FEW))
        return Side(-way * least, bool(flags[0]) == (way > 0)) if one_sided and least > 0 else bool(flags[0])
    order = np.argsort(turns)
    turns, flags = turns[order], flags[order]
    above = bool(turns[flags].mean() > turns[~flags].mean())
    low = flags if above else ~flags  # what is wrong below the threshold; above it the others are
    wrong = np.cumsum(low)[:-1] + (~low)[::-1].cumsum()[::-1][1:]
    gaps = np.where(wrong == wrong.min(), np.diff(turns), -1.0)
    widest = int(gaps.argmax())
    return Side(float(turns[widest : widest + 2].mean()), above)
