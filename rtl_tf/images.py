"""The only image reading: formats, EXIF rotation, size limits, and the square that a crop shows."""

import ctypes
import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from rtl_tf.coordinates import Crop
from rtl_tf.exceptions import InputError, in_one_line
from rtl_tf.orientation import ON_SIDE, TURNS, displayed, orientation_of
from rtl_tf.pixel_values import read_rgb
from rtl_tf.resampling import square_of
from rtl_tf.system.hashing import State, pixels_hash, state_of
from rtl_tf.system.notes import warn_once

# How the names of image files end, in lower case.
JPEG_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif")
HEIC_SUFFIXES = (".heic", ".heif", ".hif")
SUFFIXES = (*JPEG_SUFFIXES, ".png", ".tif", ".tiff", ".bmp", ".webp", ".gif", *HEIC_SUFFIXES)

# A small file can claim any size. Larger than a full-frame camera's image; below the size at which Pillow refuses.
MAX_PIXELS = 100_000_000
# Sides of squares that are derived from a face's, over the largest that a person may give: that of its mesh, or with a
# border for augmentation.
DERIVED = 2

# Pillow would also start other programs (EPS) or open what nobody photographs with.
_FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "GIF", "PPM", "JPEG2000", "AVIF")
INSTALL_HEIC = 'pip install -e ".[heic]"'

# What Pillow and libtiff write of odd files is no news: what matters they raise too, and sizes have a limit here.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").setLevel(logging.CRITICAL)
with suppress(AttributeError, OSError):  # where Pillow carries libtiff within itself, it cannot be told
    ctypes.CDLL(Image.core.__file__).TIFFSetErrorHandler(None)


