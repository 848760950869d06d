"""What a network's outputs say. A network that gives "points" has decoded its heatmaps itself (DSNT)."""

from typing import NamedTuple

import numpy as np

from rtl_tf import heatmaps
from rtl_tf.coordinates import round_to_grid

# The best of four on validation data (results/README.md).
SUBPIXEL_DECODING = "dark"


class Reading(NamedTuple):
    """Of N images; all float32.

    Attributes:
        points: (N, K, 2) in heatmap px, for the clinical protocol: sub-pixel decoding of the heatmaps; of DSNT its
            coordinates.
        grid_points: (N, K, 2) in heatmap px, see `grid_points`.
        heatmaps: (N, h, w, K), of a sure landmark with a peak near 1. DSNT's, which sum to 1, are multiplied by the
            sum of a Gaussian of height 1.
        peaks: (N, K), maxima of the heatmaps.
    """

    points: object
    grid_points: object
    heatmaps: object
    peaks: object


def read(outputs: dict, sigma: float) -> Reading:
    """Outputs of a detection network, trained with Gaussians of `sigma` heatmap px."""
    maps = outputs["heatmaps"]
    if "points" in outputs:
        points, maps = outputs["points"], maps * (2 * np.pi * sigma**2)
    else:
        points = heatmaps.decode(maps, SUBPIXEL_DECODING, sigma)
    return Reading(points, grid_points(outputs), maps, heatmaps.peaks(maps))


def decoding(outputs: dict) -> str:
    """What `read` does to find sub-pixel points: a method of `heatmaps.decode`, or "expectation" (DSNT)."""
    return "expectation" if "points" in outputs else SUBPIXEL_DECODING


def grid_points(outputs: dict):
    """Points of the heatmaps' grid, for the paper protocol, whose truth is rounded to it: (N, K, 2) in heatmap px.

    The argmax of the heatmaps; of DSNT the grid point nearest to its coordinates.
    """
    return round_to_grid(outputs["points"]) if "points" in outputs else heatmaps.decode(outputs["heatmaps"])
