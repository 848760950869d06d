"""Groups of test images by a column of the data table."""

import math
import re
from collections.abc import Sequence
from typing import TypeGuard

import numpy as np

from rtl_tf.documents import File
from rtl_tf.exceptions import InputError
from rtl_tf.numerals import as_number
from rtl_tf.runs import layout
from rtl_tf.runs.attributes import read_attributes
from rtl_tf.runs.run import Run

EMPTY = "(empty)"
INFINITE = ("inf", "-inf")
MOST_DIGITS = 15  # of a whole number or decimal fraction that float64 keeps as it is
MOST_NUMBERS = 8  # a column with more different numbers is cut into quarters


def groups_by(column: str, runs: Sequence[Run]) -> list[str]:
    """For each test image its group by a column of the runs' test.csv: its cell, as the data table has it.

    Numbers of more than MOST_NUMBERS values are cut at their quartiles over the test images: `4 to 7`. What begins
    with a zero or has more digits than a float keeps is a code, no number: 007 and 7 are two groups.

    Raises:
        InputError: there is no such column (lists those that are there), or no run with the file.
    """
    images = runs[0].predictions.images
    file, columns = _kept(runs, images)
    if column not in columns:
        there = f"there are {', '.join(sorted(columns))}" if columns else "the data table has no columns of that kind"
        raise InputError(f"--by {column}: no such column in {file}; {there}")
    return groups_of(columns[column])


def groups_of(cells: Sequence[str]) -> list[str]:
    """The groups of a column's cells, as `groups_by` has them."""
    numbers = numbers_of(cells)
    if _is_cut(numbers):
        return _quarters(numbers, cells)
    if numbers is not None:  # `NA` among numbers is no group
        return [EMPTY if math.isnan(number) else cell for number, cell in zip(numbers, cells, strict=True)]
    return [cell or EMPTY for cell in cells]


def has_quarters(cells: Sequence[str]) -> bool:
    """Whether `groups_of` a column are ranges of numbers, whose ends are cells of single images."""
    return _is_cut(numbers_of(cells))


def _is_cut(numbers: np.ndarray | None) -> TypeGuard[np.ndarray]:
    return numbers is not None and len(set(numbers[~np.isnan(numbers)])) > MOST_NUMBERS


def _kept(runs: Sequence[Run], images: Sequence[str]) -> tuple[File, dict[str, tuple[str, ...]]]:
    """The first test.csv that can be read, all being of one data table, and its columns."""
    problems = []
    for run in runs:
        try:
            return run.folder / layout.ATTRIBUTES, read_attributes(run.folder / layout.ATTRIBUTES, images)
        except InputError as problem:
            problems.append(problem)
    raise problems[0]


def order_of(groups: Sequence[str]) -> list[str]:
    """The groups' names: numbers and ranges by size, words by the alphabet, images without a value last."""

    def key(name: str):
        numbers = numbers_of([name.split(" to ")[0]])
        return name == EMPTY, numbers is None, numbers[0] if numbers is not None else 0.0, name

    return sorted(set(groups), key=key)


def numbers_of(cells: Sequence[str]) -> np.ndarray | None:
    """float64, NaN = empty; None where a cell is no number."""
    if any(map(_is_code, cells)):
        return None
    try:
        return np.array([float(cell) if cell in INFINITE else as_number(cell) for cell in cells])
    except InputError:
        return None


def _is_code(cell: str) -> bool:
    return re.match(r"[+-]?0\d", cell) is not None or sum(map(str.isdigit, cell)) > MOST_DIGITS


def _quarters(numbers: np.ndarray, cells: Sequence[str]) -> list[str]:
    """For each image the range of its quarter, by the cells at its ends."""
    known = numbers[~np.isnan(numbers)]
    quarter = np.searchsorted(np.quantile(known, [0.25, 0.5, 0.75]), numbers, side="left")
    ranges = {}
    for index in range(4):
        inside = np.flatnonzero((quarter == index) & ~np.isnan(numbers))
        if inside.size:
            low, high = inside[numbers[inside].argmin()], inside[numbers[inside].argmax()]
            ranges[index] = f"{cells[low]} to {cells[high]}"
    return [EMPTY if math.isnan(number) else ranges[index] for number, index in zip(numbers, quarter, strict=True)]
