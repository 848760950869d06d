"""Pairs of landmarks that have each other's place in some of the images, however many: told before shapes have a model.

What a swap adds to the spread of a model hides it where more than a few images have it. Here each pair is looked at for
itself: the places of its landmarks in the images where they lie one way round, and in the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from rtl_tf.geometry.similarity import as_complex

FEWEST = 12  # images with both landmarks
CLEARLY = 0.5  # of the distances from the one places are those from the other, at most
LIKELY = 0.8  # the same, of a pair that is clearly swapped in other images
GAP = 4  # times as many images as have the pair swapped may lie between: of a pair that merely varies, 50 and more do
ABOUT_HALF = 0.4  # of the images: from there on nothing tells which ones are right


@dataclass(frozen=True)
class Exchange:
    """Two landmarks by index, bool (N,) the images where they are swapped against most, and how many have both."""

    first: int
    second: int
    swapped: np.ndarray
    images: int

    @property
    def share(self) -> float:
        return float(self.swapped.sum()) / self.images

    @property
    def is_about_half(self) -> bool:
        return self.share >= ABOUT_HALF


def find_exchanges(places: np.ndarray) -> list[Exchange]:
    """Of landmarks (N, K, 2), NaN = missing, that are laid over one shape."""
    laid = as_complex(places)
    found = (_exchange(laid, *pair) for pair in combinations(range(laid.shape[1]), 2))
    return [one for one in found if one]


def undone(points: np.ndarray, exchanges: Sequence[Exchange]) -> np.ndarray:
    """Points (N, K, 2) with the names exchanged back."""
    points = points.copy()
    for one in exchanges:
        points[one.swapped, one.first], points[one.swapped, one.second] = (
            points[one.swapped, one.second],
            points[one.swapped, one.first],
        )
    return points


def _exchange(laid: np.ndarray, first: int, second: int) -> Exchange | None:
    there = np.isfinite(laid[:, [first, second]]).all(axis=1)
    if there.sum() < FEWEST:
        return None
    one, other = laid[there, first], laid[there, second]
    apart = one - other
    axis = np.sqrt((apart**2 / (np.abs(apart) + 1e-9)).sum())  # of lines: a direction and its opposite are the same
    usual = (apart * np.conj(axis)).real > 0
    usual = usual if usual.mean() >= 0.5 else ~usual
    if usual.all():
        return None
    place, place_of_other = (np.median(each.real) + 1j * np.median(each.imag) for each in (one[usual], other[usual]))
    as_named = np.abs(one - place) + np.abs(other - place_of_other)
    exchanged = np.abs(one - place_of_other) + np.abs(other - place)
    swapped, right = exchanged < CLEARLY * as_named, as_named < CLEARLY * exchanged
    if not swapped.any() or (~swapped & ~right).sum() > GAP * swapped.sum():
        return None
    which = np.zeros(len(laid), bool)
    which[there] = exchanged < LIKELY * as_named
    return Exchange(first, second, which, int(there.sum()))
