"""Tileable noise for pores, blotches, hair and backdrops."""

from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter

_TILE = 256  # a power of two: coordinates wrap by masking
_GRAINS = {"fine": 0.8, "medium": 3.0, "coarse": 10.0}


@lru_cache(maxsize=8)
def tile(grain: str) -> np.ndarray:
    """float32 (256, 256) wrapping noise with mean 0 and standard deviation 1."""
    rng = np.random.default_rng([7, len(grain)])
    noise = gaussian_filter(rng.standard_normal((_TILE, _TILE)).astype(np.float32), _GRAINS[grain], mode="wrap")
    return (noise - noise.mean()) / noise.std()


def noise(grain: str, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Noise at texture coordinates (tile pixels, any range)."""
    return tile(grain)[v.astype(np.int32) & (_TILE - 1), u.astype(np.int32) & (_TILE - 1)]
