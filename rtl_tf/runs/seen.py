"""trained_on.csv: the images, and the people on them, that a network has learnt from or was chosen by."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rtl_tf.csv_rows import read_own_rows, write_rows

COLUMNS = ("data", "image", "subject", "size", "pixels")


class Seen(NamedTuple):
    """An image that a network has learnt from or was chosen by: its data set's hash, its name there, the person, its
    size as `160x120`, and the SHA-256 of its pixels."""

    data: str
    image: str
    subject: str
    size: str
    pixels: str


def write_seen(path: str | Path, seen: Iterable[Seen]) -> None:
    """A row for each, in order, equal ones once."""
    write_rows(path, COLUMNS, dict.fromkeys(seen))


def read_seen(path: Path) -> list[Seen]:
    """All rows; none where there is no such file. InputError where it lacks columns or cannot be read."""
    if not path.is_file():
        return []
    return [Seen(*(row.cells[name] for name in COLUMNS)) for row in read_own_rows(path, COLUMNS)]
