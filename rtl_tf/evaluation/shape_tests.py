"""Whether groups of people differ in shape: means, freed of covariates, and permutation tests of their distances.

The model is linear in the tangent plane: shape = mean of the group + slopes x covariates + rest. A test of two groups
permutes the rests of the model in which they are one (Freedman and Lane, 1983), those of the other groups among them.
Two groups without covariates: that is the plain exchange of labels. Rows are people, who are independent of each other,
as images of one person are not.
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
    """p of the distance of two groups' means: the share of permutations with one at least as large, the data's among
    them. NaN where the covariates tell the two groups apart by themselves. Arguments as for `group_means`."""
    merged = np.where(groups == pair[1], pair[0], groups)
    null = np.hstack([np.eye(groups.max() + 1)[merged], covariates - covariates.mean(axis=0)])
    told = (groups == pair[1]).astype(np.float64)
    apart = told - null @ _solve(null, told)
    if np.linalg.norm(apart) < 1e-6 * np.linalg.norm(told):
        return float("nan")
    values = shapes.reshape(len(shapes), -1)
    rests = values - null @ _solve(null, values)
    shuffled = np.random.default_rng(seed).permuted(np.tile(apart, (permutations, 1)), axis=1)
    lengths = np.linalg.norm(shuffled @ rests, axis=1)
    as_large = lengths >= np.linalg.norm(apart @ rests) * (1 - 1e-9)  # the same sum in another order is as large
    return float((1 + as_large.sum()) / (1 + permutations))


def _solve(design: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least squares; the shortest solution where columns hang together."""
    return np.linalg.lstsq(design, values, rcond=None)[0]
