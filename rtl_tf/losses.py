"""Losses of heatmaps and of coordinates. Unreduced values first, one masked reducer after."""

from keras import ops

REDUCTIONS = ("mean", "sum")
# Under this a squared distance has no gradient, and a probability no logarithm of its own.
EPSILON = 1e-24


def squared_differences(truth, predicted):
    """(N, h, w, K) twice -> values and mask, both float32 (N, h, w, K); NaN truth has value 0 and mask 0.

    The NaN is replaced before the subtraction: a NaN that is only masked afterwards still spoils the gradient.
    """
    truth, predicted = ops.cast(truth, "float32"), ops.cast(predicted, "float32")
    present = ops.logical_not(ops.isnan(truth))
    difference = ops.where(present, predicted, 0.0) - ops.where(present, truth, 0.0)
    return ops.square(difference), ops.cast(present, "float32")


def masked_mean(values, mask):
    """Mean of `values` where `mask` is 1; 0 where nothing is."""
    return ops.sum(values * mask) / ops.maximum(ops.sum(mask), 1.0)


def heatmap(truth, predicted, reduction: str = "mean"):
    """Heatmap loss (Eq. 2) of (N, h, w, K) maps, NaN truth = missing landmark.

    Examples:
        >>> import numpy as np
        >>> truth, predicted = np.zeros((1, 2, 2, 1)), np.ones((1, 2, 2, 1))
        >>> float(heatmap(truth, predicted)), float(heatmap(truth, predicted, reduction="sum"))
        (1.0, 4.0)

    Args:
        reduction: "sum" is Eq. 2 to the letter: the squared Frobenius norm of each image, mean over images.
            "mean" divides it by the number of labelled map entries, which is what lambda = 0.002 presupposes: the
            literal sum is some 60000 times larger at 256x256 and would drown the regularizers.
    Returns:
        float32 scalar.
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"unknown reduction '{reduction}': use one of {', '.join(REDUCTIONS)}")
    values, mask = squared_differences(truth, predicted)
    if reduction == "mean":
        return masked_mean(values, mask)
    return ops.mean(ops.sum(values, axis=(1, 2, 3)))


def of_heatmaps(truth: dict, outputs: dict, reduction: str = "mean"):
    """Eq. 2 on a network's output "heatmaps". `truth` is what `pipeline.targets` gives; returns a scalar."""
    return heatmap(truth["heatmaps"], outputs["heatmaps"], reduction)


def of_both_stacks(truth: dict, outputs: dict, reduction: str = "mean"):
    """Eq. 2 on the heatmaps of both hourglasses, summed: intermediate supervision (Newell et al. 2016)."""
    intermediate = heatmap(truth["heatmaps"], outputs["intermediate_heatmaps"], reduction)
    return intermediate + of_heatmaps(truth, outputs, reduction)


def of_coordinates(truth: dict, outputs: dict, reduction: str = ""):
    """DSNT (Nibali et al. 2018, Eq. 4, weight 1): Euclidean loss of "points" plus divergence of "heatmaps".

    Mean over the labelled landmarks of the batch, whatever the `reduction` of heatmap losses.
    """
    distances, present = euclidean(truth["points"], outputs["points"], size=outputs["heatmaps"].shape[2])
    divergences, _ = jensen_shannon(truth["heatmaps"], outputs["heatmaps"])
    return masked_mean(distances + divergences, present)


def euclidean(truth, predicted, size: int):
    """(N, K, 2) twice, heatmap px -> distances and mask, both float32 (N, K); NaN truth has value 0 and mask 0.

    Args:
        size: side of the heatmaps. Distances are in halves of it, the unit in which DSNT has coordinates from -1 to 1.
    """
    truth, predicted = ops.cast(truth, "float32"), ops.cast(predicted, "float32")
    present = ops.logical_not(ops.isnan(truth))
    difference = ops.where(present, predicted, 0.0) - ops.where(present, truth, 0.0)
    squares = ops.sum(ops.square(difference * (2 / size)), axis=-1)
    return ops.sqrt(ops.maximum(squares, EPSILON)) * ops.cast(squares > 0, "float32"), _labelled(present, axis=-1)


def jensen_shannon(truth, predicted):
    """(N, h, w, K) twice -> divergences in nats, 0 to ln 2, and mask, both float32 (N, K); NaN truth: both 0.

    Args:
        truth: maps of any height, Gaussians of Eq. 1; each is divided by its sum.
        predicted: maps of sum 1.
    """
    truth, predicted = ops.cast(truth, "float32"), ops.cast(predicted, "float32")
    present = ops.logical_not(ops.isnan(truth))
    truth = ops.where(present, truth, 0.0)
    truth = truth / ops.maximum(ops.sum(truth, axis=(1, 2), keepdims=True), EPSILON)
    predicted = ops.where(present, predicted, 0.0)
    middle = (truth + predicted) / 2
    return (_divergence(truth, middle) + _divergence(predicted, middle)) / 2, _labelled(present, axis=(1, 2))


def _divergence(p, q):
    """Kullback and Leibler's, of (N, h, w, K) maps -> (N, K)."""
    return ops.sum(p * (ops.log(ops.maximum(p, EPSILON)) - ops.log(ops.maximum(q, EPSILON))), axis=(1, 2))


def _labelled(present, axis):
    return ops.cast(ops.all(present, axis=axis), "float32")


def radial_errors(truth, predicted):
    """(N, K, 2) twice -> Euclidean distances (N, K), NaN where the truth is; the graph's twin of evaluation.errors."""
    return ops.sqrt(ops.sum(ops.square(ops.cast(predicted, "float32") - ops.cast(truth, "float32")), axis=-1))
