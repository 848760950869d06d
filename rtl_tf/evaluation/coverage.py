"""Whether radii hold what they promise, and what is gained by looking at the doubtful images first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rtl_tf.evaluation.errors import radial_errors
from rtl_tf.evaluation.metrics import per_image
from rtl_tf.evaluation.statistics import estimate, interval
from rtl_tf.runs.confidence import Confidence
from rtl_tf.runs.predictions import Predictions
from rtl_tf.runs.signs import Signs

# Of runs whose predictions heed boxes, see `Run.heeds_boxes`.
BOXES_HEEDED = "Judged in given boxes, which answers heed and radii do not: without boxes fewer labels may lie within."


@dataclass(frozen=True)
class Judged:
    """A run's test images with what its confidence says of them.

    Attributes:
        hits: by coverage asked for, float (N, K): 1 where the label lies within the radius, 0 where not, NaN where
            there is no label or no radius.
        radii: by coverage, (N, K), input px.
        errors: (N,), mean radial errors, input px.
        expected: (N,), the errors that the doubts let expect, input px.
        flagged: bool (N,).
    """

    hits: dict[float, np.ndarray]
    radii: dict[float, np.ndarray]
    errors: np.ndarray
    expected: np.ndarray
    flagged: np.ndarray


def judge_confidence(predictions: Predictions, confidence: Confidence, coverages: Sequence[float]) -> Judged:
    """Of N test images with K landmarks."""
    signs, scale = Signs.of(predictions), predictions.input_px_per_px[:, None]
    errors = radial_errors(predictions.truth, predictions.points)
    radii = {coverage: confidence.radii(signs, coverage) for coverage in coverages}
    hits = {
        coverage: np.where(np.isnan(errors) | np.isnan(of_level), np.nan, errors <= of_level)
        for coverage, of_level in radii.items()
    }
    expected = np.where(np.isnan(errors), np.nan, confidence.expected_errors(signs))
    return Judged(
        hits,
        {coverage: of_level * scale for coverage, of_level in radii.items()},
        per_image(errors * scale),
        per_image(expected * scale),
        np.array([bool(flags) for flags in confidence.flags(signs)]),
    )


def observed(hits: Sequence[np.ndarray], people: Sequence[str]) -> tuple[float, float, float]:
    """Share of labels within their radii, and its 95 % interval for other people, of T trainings' hits (N, K).

    Shares of images, of all their landmarks, are no yes or no: the interval is a mean's, and ends at 0 and 1. It is NaN
    where so few people have a label beyond its radius that their spread cannot be seen, see `statistics.estimate`, or
    nobody has one within.
    """
    missed = estimate(np.stack([1 - per_image(one) for one in hits], axis=1), people, other_trainings=False)
    high, low = np.where(missed.error > 0, 1 - np.array(interval(missed, least=0, most=1)), np.nan)
    return 1 - float(missed.mean[0]), float(low[0]), float(high[0])


def risk_curve(errors: np.ndarray, order: np.ndarray) -> np.ndarray:
    """(N,): the mean error of the first 1, 2, ..., N images of an order, from the surest on."""
    ordered = errors[order]
    return np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
