"""Images, squares and flags as callers hand them over: checked, and brought into the form that predicting works on."""

import os
from collections.abc import Sequence
from typing import TypeGuard

import numpy as np
from PIL import Image

from rtl_tf.exceptions import InputError
from rtl_tf.orientation import displayed, orientation_of
from rtl_tf.pixel_values import WITH_ALPHA, to_rgb

Box = tuple[float, float, float]

_8_BIT = (*WITH_ALPHA, "RGB", "L", "P", "1", "CMYK", "YCbCr")


def is_file(image) -> TypeGuard[str | os.PathLike[str]]:
    """Whether an image is given by its file's name."""
    return isinstance(image, str | os.PathLike)


def pixels_of(image, name: str = "image") -> np.ndarray:
    """uint8 (H, W, 3) RGB of a decoded image: an array, or one of Pillow's, which is turned as its EXIF data say.

    Grey (H, W) is repeated, transparency (H, W, 4) laid over white. Whether an array is RGB or BGR cannot be known.

    Raises:
        InputError: calls the image `name`: another shape, or values of another range: a float image from 0 to 1 would
            pass for a black one.
    """
    if isinstance(image, Image.Image):
        if image.mode not in _8_BIT:
            raise InputError(f"{name}: a Pillow image of mode {image.mode}; convert it to RGB, or give its file")
        return displayed(to_rgb(image), orientation_of(image))
    if not hasattr(image, "__array__"):
        raise InputError(f"{name}: expected a file, an array or a Pillow image, there is {type(image).__name__}")
    pixels = np.asarray(image)
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or channels not in (1, 3, 4) or not pixels.size:
        raise InputError(
            f"{name}: expected uint8 (H, W, 3), RGB from 0 to 255, there is {pixels.dtype} {pixels.shape}"
            + ("" if pixels.dtype == np.uint8 else "; scale it to that range and convert it with .astype('uint8')")
        )
    if channels == 1:
        return np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, axis=-1)
    return pixels if channels == 3 else to_rgb(Image.fromarray(pixels))


def box_of(box, name: str = "box") -> Box | None:
    """(left, top, side) as floats; None stays None. InputError, which calls it `name`, for anything else."""
    if box is None:
        return None
    try:
        numbers = np.asarray(box, np.float64)
    except (TypeError, ValueError):
        numbers = np.array(np.nan)
    if numbers.shape != (3,) or not np.isfinite(numbers).all():
        raise InputError(f"{name}: expected three numbers (left, top, side) in px, there is {box}")
    left, top, side = numbers.tolist()
    return left, top, side


def as_lists(images, boxes, mirrored) -> tuple[list, list[Box | None], list[bool | None]]:
    """The arguments of `Predictor.predict`, of one length; a single image, with its single box and flag, is a list of
    one. InputError for boxes that are none, or for numbers that do not fit."""
    if _is_single(images):
        images = [images]
        boxes = [boxes] if hasattr(boxes, "__len__") and len(boxes) and np.isscalar(boxes[0]) else boxes
        mirrored = [mirrored] if isinstance(mirrored, bool | np.bool_) else mirrored
    images = list(images)
    boxes = _one_each("boxes", boxes, len(images))
    flips = [None if flip is None else bool(flip) for flip in _one_each("mirrored", mirrored, len(images))]
    return images, [box_of(box, f"boxes[{i}]") for i, box in enumerate(boxes)], flips


def _is_single(images) -> bool:
    return (
        is_file(images)
        or isinstance(images, Image.Image)
        or (hasattr(images, "__array__") and np.ndim(images) in (2, 3))
    )


def _one_each(what: str, values: Sequence | None, count: int) -> list:
    if values is None:
        return [None] * count
    if not hasattr(values, "__len__") or len(values) != count:
        number = len(values) if hasattr(values, "__len__") else "no list"
        raise InputError(f"{what}: {number} for {count} images; give one for each")
    return list(values)
