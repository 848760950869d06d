"""Procrustes analysis of variance (Goodall, 1991; Klingenberg and McIntyre, 1998): how well shapes can be measured.

The variance of shapes is shared out among individuals, the sides of a face, what differs between an individual's sides
(asymmetry), an individual's images and the placements of landmarks on one image. The levels are nested, except for the
sides, so that their sums of squares are those of means. F and p take the variance to be the same at all landmarks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from rtl_tf.evaluation.procrustes import shape_freedom

INDIVIDUAL, SIDE, BOTH, IMAGE, PLACEMENT = "individual", "side", "individual x side", "image", "placement"
OVER = {INDIVIDUAL: (BOTH, IMAGE, PLACEMENT), SIDE: (BOTH,), BOTH: (IMAGE, PLACEMENT), IMAGE: (PLACEMENT,)}


@dataclass(frozen=True)
class Term:
    """A row of the table; f and p are NaN where nothing is left to judge the term by."""

    name: str
    squares: float
    freedom: int
    share: float  # of all squares
    f: float
    p: float
    over: str  # the term that it is judged by, "" = none

    @property
    def mean_square(self) -> float:
        return self.squares / self.freedom


def procrustes_anova(
    shapes: np.ndarray, individuals: Sequence[str], sides: Sequence[str] | None, images: Sequence[str]
) -> list[Term]:
    """Terms that have degrees of freedom, of superimposed shapes (N, K, 2), a row a placement; N names each.

    Args:
        sides: of the face that is seen; None = all show one.
        images: rows of one name are placements on one image.
    """
    values = shapes.reshape(len(shapes), -1)
    individual = _codes(individuals)
    cell = _codes(list(zip(individuals, sides, strict=True))) if sides is not None else individual
    image = _codes(list(zip(cell, images, strict=True)))
    of_individual = _means(values, individual)
    of_side, sides_freedom = _side_effect(
        values - of_individual, individual, _codes(sides or individuals), sides is None
    )
    fits = [
        values.mean(axis=0),
        of_individual,
        of_individual + of_side,
        _means(values, cell),
        _means(values, image),
        values,
    ]
    counts = [
        1,
        individual.max() + 1,
        individual.max() + 1 + sides_freedom,
        cell.max() + 1,
        image.max() + 1,
        len(values),
    ]
    found = {}
    for index, name in enumerate((INDIVIDUAL, SIDE, BOTH, IMAGE, PLACEMENT)):
        freedom = int(counts[index + 1] - counts[index]) * shape_freedom(shapes.shape[1])
        if freedom > 0:
            found[name] = float(((fits[index + 1] - fits[index]) ** 2).sum()), freedom
    total = sum(squares for squares, _ in found.values())
    return [_term(name, found, total) for name in found]


def repeatability(terms: Sequence[Term], shapes: int, individuals: Sequence[str]) -> float:
    """Intraclass correlation of shapes: the share of variance that lies between individuals; NaN without repeats.

    Args:
        shapes: N, how many the terms are of.
        individuals: N names.
    """
    within = [term for term in terms if term.name != INDIVIDUAL]
    if not within or terms[0].name != INDIVIDUAL:
        return float("nan")
    _, counts = np.unique(np.asarray(individuals), return_counts=True)
    usual = (shapes - (counts**2).sum() / shapes) / (len(counts) - 1)  # rows of an individual, where they differ
    rest = sum(term.squares for term in within) / sum(term.freedom for term in within)
    between = terms[0].mean_square
    return (between - rest) / (between + (usual - 1) * rest)


def _term(name: str, found: dict[str, tuple[float, int]], total: float) -> Term:
    squares, freedom = found[name]
    over = next((other for other in OVER.get(name, ()) if other in found), "")
    f = p = float("nan")
    if over and found[over][0] > 0:
        f = (squares / freedom) / (found[over][0] / found[over][1])
        p = float(special.fdtrc(freedom, found[over][1], f))
    return Term(name, squares, freedom, squares / total if total else float("nan"), f, p, over)


def _side_effect(rests: np.ndarray, individual: np.ndarray, side: np.ndarray, alone: bool) -> tuple[np.ndarray, int]:
    """What the sides' means explain of the rests inside individuals (N, D), and its dimensions."""
    if alone:
        return np.zeros_like(rests), 0
    indicators = np.eye(side.max() + 1)[side]
    inside = indicators - _means(indicators, individual)
    effect, _, rank, _ = np.linalg.lstsq(inside, rests, rcond=1e-9)
    return inside @ effect, int(rank)


def means_by(codes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(C, ...): the means of values (N, ...) by their codes (N,), each from 0 to C - 1."""
    sums = np.zeros((codes.max() + 1, *values.shape[1:]))
    np.add.at(sums, codes, values)
    return sums / np.bincount(codes).reshape(-1, *[1] * (values.ndim - 1))


def _means(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """(N, D): for each row the mean of the rows of its code."""
    return means_by(codes, values)[codes]


def _codes(names: Sequence) -> np.ndarray:
    """(N,) from 0."""
    known: dict = {}
    return np.array([known.setdefault(name, len(known)) for name in names])
