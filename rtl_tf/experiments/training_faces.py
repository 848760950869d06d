"""What a run learns about faces from its training images: where the network shall look once a face is found."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from rtl_tf.coordinates import Crop, sample_crop
from rtl_tf.images import read_image
from rtl_tf.inference.decoded import Box
from rtl_tf.inference.face_finder import Face, find_faces, overlap
from rtl_tf.inference.face_square import FEWEST_FACES, FaceSquare, fit
from rtl_tf.inference.squares import face_around
from rtl_tf.records import Sample, evenly
from rtl_tf.system.progress import in_threads

MOST_IMAGES = 300  # images that are looked at; more would change nothing
SHARE = 0.5  # of them in which a face must be found: else the photographs show no faces as the finder knows them


def faces_on(image: Path) -> list[Face]:
    """Those that are found on a photograph, the largest first."""
    return find_faces(read_image(image))


def learn_face_square(
    samples: Sequence[Sample],
    margin: float,
    faces_on: Callable[[Path], list[Face]] = faces_on,
    one_sided: bool = False,
) -> FaceSquare | None:
    """Find the faces of training images and fit their squares; None, which is said, where too few are found.

    Args:
        margin: of crops around landmarks, see `coordinates.crop_around`.
        faces_on: another way to find them, which remembers what it found.
        one_sided: see `face_square.fit`.
    """
    chosen = evenly(samples, MOST_IMAGES)
    squares = [_square(sample, margin) for sample in chosen]
    seen = list(in_threads(faces_on, [sample.image for sample in chosen], "finding faces in training images"))
    fewest = max(FEWEST_FACES, SHARE * len(chosen))
    faces = [_face_in(*each) for each in zip(seen, squares, strict=True)]
    if sum(map(bool, faces)) < fewest:  # squares of the eyes or the mouth alone, which hold no face
        faces = [face_around(each, Crop(*square, 1)) for each, square in zip(seen, squares, strict=True)]
    found = [index for index, face in enumerate(faces) if face]
    if len(found) < fewest:
        print(
            f"faces found in {len(found)} of {len(chosen)} training images, too few: "
            "predict.py will look at the largest central square of a photograph without a box"
        )
        return None
    return fit(
        [face for face in faces if face],
        [squares[index] for index in found],
        [chosen[index].mirrored for index in found],
        [chosen[index].subject for index in found],
        one_sided,
    )


def _square(sample: Sample, margin: float) -> Box:
    crop = sample_crop(sample, 1, margin)
    return crop.left, crop.top, crop.side


def _face_in(faces: Sequence[Face], square: Box) -> Face | None:
    """The face that a sample's square is around: its middle lies in it; of several, the one that fills it most."""
    start, side = np.array(square[:2]), square[2]
    inside = [face for face in faces if (abs(face.centre - start - side / 2) < side / 2).all()]
    return max(inside, key=lambda face: overlap(face.box, square), default=None)
