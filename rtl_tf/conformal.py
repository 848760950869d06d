"""Conformal radii: around a found landmark, how far away its place is at most, in a chosen share of cases.

From errors on images that no network had seen, each beside a number that tells how unsure it was (its *doubt*): errors
are divided by what the doubt lets expect, and the radius is a quantile of these ratios times the expectation of a new
image (Lei et al. 2018, locally weighted conformal prediction). People, not images, are exchangeable: each person counts
once, however many images they have, and one more, whom nobody has seen, with an error beyond all others (Lee, Barber
and Willett 2023, hierarchical conformal prediction). So it holds for one image of a new person, whatever the detector.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from rtl_tf.documents import Node

LEVELS = tuple((np.arange(50, 100) / 100).round(2).tolist())  # coverages that can be asked for
SMALLEST = 1e-6  # expected errors are larger, shares of a face's square


@dataclass(frozen=True, eq=False)
class Conformal:
    """Of K landmarks; lengths are in the unit of the errors that it was fitted to.

    Attributes:
        base, slope: (K,), of the expected error, base + slope * doubt; none is below 0.
        quantiles: (len(LEVELS), K), of errors as multiples of the expected one; infinite where there were too few
            people for a level.
    """

    base: np.ndarray
    slope: np.ndarray
    quantiles: np.ndarray

    @classmethod
    def fit(cls, errors: np.ndarray, doubts: np.ndarray, people: Sequence[str]) -> "Conformal":
        """Of N images.

        Args:
            errors, doubts: (N, K), NaN = not labelled.
            people: N names.
        """
        base, slope = np.transpose([_expected_error(*pair) for pair in zip(errors.T, doubts.T, strict=True)])
        ratios = errors / np.maximum(base + slope * doubts, SMALLEST)
        return cls(base, slope, np.stack([quantiles(column, people) for column in ratios.T], axis=1))

    def expected(self, doubts: np.ndarray) -> np.ndarray:
        """(..., K) -> (..., K): the error that a doubt lets expect."""
        return np.maximum(self.base + self.slope * doubts, SMALLEST)

    def radii(self, doubts: np.ndarray, coverage: float) -> np.ndarray:
        """(..., K) -> (..., K): within it lie `coverage` of the places; NaN where no radius can promise that.

        `coverage` is taken for the next higher of LEVELS.
        """
        level = next(index for index, value in enumerate(LEVELS) if value >= coverage - 1e-9)
        radii = self.expected(doubts) * self.quantiles[level]
        return np.where(np.isfinite(radii), radii, np.nan)

    def to_json(self) -> dict:
        finite = np.where(np.isfinite(self.quantiles), self.quantiles, -1.0)  # JSON knows no infinity
        return {"base": self.base.tolist(), "slope": self.slope.tolist(), "quantiles": finite.tolist()}

    @classmethod
    def from_json(cls, node: Node, landmarks: int) -> "Conformal":
        base, slope = (node[name].array((landmarks,)) for name in ("base", "slope"))
        kept = node["quantiles"].array((len(LEVELS), landmarks))
        return cls(base, slope, np.where(kept < 0, np.inf, kept))


def _expected_error(errors: np.ndarray, doubts: np.ndarray) -> np.ndarray:
    """(2,): base and slope, least squares without a negative one."""
    known = np.isfinite(errors) & np.isfinite(doubts)
    if not known.any():
        return np.array([1.0, 0.0])
    return nnls(np.stack([np.ones(known.sum()), doubts[known]], axis=1), errors[known])[0]


def quantiles(scores: np.ndarray, people: Sequence[str], levels: Sequence[float] = LEVELS) -> np.ndarray:
    """(len(levels),): the smallest score up to which lie those of that share of people, one more being infinite.

    Args:
        scores: (N,), of images, NaN = unknown.
        people: N names.
    """
    known = np.isfinite(scores)
    values, names = scores[known], np.asarray(people)[known]
    order = np.argsort(values, kind="stable")
    _, which, images = np.unique(names, return_inverse=True, return_counts=True)
    weights = 1 / (images[which] * (len(images) + 1))
    reached = np.cumsum(weights[order])
    places = np.searchsorted(reached, np.array(levels) - 1e-9)
    return np.append(values[order], np.inf)[places]
