"""Conformal radii: around a found landmark, how far away its place is at most, in a chosen share of cases.

From errors on images that no network had seen, each beside a number that tells how unsure it was (its *doubt*): errors
are divided by what the doubt lets expect, and the radius is a quantile of these ratios times the expectation of a new
image (Lei et al. 2018, locally weighted conformal prediction). People, not images, are exchangeable: each person counts
once, however many images they have, and one more, whom nobody has seen, with an error beyond all others (Lee, Barber
and Willett 2023, hierarchical conformal prediction). So it holds for one image of a new person; nearly, since what the
doubt lets expect is fitted to the same errors (0.89 for 0.90 with 20 people), and since the networks that erred there
have seen a little less than the one that is used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import nnls

from rtl_tf.documents import Node

LEVELS = tuple((np.arange(50, 100) / 100).round(2).tolist())  # coverages that can be asked for
SMALLEST = 1e-6  # expected errors are larger, shares of a face's square
LEAST = 0.25  # of the mean error is expected without any doubt: else radii would end at 0 there, and explode beyond it
FEWEST_OF_A_GROUP = 20  # people, who can promise 95 %: then its radii are its own (Vovk et al. 2003, Mondrian)


@dataclass(frozen=True, eq=False)
class Conformal:
    """Of K landmarks; lengths are in the unit of the errors that it was fitted to.

    Attributes:
        base, slope: (K,), of the expected error, base + slope * doubt; none is below 0.
        quantiles: (len(LEVELS), K), of errors as multiples of the expected one; infinite where there were too few
            people for a level.
        of_groups: the same of each group of images, infinite for landmarks that too few of its people have; without
            groups that have none.
    """

    base: np.ndarray
    slope: np.ndarray
    quantiles: np.ndarray
    of_groups: Mapping[str, np.ndarray] = field(default_factory=dict)

    @classmethod
    def fit(
        cls, errors: np.ndarray, doubts: np.ndarray, people: Sequence[str], groups: Sequence[str] | None = None
    ) -> "Conformal":
        """Of N images.

        Args:
            errors, doubts: (N, K), NaN = not labelled.
            people, groups: N names; a group of no name is none.
        """
        base, slope = np.transpose([_expected_error(*pair) for pair in zip(errors.T, doubts.T, strict=True)])
        ratios = errors / np.maximum(base + slope * doubts, SMALLEST)
        names, of_images = np.asarray(people), np.asarray([""] * len(errors) if groups is None else groups)

        def of(images: np.ndarray, fewest: int = 0) -> np.ndarray:
            columns = [quantiles(column, names[images]) for column in ratios[images].T]
            counts = [len(set(names[images][np.isfinite(column)])) for column in ratios[images].T]
            return np.where(np.array(counts) >= fewest, np.stack(columns, axis=1), np.inf)

        members = {name: of_images == name for name in sorted(set(of_images.tolist()) - {""})}
        own = {name: of(images, FEWEST_OF_A_GROUP) for name, images in members.items()}
        enough = {name: found for name, found in own.items() if np.isfinite(found).any()}
        return cls(base, slope, of(np.ones(len(errors), bool)), enough)

    @property
    def known(self) -> np.ndarray:
        """bool (K,): the landmarks that had an error in any image."""
        return np.isfinite(self.quantiles).any(axis=0)

    def expected(self, doubts: np.ndarray) -> np.ndarray:
        """(..., K) -> (..., K): the error that a doubt lets expect."""
        return np.maximum(self.base + self.slope * doubts, SMALLEST)

    def radii(self, doubts: np.ndarray, coverage: float, groups: Sequence[str] | None = None) -> np.ndarray:
        """(N, K) -> (N, K): within it lie `coverage` of the places; NaN where no radius can promise that.

        Where too few people of an image's group had a landmark, what all images promise counts; where enough had, but
        not for this coverage, that or the group's own radius at the highest that it promises, whichever is larger: so
        radii never fall as coverage rises. `coverage` is taken for the next higher of LEVELS.
        """
        level = next(index for index, value in enumerate(LEVELS) if value >= coverage - 1e-9)
        quantile_of_group = {name: _at(level, own, self.quantiles) for name, own in self.of_groups.items()}
        reached = [quantile_of_group.get(name, self.quantiles[level]) for name in groups or [""] * len(doubts)]
        radii = self.expected(doubts) * np.reshape(reached, np.shape(doubts))
        return np.where(np.isfinite(radii), radii, np.nan)

    def to_json(self) -> dict:
        document = {"base": self.base.tolist(), "slope": self.slope.tolist(), "quantiles": _finite(self.quantiles)}
        return document | {"of_groups": {name: _finite(own) for name, own in self.of_groups.items()}}

    @classmethod
    def from_json(cls, node: Node, landmarks: int) -> "Conformal":
        base, slope = (node[name].array((landmarks,)) for name in ("base", "slope"))
        groups = node.get("of_groups")  # older files lack it
        own = {name: _infinite(groups[name], landmarks) for name in groups.object()} if groups else {}
        return cls(base, slope, _infinite(node["quantiles"], landmarks), own)


def _at(level: int, own: np.ndarray, of_all: np.ndarray) -> np.ndarray:
    """(K,): a group's own quantiles at a level, or those that stand for them; see `Conformal.radii`."""
    highest = np.where(np.isfinite(own), own, 0.0).max(axis=0)
    return np.where(np.isfinite(own[level]), own[level], np.maximum(of_all[level], highest))


def _finite(values: np.ndarray) -> list:
    return np.where(np.isfinite(values), values, -1.0).tolist()  # JSON knows no infinity


def _infinite(node: Node, landmarks: int) -> np.ndarray:
    kept = node.array((len(LEVELS), landmarks))
    return np.where(kept < 0, np.inf, kept)


def _expected_error(errors: np.ndarray, doubts: np.ndarray) -> np.ndarray:
    """(2,): base and slope, least squares without a negative one; the base is at least LEAST of the mean error."""
    known = np.isfinite(errors) & np.isfinite(doubts)
    if not known.any():
        return np.array([1.0, 0.0])
    base, slope = nnls(np.stack([np.ones(known.sum()), doubts[known]], axis=1), errors[known])[0]
    return np.array([max(base, LEAST * errors[known].mean()), slope])


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
