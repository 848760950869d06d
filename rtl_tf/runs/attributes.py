"""test.csv: what the data table says of each test image (site, age_group, ...), beside the predictions of a run."""

from collections.abc import Sequence
from pathlib import Path

from rtl_tf.csv_rows import read_own_rows, write_rows
from rtl_tf.documents import File
from rtl_tf.exceptions import InputError

IMAGE = "image"


def write_attributes(path: str | Path, images: Sequence[str], attributes: Sequence[dict[str, str]]) -> None:
    """One row an image, one column an attribute, cells as they are; empty where an image has none.

    The file appears whole or not at all.
    """
    names = list(dict.fromkeys(name for row in attributes for name in row))
    cells = zip(images, ([row.get(name, "") for name in names] for row in attributes), strict=True)
    write_rows(path, [IMAGE, *names], ([image, *row] for image, row in cells))


def read_attributes(path: File, images: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Column -> cells in the order of `images`. Raises InputError unless the table is of exactly these images."""
    if not path.exists():
        raise InputError(f"no file {path}: its run was trained before runs kept attributes")
    rows = read_own_rows(path, [IMAGE])
    if tuple(row.cells[IMAGE] for row in rows) != tuple(images):
        raise InputError(f"{path}: its images are not those of the predictions")
    return {name: tuple(row.cells[name] for row in rows) for name in (rows[0].cells if rows else ()) if name != IMAGE}
