"""Counts and ranges in words, for the paragraphs of an audit."""

from collections.abc import Sequence

import numpy as np

SHOWN = 5  # names in a sentence, suspects in the list


def median_and_range(values: Sequence[float] | np.ndarray, template: str) -> str:
    """`12 (9 to 14)`, median and extremes; `12` where all are the same."""
    low, middle, high = (template.format(value) for value in (np.min(values), np.median(values), np.max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def share_of(which: np.ndarray) -> str:
    return f"{many(int(which.sum()), 'image')} ({which.mean():.0%})"


def many(count: int, one: str, several: str | None = None) -> str:
    return f"{count} {one if count == 1 else several or one + 's'}"
