"""A constant offset of all labels in the frame of the image: a clicking habit, half a pixel, a labelling network.

A detector cannot learn it where images are mirrored, by the data set or by augmentation: the same anatomy then lies at
two places, twice the offset apart, and what is learned is the middle. Of its two components only the one along the
image's rows shows in mirrored images; the other is learned as any anatomy is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LabelShift:
    """How far labels lie to the right of where they belong, a share of the crop's side.

    Attributes:
        value: the estimate.
        error: its standard error over people.
    """

    value: float
    error: float


def estimate(residuals: np.ndarray, mirrored: np.ndarray, people: Sequence[str]) -> LabelShift | None:
    """From what labels lie to the right of a landmark network's points, in the image as it is.

    What anatomy adds changes its sign where the other half of a face is seen, what the labels' frame adds does not: the
    shift is the mean of the two kinds' mean residuals.

    Args:
        residuals: (N,), of each image the mean over its landmarks, shares of the crop's side.
        mirrored: bool (N,), which images show the other half of the face.
        people: N codes.
    Returns:
        None where fewer than FEWEST people are of either kind.
    """
    means, variances = [], []
    for kind in (False, True):
        values = [residuals[(mirrored == kind) & (np.array(people) == person)] for person in dict.fromkeys(people)]
        per_person = np.array([value.mean() for value in values if len(value)])
        if len(per_person) < FEWEST:
            return None
        means.append(per_person.mean())
        variances.append(per_person.var(ddof=1) / len(per_person))
    return LabelShift(float(np.mean(means)), float(np.sqrt(sum(variances)) / 2))


FEWEST = 3
