"""What mistake would explain points that do not fit: each is undone on trial, and the face judged again."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from rtl_tf.audit.outliers import HALF_TURN, find_outliers
from rtl_tf.geometry.shape_model import ShapeModel
from rtl_tf.schema import Schema

MOST_SWAPPED = 4  # points off: beyond that no two names are to blame
BETTER = 0.75  # of the misfit, at most, is left where an explanation is believed


class Explanation(NamedTuple):
    """A mistake in words for a person; `swapped` are the two landmarks concerned, where it is a swap."""

    what: str
    reason: str
    advice: str
    swapped: tuple[int, int] | None = None


Undone = tuple[np.ndarray, bool, Explanation | None, tuple[int, int] | None]
UNEXPLAINED = Explanation(
    "a face unlike the others",
    "most points do not fit each other",
    "look at the labels of this image, then at its file",
)
OTHER_HALF = Explanation(
    "other half of the face",
    "it shows the other half than most images",
    "set or clear `mirrored`, or exchange the names",
)
SIDES = Explanation("sides exchanged", "left and right have each other's names", "exchange left and right in all names")
REFLECTED = Explanation("mirror image", "the image or its points are mirrored", "mirror the image or its points back")
X_AND_Y = Explanation("x and y exchanged", "x and y stand in each other's column", "exchange x and y of this image")
Y_UPWARDS = Explanation("y upwards", "y counts from below", "replace y by the image's height - 1 - y")
UPSIDE_DOWN = Explanation("upside down", "the points are turned by 180 degrees", "turn the points or the image (EXIF?)")
ON_ITS_SIDE = Explanation(
    "on its side",
    "the points are turned by 90 degrees, or x and y exchanged in a set of both halves",
    "turn the points or the image (EXIF?)",
)


def explain(
    model: ShapeModel, points: np.ndarray, person: str, off: np.ndarray, flipped: bool, schema: Schema
) -> Explanation | None:
    """The mistake that, undone, makes a face fit best; None where none does.

    Args:
        points: (K, 2), as all faces are seen.
        off: bool (K,), those that do not fit.
        flipped: whether it was mirrored because it shows the other half, which most images of the set may do too.
    """
    best: Undone = points, False, None, None
    limit = BETTER * model.judge(points, person).misfit
    for undone, is_reflected, kind, swapped in _undone(points, off, schema):
        left = model.judge(undone, person).misfit
        if left < limit and not find_outliers(model, undone, person).off.any():
            best, limit = (undone, is_reflected, kind, swapped), left
    undone, is_reflected, kind, swapped = best
    turned = _of_turn(model.judge(undone, person).turn, is_reflected != flipped)
    if turned or swapped is None:
        return turned or kind
    return of_swap(swapped)


def of_swap(pair: tuple[int, int]) -> Explanation:
    return Explanation(
        "swapped names", "two landmarks have each other's place", "exchange the two names in this image", pair
    )


def are_sides(swaps: Sequence[tuple[int, int]], schema: Schema) -> bool:
    """Whether swapped pairs are so many, and of left and right alone, that it is the sides that are exchanged."""
    pairs = {tuple(sorted((schema.index(first), schema.index(second)))) for first, second in schema.mirrored_pairs}
    return len(swaps) > 1 and set(swaps) <= pairs


def _undone(points: np.ndarray, off: np.ndarray, schema: Schema) -> Iterator[Undone]:
    """The points with each mistake undone, whether that mirrors them, its explanation, the two landmarks of a swap."""
    permutation = schema.mirror_permutation
    if off.any():
        yield (points * (-1, 1))[permutation], True, OTHER_HALF, None
        yield points * (-1, 1), True, REFLECTED, None
    if off.any() and (permutation != np.arange(len(permutation))).sum() > 2:
        yield points[permutation], False, SIDES, None
    if 0 < off.sum() <= MOST_SWAPPED:
        known = np.flatnonzero(~np.isnan(points).any(axis=1))
        for first, second in combinations(known, 2):
            if off[first] or off[second]:
                swapped = points.copy()
                swapped[[first, second]] = points[[second, first]]
                yield swapped, False, None, (int(first), int(second))


def _of_turn(turn: float, is_reflected: bool) -> Explanation | None:
    """What turns a face far from upright; None for one that is upright."""
    if abs(turn) > np.pi - HALF_TURN:
        return Y_UPWARDS if is_reflected else UPSIDE_DOWN
    if abs(turn) > HALF_TURN:
        return X_AND_Y if is_reflected else ON_ITS_SIDE
    return None
