"""What the means of a test set are worth: intervals and tests that take the person, not the image, as the unit.

Images of one person resemble each other, so that counting images as independent would make every interval too narrow.
Values are (N,) or (N, M): one for each image, or M of each (metrics, methods side by side, all judged with the same
resamples). Average seeds for each image first. NaN has no vote.
"""

from collections.abc import Iterator, Sequence

import numpy as np

LEVEL = 0.95
RESAMPLES = 10_000
FLIPS = 20_000
CHUNK = 4_000_000  # numbers in memory at a time: resamples times subjects


def resampled_means(
    values: np.ndarray, subjects: Sequence[str], resamples: int = RESAMPLES, seed: int = 0
) -> np.ndarray:
    """Cluster bootstrap: means over images when S subjects are drawn with replacement, each with all of its images.

    Args:
        values: (N,) or (N, M).
        subjects: N names.
    Returns:
        float64 (resamples,) or (resamples, M); NaN where a draw holds no image with a vote. Columns share the draws:
        the difference of two columns is a draw of their paired difference.
    """
    sums, counts = _per_subject(values, subjects)
    few_counts, which = np.unique(counts, axis=1, return_inverse=True)  # most columns have the same images
    random = np.random.default_rng(seed)
    means = []
    for size in _chunks(resamples, len(sums)):
        drawn = random.integers(len(sums), size=(size, len(sums)))
        rows = np.arange(size)[:, None] * len(sums)
        times = np.bincount((rows + drawn).ravel(), minlength=drawn.size).reshape(drawn.shape).astype(np.float64)
        voting = (times @ few_counts)[:, which.ravel()]
        means.append(np.divide(times @ sums, voting, out=np.full(voting.shape, np.nan), where=voting > 0))
    return np.concatenate(means).reshape(resamples, *np.shape(values)[1:])


def interval(resampled: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Percentile interval of (resamples, ...) resampled means: its lower and upper ends, (...)."""
    quantile = np.nanquantile if np.isnan(resampled).any() else np.quantile
    low, high = quantile(resampled, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def paired_permutation_test(
    differences: np.ndarray, subjects: Sequence[str], flips: int = FLIPS, seed: int = 0
) -> np.ndarray:
    """Two-sided p-values of mean differences, when every subject's difference could as well have the other sign.

    The statistic is the mean over images, as tables print it: the subjects' mean differences, weighted by their numbers
    of images. All 2^S sign patterns are tried where they are at most `flips`; else that many are drawn, and the one
    that was observed counts as one more: p = (1 + as extreme) / (1 + flips), never 0.

    Args:
        differences: (N,) or (N, M), of the two paired values of each image.
        subjects: N names.
    Returns:
        float64 () or (M,); NaN where no image has a vote.
    """
    sums, counts = _per_subject(differences, subjects)
    observed = np.abs(sums.sum(axis=0))
    threshold = observed - 1e-9 * np.abs(sums).sum(axis=0)  # rounding must not break ties
    exact = len(sums) < 63 and 2 ** len(sums) <= flips
    as_extreme = np.zeros(sums.shape[1])
    for signs in _all_signs(len(sums)) if exact else _random_signs(len(sums), flips, seed):
        as_extreme += (np.abs(signs @ sums) >= threshold).sum(axis=0)
    p = as_extreme / 2 ** len(sums) if exact else (1 + as_extreme) / (1 + flips)
    return np.where(counts.sum(axis=0) > 0, p, np.nan).reshape(np.shape(differences)[1:])


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


def _per_subject(values: np.ndarray, subjects: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Sums and numbers of voting images of each subject, both (S, M)."""
    values = np.asarray(values, np.float64)
    values = values.reshape(len(values), -1)
    names, index = np.unique(np.asarray(subjects), return_inverse=True)
    voting = ~np.isnan(values)
    sums, counts = np.zeros((2, len(names), values.shape[1]))
    np.add.at(sums, index, np.where(voting, values, 0.0))
    np.add.at(counts, index, voting)
    return sums, counts


def _chunks(rows: int, width: int) -> Iterator[int]:
    """Sizes that add up to `rows`, none with more than CHUNK numbers of rows of this width."""
    size = max(1, CHUNK // max(width, 1))
    yield from (min(size, rows - start) for start in range(0, rows, size))


def _all_signs(subjects: int) -> Iterator[np.ndarray]:
    patterns = np.arange(2**subjects)[:, None]
    yield 1.0 - 2.0 * ((patterns >> np.arange(subjects)) & 1)


def _random_signs(subjects: int, flips: int, seed: int) -> Iterator[np.ndarray]:
    random = np.random.default_rng(seed)
    for size in _chunks(flips, subjects):
        yield 1.0 - 2.0 * random.integers(2, size=(size, subjects), dtype=np.int8)
