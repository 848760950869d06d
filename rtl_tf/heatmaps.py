"""Heatmaps: the representation that the networks regress. `encode` and `decode` are each other's inverse.

`read` says what a network's outputs mean: one that gives "points" has decoded its heatmaps itself (DSNT).
"""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from rtl_tf.coordinates import round_to_grid

DECODINGS = ("argmax", "quarter", "dark", "soft-argmax")
# The best of four on validation data (results/README.md).
SUBPIXEL_DECODING = "dark"
RIVALS_FROM = 3.0  # sigma, where a Gaussian of height 1 has fallen to 0.01


def encode(points, size: int, sigma: float):
    """Gaussian heatmaps of landmarks (Eq. 1): exp(-((a - x)^2 + (b - y)^2) / (2 sigma^2)), peak 1.

    Examples:
        >>> maps = encode([[3.0, 1.0]], size=5, sigma=1.5)
        >>> tuple(maps.shape), float(maps[1, 3, 0])  # row y, column x
        ((5, 5, 1), 1.0)

    Args:
        points: (..., K, 2), (x, y) in heatmap px; NaN = missing.
        size: h = w of the heatmaps, in heatmap px.
        sigma: heatmap px.
    Returns:
        float32 (..., h, w, K). The map of a missing landmark is NaN everywhere.
    """
    points = ops.cast(points, "float32")
    grid = ops.arange(size, dtype="float32")
    # A Gaussian is separable: (..., h, 1, K) * (..., 1, w, K).
    columns = ops.exp(-ops.square(grid[:, None] - points[..., None, :, 0]) / (2 * sigma**2))
    rows = ops.exp(-ops.square(grid[:, None] - points[..., None, :, 1]) / (2 * sigma**2))
    return rows[..., :, None, :] * columns[..., None, :, :]


def decode(heatmaps, method: str = "argmax", sigma: float = 1.5):
    """Landmarks of heatmaps.

    Examples:
        >>> import numpy as np
        >>> maps = encode([[8.25, 6.4]], size=16, sigma=1.5)
        >>> np.asarray(decode(maps)).tolist(), np.allclose(decode(maps, "dark"), [[8.25, 6.4]], atol=0.01)
        ([[8.0, 6.0]], True)

    Args:
        heatmaps: (..., h, w, K).
        method: "argmax", the grid point of the maximum (the paper);
            "quarter", a quarter px from there towards the higher neighbour (Newell et al. 2016);
            "dark", the maximum of the parabola through the logarithm around it (Zhang et al. 2020), exact for Eq. 1;
            "soft-argmax", the centre of mass of the positive part within 2 sigma of the maximum.
            None takes what lies beyond the map for zero: near its border each looks at less of it, on both sides alike.
        sigma: heatmap px of the training heatmaps; used by "dark" (smoothing) and "soft-argmax" (window).
    Returns:
        float32 (..., K, 2), (x, y) in heatmap px, within the map, from -0.5 to w - 0.5 and h - 0.5.
    """
    if method not in DECODINGS:
        raise ValueError(f"unknown decoding '{method}': use one of {', '.join(DECODINGS)}")
    maps = _one_by_one(heatmaps)
    peak = _argmax(maps)
    points = ops.cast(peak, "float32")
    if method == "quarter":
        gradient, _ = _derivatives(_patch(maps, peak, radius=1))
        points += ops.where(_room(maps, peak) > 0, 0.25 * ops.sign(gradient), 0.0)
    elif method == "dark":
        points += _newton_offset(maps, peak, sigma)
        points = ops.clip(points, -0.5, ops.cast(_size(maps), "float32") - 0.5)
    elif method == "soft-argmax":
        points += _mass_offset(maps, peak, radius=int(np.ceil(2 * sigma)))
    return ops.reshape(points, (*_told_of(heatmaps), 2))


def peaks(heatmaps):
    """(..., h, w, K) -> (..., K): the height of each map's maximum."""
    return ops.max(heatmaps, axis=(-3, -2))


