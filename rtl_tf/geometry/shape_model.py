"""Where a landmark should lie, told from the other landmarks and from other people's faces: a Gaussian of shapes.

Shapes are laid over their mean. What a similarity does to a shape has a variance without bounds, so that a prediction
does not depend on how well they were laid. Missing points are left out, where it is fitted and where it is asked.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtl_tf.geometry.point_gaussian import PointGaussian
from rtl_tf.geometry.similarity import apply, as_complex, as_points, fit, mean_shape
from rtl_tf.known import of_known

FREE = 1e3  # variance of a similarity, in units of the shape's size
ROUNDS = 3  # of filling in what is missing
FEWEST_POINTS = 4  # that a shape needs: two place it, and one of two others can disagree
FEWEST_KEPT = FEWEST_POINTS - 1  # without which nothing is said of a shape, and it says nothing of others
MEDIAN = 1.1774  # of the length of a normal vector of two coordinates
FAR = 8.0  # robust standard deviations from the mean shape: no part of the model
SHRINKAGES = (0.01, 0.03, 0.1, 0.3)  # towards points that know nothing of one another
ENOUGH = 300  # images to choose the shrinkage on
SMALLEST = 1e-3  # standard deviation of a point, of the shape's size: less is no photograph's


@dataclass(frozen=True)
class Judged:
    """What a model says of one shape; NaN where a point is missing, or where too few are there.

    Attributes:
        expected: (K, 2), where the kept others predict each point, px.
        deviations: (K,), how far from there it is labelled, in robust standard deviations.
        turn: angle from the shape to the mean, radians; its median is 0.
        middle: of the face, (x, y) in px.
        size: of the face, px: the root mean square of the mean shape's points from their middle.
        misfit: of all kept points together, about 1 for a face like others.
    """

    expected: np.ndarray
    deviations: np.ndarray
    turn: float
    middle: tuple[float, float]
    size: float
    misfit: float


class ShapeModel:
    """A Gaussian of shapes; each person is judged by one of all others.

    Args:
        points: (N, K, 2), NaN = missing; all show the same half of the face. Shapes of fewer than FEWEST_KEPT points
            have no say: two points can be laid over any two.
        people: whose each is, N names.
        trusted: bool (N, K): points that it is fitted to. None = all that do not lie far off the mean shape.
    Raises:
        ValueError: no shape has FEWEST_KEPT points.
    """

    def __init__(self, points: np.ndarray, people: Sequence[str], trusted: np.ndarray | None = None):
        enough = are_enough(points)
        if not enough.any():
            raise ValueError(f"a model of shapes needs one of {FEWEST_KEPT} points")
        points = np.where(enough[:, None, None], points, np.nan)
        shapes = as_complex(points)
        self.mean = mean_shape(shapes if trusted is None else np.where(trusted, shapes, np.nan))
        self.mean = self.mean * np.exp(-1j * _median_angle(fit(shapes, self.mean)[0]))
        laid = self.laid(points)
        trusted = _near(laid) if trusted is None else trusted
        self._tangents = _tangents(self.mean)
        self._moments = _Moments(np.where(trusted[..., None], laid, np.nan).reshape(len(laid), -1), people)
        self._gaussians: dict[str, PointGaussian] = {}  # of the person who was asked for last
        self.scale = np.ones(points.shape[1])
        self._choose(points, people)

    def judge(self, points: np.ndarray, person: str, kept: np.ndarray | None = None) -> Judged:
        """Each point of (K, 2) against the `kept` others (bool (K,); None = all), by the model without this person."""
        shape = as_complex(points)
        known = ~np.isnan(shape) & ~np.isnan(self.mean)
        kept = known if kept is None else kept & known
        if kept.sum() < FEWEST_KEPT:
            nowhere = np.full(points.shape, np.nan)
            return Judged(nowhere, nowhere[:, 0], np.nan, (np.nan, np.nan), np.nan, np.nan)
        (turn,), (shift,) = fit(np.where(kept, shape, np.nan)[None], self.mean)
        turn = turn or 1e-30
        laid = as_points(turn * shape + shift - self.mean)
        gaussian = self._without(person)
        offsets, spreads = gaussian.surprise(laid, kept)
        spreads[~known] = np.eye(2)
        lengths = np.sqrt(np.einsum("ki,ki->k", offsets, np.linalg.solve(spreads, offsets[..., None])[..., 0]))
        expected = as_points(shape - as_complex(offsets) / turn)
        middle, misfit = -shift / turn, gaussian.misfit(laid, kept)
        angle, size = float(np.angle(turn)), 1 / abs(turn)
        return Judged(expected, lengths / self.scale, angle, (middle.real, middle.imag), size, misfit)

    def laid(self, points: np.ndarray) -> np.ndarray:
        """(N, K, 2): differences from the mean shape of points (N, K, 2) that are laid over it."""
        shapes = as_complex(points)
        return as_points(apply(fit(shapes, self.mean), shapes) - self.mean)

    def of_all(self) -> PointGaussian:
        """Of differences from the mean shape, all people in it."""
        return self._gaussian(*self._moments.of_all())

    def _without(self, person: str) -> PointGaussian:
        if person not in self._gaussians:
            self._gaussians = {person: self._gaussian(*self._moments.without(person))}
        return self._gaussians[person]

    def _gaussian(self, mean: np.ndarray, covariance: np.ndarray) -> PointGaussian:
        """Shrunk, every similarity free."""
        variances = np.diagonal(covariance).reshape(-1, 2).mean(axis=1)
        alone = np.diag(np.repeat(variances, 2))
        shrunk = (1 - self.shrinkage) * covariance + self.shrinkage * alone + SMALLEST**2 * np.eye(len(mean))
        return PointGaussian(mean, shrunk + FREE * self._tangents @ self._tangents.T)

    def _choose(self, points: np.ndarray, people: Sequence[str]) -> None:
        """The shrinkage of the smallest deviations from other people's models, and each landmark's scale with it."""
        order = np.argsort(np.asarray(people), kind="stable")[:: -(-len(people) // ENOUGH)]
        best = np.inf
        for shrinkage in SHRINKAGES:
            self.shrinkage, self._gaussians = shrinkage, {}
            judged = [self.judge(points[index], people[index]) for index in order]
            sizes = np.array([one.size for one in judged])
            away = np.linalg.norm(points[order] - [one.expected for one in judged], axis=-1) / sizes[:, None]
            typical = np.nanmean(of_known(np.nanmedian, away))
            if typical < best:
                deviations = of_known(np.nanmedian, np.array([one.deviations for one in judged]))
                best, chosen, scale = typical, shrinkage, deviations / MEDIAN
        self.shrinkage, self._gaussians = chosen, {}
        self.scale = np.where(scale > 0, scale, 1)


def are_enough(points: np.ndarray) -> np.ndarray:
    """(N, K, 2) -> bool (N,): which shapes say something of others."""
    return np.isfinite(points).all(axis=-1).sum(axis=1) >= FEWEST_KEPT


class _Moments:
    """Sums over people of vectors (N, D), what is missing filled in by the model of all."""

    def __init__(self, values: np.ndarray, people: Sequence[str]):
        known = ~np.isnan(values)
        mean = np.where(known, values, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        variance = np.where(known, (values - mean) ** 2, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        covariance = np.diag(variance + SMALLEST**2)
        self.people = np.asarray(people)
        for _ in range(1 if known.all() else ROUNDS):
            gaussian = PointGaussian(mean, covariance)
            self.vectors = values.copy()
            self.spreads: dict[str, np.ndarray] = defaultdict(lambda: np.zeros((values.shape[1],) * 2))
            for index in np.flatnonzero(~known.all(axis=1)).tolist():
                self.vectors[index], spread = gaussian.filled(values[index])
                self.spreads[people[index]] += spread
            square = self.vectors.T @ self.vectors + sum(self.spreads.values())
            self.total = len(values), self.vectors.sum(axis=0), square
            mean, covariance = self._of(*self.total)
            covariance = covariance + SMALLEST**2 * np.eye(len(mean))

        self.totals = {person: self._sums(np.flatnonzero(self.people == person), person) for person in set(people)}

    def _sums(self, rows: np.ndarray, person: str) -> tuple[int, np.ndarray, np.ndarray]:
        own = self.vectors[rows]
        return len(own), own.sum(axis=0), own.T @ own + self.spreads.get(person, 0)

    def without(self, person: str) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance of all but one person; of all, for a person who is none of them or the only one."""
        count, total, square = self.total
        if person in self.totals and len(self.totals) > 1:
            own = self.totals[person]
            count, total, square = count - own[0], total - own[1], square - own[2]
        return self._of(count, total, square)

    def of_all(self) -> tuple[np.ndarray, np.ndarray]:
        return self._of(*self.total)

    @staticmethod
    def _of(count: float, total: np.ndarray, square: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = total / count
        return mean, square / count - np.outer(mean, mean)


def _near(laid: np.ndarray) -> np.ndarray:
    """bool (N, K): points (N, K, 2) that lie about as far from the mean shape as others of their kind."""
    lengths = np.linalg.norm(laid, axis=-1)
    return lengths <= FAR * (of_known(np.nanmedian, lengths) / MEDIAN + SMALLEST)


def _median_angle(turns: np.ndarray) -> float:
    """Of complex (N,), NaN left out, radians; counted from their common direction, or angles of 179 and -179 degrees
    would have their middle at 0."""
    common = np.angle(np.nansum(np.exp(1j * np.angle(turns))))
    return float(common + np.nanmedian(np.angle(turns * np.exp(-1j * common))))


def _tangents(mean: np.ndarray) -> np.ndarray:
    """(2K, 4): shifts, turn and scale of the mean shape, a point that it lacks staying where it is."""
    there, shape = ~np.isnan(mean), np.nan_to_num(mean)
    columns = [as_points(part).ravel() for part in (there + 0j, 1j * there, shape, 1j * shape)]
    return np.stack([column / np.linalg.norm(column) for column in columns], axis=1)
