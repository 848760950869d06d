"""Statistics of what is known: NaN has no vote, an infinite value none in a mean; of nothing they are NaN, unwarned."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike


def of_known(statistic: Callable, values: np.ndarray, axis: int = 0) -> np.ndarray:
    """`np.nanstd`, `np.nanmax` or the like over one axis.

    Examples:
        >>> of_known(np.nanmax, np.array([[1.0, np.nan], [3.0, np.nan]]))
        array([ 3., nan])
    """
    values = np.moveaxis(values, axis, 0)
    result = np.full(values.shape[1:], np.nan)
    known = ~np.isnan(values).all(axis=0)
    result[known] = statistic(values[:, known], axis=0)
    return result


def mean_of_known(values: ArrayLike, axis: int | tuple[int, ...] | None = None) -> np.ndarray:
    """Mean of what is finite, over one axis, several or all."""
    values = np.asarray(values, np.float64)
    known = np.isfinite(values)
    counts, sums = known.sum(axis=axis), np.where(known, values, 0.0).sum(axis=axis)
    return np.divide(sums, counts, out=np.full(np.shape(counts), np.nan), where=counts > 0)
