"""What a network looks at: spatial attention maps (Eq. 6), and how far they have gone from the source network's."""

import keras
import numpy as np
import tensorflow as tf

from rtl_tf.regularizers import spatial_attention, spatial_attention_map

BATCH = 32


def attention_maps(features) -> np.ndarray:
    """Encoder output (N, H, W, B) -> float32 (N, H, W), each map divided by its maximum."""
    maps = np.asarray(spatial_attention_map(keras.ops.cast(features, "float32")))
    return maps / np.maximum(maps.max(axis=(1, 2), keepdims=True), 1e-12)


def attention_drift(source: keras.Model, target: keras.Model, crops: np.ndarray) -> np.ndarray:
    """How far the target's attention has gone from the source's, for each image: Eqs. 6 and 7.

    The squared distance of the two attention maps, each of unit norm: what RTL-SAM holds down in training, measured
    here for any method that starts from a source network.

    Args:
        source, target: networks that give "features", (N, H, W, B) of one shape.
        crops: uint8 (N, S, S, 3).
    Returns:
        float32 (N,): 0 = equal maps, 2 = maps without a common place.
    """
    drifts = []
    for start in range(0, len(crops), BATCH):
        images = tf.cast(crops[start : start + BATCH], tf.float32)
        # A source that stood by in mixed precision answers in its own type.
        features = [network(images, training=False)["features"] for network in (source, target)]
        drifts.append(np.asarray(spatial_attention(*(keras.ops.cast(each, "float32") for each in features))))
    return np.concatenate(drifts)
