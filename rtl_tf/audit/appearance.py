"""Whether a face lies under the landmarks: a linear rule between pictures placed by their own and by others' labels.

It is fitted by ridge regression in a second, for the people of each tenth on all others.
"""

from collections.abc import Sequence

import numpy as np

CELLS, DIRECTIONS = 8, 8
PARTS = 10
RIDGE = 1.0


def scores(own: Sequence[np.ndarray | None], others: Sequence[np.ndarray | None], people: Sequence[str]) -> np.ndarray:
    """(N,): about 1 where a picture looks as those of `own`, about -1 as those of `others`; NaN where there is none.

    Args:
        own: pictures (S, S) placed by their own labels.
        others: the same images, placed by another image's labels.
        people: whose images they are; nobody is judged by a rule of their own images.
    """
    positive, negative = _described(own), _described(others)
    names = sorted(set(people))
    part = np.array([names.index(person) % PARTS for person in people])
    found = np.full(len(own), np.nan)
    for each in range(PARTS):
        rows = np.concatenate([positive[part != each], negative[part != each]])
        wanted = np.repeat([1.0, -1.0], [(part != each).sum()] * 2)
        there = ~np.isnan(rows[:, 0])
        if there.sum() < 2 or not (part == each).any():
            continue
        middle = rows[there].mean(axis=0)
        centred, target = rows[there] - middle, wanted[there] - wanted[there].mean()
        found[part == each] = (positive[part == each] - middle) @ _ridge(centred, target) + wanted[there].mean()
    return found


def _ridge(rows: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The weights (D,) of rows (N, D), by the smaller of both systems of equations."""
    if len(rows) < rows.shape[1]:
        return rows.T @ np.linalg.solve(rows @ rows.T + RIDGE * np.eye(len(rows)), target)
    return np.linalg.solve(rows.T @ rows + RIDGE * np.eye(rows.shape[1]), rows.T @ target)


def _described(pictures: Sequence[np.ndarray | None]) -> np.ndarray:
    """(N, D), NaN where there is no picture."""
    size = CELLS * CELLS * DIRECTIONS
    return np.stack([np.full(size, np.nan) if picture is None else describe(picture) for picture in pictures])


def describe(picture: np.ndarray) -> np.ndarray:
    """How much of each direction the edges have in each cell of a picture (S, S), of length 1 a cell row."""
    down, right = np.gradient(picture.astype(np.float32))
    strength = np.hypot(down, right)
    direction = (np.arctan2(down, right) % np.pi * DIRECTIONS / np.pi).astype(int) % DIRECTIONS
    cell = np.arange(len(picture)) * CELLS // len(picture)
    index = (cell[:, None] * CELLS + cell[None, :]) * DIRECTIONS + direction
    counts = np.bincount(index.ravel(), strength.ravel(), CELLS * CELLS * DIRECTIONS).reshape(-1, DIRECTIONS)
    counts = np.sqrt(counts / (counts.sum(axis=1, keepdims=True) + 0.1 * counts.sum() / len(counts) + 1e-9))
    return counts.ravel() / CELLS
