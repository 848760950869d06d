"""trained_on.csv: the images, and the people on them, that a network has learnt from or was chosen by."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rtl_tf.csv_rows import read_rows
from rtl_tf.documents import write_table
from rtl_tf.exceptions import InputError

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
    write_table(path, COLUMNS, dict.fromkeys(seen))


def read_seen(path: Path) -> list[Seen]:
    """All rows; none where there is no such file. InputError where it has other columns or cannot be read."""
    if not path.is_file():
        return []
    header, rows = read_rows(path)
    if tuple(header) != COLUMNS:
        raise InputError(f"{path} row 1: expected the columns {', '.join(COLUMNS)}")
    return [Seen(**cells) for _, cells in rows]
