"""What the means over a test part are worth: intervals and tests for other people *and* other trainings.

A value of an image is a draw of two lotteries, people and trainings, and both are crossed: every training is judged on
every person. The model is the linear mixed one,

    value = mean + person + training + (person x training, images),

whose variances, by restricted maximum likelihood on the full grid, are those of a two-way analysis of variance. The
mean's standard error has a share of each; its degrees of freedom are Satterthwaite's. Images of one person are no
independent draws, nor are the same images seen by another training; an interval over people alone says something of the
trainings at hand and nothing of a method. `benchmarks/honesty.py` measures all of this.

Values are (N, T) or (N, T, M): of N images by T trainings, M of each (metrics, methods side by side). NaN has no vote.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special  # its `stats` would take longer to import than a table takes

LEVEL = 0.95
# Two trainings tell their spread with one degree of freedom: false positives at 0.05 are then up to 0.12, whatever the
# degrees of freedom are taken to be. Three keep to 0.07 (`benchmarks/honesty.py`).
FEWEST_TRAININGS = 3
FEWEST_PEOPLE = 6  # with fewer that differ, a t-interval leans on the normal distribution alone
DIGITS = 12  # of all that is printed: what lies below differs between processors

Names = Sequence[str] | np.ndarray


class Estimate(NamedTuple):
    """Means, their standard errors and degrees of freedom, each (M,); NaN where undefined."""

    mean: np.ndarray
    error: np.ndarray
    freedom: np.ndarray


def estimate(values: np.ndarray, subjects: Names, other_trainings: bool | None = None) -> Estimate:
    """Means over images and trainings, and what they are worth.

    Args:
        values: (N, T) or (N, T, M). For a comparison of two methods: their differences, paired by seed.
        subjects: N names.
        other_trainings: whether the means shall hold for other trainings (False: for other people alone); None = where
            there are FEWEST_TRAININGS of them.
    Returns:
        Errors and degrees of freedom are NaN where fewer than FEWEST_PEOPLE people have a value other than 0.
    """
    found, of_people = _analysis(values, subjects, other_trainings)
    enough = (np.abs(of_people) > 0).sum(axis=0) >= FEWEST_PEOPLE
    return Estimate(found.mean, np.where(enough, found.error, np.nan), np.where(enough, found.freedom, np.nan))


def interval(
    found: Estimate, level: float = LEVEL, least: float = -np.inf, most: ArrayLike = np.inf
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends of the means' intervals, each (M,).

    least, most: what the means can be; of few people a t-interval may go on beyond.
    """
    half = special.stdtrit(found.freedom, (1 + level) / 2) * found.error
    return np.clip(found.mean - half, least, most), np.clip(found.mean + half, least, most)


def p_values(found: Estimate) -> np.ndarray:
    """(M,) two-sided p of a mean that is 0. However small, so that a correction for thousands of tests has room."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2 * special.stdtr(found.freedom, -np.abs(found.mean) / found.error)


def rate_interval(values: np.ndarray, subjects: Names, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Intervals of rates: Wilson's (1927), for as many independent people as the variance of the rate is worth.

    Near 0 and 1 that variance cannot be seen: of 0 failures it is 0. So what it would be if the images of a person
    failed all or none is averaged in, with the weight of one person beside those who were seen to fail in part.

    Args:
        values: (N, T) or (N, T, M), 0 or 1.
        subjects: N names.
    Returns:
        Lower and upper ends, (M,), from 0 to 1; for other trainings where there are FEWEST_TRAININGS.
    """
    found, of_people = _analysis(values, subjects)
    people, mixed = (~np.isnan(of_people)).sum(axis=0), ((of_people > 0) & (of_people < 1)).sum(axis=0)
    at_worst = found.mean * (1 - found.mean) / people
    variance = (mixed * found.error**2 + at_worst) / (mixed + 1)
    seen = at_worst > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(seen, people * at_worst / variance, people)
    critical = special.stdtrit(np.where(seen, found.freedom, people - 1), (1 + level) / 2)
    share = critical**2 / effective
    centre = (found.mean + share / 2) / (1 + share)
    half = np.sqrt(share * people * at_worst + share**2 / 4) / (1 + share)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def holm(p: np.ndarray) -> np.ndarray:
    """Holm's step-down correction of all p-values of a table, of any shape; NaN (no test) stays and does not count.

    The family-wise error stays below the level however the tests depend on each other (S. Holm, 1979).
    """
    p = np.asarray(p, np.float64)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p.ravel()[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    corrected = np.full(p.size, np.nan)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(factors * p.ravel()[order]))
    return corrected.reshape(p.shape)


