"""What stands in the cells of found.csv, and the rows of one that is gone on with."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rtl_tf.csv_rows import header_if_any, lines_of
from rtl_tf.datasets.annotations import inside_image, require_crop
from rtl_tf.datasets.photographs import Photograph
from rtl_tf.datasets.table import LOOKED_AT, landmarks_of
from rtl_tf.datasets.table_cells import DECIMALS, DOUBT, FILMED, FORMULA, PEAK, RADIUS
from rtl_tf.exceptions import InputError
from rtl_tf.inference.looked_at import Found


def places_on_image(found: Found) -> np.ndarray:
    """Points as the table has them, (K, 2): NaN where a landmark lies outside the image."""
    points = found.prediction.points.astype(np.float64).round(DECIMALS) + 0.0  # no -0
    points[~inside_image(points.astype(np.float32), found.size)] = np.nan
    points[(points == 0).all(axis=-1)] = 10.0**-DECIMALS  # readers take (0, 0) for a landmark that was never placed
    return points


def unusable(points: np.ndarray, box: tuple[float, float, float]) -> str:
    """Why `train.py` could do nothing with a row of these points; else empty."""
    try:
        require_crop(points, box)
    except InputError:
        return "no landmark was found on the image"
    return ""


def error_cell(problem: InputError, photograph: Photograph) -> str:
    """What a problem says, without the image's name, which the row has in another cell."""
    text = " ".join(str(problem).removeprefix(f"{photograph.image}: ").split())
    text = text.encode("utf-8", "backslashreplace").decode()
    return f"'{text}" if text.startswith(FORMULA) else text


def whole_rows(file: Path) -> tuple[list[list[str]], int]:
    """The rows of a table, header included, but for a last one that is cut off; and how many bytes they take."""
    content = b"".join(_records(file.read_bytes()))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        row = content[: problem.start].count(b"\n") + 1
        raise InputError(f"--resume: {file} row {row}: damaged (not UTF-8)") from problem
    return [cells for _, cells in lines_of(text, f"--resume: {file}")], len(content)


def own_columns(header: list[str]) -> set[str]:
    """Those of a table that FoundTable writes; none where no landmark has a peak."""
    peaked = [name for name in landmarks_of(header) if name + PEAK in header]
    on_face = {name + part for name in peaked for part in ("_x", "_y", PEAK, RADIUS)}
    return on_face and on_face | {"image", "face", *FILMED, *LOOKED_AT, "detector", "error", *DOUBT}


def is_found_table(file: Path) -> bool:
    """Whether a file is a table that FoundTable wrote and to which nobody has added a column."""
    header = header_if_any(file)
    return bool(header) and own_columns(header) >= set(header)


def _records(content: bytes) -> Iterator[bytes]:
    """Lines of a CSV file, those that a quoted cell spreads over taken together; none that has no end."""
    record = b""
    for line in content.splitlines(keepends=True):
        record += line
        if record.endswith(b"\n") and record.count(b'"') % 2 == 0:
            yield record
            record = b""
