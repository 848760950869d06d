"""BatchNormalization with the statistics of one's own images, without a change of what the network computes."""

import keras
import numpy as np

from rtl_tf.networks.precision import in_float32

SMALLEST_VARIANCE = 1e-8


def calibrate(network: keras.Model, inputs: np.ndarray, batch_size: int = 16) -> None:
    """Gives every BatchNormalization of a network the mean and variance of its input over `inputs`.

    Gamma and beta change along, so that inference gives the same outputs as before. It matters for training: with
    batch statistics the network then starts near its inference behaviour, which layers of mean 0 and variance 1 (dlib's
    affine layers) do not.

    Args:
        network: a functional model without nested models; its weights are changed in place.
        inputs: what the model takes, for an encoder uint8 or float crops (N, S, S, 3).
        batch_size: images in memory at once.

    Raises:
        ValueError: no inputs.
    """
    if len(inputs) == 0:
        raise ValueError("calibration needs at least one image")
    norms = _normalizations(network)
    if not norms:
        return
    # In a copy every layer is called once, so that its input is the one in this graph and no other.
    copy = keras.models.clone_model(in_float32(network))
    copy.set_weights(network.get_weights())
    moments = [keras.ops.moments(norm.input, axes=(0, 1, 2)) for norm in _normalizations(copy)]
    probe = keras.Model(copy.input, [keras.ops.stack(pair) for pair in moments])
    for norm, (mean, variance) in zip(norms, _over_batches(probe, inputs, batch_size), strict=True):
        _recentre(norm, mean, np.maximum(variance, SMALLEST_VARIANCE))


def _normalizations(network: keras.Model) -> list[keras.layers.BatchNormalization]:
    return [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]


def _over_batches(probe: keras.Model, inputs: np.ndarray, batch_size: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Mean and variance (channels,) for each output of `probe`, pooled over the batches."""
    means = [np.zeros(pair.shape[-1]) for pair in probe.outputs]
    squares = [np.zeros(pair.shape[-1]) for pair in probe.outputs]
    for start in range(0, len(inputs), batch_size):
        batch = inputs[start : start + batch_size]
        share = len(batch) / len(inputs)
        # float64, and E[x^2] from the batch's own variance: large means would cancel in float32
        for i, (mean, variance) in enumerate(np.asarray(pair, np.float64) for pair in _run(probe, batch)):
            means[i] += share * mean
            squares[i] += share * (variance + mean**2)
    return [(mean, square - mean**2) for mean, square in zip(means, squares, strict=True)]


def _run(probe: keras.Model, batch: np.ndarray) -> list[np.ndarray]:
    """Outputs as a list, also where there is only one."""
    outputs = probe.predict_on_batch(batch)
    return outputs if isinstance(outputs, list) else [outputs]


def _recentre(norm: keras.layers.BatchNormalization, mean: np.ndarray, variance: np.ndarray) -> None:
    """The same affine function of x, written with another mean and variance."""
    gamma, beta, old_mean, old_variance = (np.asarray(weight, np.float64) for weight in norm.get_weights())
    slope = gamma / np.sqrt(old_variance + norm.epsilon)
    norm.set_weights([slope * np.sqrt(variance + norm.epsilon), beta + slope * (mean - old_mean), mean, variance])
