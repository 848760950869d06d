"""`--only`: the photographs of a folder that a table names, as `rtl-suggest` writes one."""

import os
from collections.abc import Sequence
from pathlib import Path

from rtl_tf.clinic.facts import none_in_common
from rtl_tf.clinic.same_images import place_of
from rtl_tf.csv_rows import read_rows
from rtl_tf.datasets.files import file_called
from rtl_tf.datasets.photographs import LOOK_DEEPER
from rtl_tf.exceptions import InputError
from rtl_tf.system.notes import some, warn


def named_in(table: Path, images: Sequence[Path], folder: Path | None) -> list[int]:
    """Which of the images a table names in its column image, in its order, each once.

    Rows of no image here are warned of.

    Args:
        folder: whose folders were not looked into; None where they were.

    Raises:
        InputError: the table cannot be read, lacks the column, or has none of the images.
    """
    _, rows = read_rows(table, needed=("image",))
    named = [(row, file_called(table.parent, row.cells["image"])) for row in rows if row.cells["image"]]
    rows_of = {place_of(file): (row, file) for row, file in named}
    index_of = {place_of(image): index for index, image in reversed(list(enumerate(images)))}
    lost = [met for place, met in rows_of.items() if place not in index_of]
    advice = f"; {LOOK_DEEPER}" if folder and any(_is_below(file, folder) for _, file in lost) else ""
    if len(lost) == len(rows_of):
        raise InputError(f"{none_in_common(table, images[0])}{advice}")
    if lost:
        lines = [f"row {row.line}: {row.cells['image']}" for row, _ in lost]
        warn(f"{table}: {some(lines, 'row')} of no photograph here{advice}")
    return [index_of[place] for place in rows_of if place in index_of]


def _is_below(file: Path, folder: Path) -> bool:
    """Whether a file is there, in a folder of the folder."""
    parent, root = os.path.dirname(place_of(file)), place_of(folder)
    return parent != root and parent.startswith(os.path.join(root, "")) and file.is_file()
