"""What a network looks at: spatial attention maps (Eq. 6)."""

import keras
import numpy as np

from rtl_tf.regularizers import spatial_attention_map


def attention_maps(features) -> np.ndarray:
    """Encoder output (N, H, W, B) -> float32 (N, H, W), each map divided by its maximum."""
    maps = np.asarray(spatial_attention_map(keras.ops.cast(features, "float32")))
    return maps / np.maximum(maps.max(axis=(1, 2), keepdims=True), 1e-12)
