"""Measurements as geometry: points in px and a scale, to millimetres, degrees and ratios. Pure NumPy, vectorised."""

from collections.abc import Sequence

import numpy as np

from rtl_tf.measurement import Measurement


def measure(
    measurement: Measurement, points: np.ndarray, landmarks: Sequence[str], mm_per_px: np.ndarray | float = np.nan
) -> np.ndarray:
    """Values of one measurement, float64 (...,), NaN where a landmark or a scale that it needs is missing.

    Examples:
        >>> width = Measurement("width", "distance", ("a", "b"), "of something")
        >>> measure(width, np.array([[0.0, 0.0], [3.0, 4.0]]), ("a", "b"), mm_per_px=0.5)
        array(2.5)

    Args:
        points: (..., K, 2), original px, NaN = missing; images, draws, or both.
        landmarks: the K names.
        mm_per_px: (...,) or one for all; of no account for angles and ratios.
    """
    columns = [list(landmarks).index(name) for name in measurement.points]
    places = np.asarray(points, np.float64)[..., columns, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        values = FORMULAS[measurement.kind](places)
        values = values * np.asarray(mm_per_px, np.float64) if measurement.needs_scale else values
    return np.where(np.isfinite(values), values, np.nan)


def distance(places: np.ndarray) -> np.ndarray:
    """(..., 2, 2) -> (...,), px."""
    return np.linalg.norm(places[..., 1, :] - places[..., 0, :], axis=-1)


def angle(places: np.ndarray) -> np.ndarray:
    """(..., 3, 2) -> (...,): at the second point, degrees from 0 to 180."""
    one, other = places[..., 0, :] - places[..., 1, :], places[..., 2, :] - places[..., 1, :]
    cross = one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
    flat = np.where(((one == 0).all(axis=-1)) | ((other == 0).all(axis=-1)), np.nan, 0.0)  # no angle at a point itself
    return np.degrees(np.arctan2(np.abs(cross), (one * other).sum(axis=-1))) + flat


def ratio(places: np.ndarray) -> np.ndarray:
    """(..., 4, 2) -> (...,): the distance of the first two points over that of the last two."""
    return distance(places[..., :2, :]) / distance(places[..., 2:, :])


def point_to_line(places: np.ndarray) -> np.ndarray:
    """(..., P, 2) -> (...,), px: from the first point to the line that has the least squares to all others."""
    others = places[..., 1:, :]
    middle = others.mean(axis=-2)
    x, y = np.moveaxis(others - middle[..., None, :], -1, 0)
    spread, lean = (x * x).sum(axis=-1) - (y * y).sum(axis=-1), 2 * (x * y).sum(axis=-1)
    direction = np.where((spread == 0) & (lean == 0), np.nan, np.arctan2(lean, spread) / 2)  # none where all are one
    away = places[..., 0, :] - middle
    return np.abs(away[..., 1] * np.cos(direction) - away[..., 0] * np.sin(direction))


FORMULAS = {"distance": distance, "angle": angle, "ratio": ratio, "point_to_line": point_to_line}
