"""The pixels of a square of an image, upright or turned: Pillow's, antialiased where it shrinks."""

import math

import numpy as np
from PIL import Image

from rtl_tf.coordinates import Crop


def square_of(image: np.ndarray, crop: Crop) -> np.ndarray:
    """uint8 (size, size, 3) of uint8 (H, W, 3), not mirrored; beyond the image its edge is repeated."""
    if crop.angle:
        return _turned_square(image, crop)
    return _upright_square(image, crop.left, crop.top, crop.side, crop.size)


def _upright_square(image: np.ndarray, left: float, top: float, side: float, size: int) -> np.ndarray:
    # Whole pixels that the filter reaches: its radius is one output pixel, at least one original pixel.
    reach = math.ceil(max(1.0, side / size)) + 1
    first_x, first_y = math.floor(left) - reach, math.floor(top) - reach
    count = math.ceil(side) + 2 * reach + 2
    region = _region(image, (first_y, first_y + count), (first_x, first_x + count))
    # Pillow counts from the edge of the first pixel, which lies half a pixel before its centre.
    left, top = left + 0.5 - first_x, top + 0.5 - first_y
    box = (left, top, left + side, top + side)
    return np.asarray(Image.fromarray(region).resize((size, size), Image.Resampling.BILINEAR, box=box))


def _turned_square(image: np.ndarray, crop: Crop) -> np.ndarray:
    """First an upright square around the turned one, at its scale and antialiased, then the turn."""
    cosine, sine = math.cos(crop.angle), math.sin(crop.angle)
    size = math.ceil(crop.size * (abs(cosine) + abs(sine))) + 2
    size += (size - crop.size) % 2  # so that a wider crop, `Crop.widened`, has the same pixels in its middle
    side = size / crop.input_px_per_px
    (x, y), middle, wide = crop.centre, crop.size / 2, size / 2
    upright = Image.fromarray(_upright_square(image, x - side / 2, y - side / 2, side, size))
    # Where an output point lies in `upright`, both counted from their edges.
    columns = (cosine, -sine, wide - cosine * middle + sine * middle)
    rows = (sine, cosine, wide - sine * middle - cosine * middle)
    shape = (crop.size, crop.size)
    return np.asarray(upright.transform(shape, Image.Transform.AFFINE, columns + rows, Image.Resampling.BILINEAR))


def _region(image: np.ndarray, rows: tuple[int, int], columns: tuple[int, int]) -> np.ndarray:
    """Half-open ranges of rows and columns, the image's edge repeated beyond it."""
    ranges = list(zip((rows, columns), image.shape, strict=False))
    inside = tuple(slice(max(start, 0), max(stop, 0)) for (start, stop), _ in ranges)
    beyond = [(max(-start, 0), max(stop - length, 0)) for (start, stop), length in ranges]
    return np.pad(image[inside], (*beyond, (0, 0)), mode="edge")