def rivals(heatmaps, sigma: float):
    """(..., h, w, K) -> (..., K): the largest value of each map farther than RIVALS_FROM sigma from its maximum.

    Near 0 where a map has one peak; the height of the second where it has two.
    """
    maps = _one_by_one(heatmaps)
    peak = ops.cast(_argmax(maps), "float32")
    _, height, width = ops.shape(maps)
    rows = ops.square(ops.arange(height, dtype="float32") - peak[:, 1:])
    columns = ops.square(ops.arange(width, dtype="float32") - peak[:, :1])
    far = rows[:, :, None] + columns[:, None, :] > (RIVALS_FROM * sigma) ** 2
    # times, not `where`: LiteRT's int8 would give the whole map the range of what is selected
    return ops.reshape(ops.max(maps * ops.cast(far, "float32"), axis=(1, 2)), _told_of(heatmaps))


class Reading(NamedTuple):
    """Of N images; all float32.

    Attributes:
        points: (N, K, 2) in heatmap px, for the clinical protocol: sub-pixel decoding of the heatmaps; of DSNT its
            coordinates.
        grid_points: (N, K, 2) in heatmap px, see `grid_points`.
        heatmaps: (N, h, w, K), of a sure landmark with a peak near 1. DSNT's, which sum to 1, are multiplied by the
            sum of a Gaussian of height 1.
        peaks: (N, K), maxima of the heatmaps.
        rivals: (N, K), see `rivals`.
    """

    points: object
    grid_points: object
    heatmaps: object
    peaks: object
    rivals: object


def read(outputs: dict, sigma: float) -> Reading:
    """Outputs of a detection network, trained with Gaussians of `sigma` heatmap px."""
    maps = outputs["heatmaps"]
    if "points" in outputs:
        points, maps = outputs["points"], maps * (2 * np.pi * sigma**2)
    else:
        points = decode(maps, SUBPIXEL_DECODING, sigma)
    return Reading(points, grid_points(outputs), maps, peaks(maps), rivals(maps, sigma))


def decoding(outputs: dict) -> str:
    """What `read` does to find sub-pixel points: a method of `decode`, or "expectation" (DSNT)."""
    return "expectation" if "points" in outputs else SUBPIXEL_DECODING


def grid_points(outputs: dict):
    """Points of the heatmaps' grid, for the paper protocol, whose truth is rounded to it: (N, K, 2) in heatmap px.

    The argmax of the heatmaps; of DSNT the grid point nearest to its coordinates.
    """
    return round_to_grid(outputs["points"]) if "points" in outputs else decode(outputs["heatmaps"])


def _one_by_one(heatmaps):
    """(..., h, w, K) -> float32 (M, h, w): the map of each landmark of each image."""
    height, width = ops.shape(heatmaps)[-3:-1]
    return ops.reshape(ops.moveaxis(ops.cast(heatmaps, "float32"), -1, -3), (-1, height, width))


def _told_of(heatmaps):
    """(..., h, w, K) -> the shape (..., K) of what each map tells."""
    *leading, _, _, landmarks = ops.shape(heatmaps)
    return (*leading, landmarks)


