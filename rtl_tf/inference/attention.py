"""What a network looks at: spatial attention maps (Eq. 6)."""

import keras
import numpy as np
import tensorflow as tf

from rtl_tf.regularizers import spatial_attention_map


def attention_maps(network: keras.Model, pixels: np.ndarray) -> np.ndarray:
    """uint8 (N, S, S, 3) -> float32 (N, H, W), each map divided by its maximum.

    `network` is a source or a detector: a functional model with the output "features" (N, H, W, B).
    """
    features = network(tf.cast(pixels, tf.float32), training=False)["features"]
    maps = np.asarray(spatial_attention_map(tf.cast(features, tf.float32)))
    return maps / np.maximum(maps.max(axis=(1, 2), keepdims=True), 1e-12)