def rounded(values: np.ndarray | float) -> np.ndarray:
    """To DIGITS significant digits: equal on every processor, also where a quantile or a printed digit hangs on it."""
    values = np.asarray(values, np.float64)
    return np.array([float(f"{value:.{DIGITS - 1}e}") for value in values.flat]).reshape(values.shape)


def _analysis(values: np.ndarray, subjects: Names, other_trainings: bool | None = None) -> tuple[Estimate, np.ndarray]:
    """The two-way analysis of variance: estimates, and the mean of each person (S, M), NaN for those without a vote."""
    scores, level, of_people = _scores(values, subjects)
    trainings, people = len(level), (~np.isnan(of_people)).sum(axis=0)
    if other_trainings is None:
        other_trainings = trainings >= FEWEST_TRAININGS
    means, mean = scores.mean(axis=1), level.mean(axis=0)
    free = np.stack([people - 1, np.full(people.shape, trainings - 1.0), (people - 1) * (trainings - 1)])
    rest = scores - means[:, None] - level + mean
    sums = np.stack(
        [
            trainings * ((means - mean) ** 2).sum(axis=0),
            people * ((level - mean) ** 2).sum(axis=0),
            (rest**2).sum(axis=(0, 1)),
        ]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = sums / free
        spread, freedom = _spread(squares, free) if other_trainings else (squares[0], free[0])
        error = np.sqrt(spread / (people * trainings))
    return Estimate(mean, error, freedom), of_people


def _spread(squares: np.ndarray, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean squares (3, M) of people, trainings and the rest, and their degrees of freedom: those of the mean.

    A variance whose estimate is negative is 0, as restricted maximum likelihood has it on the border of its range.
    """
    of_people, of_trainings, rest = squares
    spread = of_people + of_trainings - rest
    # Satterthwaite's degrees; one less, since they are estimated themselves, but no fewer than the fewer of both have.
    fewest = np.minimum(free[0], free[1])
    freedom = np.fmax(spread**2 / (squares**2 / free).sum(axis=0) - 1, fewest)
    pooled = (squares * free).sum(axis=0) / free.sum(axis=0)
    cases = [(of_people < rest) & (of_trainings < rest), of_trainings < rest, of_people < rest]
    return (
        np.select(cases, [pooled, of_people, of_trainings], spread),
        np.select(cases, [free.sum(axis=0), free[0], free[1]], freedom),
    )


def _scores(values: np.ndarray, subjects: Names) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What each person adds to each training's mean over images, as if all had equally many images.

    Returns:
        (S, T, M), whose mean over people is the training's mean (a linearised ratio: who has no vote scores just that
        mean); the trainings' means (T, M); each person's own mean (S, M), NaN without a vote.
    """
    values = np.asarray(values, np.float64)
    values = values.reshape(*values.shape[:2], -1)
    names, index = np.unique(np.asarray(subjects), return_inverse=True)
    voting = ~np.isnan(values).any(axis=1)
    sums, counts = np.zeros((len(names), *values.shape[1:])), np.zeros((len(names), values.shape[2]))
    np.add.at(sums, index, np.where(voting[:, None], values, 0.0))
    np.add.at(counts, index, voting)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = counts / counts.sum(axis=0) * (counts > 0).sum(axis=0)  # 1 where all have as many images
        level = sums.sum(axis=0) / counts.sum(axis=0)
        of_people = sums / counts[:, None]
        scores = np.where(counts[:, None] > 0, share[:, None] * (of_people - level), 0.0) + level
    return scores, level, of_people.mean(axis=1)
