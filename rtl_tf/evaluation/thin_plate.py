"""The thin-plate spline (Bookstein, 1989): the smoothest warp that brings one shape exactly onto another."""

import numpy as np
from scipy.interpolate import RBFInterpolator


def warp(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Where points (M, 2) go when landmarks go from `start` (K, 2), which do not lie on one line, to `end` (K, 2)."""
    return RBFInterpolator(start, end, kernel="thin_plate_spline")(points)


def grid_lines(shape: np.ndarray, cells: int, margin: float, fineness: int = 4) -> list[np.ndarray]:
    """Lines (M, 2) of a square grid around a shape (K, 2).

    Args:
        cells: along the longer side.
        margin: of the longer side, on all sides.
        fineness: points of a line in each cell, so that it can bend.
    """
    low, high = shape.min(axis=0), shape.max(axis=0)
    longest = (high - low).max() * (1 + 2 * margin)
    step = longest / cells
    counts = np.ceil(((high - low) + 2 * margin * (high - low).max()) / step - 1e-9).astype(int)
    corner = (low + high - counts * step) / 2
    across, down = (corner[axis] + step * np.arange(counts[axis] + 1) for axis in (0, 1))
    fine = [corner[axis] + step / fineness * np.arange(counts[axis] * fineness + 1) for axis in (0, 1)]
    rows = [np.stack([fine[0], np.full(len(fine[0]), y)], axis=1) for y in down]
    columns = [np.stack([np.full(len(fine[1]), x), fine[1]], axis=1) for x in across]
    return rows + columns
