"""What is behind the head: a muted wall with uneven light and, out of focus, a few things of a room."""

from functools import lru_cache

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
        left, top = rng.uniform(-0.2, 1, 2) * _SIDE
        wide, tall = rng.uniform(0.08, 0.5, 2) * _SIDE
        rows, columns = slice(max(int(top), 0), max(int(top + tall), 0)), slice(max(int(left), 0), max(int(left + wide), 0))
        shade = rng.uniform(0.35, 1.8) * (1 + 0.12 * rng.standard_normal(3))
        wall[rows, columns] = np.clip(wall[rows, columns] * shade, 0, 1)
    wall = gaussian_filter(wall, (*[rng.uniform(0.8, 3.5)] * 2, 0), mode="nearest")
    down, right = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE
    slope = 1 + 0.3 * (right - 0.5) * rng.uniform(-1, 1) + 0.3 * (0.5 - down) * rng.uniform(-0.2, 1)
    stains = 1 + 0.05 * np.roll(tile("coarse"), rng.integers(256, size=2), (0, 1))[:_SIDE, :_SIDE]
    wall *= (slope * stains)[..., None].astype(np.float32)
    stretch = _stretch(side)
    return np.stack([stretch @ wall[..., channel] @ stretch.T for channel in range(3)], axis=-1)


@lru_cache(maxsize=4)
def _stretch(side: int) -> np.ndarray:
    """float32 (side, _SIDE): linear interpolation from the small backdrop to the raster."""
    place = np.clip((np.arange(side) + 0.5) * _SIDE / side - 0.5, 0, _SIDE - 1)
    return np.maximum(1 - np.abs(place[:, None] - np.arange(_SIDE)), 0).astype(np.float32)
