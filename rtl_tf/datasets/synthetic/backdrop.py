"""What is behind the head: a muted wall with uneven light and, out of focus, a few things of a room."""

import numpy as np
from scipy.ndimage import gaussian_filter

from rtl_tf.datasets.synthetic.scans import Scan
from rtl_tf.datasets.synthetic.texture import tile

_SIDE = 64


def backdrop(scan: Scan, side: int) -> np.ndarray:
    """Linear radiance (side, side, 3)."""
    rng = np.random.default_rng([scan.noise_seed, 1])
    wall = np.ones((_SIDE, _SIDE, 3), np.float32) * np.array(scan.background, np.float32) ** 2.2
    for _ in range(round(5 * scan.clutter)):
        start, extent = rng.uniform(-0.2, 1, 2), rng.uniform(0.08, 0.5, 2)
        (top, bottom), (left, right) = (np.clip([a, a + b], 0, 1) * _SIDE for a, b in zip(start, extent, strict=True))
        rows, columns = slice(int(top), int(bottom)), slice(int(left), int(right))
        shade = rng.uniform(0.35, 1.8) * (1 + 0.12 * rng.standard_normal(3))
        wall[rows, columns] = np.clip(wall[rows, columns] * shade, 0, 1)
    wall = gaussian_filter(wall, (*[rng.uniform(0.8, 3.5)] * 2, 0), mode="nearest")
    down, right = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE
    slope = 1 + 0.3 * (right - 0.5) * rng.uniform(-1, 1) + 0.3 * (0.5 - down) * rng.uniform(-0.2, 1)
    stains = 1 + 0.05 * np.roll(tile("coarse"), rng.integers(256, size=2), (0, 1))[:_SIDE, :_SIDE]
    wall *= (slope * stains)[..., None].astype(np.float32)
    return _stretched(_stretched(wall, side).swapaxes(0, 1), side).swapaxes(0, 1)


def _stretched(wall: np.ndarray, side: int) -> np.ndarray:
    """Linear interpolation of the first axis to `side` rows."""
    place = np.clip((np.arange(side, dtype=np.float32) + 0.5) * _SIDE / side - 0.5, 0, _SIDE - 1)
    row = np.minimum(place.astype(np.int32), _SIDE - 2)
    share = (place - row.astype(np.float32))[:, None, None]
    return wall[row] * (1 - share) + wall[row + 1] * share
