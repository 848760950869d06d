"""Losses of the heatmaps. Unreduced values first, one masked reducer after."""

from keras import ops

REDUCTIONS = ("mean", "sum")


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


def radial_errors(truth, predicted):
    """(N, K, 2) twice -> Euclidean distances (N, K), NaN where the truth is; the graph's twin of evaluation.errors."""
    return ops.sqrt(ops.sum(ops.square(ops.cast(predicted, "float32") - ops.cast(truth, "float32")), axis=-1))
