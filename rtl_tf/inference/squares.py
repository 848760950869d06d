"""Which square of a photograph the network looks at, and whether mirrored. Needs no TensorFlow."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rtl_tf.coordinates import Crop
from rtl_tf.exceptions import InputError
from rtl_tf.images import require_overlap, require_sensible
from rtl_tf.inference.decoded import Box
from rtl_tf.inference.face_finder import Face, find_faces
from rtl_tf.inference.face_square import FaceSquare
from rtl_tf.pyramid import Photographed, Pyramid, size_of

MESH_SIDE = 1.5  # side of the square in which a mesh is looked for over that of the face's box, as MediaPipe has it
HELD = 0.6  # of a face's box in a square around its landmarks, all of them; around half of them it is 0.3 to 0.5
FINDS_NO_FACES = "the detector finds no faces: the largest central square of each {} is looked at"
NO_FACE = "no face was found; give the square around it, see --table (in Python: boxes)"


class Aim(NamedTuple):
    """Where the network looks: a square (left, top, side), original px, whether mirrored, the face that told it, and
    how many faces it is the largest of; 0 where a square was given or nobody looked for faces."""

    box: Box
    mirrored: bool
    face: Face | None = None
    faces: int = 0


def square_to_look_at(
    learned: FaceSquare | None, image: Photographed, box: Box | None, mirrored: bool | None, name: str | Path = "image"
) -> Aim:
    """The square that is looked at, and how.

    Args:
        learned: of the run, how faces lie in its squares; None = the run knows no faces.
        image: decoded, uint8 (H, W, 3), or a pyramid.
        box, mirrored: what is given wins. Without a square it is that of the largest face, or, where the run knows no
            faces, the largest central one; without the flag the face tells its side.
        name: of the image, in messages.
    Raises:
        InputError: no face was found, or a square that is given shows nothing of the image.
    """
    if box is not None:
        return Aim(box, _side_in(learned, image, box, name) if mirrored is None else mirrored)
    if learned is None:
        return Aim(central_square(size_of(image)), bool(mirrored))
    found = found_square(learned, image, mirrored)
    if found is None:
        raise InputError(f"{name}: {NO_FACE}")
    return found


def found_square(learned: FaceSquare, image: Photographed, mirrored: bool | None) -> Aim | None:
    """As `square_to_look_at`, of the largest face on an image; None where none is found."""
    return square_of_largest(learned, find_faces(image), mirrored)


def square_of_largest(learned: FaceSquare, faces: Sequence[Face], mirrored: bool | None) -> Aim | None:
    """The same, of the faces that were found, the largest first."""
    return Aim(*learned.apply(faces[0], mirrored), faces[0], len(faces)) if faces else None


def face_in(image: Photographed, box: Crop) -> Face | None:
    """The found face whose middle is nearest to that of a box and within it; None where there is none."""
    faces = [face for face in find_faces(image) if np.abs(face.centre - box.centre).max() < box.side / 2]
    return min(faces, key=lambda one: math.dist(one.centre, box.centre), default=None)


def face_around(faces: Sequence[Face], box: Crop) -> Face | None:
    """The face that a square around some of its landmarks belongs to, the eyes or the mouth alone: the middle of the
    square lies in that of the face's mesh. Of several the one that it lies deepest in."""
    depths = [np.abs(face.centre - box.centre).max() / (MESH_SIDE * face.box[2]) for face in faces]
    nearest = min(range(len(faces)), key=depths.__getitem__, default=None)
    return None if nearest is None or depths[nearest] > 0.5 else faces[nearest]


def is_held(face: Face, box: Crop) -> bool:
    """Whether a square shows a face, but for what is missing of every square around landmarks of half of it."""
    corner, end = np.array(face.box[:2]), np.array(face.box[:2]) + face.box[2]
    start = np.array([box.left, box.top])
    shared = np.clip(np.minimum(end, start + box.side) - np.maximum(corner, start), 0, None)
    return bool(shared.prod() >= HELD * face.box[2] ** 2)


def mesh_square(face: Face, box: Crop) -> Crop:
    """Where the mesh of a face is best looked for first: around the found face, upright, as `box` shows it. The box may
    be off by more than a mesh bears, and knows nothing of how far the face is tilted."""
    side = MESH_SIDE * face.box[2]
    left, top = (face.centre - side / 2).tolist()
    return replace(box, left=left, top=top, side=side, angle=face.tilt)


def central_square(size: tuple[int, int]) -> Box:
    """The largest square (left, top, side) in the middle of an image of this size (width, height), original px."""
    width, height = size
    side = min(width, height)
    return ((width - side) / 2 - 0.5, (height - side) / 2 - 0.5, float(side))


def _side_in(learned: FaceSquare | None, image: Photographed, box: Box, name: str | Path) -> bool:
    """Whether a square shall be seen mirrored, by the largest face in it; not where it shows none."""
    if learned is None:
        return False
    if isinstance(learned.side, bool):
        return learned.side
    crop = Crop(*box, 1)
    require_sensible(crop, name)
    require_overlap(size_of(image), crop, name)
    left, top, side = box
    rows, columns = (slice(max(0, math.floor(start)), math.ceil(start + side) + 1) for start in (top, left))
    pixels = image.full if isinstance(image, Pyramid) else image
    faces = find_faces(Pyramid.of(pixels[rows, columns], name))
    return bool(faces) and learned.is_mirrored(faces[0])
