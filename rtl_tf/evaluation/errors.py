"""Radial errors under the two protocols. Missing truth is NaN and stays NaN: no error, no vote."""

import numpy as np

from rtl_tf.coordinates import round_to_grid
from rtl_tf.exceptions import InputError
from rtl_tf.runs.predictions import Predictions

PROTOCOLS = ("paper", "clinical")


def radial_errors(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Euclidean distances, (N, K, 2) and (N, K, 2) -> float64 (N, K), in the unit of the points.

    Examples:
        >>> radial_errors(np.array([[[0, 0], [np.nan, np.nan]]]), np.array([[[3, 4], [1, 1]]]))
        array([[ 5., nan]])

    The term under the sums of Eq. 10. NaN truth gives NaN. A prediction that is not finite raises InputError: left in,
    it would drop out of every mean and flatter the detector.
    """
    truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    if truth.shape != predicted.shape or truth.shape[-1] != 2:
        raise InputError(f"truth {truth.shape} and predicted {predicted.shape} must both be (N, K, 2)")
    if not np.isfinite(predicted).all():
        raise InputError("a predicted coordinate is not finite")
    return np.linalg.norm(predicted - truth, axis=-1)


def protocol_errors(predictions: Predictions, protocol: str) -> dict[str, np.ndarray]:
    """Errors by unit, each (N, K), NaN = not labelled (or, in mm, an image of unknown scale).

    `paper`: `heatmap_px`, truth and prediction on the heatmap's grid, the truth rounded, the prediction by argmax: the
    only reading under which the paper's numbers are possible (errors on an integer lattice). What no single heatmap
    says, see `Predictions.heatmap_points`, is rounded.
    `clinical`: `input_px` and `mm`, neither side rounded. Use this one to judge a detector; `mm` is left out when no
    image has a scale.
    """
    if protocol == "paper":
        truth = round_to_grid(predictions.heatmap_truth)
        return {"heatmap_px": radial_errors(truth, predictions.heatmap_points)}
    if protocol == "clinical":
        original_px = radial_errors(predictions.truth, predictions.points)
        errors = {"input_px": original_px * predictions.input_px_per_px[:, None]}
        if np.isfinite(predictions.mm_per_px).any():
            errors["mm"] = original_px * predictions.mm_per_px[:, None]
        return errors
    raise InputError(f"unknown protocol '{protocol}': use {' or '.join(PROTOCOLS)}")


def errors_by_unit(predictions: Predictions) -> dict[str, np.ndarray]:
    """Those of all protocols: `heatmap_px`, `input_px` and, where it is known, `mm`."""
    return {unit: errors for name in PROTOCOLS for unit, errors in protocol_errors(predictions, name).items()}
