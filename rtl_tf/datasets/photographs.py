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
    """An image file, the square to look at (see `Sample.box`; None = not told), and `Sample.mirrored`.

    `problem` says why it cannot be looked at; empty = no reason is known.
    """

    image: Path
    box: tuple[float, float, float] | None = None
    mirrored: bool = False
    problem: str = ""


def from_files(paths: Sequence[Path]) -> list[Photograph]:
    """The image files among `paths`, and those in folders among them, by name; whether they can be read is seen later.

    Raises:
        InputError: a path that is not there, a folder without an image, or none that can be read.
    """
    found = []
    for path in paths:
        if path.is_dir():
            files = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
            if not files:
                raise InputError(f"{path}: no image in this folder ({', '.join(sorted(SUFFIXES))})")
            found += files
        elif path.exists():
            found.append(path)
        else:
            raise InputError(f"{path}: no such image")
    problems = (_problem(path) for path in found)
    first = next(problems)
    if first and all(problems):
        raise InputError(first)
    return [Photograph(path) for path in found]


def _problem(path: Path) -> str:
    """Why an image cannot be read, as far as its header tells; else empty."""
    try:
        read_size(path)
    except InputError as problem:
        return str(problem)
    return ""


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
