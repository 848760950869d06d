"""Whether plain and mirrored samples mark the same places of the face, told from the shapes alone.

A constant shift of all points cannot be seen so: shapes have no place. It needs pixels: see `common_faults`.
"""

from dataclasses import dataclass

import numpy as np

from rtl_tf.geometry.similarity import as_points
from rtl_tf.known import of_known
from rtl_tf.schema import Schema

FEWEST = 5  # samples of each kind
SHIFTED = 0.03  # of the face's extent: beyond it is no matter of whom the images show
EXPLAINED = 0.5  # of a difference that is left, at most, where an exchange of names explains it


@dataclass(frozen=True)
class Contrast:
    """Median places of mirrored samples against those of plain ones.

    Attributes:
        plain, mirrored: how many there are.
        shares: (K,), distances between both, shares of the face's extent; NaN for what one of them lacks.
        exchanged: pairs of landmarks that lie in each other's place in one of them.
    """

    plain: int
    mirrored: int
    shares: np.ndarray
    exchanged: tuple[tuple[int, int], ...] = ()


def contrast(laid: np.ndarray, mean: np.ndarray, is_mirrored: np.ndarray, schema: Schema) -> Contrast | None:
    """Of shapes laid over their mean; None where there are too few of one kind, or no landmark that both have.

    Args:
        laid: (N, K, 2), differences from `mean`, complex (K,).
    """
    counts = int((~is_mirrored).sum()), int(is_mirrored.sum())
    if min(counts) < FEWEST:
        return None
    place = as_points(mean)
    plain, mirrored = (place + of_known(np.nanmedian, laid[rows]) for rows in (~is_mirrored, is_mirrored))
    extent = float(np.nanmax(np.nanmax(place, axis=0) - np.nanmin(place, axis=0)))
    shares = np.linalg.norm(mirrored - plain, axis=-1) / extent
    if np.isnan(shares).all():
        return None
    exchanged = []
    for first, second in schema.mirrored_pairs:
        pair = [schema.index(first), schema.index(second)]
        crossed = np.linalg.norm(mirrored[pair[::-1]] - plain[pair], axis=-1) / extent
        if shares[pair].max() > SHIFTED and crossed.max() < EXPLAINED * shares[pair].max():
            exchanged.append((pair[0], pair[1]))
    return Contrast(*counts, shares, tuple(exchanged))
