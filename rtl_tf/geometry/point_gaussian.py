"""A Gaussian of K points in the plane: what some of them tell of the others."""

import numpy as np


class PointGaussian:
    """Mean (2K,) and covariance (2K, 2K) of the coordinates x0, y0, x1, y1, ..."""

    def __init__(self, mean: np.ndarray, covariance: np.ndarray):
        self.mean, self.covariance = mean, covariance
        self._inverses: dict[bytes, np.ndarray] = {}

    def inverse(self, known: np.ndarray) -> np.ndarray:
        """Of the covariance of the points that are `known`, bool (K,)."""
        key = known.tobytes()
        if key not in self._inverses:
            where = np.repeat(known, 2)
            self._inverses[key] = np.linalg.inv(self.covariance[np.ix_(where, where)])
        return self._inverses[key]

    def surprise(self, points: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far each point lies from where the kept ones, itself left out, predict it.

        Args:
            points: (K, 2), NaN = missing.
            kept: bool (K,), all of them there.
        Returns:
            offsets (K, 2), and covariances (K, 2, 2) of the predictions; NaN offsets where a point is missing.
        """
        offsets, spreads = np.full(points.shape, np.nan), np.zeros((len(points), 2, 2))
        where, inverse, values = np.repeat(kept, 2), self.inverse(kept), points.ravel() - self.mean
        # the inverse's blocks hold the predictions of each point from the rest
        spreads[kept] = np.linalg.inv(blocks_of(inverse))
        offsets[kept] = np.einsum("kij,kj->ki", spreads[kept], (inverse @ values[where]).reshape(-1, 2))
        # Solved: the inverse of what has variances without bounds leaves no digit of the difference.
        across = self.covariance[np.ix_(~where, where)]
        weights = np.linalg.solve(self.covariance[np.ix_(where, where)], across.T).T
        spreads[~kept] = blocks_of(self.covariance[np.ix_(~where, ~where)] - weights @ across.T)
        offsets[~kept] = (values[~where] - weights @ values[where]).reshape(-1, 2)
        return offsets, spreads

    def misfit(self, points: np.ndarray, kept: np.ndarray) -> float:
        """The Mahalanobis distance of the kept points (K, 2), for each of their coordinates: about 1 where they fit."""
        values = (points.ravel() - self.mean)[np.repeat(kept, 2)]
        return float(np.sqrt(values @ self.inverse(kept) @ values / len(values)))

    def filled(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A vector (2K,) with its NaN replaced by what the others predict, and the covariance (2K, 2K) of these."""
        gaps = np.isnan(values)
        spread = np.zeros_like(self.covariance)
        if not gaps.any():
            return values, spread
        filled = np.where(gaps, self.mean, values)
        if gaps.all():
            return filled, self.covariance
        inverse = self.inverse(~gaps.reshape(-1, 2).any(axis=1))
        across = self.covariance[np.ix_(gaps, ~gaps)]
        filled[gaps] += across @ inverse @ (values - self.mean)[~gaps]
        spread[np.ix_(gaps, gaps)] = self.covariance[np.ix_(gaps, gaps)] - across @ inverse @ across.T
        return filled, spread


def blocks_of(matrix: np.ndarray) -> np.ndarray:
    """(P, 2, 2) along the diagonal of (2P, 2P)."""
    count = len(matrix) // 2
    return matrix.reshape(count, 2, count, 2)[range(count), :, range(count)]