def read_image(path: str | Path, reduction: int = 1) -> np.ndarray:
    """uint8 (H, W, 3) RGB, EXIF rotation applied: the *original pixels*.

    Grey, palette, CMYK and LAB images are converted, 16-bit values scaled (see `pixel_values.bit_depth`). Transparency
    is laid over white: dropping alpha instead would show pixels that nobody, the annotator included, has seen. Of
    several frames or pages the first is taken, with an InputWarning; the second picture that a phone adds to a JPEG
    (MPO) is its depth or another size of the same photograph. A `reduction` of 2, 4 or 8 decodes JPEG at that part of
    its size, in a tenth of the time, to be looked at; other formats know none.

    Raises:
        InputError: the file is missing, no regular file, not an image, damaged, truncated, above MAX_PIXELS, of a mode
            whose range of values is unknown (floating point, 32-bit), or HEIC without the package that reads it.
    """
    with _opened(path) as image:
        orientation = orientation_of(image)
        if reduction > 1:
            image.draft(None, (image.width // reduction, image.height // reduction))
        size = image.size
        pixels = read_rgb(image, path, partial(_opened, path))
        if pixels.shape[1::-1] != size:
            raise ValueError(f"{size[0]} x {size[1]} px by its header, {pixels.shape[1]} x {pixels.shape[0]} in fact")
        if image.format != "MPO" and getattr(image, "is_animated", False):
            warn_once("frames", f"{path}: several frames or pages; the first is read")
    return displayed(pixels, orientation)


@dataclass(frozen=True)
class Header:
    """What a file's header tells of its image.

    Attributes:
        size: (width, height), of `read_image`.
        orientation: EXIF's; 1 = upright.
        is_jpeg: or one of those files of several that phones make.
    """

    size: tuple[int, int]
    orientation: int
    is_jpeg: bool

    def reduces(self, reduction: int) -> bool:
        """Whether `read_image` with this reduction gives means of squares of pixels, from its corner on."""
        return self.is_jpeg and (self.orientation == 1 or not any(length % reduction for length in self.size))


def read_header(path: str | Path) -> Header:
    """Of an image file: damage further on is not noticed. InputError as `read_image`."""
    with _opened(path) as image:
        orientation = orientation_of(image)
        size = (image.height, image.width) if orientation in ON_SIDE else image.size
        return Header(size, orientation, image.format in ("JPEG", "MPO"))


def read_size(path: str | Path) -> tuple[int, int]:
    """(width, height) of `read_image`, from the file's header alone."""
    return read_header(path).size


def is_turned(path: str | Path) -> bool:
    """Whether the image is displayed turned or mirrored by its EXIF tag, which some programs ignore."""
    with _opened(path) as image:
        return orientation_of(image) in TURNS


def read_crop(path: str | Path, crop: Crop) -> np.ndarray:
    """uint8 (size, size, 3): the square of the image that `crop` describes, such that the original point p is seen at
    `crop.to_input(p)`. Bilinear, antialiased where it shrinks; beyond the image its edge is repeated.

    Raises:
        InputError: see `read_image`; or the square has no extent, lies outside the image, or is too large.
    """
    return crop_image(read_around(path, crop), crop, path)


def read_around(path: str | Path, crop: Crop) -> np.ndarray:
    """`read_image`, of which the square shows something. InputError as `read_crop`."""
    require_sensible(crop, path, DERIVED)
    image = read_image(path)
    require_overlap(image.shape[1::-1], crop, path)
    return image


def crop_image(image: np.ndarray, crop: Crop, name: str | Path = "image") -> np.ndarray:
    """`read_crop` of an image that is already decoded: uint8 (H, W, 3); `name` stands for it in messages."""
    require_sensible(crop, name, DERIVED)
    require_overlap(image.shape[1::-1], crop, name)
    seen = square_of(image, crop)
    return np.ascontiguousarray(seen[:, ::-1] if crop.mirrored else seen)


def largest_side(times: float = 1) -> float:
    """Of a square, px: that of MAX_PIXELS, so many times."""
    return times * math.sqrt(MAX_PIXELS)


def require_sensible(crop: Crop, name: str | Path = "image", times: float = 1) -> None:
    """InputError for a square without extent or above `largest_side`; found before its image is read.

    times: 1 for squares that a person gives, DERIVED for those that follow from them.
    """
    if not 0 < crop.side <= largest_side(times):
        raise InputError(f"{name}: cannot crop a square of side {crop.side:g} px; check its landmarks and box")


def require_overlap(size: tuple[int, int], crop: Crop, name: str | Path = "image") -> None:
    """InputError for a square that shows nothing of an image of this size (width, height)."""
    for start, length in zip((crop.left, crop.top), size, strict=True):
        if start >= length - 0.5 or start + crop.side <= -0.5:
            raise InputError(f"{name}: the square to crop lies outside the image; check its box")


def image_hash(path: str | Path) -> str:
    """SHA-256 of the decoded pixels: equal for copies in different lossless formats, or with other metadata.

    A file that stays as it is is decoded once: the search for leaks and the record of a run's images both ask.
    """
    return _image_hash(Path(path), state_of(path))


@cache
def _image_hash(path: Path, state: State | None) -> str:
    return pixels_hash(read_image(path))


@contextmanager
def _opened(path: str | Path) -> Iterator[ImageFile.ImageFile]:
    try:
        _require_regular(Path(path))
        with Image.open(path, formats=_formats(path)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise InputError(_too_large(path, f"{image.width} x {image.height} px"))
            yield image
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such image") from None
    except Image.UnidentifiedImageError:
        raise InputError(f"{path}: not an image that can be read; save it as JPEG or PNG") from None
    except Image.DecompressionBombError:
        raise InputError(_too_large(path, "it")) from None
    except Exception as problem:  # on damaged files Pillow's decoders raise almost anything, SyntaxError included
        raise InputError(f"{path}: damaged or unreadable image ({in_one_line(problem)})") from problem


def _require_regular(path: Path) -> None:
    """InputError for a folder, and for a pipe, socket or device, which would be waited for."""
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: {'a folder' if path.is_dir() else 'a pipe or device'}, not an image")


def _too_large(path: str | Path, what: str) -> str:
    return f"{path}: {what} is too large; reduce it to {MAX_PIXELS // 1_000_000} megapixels"


def _formats(path: str | Path) -> tuple[str, ...]:
    """Pillow's names of the formats that a file may have, by its first bytes."""
    with open(path, "rb") as file:
        head = file.read(64)
    if not _is_heic(head):
        return _pillow_formats()
    if not heic_is_readable():
        raise InputError(f"{path}: a HEIC image; {INSTALL_HEIC} reads them, or save it as JPEG")
    return ("HEIF",)


def _is_heic(head: bytes) -> bool:
    """Whether a file that begins so is HEIC, whatever its name: phones send some as .jpg."""
    if head[4:8] != b"ftyp":
        return False
    length = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[start : start + 4] for start in (8, *range(16, length - 3, 4))}
    return any(brand[:3] in (b"hei", b"hev") for brand in brands) or (b"mif1" in brands and b"avif" not in brands)


@lru_cache(maxsize=1)
def heic_is_readable() -> bool:
    """Whether the package for HEIC is installed; Pillow knows the format from the first call on."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


@lru_cache(maxsize=1)
def _pillow_formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)
