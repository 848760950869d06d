"""A constant offset of all labels in the frame of the image: a clicking habit, half a pixel, a labelling network.

A detector cannot learn it where images are mirrored, by the data set or by augmentation, so that the same anatomy is
seen both ways: it then lies at two places, twice the offset apart, and what is learned is the middle. Of its two
components only the one along the image's rows shows in mirrored images; the other is learned as any anatomy is.

Landmarks of one half of the face are seen both ways where some samples are mirrored: a flipped image shows the other
half. Landmarks of both halves are seen both ways in each image and its flipped view, names exchanged.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from rtl_tf.inference.mesh_calibration import nearest_points
from rtl_tf.known import mean_of_known
from rtl_tf.schema import Schema

FEWEST_PEOPLE = 3
CHANCE = 0.05  # how often labels without a shift are taken to have one


@dataclass(frozen=True)
class LabelShift:
    """How far labels lie to the right of where they belong, a share of the crop's side.

    Attributes:
        value: the estimate.
        error: its standard error over people.
        freedom: degrees of freedom of that error.
    """

    value: float
    error: float
    freedom: float

    @property
    def p(self) -> float:
        """Of a value as far from 0 where labels have no shift, two-sided, by Student's t."""
        if self.error == 0:
            return float(self.value == 0)
        return float(2 * special.stdtr(self.freedom, -abs(self.value) / self.error))

    @property
    def is_certain(self) -> bool:
        """Whether it is more than chance; else there is taken to be none."""
        return self.p < CHANCE


def find_shift(
    labels: np.ndarray, plain: np.ndarray, flipped: np.ndarray, mirrored: np.ndarray, people: Sequence[str],
    schema: Schema,
) -> LabelShift | None:  # fmt: skip
    """Of labels against the meshes of a landmark network, all in shares of N views.

    Args:
        labels: (N, K, 2), named as the views show them, NaN = missing.
        plain, flipped: (N, M, 2), meshes found in the views and in these flipped, where they lie in the views.
        mirrored: bool (N,), which views mirror their image; of one half of the face all views show the same.
        people: N codes.
    Returns:
        None where fewer than FEWEST_PEOPLE people tell it.
    """
    nearest = list(nearest_points(plain, labels))
    rightwards = np.where(mirrored, -1, 1)
    sideways = labels[..., 0] - plain[:, nearest, 0]
    if schema.is_one_sided:
        return estimate(rightwards * mean_of_known(sideways, axis=1), mirrored, people)
    counterparts = labels[:, schema.mirror_permutation, 0]
    sideways += counterparts - flipped[:, nearest, 0]  # NaN where one of the two is missing: both have one anatomy
    return estimate_flipped(rightwards * mean_of_known(sideways, axis=1) / 2, people)


def estimate(residuals: np.ndarray, mirrored: np.ndarray, people: Sequence[str]) -> LabelShift | None:
    """From what labels lie to the right of a landmark network's points, in the image as it is.

    What anatomy adds changes its sign where the other half of a face is seen, what the labels' frame adds does not: the
    shift is the mean of the two kinds' mean residuals.

    Args:
        residuals: (N,), of each image the mean over its landmarks, shares of the crop's side; NaN where there is none.
        mirrored: bool (N,), which images show the other half of the face.
        people: N codes.
    Returns:
        With Welch's degrees of freedom; None where fewer than FEWEST_PEOPLE people are of either kind.
    """
    kinds = [_of_people(np.where(mirrored == kind, residuals, np.nan), people) for kind in (False, True)]
    if min(map(len, kinds)) < FEWEST_PEOPLE:
        return None
    variances = np.array([values.var(ddof=1) / len(values) for values in kinds])
    free, spread = np.array([len(values) - 1 for values in kinds]), variances.sum()
    freedom = spread**2 / (variances**2 / free).sum() if spread else free.sum()
    return LabelShift(float(np.mean([values.mean() for values in kinds])), float(np.sqrt(spread) / 2), float(freedom))


def estimate_flipped(residuals: np.ndarray, people: Sequence[str]) -> LabelShift | None:
    """The same where each image is of both kinds, seen as it is and flipped.

    Args:
        residuals: (N,), as above, of each image the mean of both views'.
    Returns:
        None where there are fewer than FEWEST_PEOPLE people.
    """
    values = _of_people(residuals, people)
    if len(values) < FEWEST_PEOPLE:
        return None
    return LabelShift(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))), len(values) - 1)


def _of_people(residuals: np.ndarray, people: Sequence[str]) -> np.ndarray:
    """(P,): each person's mean, of those who have any."""
    there, names = ~np.isnan(residuals), np.array(people)
    return np.array([residuals[there & (names == person)].mean() for person in dict.fromkeys(names[there].tolist())])
