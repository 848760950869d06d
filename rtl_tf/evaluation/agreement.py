"""How two ways of measuring agree: Bland and Altman's limits (1986), intraclass correlation (McGraw and Wong 1996).

Images of one person are no independent draws. Intervals are as wide as if a person's images all said the same: then N
images, n of each person, count for N² / sum of n² people (Kish 1965), all of them where they have equally many.
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

LIMITS = 1.96  # standard deviations: 95 % of normally distributed differences lie between the limits
FEWEST = 3  # images and people that anything is said of


class Interval(NamedTuple):
    """A number with the ends of its 95 % interval; NaN where undefined."""

    value: float
    low: float
    high: float


UNDEFINED = Interval(math.nan, math.nan, math.nan)


class Agreement(NamedTuple):
    """Of differences: their mean, standard deviation (ddof 1), mean absolute value, and the limits of agreement."""

    images: int
    people: int
    bias: Interval
    sd: float
    mae: float
    lower: Interval
    upper: Interval


def bland_altman(differences: np.ndarray, subjects: Sequence[Hashable] | None = None) -> Agreement:
    """Of differences (N,), found - true, without NaN.

    Examples:
        >>> bland_altman(np.array([-1.0, 0.0, 1.0])).upper.value
        1.96

    Args:
        subjects: N names, of whom they are; None = a person each.
    Returns:
        Limits have the standard error sqrt(3 sd² / people, as many as they count for), of Student's t with people - 1
        degrees of freedom. All is undefined below FEWEST.
    """
    differences = np.asarray(differences, np.float64)
    count = len(differences)
    people, independent = _people(count, subjects)
    if min(count, people) < FEWEST:
        return Agreement(count, people, UNDEFINED, math.nan, math.nan, UNDEFINED, UNDEFINED)
    mean, sd = float(differences.mean()), float(differences.std(ddof=1))
    error = sd / math.sqrt(independent)
    critical = float(special.stdtrit(people - 1, 0.975))

    def around(value: float, half: float) -> Interval:
        return Interval(value, value - half, value + half)

    ends = (around(mean + sign * LIMITS * sd, critical * math.sqrt(3) * error) for sign in (-1, 1))
    return Agreement(count, people, around(mean, critical * error), sd, float(np.abs(differences).mean()), *ends)


def icc(values: np.ndarray, subjects: Sequence[Hashable] | None = None) -> tuple[Interval, Interval]:
    """ICC(2,1), of absolute agreement with raters drawn at random, and ICC(3,1), of consistency of these raters.

    Args:
        values: (N, R), of N images by R raters, without NaN.
        subjects: N names, of whom the images are; None = a person each.
    Returns:
        With degrees of freedom of as many people as the images count for. Both undefined below FEWEST, and where all
        images have one value.
    """
    values = np.asarray(values, np.float64)
    count, raters = values.shape
    people, independent = _people(count, subjects)
    if min(count, people) < FEWEST:
        return UNDEFINED, UNDEFINED
    mean, of_images, of_raters = values.mean(), values.mean(axis=1), values.mean(axis=0)
    between = raters * ((of_images - mean) ** 2).sum() / (count - 1)
    judges = count * ((of_raters - mean) ** 2).sum() / (raters - 1)
    rest = ((values - of_images[:, None] - of_raters + mean) ** 2).sum() / ((count - 1) * (raters - 1))
    if not between > 0:
        return UNDEFINED, UNDEFINED
    if not rest > 0 and not judges > 0:  # the same values from all
        return (Interval(1.0, 1.0, 1.0),) * 2
    freedom = independent - 1, (independent - 1) * (raters - 1)
    return _absolute(between, judges, rest, count, raters, freedom), _consistent(between, rest, raters, freedom)


def _people(images: int, subjects: Sequence[Hashable] | None) -> tuple[int, float]:
    """How many people there are, and for how many their images count."""
    counts = [1] * images if subjects is None else Counter(subjects).values()
    return len(counts), images**2 / max(1, sum(count**2 for count in counts))


def _consistent(between: float, rest: float, raters: int, freedom: tuple[float, float]) -> Interval:
    """ICC(3,1) of the mean squares of images and the rest."""
    if not rest > 0:
        return Interval(1.0, 1.0, 1.0)
    ratio = between / rest
    low, high = ratio / _quantile(*freedom), ratio * _quantile(freedom[1], freedom[0])
    return Interval(*((each - 1) / (each + raters - 1) for each in (ratio, low, high)))


def _absolute(
    between: float, judges: float, rest: float, count: int, raters: int, freedom: tuple[float, float]
) -> Interval:
    """ICC(2,1) of the mean squares of images, raters and the rest; degrees of freedom are Satterthwaite's."""
    spread = raters * judges + (raters * count - raters - count) * rest
    value = count * (between - rest) / (count * between + spread)
    own = count * (1 + (raters - 1) * value) - raters * value
    of_judges = raters * value * judges
    square = (of_judges + own * rest) ** 2
    free = freedom[1] * square / (freedom[0] * of_judges**2 + (own * rest) ** 2)
    wide, narrow = _quantile(freedom[0], free), _quantile(free, freedom[0])
    low = count * (between - wide * rest) / (wide * spread + count * between)
    high = count * (narrow * between - rest) / (spread + count * narrow * between)
    return Interval(float(value), float(low), float(high))


def _quantile(above: float, below: float) -> float:
    """97.5 % of an F distribution."""
    return float(special.fdtri(above, below, 0.975))
