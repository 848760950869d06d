"""From the values in an opened image file to 8-bit RGB: colour modes, transparency, bit depths, inverted grey."""

import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms, ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from rtl_tf.system.notes import warn_once

BIT_DEPTHS = (8, 10, 12, 14, 16)

_16_BIT_GREY = ("I;16", "I;16L", "I;16B", "I;16N", "I")
WITH_ALPHA = ("RGBA", "RGBa", "LA", "La", "PA")
_SWAPPED = {"L": "B", "B": "L", "N": "B" if struct.pack("=H", 1)[0] else "L"}
_TIFF_BITS, _TIFF_PHOTOMETRIC, _TIFF_PLANES, _TIFF_SAMPLE_FORMAT = 258, 262, 284, 339
_TIFF_LARGEST = (281, 341)  # MaxSampleValue, SMaxSampleValue
_STRIP = 2**22  # pixels of a large image that are worked on at once

Reopen = Callable[[], AbstractContextManager[ImageFile.ImageFile]]


def read_rgb(image: ImageFile.ImageFile, path: str | Path, reopen: Reopen) -> np.ndarray:
    """uint8 (H, W, 3) of an image that is opened, not loaded; as stored, but that Pillow turns TIFFs.

    Args:
        path: its file, for what Pillow does not tell.
        reopen: opens it a second time: Pillow keeps only the upper byte of 16-bit colours.
    Raises:
        ValueError: values of a range that is unknown.
    """
    if image.mode == "F":
        raise ValueError("floating-point values; save it with 8 or 16 bits a channel")
    if image.mode in _16_BIT_GREY:
        image.load()
        return np.repeat(_16_bit_grey(image, path)[..., None], 3, axis=-1)
    if _has_16_bit_colours(image):
        return _16_bit_colours(image, path, reopen)
    if _tiff_tag(image, _TIFF_SAMPLE_FORMAT) == 2:
        raise ValueError("negative values; save it with 8 or 16 bits a channel")
    image.load()
    return to_rgb(image)


def bit_depth(blocks: Iterable[np.ndarray], stated: int | None, stored: int = 16) -> int:
    """How many bits the largest possible value has, where each is stored in 16 bits.

    What the file states is taken, unless its values are larger. Else a photograph is taken to reach a sixteenth of
    its range: less is black to every viewer, so that nobody would have kept it. Below 4096 the depth is therefore 12
    bits, below 1024 it is 10, below 256 it is 8; and 14 where the largest value is just that of 14 bits. A dark image
    whose values are those of 8 bits, spread over 16 (all multiples of 257, or of 256), stays dark, as does one whose
    file states 16 bits. Between 4096 and 65535 nothing is guessed.

    Args:
        blocks: unsigned integers, all values of the image.
        stated: bits that the file speaks of; None = it does not.
        stored: bits that there is room for.
    """
    largest, spread = 0, {256, 257}
    for block in blocks:
        largest = max(largest, int(block.max()))
        if largest < 2**12:
            spread = {step for step in spread if not (block % step).any()}
    if stated is not None and largest < 2**stated:
        return stated
    if largest == 2**14 - 1:
        return 14
    if largest >= 2**12 or spread:
        return stored
    return next(bits for bits in BIT_DEPTHS if largest < 2**bits)


def to_rgb(image: Image.Image) -> np.ndarray:
    """uint8 (H, W, 3) of a loaded image of 8 bits a channel; transparency is laid over white."""
    if image.mode in WITH_ALPHA or "transparency" in image.info:
        image = _over_white(image.convert("RGBA"))
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        image = ImageCms.buildTransform(lab, srgb, "LAB", "RGB").apply(image)
    return np.array(image.convert("RGB"))


def _over_white(image: Image.Image) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


def _16_bit_grey(image: Image.Image, path: str | Path) -> np.ndarray:
    """uint8 (H, W) of a loaded image."""
    grey = np.asarray(image)
    if grey.min() < 0 or grey.max() > 65535:
        raise ValueError("32-bit or negative values; save it with 8 or 16 bits a channel")
    signed = _tiff_tag(image, _TIFF_BITS) == 16 and _tiff_tag(image, _TIFF_SAMPLE_FORMAT) == 2
    levels = _shifted(grey, _depth([grey], image, path, stored=15 if signed else 16))
    if _tiff_tag(image, _TIFF_PHOTOMETRIC) == 0:  # 0 is white, of which Pillow takes care for 8 bits alone
        levels = 255 - levels
    if isinstance(image.info.get("transparency"), int):
        levels[grey == image.info["transparency"]] = 255
    return levels


def _has_16_bit_colours(image: ImageFile.ImageFile) -> bool:
    return any(";16" in _raw_mode(tile) for tile in image.tile) or (
        _tiff_tag(image, _TIFF_PLANES) == 2 and _tiff_tag(image, _TIFF_BITS) == 16
    )


