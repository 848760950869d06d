"""A photograph at several sizes: where a square of thousands of pixels is seen at hundreds, not all are needed."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any, TypeAlias, TypeVar

import numpy as np
from PIL import Image

from rtl_tf.coordinates import Crop
from rtl_tf.images import DERIVED, crop_image, read_header, read_image, require_overlap, require_sensible

T = TypeVar("T")

REDUCTIONS = (8, 4, 2, 1)  # those that JPEG files can be decoded at
FINE = 2  # least pixels of the photograph per pixel that is seen, along each side: at this ratio points did not move


class Pyramid:
    """An image of which several squares are looked at.

    A square is cropped from the smallest size that has FINE pixels for each that is seen, and a square that has been
    seen before, mirrored or not, is not cropped again. Each size is made when it is first needed: that of a JPEG file
    is decoded as such, in a fraction of the time.

    Several threads may look. A size that is there can be what the next smaller one is made from, so that the order of
    looks decides on pixels: who lets threads look calls `prepare` before, and all see what one alone would see.

    Attributes:
        shape: (H, W, 3), of the original image.
        name: stands for it in messages.
    """

    def __init__(
        self, shape: tuple[int, ...], read: Callable[[int], np.ndarray | None], name: str | Path = "image"
    ) -> None:
        """`read(reduction)` gives the image at one reduction-th of its size, None where it cannot; at 1 it can."""
        self.shape, self.name = shape, name
        self._read = read
        self._sizes: dict[int, np.ndarray] = {}
        self._seen: dict[Crop, np.ndarray] = {}
        self._made: dict[Callable, Any] = {}
        self._making = RLock()

    @classmethod
    def of(cls, pixels: np.ndarray, name: str | Path = "image") -> "Pyramid":
        """Of a decoded image, uint8 (H, W, 3)."""
        return cls(pixels.shape, lambda reduction: pixels if reduction == 1 else None, name)

    @classmethod
    def of_file(cls, path: str | Path) -> "Pyramid":
        """Of an image file, see `read_image`. InputError where that is damaged can also come from `crop` and `full`."""
        header = read_header(path)

        def read(reduction: int) -> np.ndarray | None:
            return read_image(path, reduction) if reduction == 1 or header.reduces(reduction) else None

        return cls((header.size[1], header.size[0], 3), read, path)

    @property
    def full(self) -> np.ndarray:
        """uint8 (H, W, 3), the original pixels."""
        return self._at(1)

    def prepare(self, crops: Iterable[Crop]) -> None:
        """Make the sizes that these squares are cropped from, the smallest first: a JPEG file is decoded at each."""
        for reduction in sorted(map(_reduction, crops), reverse=True):
            self._at(reduction)

    def crop(self, crop: Crop) -> np.ndarray:
        """See `images.crop_image`."""
        require_sensible(crop, self.name, DERIVED)
        require_overlap(size_of(self), crop, self.name)
        plain = replace(crop, mirrored=False)
        if plain not in self._seen:
            reduction = _reduction(crop)
            self._seen[plain] = crop_image(self._at(reduction), plain.reduced(reduction), self.name)
        seen = self._seen[plain]
        return np.ascontiguousarray(seen[:, ::-1]) if crop.mirrored else seen

    def once(self, function: Callable[["Pyramid"], T]) -> T:
        """What a function makes of this image, made when it is first asked for; threads that crop wait meanwhile."""
        with self._making:
            if function not in self._made:
                self._made[function] = function(self)
            return self._made[function]

    def _at(self, reduction: int) -> np.ndarray:
        with self._making:
            if reduction not in self._sizes:
                finer = [factor for factor in self._sizes if factor < reduction]
                made = None if finer else self._read(reduction)
                self._sizes[reduction] = self._reduced(reduction, max(finer, default=1)) if made is None else made
            return self._sizes[reduction]

    def _reduced(self, reduction: int, finer: int) -> np.ndarray:
        """From the image at a finer size."""
        return np.asarray(Image.fromarray(self._at(finer)).reduce(reduction // finer))


def _reduction(crop: Crop) -> int:
    """The largest that leaves FINE pixels for each that is seen."""
    return next(factor for factor in REDUCTIONS if factor * FINE * crop.size <= crop.side or factor == 1)


Photographed: TypeAlias = np.ndarray | Pyramid  # an image whose squares are cropped


def size_of(image: Photographed) -> tuple[int, int]:
    """(width, height)."""
    return image.shape[1], image.shape[0]


def crop_of(image: Photographed, crop: Crop) -> np.ndarray:
    """`images.crop_image`, or of a pyramid."""
    return image.crop(crop) if isinstance(image, Pyramid) else crop_image(image, crop)
