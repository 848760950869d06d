"""Small grey pictures of faces, laid upright by their landmarks: what duplicates and wrong images are told by."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from rtl_tf.coordinates import Crop
from rtl_tf.exceptions import InputError
from rtl_tf.images import crop_image, read_image, read_size
from rtl_tf.records import Sample
from rtl_tf.system.faults import raise_faults
from rtl_tf.system.progress import in_threads

SIZE = 64  # px
ROOM = 1.5  # of the square that is turned: its corners must be there
REACH = 2.0  # half of the square's side, of the face's size
REDUCTIONS = (8, 4, 2)  # of a JPEG that is decoded for sketches
SMALLEST_SIDE = 4.0  # px of the image


@dataclass(frozen=True)
class Place:
    """Of a face in its image: its middle (x, y) px, size px, turn to upright (radians), and whether it is mirrored."""

    middle: tuple[float, float]
    size: float
    turn: float
    mirrored: bool

    @property
    def crop(self) -> Crop:
        side = max(2 * REACH * ROOM * self.size, SMALLEST_SIDE)
        (x, y), size = self.middle, int(SIZE * ROOM)
        return Crop(x - side / 2, y - side / 2, side, size, self.mirrored)


def read_all(samples: Sequence[Sample], places: Sequence[Sequence[Place]]) -> list[list[np.ndarray | None]]:
    """uint8 (SIZE, SIZE) of the places in each sample's image, which is decoded once; in threads, with a bar.

    None for a place that cannot be seen: it lies outside the image, or the landmarks do not tell it.

    Raises:
        InputError: an image is damaged; the line names it. Faults: several are.
    """
    files = defaultdict(list)
    for index, sample in enumerate(samples):
        files[sample.image].append(index)
    sketches: list[list[np.ndarray | None]] = [[] for _ in samples]

    def read(indices: list[int]) -> InputError | None:
        wanted = [place for index in indices for place in places[index]]
        try:
            seen = iter(_of_image(samples[indices[0]], wanted))
        except InputError as problem:
            return problem
        for index in indices:
            sketches[index] = [next(seen) for _ in places[index]]
        return None

    problems = in_threads(read, list(files.values()), "looking at the images")
    raise_faults([problem for problem in problems if problem])
    return sketches


def _of_image(sample: Sample, places: Sequence[Place]) -> list[np.ndarray | None]:
    usable = [np.isfinite([*place.middle, place.size, place.turn]).all() for place in places]
    crops = [place.crop for place, is_usable in zip(places, usable, strict=True) if is_usable]
    wanted = min((crop.side / crop.size for crop in crops), default=1)
    pixels = read_image(sample.image, next((factor for factor in REDUCTIONS if factor <= wanted), 1))
    factor = round(read_size(sample.image)[0] / pixels.shape[1])
    seen = iter([_cropped(pixels, crop.reduced(factor)) for crop in crops])
    return [
        _upright(next(seen), place.turn) if is_usable else None for place, is_usable in zip(places, usable, strict=True)
    ]


def _cropped(pixels: np.ndarray, crop: Crop) -> np.ndarray | None:
    """None for a square without extent or outside the image, as faulty labels have."""
    try:
        return crop_image(pixels, crop)
    except InputError:
        return None


def _upright(crop: np.ndarray | None, turn: float) -> np.ndarray | None:
    if crop is None:
        return None
    border = (len(crop) - SIZE) // 2
    turned = Image.fromarray(crop).convert("L").rotate(-np.degrees(turn), Image.Resampling.BILINEAR)
    return np.asarray(turned)[border : border + SIZE, border : border + SIZE]