def _16_bit_colours(image: ImageFile.ImageFile, path: str | Path, reopen: Reopen) -> np.ndarray:
    tiles = list(image.tile)
    if _tiff_tag(image, _TIFF_PLANES) == 2 and not any(";16" in _raw_mode(tile) for tile in tiles):
        raise ValueError("16-bit colours in separate planes; save it with 8 bits a channel")
    image.load()
    largest = 256 * int(np.reshape(image.getextrema(), (-1, 2))[:3, 1].max())
    if not all(_raw_mode(tile)[:-1] in ("RGB;16", "RGBA;16") for tile in tiles):  # no lower bytes can be had
        if largest < 2**12:
            raise ValueError("values below 4096 in a file of 16 bits; save it with 8 bits a channel")
        return to_rgb(image)
    if largest >= 2**14 and "transparency" not in image.info:
        return to_rgb(image)
    with reopen() as lower:  # with the byte order reversed the lower bytes come first
        lower.tile = [_other_byte_order(tile) for tile in lower.tile]
        lower.load()
        return _joined(image, lower, path)


def _joined(upper: Image.Image, lower: Image.Image, path: str | Path) -> np.ndarray:
    """uint8 (H, W, 3) of the upper and lower bytes of 16-bit values; in strips, for large images."""
    bits = _depth((strip[..., :3] for strip in _strips(upper, lower)), upper, path)
    alpha_bits = bit_depth((strip[..., 3] for strip in _strips(upper, lower)), None) if upper.mode == "RGBA" else None
    pixels, row = np.empty((upper.height, upper.width, 3), np.uint8), 0
    for strip in _strips(upper, lower):
        levels = _shifted(strip[..., :3], bits)
        if alpha_bits:
            levels = np.dstack([levels, _shifted(strip[..., 3], alpha_bits)])
        elif isinstance(upper.info.get("transparency"), tuple):
            levels[(strip == upper.info["transparency"]).all(axis=-1)] = 255
        pixels[row : row + len(strip)] = to_rgb(Image.fromarray(levels))
        row += len(strip)
    return pixels


def _strips(upper: Image.Image, lower: Image.Image) -> Iterator[np.ndarray]:
    """uint16 (h, W, C), from top to bottom."""
    height = max(1, _STRIP // upper.width)
    for top in range(0, upper.height, height):
        box = (0, top, upper.width, min(top + height, upper.height))
        yield np.asarray(upper.crop(box)).astype(np.uint16) << 8 | np.asarray(lower.crop(box))


def _raw_mode(tile: tuple) -> str:
    """How a decoder of Pillow is told to understand the bytes of a tile: "RGB;16B" = 16 bits, upper byte first."""
    arguments = tile[3]
    mode = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return mode if isinstance(mode, str) else ""


def _other_byte_order(tile: tuple) -> Any:  # a named tuple, in older Pillow a plain one
    mode = _raw_mode(tile)
    swapped = mode[:-1] + _SWAPPED[mode[-1]]
    *place, arguments = tile
    arguments = (swapped, *arguments[1:]) if isinstance(arguments, tuple) else swapped
    return tile._replace(args=arguments) if hasattr(tile, "_replace") else (*place, arguments)


def _depth(blocks: Iterable[np.ndarray], image: Image.Image, path: str | Path, stored: int = 16) -> int:
    """`bit_depth` with what the file states; a guess is said."""
    stated = _stated_bits(image, path)
    bits = bit_depth(blocks, stated, stored)
    if bits not in (stated, stored):
        what = f"a file of 16 bits with values below {2**bits}, taken for {bits}-bit data"
        warn_once(f"{bits} bits", f"{path}: {what}; if it is as dark as that, save it with 8 bits")
    return bits


def _shifted(values: np.ndarray, bits: int) -> np.ndarray:
    """uint8: the upper eight of so many bits, which gives back 8-bit values, however they were spread."""
    return (values >> (bits - 8)).astype(np.uint8)


def _stated_bits(image: Image.Image, path: str | Path) -> int | None:
    """The depth that a TIFF's tags or a PNG's sBIT state; TIFF's largest value where it is a whole range's."""
    if image.format == "PNG":
        return _significant_bits(path)
    bits = _tiff_tag(image, _TIFF_BITS)
    if isinstance(bits, int) and bits < 16:
        return bits
    largest = [_tiff_tag(image, tag) for tag in _TIFF_LARGEST]
    return next((bits for bits in BIT_DEPTHS if 2**bits - 1 in largest), None)


def _tiff_tag(image: Image.Image, tag: int):
    """The first value of a TIFF's tag; None where it is missing, or for another format."""
    value = image.tag_v2.get(tag) if isinstance(image, TiffImageFile) else None
    return next(iter(value), None) if isinstance(value, tuple) else value


def _significant_bits(path: str | Path) -> int | None:
    """The largest number of a PNG's chunk sBIT, which stands before its pixels; that of transparency apart."""
    with open(path, "rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if kind == b"sBIT" and length in (1, 2, 3, 4):
                bits = max(file.read(length)[: 3 if length > 2 else 1], default=0)
                return bits if 8 <= bits <= 16 else None
            if kind in (b"IDAT", b"IEND"):
                return None
            file.seek(length + 4, 1)
    return None
