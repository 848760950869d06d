"""The only image reading: EXIF rotation, colour modes, size limits, and the square that a crop shows."""

import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from rtl_tf.coordinates import Crop
from rtl_tf.exceptions import InputError

# A small file can claim any size. Larger than a full-frame camera's image; below the size at which Pillow refuses.
MAX_PIXELS = 100_000_000

_ORIENTATION_TAG = 0x0112
_EXIF_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_16_BIT_GREY = ("I;16", "I;16L", "I;16B", "I;16N", "I")
_WITH_ALPHA = ("RGBA", "RGBa", "LA", "La", "PA")


def read_image(path: str | Path) -> np.ndarray:
    """uint8 (H, W, 3) RGB, EXIF rotation applied: the *original pixels*.

    Grey, 16-bit grey, palette and CMYK images are converted; of several frames the first is taken. Transparency is
    laid over white: dropping alpha instead would show pixels that nobody, the annotator included, has seen.

    Raises:
        InputError: the file is missing, not an image, damaged, truncated, above MAX_PIXELS, or of a mode whose
            range of values is unknown (floating point, 32-bit).
    """
    with _opened(path) as image:
        orientation = _orientation(image)
        image.load()
        if orientation in _EXIF_TRANSPOSE:
            image = image.transpose(_EXIF_TRANSPOSE[orientation])
        return _to_rgb(image)


def read_size(path: str | Path) -> tuple[int, int]:
    """(width, height) of `read_image`, from the file's header alone: damage further on is not noticed."""
    with _opened(path) as image:
        swapped = _orientation(image) in (5, 6, 7, 8)
        return (image.height, image.width) if swapped else image.size


def read_crop(path: str | Path, crop: Crop) -> np.ndarray:
    """uint8 (size, size, 3): the square of the image that `crop` describes, such that the original point p is seen at
    `crop.to_input(p)`. Bilinear, antialiased where it shrinks; beyond the image its edge is repeated.

    Raises:
        InputError: see `read_image`; or the square has no extent, lies outside the image, or is above MAX_PIXELS.
    """
    require_sensible(crop, path)
    return crop_image(read_image(path), crop, path)


def crop_image(image: np.ndarray, crop: Crop, name: str | Path = "image") -> np.ndarray:
    """`read_crop` of an image that is already decoded: uint8 (H, W, 3); `name` stands for it in messages."""
    require_sensible(crop, name)
    require_overlap(image.shape[1::-1], crop, name)
    # Whole pixels that the filter reaches: its radius is one output pixel, at least one original pixel.
    reach = math.ceil(max(1.0, crop.side / crop.size)) + 1
    first_x, first_y = math.floor(crop.left) - reach, math.floor(crop.top) - reach
    count = math.ceil(crop.side) + 2 * reach + 2
    region = _region(image, (first_y, first_y + count), (first_x, first_x + count))
    # Pillow counts from the edge of the first pixel, which lies half a pixel before its centre.
    left, top = crop.left + 0.5 - first_x, crop.top + 0.5 - first_y
    box = (left, top, left + crop.side, top + crop.side)
    seen = np.asarray(Image.fromarray(region).resize((crop.size, crop.size), Image.Resampling.BILINEAR, box=box))
    return np.ascontiguousarray(seen[:, ::-1] if crop.mirrored else seen)


def require_sensible(crop: Crop, name: str | Path = "image") -> None:
    """InputError for a square without extent or above MAX_PIXELS; found before its image is read."""
    if not 0 < crop.side <= math.sqrt(MAX_PIXELS):
        raise InputError(f"{name}: cannot crop a square of side {crop.side:g} px; check its landmarks and box")


def require_overlap(size: tuple[int, int], crop: Crop, name: str | Path = "image") -> None:
    """InputError for a square that shows nothing of an image of this size (width, height)."""
    for start, length in zip((crop.left, crop.top), size, strict=True):
        if start >= length - 0.5 or start + crop.side <= -0.5:
            raise InputError(f"{name}: the square to crop lies outside the image; check its box")


def image_hash(path: str | Path) -> str:
    """SHA-256 of the decoded pixels: equal for copies in different lossless formats, or with other metadata."""
    image = read_image(path)
    digest = hashlib.sha256(repr(image.shape).encode())
    digest.update(image.tobytes())
    return digest.hexdigest()


def _region(image: np.ndarray, rows: tuple[int, int], columns: tuple[int, int]) -> np.ndarray:
    """Half-open ranges of rows and columns, the image's edge repeated beyond it."""
    ranges = list(zip((rows, columns), image.shape, strict=False))
    inside = tuple(slice(max(start, 0), max(stop, 0)) for (start, stop), _ in ranges)
    beyond = [(max(-start, 0), max(stop - length, 0)) for (start, stop), length in ranges]
    return np.pad(image[inside], (*beyond, (0, 0)), mode="edge")


@contextmanager
def _opened(path: str | Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                size = f"{image.width} x {image.height} px"
                raise InputError(f"{path}: {size} is too large; reduce it to {MAX_PIXELS // 1_000_000} megapixels")
            yield image
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such image") from None
    except Image.UnidentifiedImageError:
        raise InputError(f"{path}: not an image that can be read; save it as JPEG or PNG") from None
    except Exception as problem:  # on damaged files Pillow's decoders raise almost anything, SyntaxError included
        raise InputError(f"{path}: damaged or unreadable image ({problem})") from problem


def _orientation(image: Image.Image) -> int:
    """EXIF orientation of an image that is opened but not yet loaded; 1 = upright."""
    if image.format == "TIFF":  # turned by Pillow itself
        return 1
    if image.format == "PNG" and "exif" not in image.info:  # asking would decode the whole file
        return 1
    return image.getexif().get(_ORIENTATION_TAG, 1)


def _to_rgb(image: Image.Image) -> np.ndarray:
    if image.mode in _16_BIT_GREY:
        return _grey16_to_rgb(np.asarray(image))
    if image.mode == "F":
        raise ValueError("floating-point values; save it with 8 or 16 bits a channel")
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image.convert("RGB"))


def _grey16_to_rgb(grey: np.ndarray) -> np.ndarray:
    if grey.min() < 0 or grey.max() > 65535:
        raise ValueError("32-bit values; save it with 8 or 16 bits a channel")
    levels = np.round(grey / 257.0).astype(np.uint8)  # 65535 = 255 * 257
    return np.repeat(levels[..., None], 3, axis=-1)
