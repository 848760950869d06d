"""Whether landmarks that a person placed are of the face that a detector found, or of another on the photograph."""

from collections.abc import Iterator

import numpy as np

from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.coordinates import crop_around
from rtl_tf.datasets.table import box_of
from rtl_tf.exceptions import retold_by

MARGIN = 0.5  # shares of the landmarks' larger extent: the next face's middle lies further away
MOST = 0.5  # of the landmarks


def is_of(found: MarkedFace, points: np.ndarray) -> bool:
    """Whether most of the points (K, 2), NaN = missing, lie where a detector looked, and around its landmarks.

    Both are asked: a box may show the whole photograph, and one landmark may lie far from the others. Where there is no
    square, or no point, nothing speaks against it.

    Raises:
        InputError: the cells of its box are none; it names the row.
    """
    there = points[np.isfinite(points).all(axis=1)]
    inside = np.ones(len(there), bool)
    for left, top, side in _squares(found):
        inside &= ((there >= (left, top)) & (there <= (left + side, top + side))).all(axis=1)
    return not len(there) or bool(inside.mean() >= MOST)


def _squares(face: MarkedFace) -> Iterator[tuple[float, float, float]]:
    """(left, top, side), px: the box of its row, and one around its landmarks, widened by MARGIN on each side."""
    with retold_by(face.error):
        box = box_of(dict(face.cells))
    if box is not None:
        yield box
    known = face.points[np.isfinite(face.points).all(axis=1)]
    if len(known) and np.ptp(known, axis=0).any():
        crop = crop_around(known, 1, MARGIN)
        yield crop.left, crop.top, crop.side