def _argmax(maps):
    """(M, h, w) -> int (M, 2), (x, y)."""
    width = ops.shape(maps)[2]
    # not Keras's argmax: to order 0.0 and -0.0 it reads bits, which no exported format can
    flat = tf.argmax(ops.reshape(maps, (ops.shape(maps)[0], -1)), axis=1, output_type="int32")
    return ops.stack([flat % width, flat // width], axis=1)


def _size(maps):
    """(M, h, w) -> int (2,): w and h."""
    return ops.stack(ops.shape(maps)[:0:-1])


def _room(maps, places):
    """(M, h, w) and int (M, 2) -> int (M, 2): px between each place and the nearer border, along x and y."""
    return ops.minimum(places, _size(maps) - 1 - places)


def _patch(maps, centre, radius: int):
    """(M, h, w) and int (M, 2) -> (M, 2r+1, 2r+1) around each centre, zero outside the map."""
    padded = ops.pad(maps, ((0, 0), (radius, radius), (radius, radius)))
    width, side = ops.shape(padded)[2], 2 * radius + 1
    offsets = ops.arange(side)
    columns, rows = (ops.cast(centre[:, axis : axis + 1], "int32") + offsets for axis in (0, 1))
    index = ops.reshape(rows[:, :, None] * width + columns[:, None, :], (-1, side * side))
    flat = ops.reshape(padded, (ops.shape(padded)[0], -1))
    return ops.reshape(ops.take_along_axis(flat, index, axis=1), (-1, side, side))


def _derivatives(patch):
    """Central differences at the middle of (M, n, n): gradient (M, 2) and Hessian (dxx, dyy, dxy), each (M,)."""
    m = patch.shape[1] // 2
    dx = (patch[:, m, m + 1] - patch[:, m, m - 1]) / 2
    dy = (patch[:, m + 1, m] - patch[:, m - 1, m]) / 2
    dxx = patch[:, m, m + 1] - 2 * patch[:, m, m] + patch[:, m, m - 1]
    dyy = patch[:, m + 1, m] - 2 * patch[:, m, m] + patch[:, m - 1, m]
    dxy = (patch[:, m + 1, m + 1] - patch[:, m + 1, m - 1] - patch[:, m - 1, m + 1] + patch[:, m - 1, m - 1]) / 4
    return ops.stack([dx, dy], axis=1), (dxx, dyy, dxy)


def _newton_offset(maps, peak, sigma: float):
    """DARK: one Newton step on log(heatmap) after smoothing with the training Gaussian; at most one px each way.

    At the border the step starts from the outermost px that has neighbours on both sides, and the smoothing shrinks to
    what there is of the map, along that axis alone: the parabola through the logarithm of three px is exact for a
    Gaussian of any width, whereas zeros beyond the border would push the point inwards, by up to a px.
    """
    radius = int(np.ceil(2 * sigma))
    centre = ops.clip(peak, 1, _size(maps) - 2)
    smoothing = ops.clip(_room(maps, centre) - 1, 0, radius)
    kernels = ops.convert_to_tensor(_smoothing_kernels(radius, sigma))
    rows, columns = (ops.take(kernels, smoothing[:, axis], axis=0) for axis in (1, 0))
    smooth = rows @ _patch(maps, centre, radius + 1) @ ops.transpose(columns, (0, 2, 1))
    gradient, (dxx, dyy, dxy) = _derivatives(ops.log(ops.maximum(smooth, 1e-10)))
    determinant = dxx * dyy - dxy * dxy
    concave = (determinant > 1e-10) & (dxx < 0)
    safe = ops.where(concave, determinant, 1.0)
    dx = (dxy * gradient[:, 1] - dyy * gradient[:, 0]) / safe
    dy = (dxy * gradient[:, 0] - dxx * gradient[:, 1]) / safe
    step = ops.cast(centre - peak, "float32") + ops.stack([dx, dy], axis=1)
    return ops.clip(ops.where(concave[:, None], step, 0.0), -1.0, 1.0)


def _smoothing_kernels(radius: int, sigma: float) -> np.ndarray:
    """float32 (radius + 1, 3, 2 radius + 3): for each smaller radius, what gives three smoothed px of a row of px.

    The widest is a Gaussian of `sigma`, the others are as much narrower as their radius is smaller.
    """
    kernels = np.zeros((radius + 1, 3, 2 * radius + 3), np.float32)
    for reach, kernel in enumerate(kernels):
        taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) * radius / (max(reach, 1) * sigma)) ** 2)
        for place in range(3):
            start = place + radius - reach
            kernel[place, start : start + len(taps)] = taps / taps.sum()
    return kernels


def _mass_offset(maps, peak, radius: int):
    """Centre of mass of the positive part of the window, from its middle."""
    offsets = ops.arange(-radius, radius + 1)
    columns, rows = (ops.abs(offsets) <= _room(maps, peak)[:, axis : axis + 1] for axis in (0, 1))
    window = ops.where(rows[:, :, None] & columns[:, None, :], ops.relu(_patch(maps, peak, radius)), 0.0)
    offsets = ops.cast(offsets, "float32")
    mass = ops.maximum(ops.sum(window, axis=(1, 2)), keras.config.epsilon())
    dx = ops.sum(window * offsets[None, None, :], axis=(1, 2)) / mass
    dy = ops.sum(window * offsets[None, :, None], axis=(1, 2)) / mass
    return ops.stack([dx, dy], axis=1)
