"""The four regularizers (Eqs. 4-9): how far the target network's behaviour has gone from the source network's.

Each takes what the source and the target network make of the same N images and returns one value an image, (N,).
The source is a constant: no gradient flows into it.
"""

from keras import ops


def classifier_output(source_logits, target_logits, temperature: float | None = 2.0, average: bool = False):
    """RTL-CO (Eq. 4): squared distance of the two class distributions, softened by the temperature.

    Examples:
        >>> import numpy as np
        >>> distance = classifier_output(np.array([[2.0, 0.0]]), np.array([[0.0, 2.0]]))
        >>> round(float(distance[0]), 3)
        0.427

    Args:
        source_logits, target_logits: (N, C).
        temperature: mu; None compares the vectors as they are, for a branch that gives a descriptor or points, not
            logits.
        average: the mean over the C components instead of their sum. For points, of which there are many: the mean
            squared difference of a coordinate, in px^2.
    Returns:
        (N,), between 0 and 2 for distributions.
    """
    source, target = ops.stop_gradient(source_logits), target_logits
    if temperature is not None:
        source, target = ops.softmax(source / temperature, axis=-1), ops.softmax(target / temperature, axis=-1)
    return (ops.mean if average else ops.sum)(ops.square(source - target), axis=-1)


def classifier_cross_entropy(source_logits, target_logits, temperature: float = 2.0):
    """What Eq. 4 replaces: cross-entropy of the two softened class distributions (Hinton et al. 2015), (N, C) -> (N,).

    At its lowest, where the target gives the source's distribution, it is that distribution's entropy, not zero.
    """
    source = ops.softmax(ops.stop_gradient(source_logits) / temperature, axis=-1)
    return -ops.sum(source * ops.log_softmax(target_logits / temperature, axis=-1), axis=-1)


def encoder_output(source, target):
    """RTL-EO (Eq. 5): one minus the cosine of the two flattened encoder outputs, (N, H, W, B) -> (N,), 0 to 2.

    Examples:
        >>> import numpy as np
        >>> source, target = np.array([[[[3.0, 4.0]]]]), np.array([[[[4.0, 3.0]]]])  # one place, two channels
        >>> round(float(encoder_output(source, target)[0]), 3)
        0.04
    """
    return 1.0 - ops.sum(_unit(_flat(ops.stop_gradient(source))) * _unit(_flat(target)), axis=-1)


def spatial_attention(source, target):
    """RTL-SAM (Eqs. 6-7): squared distance of the normalised spatial attention maps, (N, H, W, B) -> (N,), 0 to 2.

    Examples:
        >>> import numpy as np
        >>> source = np.array([[[[1.0], [0.0]]]])  # one image, two places, one channel
        >>> float(spatial_attention(source, 5 * source)[0]), float(spatial_attention(source, source[:, :, ::-1])[0])
        (0.0, 2.0)
    """
    return normalised_distance(spatial_attention_map(source), spatial_attention_map(target))


def channel_attention(source, target):
    """RTL-CAM (Eqs. 8-9): squared distance of the normalised channel vectors, (N, H, W, B) -> (N,), 0 to 2.

    Examples:
        >>> import numpy as np
        >>> source = np.array([[[[1.0, 0.0]]]])  # one image, one place, two channels
        >>> float(channel_attention(source, -source)[0]), float(channel_attention(source, source[..., ::-1])[0])
        (0.0, 2.0)
    """
    return normalised_distance(channel_attention_vector(source), channel_attention_vector(target))


def spatial_attention_map(features):
    """Eq. 6: sum over channels of the squared activations of `scaled` features, (N, H, W, B) -> (N, H, W)."""
    return ops.sum(ops.square(scaled(features)), axis=-1)


def channel_attention_vector(features):
    """Eq. 8: mean over positions of the absolute activations of `scaled` features, (N, H, W, B) -> (N, B)."""
    return ops.mean(ops.abs(scaled(features)), axis=(1, 2))


def normalised_distance(source, target):
    """Eqs. 7 and 9: squared distance of two attention maps or vectors (N, ...), each of unit norm -> (N,), 0 to 2."""
    return ops.sum(ops.square(_unit(_flat(ops.stop_gradient(source))) - _unit(_flat(target))), axis=-1)


def scaled(values):
    """(N, ...) -> (N, ...): what belongs to an image, divided by the largest absolute value of it; zeros stay zeros.

    Normalising takes the factor out again. Without it, squares of small or of exploded features leave the range of
    float32, and how small counts as zero would depend on the unit of the features.
    """
    axes = tuple(range(1, len(ops.shape(values))))
    largest = ops.stop_gradient(ops.max(ops.abs(values), axis=axes, keepdims=True))
    return values / ops.where(largest > 0, largest, ops.ones_like(largest))


def _flat(values):
    return ops.reshape(values, (ops.shape(values)[0], -1))


def _unit(vectors):
    """(N, D), each of norm 1; the direction of zeros is not defined: they stay zeros and carry no gradient."""
    vectors = scaled(vectors)
    squares = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    is_zero = squares == 0
    return vectors / ops.where(is_zero, float("inf"), ops.sqrt(ops.where(is_zero, 1.0, squares)))
