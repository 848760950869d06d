"""Photographs without landmarks: what a trained detector is asked about."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rtl_tf.coordinates import Crop
from rtl_tf.datasets.csv_rows import read_rows
from rtl_tf.datasets.table import box_of, mirrored_of, require_image_and_box
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_size, require_overlap, require_sensible

SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"}


@dataclass(frozen=True)
class Photograph:
    """An image file, the square to look at (see `Sample.box`; None = not told), and `Sample.mirrored`."""

    image: Path
    box: tuple[float, float, float] | None = None
    mirrored: bool = False


def from_files(paths: Sequence[Path]) -> list[Photograph]:
    """The image files among `paths`, and those in folders among them, by name.

    Raises:
        InputError: a path that is not there, a file that is no image, or a folder without one.
    """
    found = []
    for path in paths:
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
            if not files:
                raise InputError(f"{path}: no image in this folder ({', '.join(sorted(SUFFIXES))})")
            found += files
        else:
            found.append(path)
    for path in found:
        read_size(path)  # all are looked at before the first is worked on
    return [Photograph(path) for path in found]


def from_table(file: Path) -> list[Photograph]:
    """The rows of a table with the column `image` and, where known, the columns of the box and `mirrored`.

    Any table that `datasets.table` reads will do; other columns, landmarks included, are left aside.

    Raises:
        InputError: names the file and the row, the header being row 1.
    """
    header, rows = read_rows(file)
    require_image_and_box(file, header)
    photographs = []
    for row, cells in rows:
        try:
            if not cells["image"]:
                raise InputError("column image is empty")
            image = Path(os.path.normpath(file.parent / cells["image"]))
            size, box = read_size(image), box_of(cells)
            if box:
                crop = Crop(*box, 1)
                require_sensible(crop, image)
                require_overlap(size, crop, image)
            photographs.append(Photograph(image, box, mirrored_of(cells)))
        except InputError as problem:
            raise InputError(f"{file} row {row}: {problem}") from problem
    return photographs
