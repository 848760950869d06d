"""Images that show the same: of equal pixels, or so alike that one was made from the other."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from PIL import Image

from rtl_tf.images import image_hash, read_size
from rtl_tf.records import Sample
from rtl_tf.system.hashing import file_hash

SIDE = 24  # px of the pictures that are compared
ALIKE = 0.985  # correlation
SAME = 0.999  # below that no pixels are equal
BLOCK = 1024  # pictures that are compared with all others at once


class Pair(NamedTuple):
    """Two samples, by index; `is_equal`: their pixels are."""

    first: int
    second: int
    correlation: float
    is_equal: bool


def find_duplicates(samples: Sequence[Sample], sketches: Sequence[np.ndarray | None]) -> list[Pair]:
    """All pairs of different files of equal bytes, or whose faces look alike; the most alike first."""
    pairs = {(first, second): Pair(first, second, 1.0, True) for first, second in _equal_files(samples)}
    pairs |= {pair[:2]: pair for pair in _alike(samples, sketches) if pair[:2] not in pairs}
    return sorted(pairs.values(), key=lambda pair: (not pair.is_equal, -pair.correlation, pair))


def _equal_files(samples: Sequence[Sample]) -> Iterator[tuple[int, int]]:
    of_size, of_content = defaultdict(list), defaultdict(list)
    for index, sample in enumerate(samples):
        of_size[sample.image.stat().st_size].append(index)
    for indices in of_size.values():
        if len({samples[index].image for index in indices}) > 1:
            for index in indices:
                of_content[file_hash(samples[index].image)].append(index)
    for indices in of_content.values():
        for first, second in pairwise(indices):
            if samples[first].image != samples[second].image:
                yield first, second


def _alike(samples: Sequence[Sample], sketches: Sequence[np.ndarray | None]) -> Iterator[Pair]:
    """Only the most alike are decoded once more, to compare their pixels."""
    there = {index: sketch for index, sketch in enumerate(sketches) if sketch is not None}
    rows = list(there)
    if not rows:
        return
    normed = np.stack([_normed(sketch) for sketch in there.values()])
    for start in range(0, len(rows), BLOCK):
        alike = normed[start : start + BLOCK] @ normed.T
        for a, b in np.argwhere(alike > ALIKE):
            first, second = rows[start + a], rows[b]
            if first < second and samples[first].image != samples[second].image:
                equal = bool(alike[a, b] > SAME) and _have_equal_pixels(samples[first], samples[second])
                yield Pair(first, second, float(alike[a, b]), equal)


def _normed(sketch: np.ndarray) -> np.ndarray:
    """float32 (SIDE * SIDE,) of mean 0 and length 1: brightness and contrast make no difference."""
    small = np.asarray(Image.fromarray(sketch).resize((SIDE, SIDE), Image.Resampling.BOX), np.float32).ravel()
    small = small - small.mean()
    return small / (np.linalg.norm(small) + 1e-6)


def _have_equal_pixels(first: Sample, second: Sample) -> bool:
    return read_size(first.image) == read_size(second.image) and image_hash(first.image) == image_hash(second.image)
