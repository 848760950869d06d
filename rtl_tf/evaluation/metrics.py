"""Mean radial error, failure rate, cumulative error distribution (CED) and the area under it. NaN has no vote.

Functions of `per_image` take the (N,) mean errors of images, as the paper does: every failure rate of its Table I is a
whole number of its 310 test images. Standard deviations are those of the population (ddof = 0). A metric of nothing is
NaN.
"""

import numpy as np

from rtl_tf.coordinates import heatmap_to_input
from rtl_tf.evaluation.errors import PROTOCOLS, protocol_errors
from rtl_tf.evaluation.statistics import rounded
from rtl_tf.known import mean_of_known
from rtl_tf.runs.predictions import Predictions

PAPER_THRESHOLDS = (1.0, 1.2, 1.4)  # heatmap px, IV-C
THRESHOLDS = {
    "heatmap_px": PAPER_THRESHOLDS,
    "input_px": tuple(round(heatmap_to_input(threshold), 6) for threshold in PAPER_THRESHOLDS),
    "mm": (1.0, 2.0, 3.0),  # the paper has none; 2 mm is the customary limit of landmark studies
}


def per_image(errors: np.ndarray) -> np.ndarray:
    """(N, K) -> (N,): mean over each image's labelled landmarks; NaN for an image without any."""
    return mean_of_known(errors, axis=1)


def mean_radial_error(errors: np.ndarray) -> float:
    """(N, K) -> mean over images of the mean over landmarks. Eq. 10, which the paper calls MSE.

    Examples:
        >>> mean_radial_error(np.array([[5.0, 0.0], [1.0, np.nan]]))
        1.75
    """
    return _statistic(np.mean, per_image(errors))


def failures(per_image: np.ndarray, threshold: float) -> np.ndarray:
    """(N,) -> (N,): 1 where an image's mean error exceeds the threshold (in the unit of the errors), else 0."""
    return np.where(np.isnan(per_image), np.nan, per_image > threshold)


def failure_rate(per_image: np.ndarray, threshold: float) -> float:
    """Share of images, 0 to 1, that are failures.

    Examples:
        >>> failure_rate(np.array([0.5, 0.9, 1.1, 2.0]), threshold=1.0)
        0.5
    """
    return _statistic(np.mean, failures(per_image, threshold))


def ced(per_image: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """(N,), (T,) -> (T,): share of images, 0 to 1, whose mean error is at most each threshold. Fig. 6.

    Examples:
        >>> ced(np.array([0.5, 0.9, 1.1, 2.0]), np.array([0.6, 1.0, 3.0])).tolist()
        [0.25, 0.5, 1.0]
    """
    voting = np.sort(_voting(per_image))
    thresholds = np.asarray(thresholds, np.float64)
    if not voting.size:
        return np.full(thresholds.shape, np.nan)
    return np.searchsorted(voting, thresholds, side="right") / voting.size


def areas(per_image: np.ndarray, threshold: float) -> np.ndarray:
    """(N,) -> (N,): area under each image's own step of the CED from 0 to the threshold, divided by the threshold."""
    return np.maximum(0.0, 1.0 - per_image / threshold)


def auc(per_image: np.ndarray, threshold: float) -> float:
    """Area under the CED from 0 to the threshold, divided by the threshold: the mean of `areas`, exact, no binning.

    Examples:
        >>> auc(np.array([0.5, 2.0]), threshold=1.0)
        0.25
    """
    return _statistic(np.mean, areas(per_image, threshold))


def per_landmark(errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, K) -> means (K,) and standard deviations (K,) over the images that label the landmark. Table II."""
    columns = np.asarray(errors).T
    return (
        np.array([_statistic(np.mean, column) for column in columns]),
        np.array([_statistic(np.std, column) for column in columns]),
    )


def summarize(predictions: Predictions) -> dict[str, float | int | None]:
    """Both protocols as a flat dict, ready for metrics.json: `<protocol>.<unit>.<metric>`, None = undefined.

    Metrics: `images` (with a vote), `mre.mean`, `mre.std`, `mre.median`, `mre.p95` (over images), `fr@<threshold>`,
    `auc@<threshold>`, `landmark.<name>.mean`, `landmark.<name>.std`. Thresholds are in the unit.
    """
    summary: dict[str, float | int] = {"images": len(predictions.images), "landmarks": len(predictions.landmarks)}
    for protocol in PROTOCOLS:
        for unit, errors in protocol_errors(predictions, protocol).items():
            metrics = _describe(errors, predictions.landmarks, THRESHOLDS[unit])
            summary |= {f"{protocol}.{unit}.{key}": value for key, value in metrics.items()}
    return {key: _known(value) for key, value in summary.items()}


def _known(value: float | int) -> float | int | None:
    """A metric as it is kept: None where it is undefined, with digits that all processors agree on."""
    return value if isinstance(value, int) else None if np.isnan(value) else float(rounded(value))


def _describe(errors: np.ndarray, landmarks: tuple[str, ...], thresholds: tuple[float, ...]) -> dict[str, float | int]:
    of_images = per_image(errors)
    ranked = rounded(of_images)
    metrics = {
        "images": int(_voting(of_images).size),
        "mre.mean": mean_radial_error(errors),
        "mre.std": _statistic(np.std, of_images),
        "mre.median": _statistic(np.median, ranked),
        "mre.p95": _statistic(lambda voting: np.percentile(voting, 95), ranked),
    }
    metrics |= {f"fr@{threshold}": failure_rate(of_images, threshold) for threshold in thresholds}
    metrics |= {f"auc@{threshold}": auc(of_images, threshold) for threshold in thresholds}
    for name, mean, std in zip(landmarks, *per_landmark(errors), strict=True):
        metrics |= {f"landmark.{name}.mean": float(mean), f"landmark.{name}.std": float(std)}
    return metrics


def _voting(values: np.ndarray) -> np.ndarray:
    values = np.asarray(values, np.float64)
    return values[~np.isnan(values)]


def _statistic(function, values: np.ndarray) -> float:
    voting = _voting(values)
    return float(function(voting)) if voting.size else float("nan")
