"""test.csv: what the data table says of each test image (site, age_group, ...), beside the predictions of a run."""

import csv
from collections.abc import Sequence
from pathlib import Path

from rtl_tf.atomic import replacing
from rtl_tf.exceptions import InputError

FILE = "test.csv"
IMAGE = "image"


def write_attributes(path: str | Path, images: Sequence[str], attributes: Sequence[dict[str, str]]) -> None:
    """One row an image, one column an attribute, cells as they are; empty where an image has none.

    The file appears whole or not at all.
    """
    names = list(dict.fromkeys(name for row in attributes for name in row))
    with replacing(path) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([IMAGE, *names])
        for image, row in zip(images, attributes, strict=True):
            writer.writerow([image, *(row.get(name, "") for name in names)])


def read_attributes(path: str | Path, images: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Column -> cells in the order of `images`. Raises InputError unless the table is of exactly these images."""
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
    except FileNotFoundError as problem:
        raise InputError(f"no file {path}: its run was trained before runs kept attributes") from problem
    except (OSError, ValueError, csv.Error) as problem:  # empty, not UTF-8, or not CSV
        raise InputError(f"{path}: not a table of test images ({problem})") from problem
    for line, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise InputError(f"{path}, line {line}: {len(row)} fields instead of {len(header)}")
    cells = dict(zip(header, zip(*rows, strict=True), strict=False))
    if header[:1] != [IMAGE] or cells.pop(IMAGE, None) != tuple(images):
        raise InputError(f"{path}: its images are not those of the predictions")
    return cells
