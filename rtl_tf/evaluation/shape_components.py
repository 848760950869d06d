"""Principal components of superimposed shapes."""

from dataclasses import dataclass

import numpy as np

FLAT = 1e-10  # of the largest standard deviation: a component without a spread


@dataclass(frozen=True)
class Components:
    """Directions in which shapes differ most.

    Attributes:
        mean: (K, 2).
        axes: (C, K, 2), of length 1, at right angles, by falling variance; the longest coordinate is positive.
        variances: (C,), of the shapes along them.
    """

    mean: np.ndarray
    axes: np.ndarray
    variances: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """(C,) of all variance."""
        return self.variances / self.variances.sum()

    def scores(self, shapes: np.ndarray) -> np.ndarray:
        """(N, C): where shapes (N, K, 2) lie along the axes."""
        return np.einsum("nki,cki->nc", shapes - self.mean, self.axes)

    def shape(self, axis: int, score: float) -> np.ndarray:
        """(K, 2): the mean, moved along one axis."""
        return self.mean + score * self.axes[axis]


def components(shapes: np.ndarray) -> Components:
    """Of superimposed shapes (N, K, 2), as many as have a spread."""
    mean = shapes.mean(axis=0)
    _, spreads, axes = np.linalg.svd((shapes - mean).reshape(len(shapes), -1), full_matrices=False)
    kept = spreads > FLAT * max(1.0, spreads.max(initial=0.0))
    axes = axes[kept]
    longest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    variances = spreads[kept] ** 2 / max(1, len(shapes) - 1)
    return Components(mean, (axes * np.sign(longest)).reshape(-1, *mean.shape), variances)
