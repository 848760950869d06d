"""What the page shows of a photograph: all of it, made smaller, and squares of its own pixels; never on the disk."""

import io
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
from PIL import Image

from rtl_tf.exceptions import InputError
from rtl_tf.images import read_image
from rtl_tf.system.hashing import State, state_of

OVERVIEW = 2048  # px, of the longer side
TILE = 1024  # px
KEPT = 300_000_000  # bytes of decoded photographs; the last one stays in any case
QUALITY = 92


class Pictures:
    """Photographs that were looked at last, decoded. May be called from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._decoded: OrderedDict[tuple[Path, State | None], np.ndarray] = OrderedDict()

    def pixels(self, path: Path) -> np.ndarray:
        """uint8 (H, W, 3), EXIF rotation applied. InputError as `images.read_image`."""
        key = path, state_of(path)
        with self._lock:
            if key not in self._decoded:
                self._decoded[key] = read_image(path)
            self._decoded.move_to_end(key)
            while len(self._decoded) > 1 and sum(image.nbytes for image in self._decoded.values()) > KEPT:
                self._decoded.popitem(last=False)
            return self._decoded[key]

    def kept(self, path: Path) -> np.ndarray | None:
        """A photograph that is decoded already."""
        with self._lock:
            return self._decoded.get((path, state_of(path)))

    def overview(self, path: Path) -> bytes:
        """A JPEG of the photograph, its longer side OVERVIEW px at most."""
        image = Image.fromarray(self.pixels(path))
        scale = min(1.0, OVERVIEW / max(image.size))
        if scale < 1:
            width, height = (max(1, round(side * scale)) for side in image.size)
            image = image.resize((width, height), Image.Resampling.BOX, reducing_gap=2.0)
        return as_jpeg(image)

    def tile(self, path: Path, column: int, row: int) -> bytes:
        """A JPEG of a square of TILE original px, smaller at the right and the lower edge.

        Raises:
            InputError: there is none.
        """
        pixels = self.pixels(path)
        seen = pixels[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
        if column < 0 or row < 0 or not seen.size:
            raise InputError(f"{path}: no tile {column}, {row}")
        return as_jpeg(Image.fromarray(seen))


def as_jpeg(image: Image.Image) -> bytes:
    """Bytes of a JPEG whose colours are as sharp as its greys: an edge is what a landmark is placed on."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=QUALITY, subsampling=0)
    return file.getvalue()


def as_png(pixels: np.ndarray) -> bytes:
    """Bytes of a PNG of uint8 (H, W, 4)."""
    file = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(file, "PNG", compress_level=1)
    return file.getvalue()
