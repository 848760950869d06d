"""The few curves that every form of the head is made of."""

import numpy as np


def smoothstep(start: float, end: float, x: np.ndarray) -> np.ndarray:
    """0 before `start`, 1 after `end`, smooth in between; start > end gives the falling step."""
    t = np.clip((x - start) / (end - start), 0, 1)
    return t * t * (3 - 2 * t)


def bell(x: np.ndarray, width: float) -> np.ndarray:
    """Gaussian of height 1 and standard deviation `width`."""
    return np.exp(-0.5 * (x / width) ** 2)


def bell2(x: np.ndarray, y: np.ndarray, cx: float, cy: float, wx: float, wy: float) -> np.ndarray:
    """Gaussian hill of height 1 at (cx, cy) with standard deviations wx, wy."""
    return np.exp(-0.5 * (((x - cx) / wx) ** 2 + ((y - cy) / wy) ** 2))


def smooth_maximum(a: np.ndarray, b: np.ndarray, softness: float) -> np.ndarray:
    """max(a, b) with the crease between them rounded over differences below `softness`."""
    h = np.clip(0.5 + 0.5 * (a - b) / softness, 0, 1)
    return b + (a - b) * h + softness * h * (1 - h)


def blend(a, b, share):
    """a where share is 0, b where it is 1."""
    return a + (b - a) * share


def interpolate(x: np.ndarray, knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    """np.interp that keeps the floating-point type of x."""
    return np.interp(x, knots, values).astype(x.dtype)
