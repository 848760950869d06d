"""What a measurement is worth: Monte Carlo over where the landmarks may really be, and over the scale."""

from collections.abc import Sequence

import numpy as np

from rtl_tf.geometry.mirroring import unmirrored
from rtl_tf.measurement import Measurement
from rtl_tf.measuring.landmark_covariance import LandmarkCovariance
from rtl_tf.measuring.quantities import measure

LEVEL = 0.95
DRAWS = 4000  # the ends of an interval are then known to 3 % of its width
AT_ONCE = 200_000  # draws of all images together, for the memory


def intervals(
    measurements: Sequence[Measurement],
    points: np.ndarray,
    covariance: LandmarkCovariance,
    landmarks: Sequence[str],
    mm_per_px: np.ndarray,
    scale_error: np.ndarray | float = 0.0,
    mirrored: np.ndarray | bool = False,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 0,
    exact: np.ndarray | bool = False,
    order: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the intervals of M measurements on N images, each (N, M); NaN where no value or no error is known.

    Every image has the same draws, scaled by its size: the interval of an image depends on no other image.

    Args:
        points: (N, K, 2), original px.
        covariance: of the landmarks' errors.
        landmarks: the K names.
        mm_per_px: (N,), NaN = unknown.
        scale_error: (N,) or one for all: standard deviation of the scale, as a share of it.
        mirrored: (N,) or one for all, see `LandmarkCovariance`.
        exact: (N, K) or one for all: landmarks without an error, as a person placed them. The others err as ever.
        order: (K,), of a mirrored face's landmarks; None = theirs.
    """
    errors = covariance.draws(landmarks, draws, seed)
    of_scale = np.random.default_rng([seed, draws, 1]).standard_normal(draws)
    count = len(points)
    mm_per_px, scale_error = np.broadcast_to(mm_per_px, count), np.broadcast_to(scale_error, count)
    exact = np.broadcast_to(exact, points.shape[:2])
    mirrored, order = np.broadcast_to(mirrored, count), np.arange(len(landmarks)) if order is None else order
    low, high = np.full((count, len(measurements)), np.nan), np.full((count, len(measurements)), np.nan)
    step = max(1, AT_ONCE // draws)
    for start in range(0, count, step):
        part = slice(start, start + step)
        as_seen = unmirrored(points[part], mirrored[part], order)
        sizes = covariance.face.sizes(landmarks, as_seen)[:, None, None, None]
        own = unmirrored(errors, mirrored[part, None], order) if mirrored[part].any() else errors
        drawn = points[part, None] + _away(own * sizes, exact[part])
        scales = mm_per_px[part, None] * (1 + scale_error[part, None] * of_scale)
        for column, measurement in enumerate(measurements):
            values = measure(measurement, drawn, landmarks, scales)
            ends = np.quantile(values, ((1 - level) / 2, (1 + level) / 2), axis=1)
            low[part, column], high[part, column] = ends
    return low, high


def _away(errors: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Errors (N, draws, K, 2) of which those of exact landmarks (N, K) are none."""
    return np.where(exact[:, None, :, None], 0.0, errors) if exact.any() else errors
