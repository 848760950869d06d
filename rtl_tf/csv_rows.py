"""CSV files as rows with the numbers that a text editor shows."""

import csv
import io
import unicodedata
from pathlib import Path

from rtl_tf.documents import read_bytes, repeated
from rtl_tf.exceptions import InputError

LARGEST = 64 * 2**20  # bytes; a hundred thousand rows of 68 points have as many


def read_header(path: Path) -> list[str]:
    """Column names, stripped. Raises InputError for a file that is missing, empty or not UTF-8."""
    return _composed(read_lines(path, only_header=True)[0][1])


def read_rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Header and non-empty rows of a CSV file: ([column, ...], [(row number, {column: cell}), ...]).

    The header is row 1, its names in Unicode's composed form. Cells are stripped of surrounding blanks; those that a
    row lacks at its end, which some programs leave out where they are empty, are empty.

    Raises:
        InputError: the file is missing, empty or not UTF-8, a column name appears twice, or a row is longer than the
            header.
    """
    (_, names), *lines = read_lines(path)
    header = _composed(names)
    if (name := repeated(filter(None, header))) is not None:
        raise InputError(f"{path} row 1: column '{name}' appears twice")
    if not lines:
        raise InputError(f"{path}: no rows below the header")
    for row, cells in lines:
        if len(cells) > len(header):
            raise InputError(f"{path} row {row}: {len(cells)} cells, but the header has {len(header)}")
    empty = dict.fromkeys(header, "")
    return header, [(row, empty | dict(zip(header, cells, strict=False))) for row, cells in lines]


def read_lines(path: Path, only_header: bool = False) -> list[tuple[int, list[str]]]:
    """Non-empty lines, cells stripped, with their row numbers; the header (which may be empty) first.

    Raises:
        InputError: the file is missing, empty or not UTF-8.
    """
    try:
        # utf-8-sig: spreadsheet programs write a byte order mark.
        text = read_bytes(path, LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(f"{path}: cannot read the table: not UTF-8; save it as 'CSV UTF-8'") from problem
    lines, row, reader = [], 1, csv.reader(io.StringIO(text, newline=""))
    try:
        for cells in reader:
            if any(cells) or not lines:
                # a mark that is not the file's first: somebody has put a column before it
                lines.append((row, [cell.strip().removeprefix("\ufeff") for cell in cells]))
            row = reader.line_num + 1  # a quoted cell may run over several lines
            if only_header:
                break
    except csv.Error as problem:
        raise InputError(f"{path}: cannot read the table: {problem}") from problem
    if not lines:
        raise InputError(f"{path}: the file is empty")
    return lines


def _composed(names: list[str]) -> list[str]:
    return [unicodedata.normalize("NFC", name) for name in names]
