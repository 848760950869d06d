"""Whether groups of people differ in shape: means, freed of covariates, and permutation tests of their distances.

The model is linear in the tangent plane: shape = mean of the group + slopes x covariates + rest. A test of two groups
is of their people alone, for other groups may vary more or less. It permutes the rests of the model in which the two
are one (Freedman and Lane, 1983); without covariates that is the plain exchange of labels. Compared are distances in
units of their own error, for which no group needs to vary as much as the other (DiCiccio and Romano, 2017): by plain
distances, the means of 12 and 60 people would differ in half of all cases where the 12 vary twice as much. Rows are
people, who are independent of each other, as images of one person are not.
"""

from dataclasses import dataclass

import numpy as np

PERMUTATIONS = 999


@dataclass(frozen=True)
class GroupMeans:
    """What a linear model says of groups.

    Attributes:
        means: (G, K, 2), of each group at the covariates' means over all.
        slopes: (C, K, 2), how shapes change with each covariate inside groups.
        centre: (C,), the covariates' means.
    """

    means: np.ndarray
    slopes: np.ndarray
    centre: np.ndarray

    def adjusted(self, shapes: np.ndarray, covariates: np.ndarray) -> np.ndarray:
        """Shapes (N, K, 2) as they would be at the covariates' means; covariates (N, C)."""
        return shapes - np.tensordot(covariates - self.centre, self.slopes, axes=1)

    def distance(self, first: int, second: int) -> float:
        """Procrustes distance of two groups' means."""
        return float(np.linalg.norm(self.means[first] - self.means[second]))


def group_means(shapes: np.ndarray, groups: np.ndarray, covariates: np.ndarray) -> GroupMeans:
    """Of shapes (N, K, 2), groups (N,) from 0 and covariates (N, C), which may be none."""
    indicators = np.eye(groups.max() + 1)[groups]
    centre = covariates.mean(axis=0)
    found = _solve(np.hstack([indicators, covariates - centre]), shapes.reshape(len(shapes), -1))
    found = found.reshape(-1, *shapes.shape[1:])
    return GroupMeans(found[: indicators.shape[1]], found[indicators.shape[1] :], centre)


def distance_p(
    shapes: np.ndarray,
    groups: np.ndarray,
    covariates: np.ndarray,
    pair: tuple[int, int],
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> float:
    """p of the distance of two groups' means, in units of its error: the share of permutations with one at least as
    large, the data's among them, by the people of the two groups. NaN where the covariates tell the two apart by
    themselves. Arguments as for `group_means`."""
    both = np.isin(groups, pair)
    values, covariates = shapes[both].reshape(both.sum(), -1), covariates[both]
    null = _directions(np.hstack([np.ones((len(values), 1)), covariates - covariates.mean(axis=0)]))
    is_second = (groups[both] == pair[1]).astype(np.float64)
    apart = is_second - null @ (null.T @ is_second)
    if np.linalg.norm(apart) < 1e-6 * np.linalg.norm(is_second):
        return float("nan")
    model = np.column_stack([null, apart / np.linalg.norm(apart)])
    left = 1 - (model**2).sum(axis=1)  # of each row's variance by the model, in which rests are too small
    weights = np.where(left > 1e-9, apart**2 / np.maximum(left, 1e-9), 0.0)

    def squares(rests: np.ndarray) -> tuple[float, float]:
        """Of the distance, and of its error, in the same unit."""
        beside = rests - model @ (model.T @ rests)
        return ((apart @ rests) ** 2).sum(), weights @ (beside**2).sum(axis=1)

    rests = values - null @ (null.T @ values)
    distance, error = squares(rests)
    random, as_large = np.random.default_rng(seed), 1
    for _ in range(permutations):
        other, its_error = squares(random.permutation(rests))
        as_large += other * error >= distance * its_error * (1 - 1e-9)  # the same sum in another order is as large
    return float(as_large / (1 + permutations))


def _directions(columns: np.ndarray) -> np.ndarray:
    """(N, rank), of unit length and at right angles: what columns (N, C) span."""
    vectors, lengths, _ = np.linalg.svd(columns, full_matrices=False)
    return vectors[:, lengths > 1e-12 * lengths[0]]


def _solve(design: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least squares; the shortest solution where columns hang together."""
    return np.linalg.lstsq(design, values, rcond=None)[0]
