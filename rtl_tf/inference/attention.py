"""What a network looks at: spatial attention maps (Eq. 6), and how far they have gone from the source network's."""

import keras
import numpy as np
import tensorflow as tf

from rtl_tf.networks.precision import in_float32
from rtl_tf.regularizers import spatial_attention, spatial_attention_map

BATCH = 32
# The features of a training that went wrong can be so large that their squares leave float32.
WIDE = "float64"


def attention_maps(features) -> np.ndarray:
    """Encoder output (N, H, W, B) -> float32 (N, H, W), each map divided by its maximum."""
    maps = np.asarray(spatial_attention_map(keras.ops.cast(features, WIDE)))
    return (maps / np.maximum(maps.max(axis=(1, 2), keepdims=True), 1e-12)).astype(np.float32)


def attention_drift(source: keras.Model, target: keras.Model, crops: np.ndarray) -> np.ndarray:
    """How far the target's attention has gone from the source's, for each image: Eqs. 6 and 7.

    The squared distance of the two attention maps, each of unit norm: what RTL-SAM holds down in training, measured
    here for any method that starts from a source network. Both compute in float32, in which a network is saved that was
    trained in mixed precision: rounding is no drift.

    Args:
        source, target: networks that give "features", (N, H, W, B) of one shape.
        crops: uint8 (N, S, S, 3).
    Returns:
        float64 (N,): 0 = equal maps, 2 = maps without a common place.
    """
    encoders = [keras.Model(network.input, network.output["features"]) for network in map(in_float32, (source, target))]

    @tf.function(reduce_retracing=True)
    def drift(images):
        features = [encoder(tf.cast(images, tf.float32), training=False) for encoder in encoders]
        return spatial_attention(*(keras.ops.cast(maps, WIDE) for maps in features))

    return np.concatenate([drift(crops[start : start + BATCH]) for start in range(0, len(crops), BATCH)])
