"""U-Net (Ronneberger, Fischer, Brox 2015), modified as in the paper: its expanding path ends on the heatmaps' grid."""

import keras

from rtl_tf.coordinates import HEATMAP_STRIDE
from rtl_tf.networks.layers import channels, convolution, face_input, he_normal, heatmap_head

# stride of the map: filters of its two 3x3 convolutions
LEVELS = {1: 64, 2: 128, 4: 256, 8: 512, 16: 1024}


def network(image_size: int, landmarks: int, width: float = 1.0, seed: int = 0) -> keras.Model:
    """RGB images (N, S, S, 3) in 0..255 -> {"heatmaps": (N, S/4, S/4, K), "features": deepest map (N, S/16, S/16, B)}.

    As published: two 3x3 convolutions a level, 2x2 max-pools down, 2x2 deconvolutions up, each joined to the map of its
    stride. Unlike it: convolutions are padded and batch-normalised, and there is no dropout.

    Args:
        image_size: S, input px, a multiple of 32.
        landmarks: K.
        width: factor on all channel counts (1 = as published).
        seed: equal seeds give equal weights.
    """
    image, x = face_input(image_size)
    maps = {}
    for stride, filters in LEVELS.items():
        if stride > 1:
            x = keras.layers.MaxPooling2D(2, name=f"pool{stride}")(x)
        x = maps[stride] = _level(x, channels(filters, width), f"down{stride}", seed)
    features = x
    for stride, filters in reversed(LEVELS.items()):
        if HEATMAP_STRIDE <= stride < max(LEVELS):
            count = channels(filters, width)
            x = keras.layers.Conv2DTranspose(
                count, 2, 2, kernel_initializer=he_normal(seed, f"double{stride}"), name=f"double{stride}"
            )(x)
            x = keras.layers.Concatenate(name=f"join{stride}")([maps[stride], x])
            x = _level(x, count, f"up{stride}", seed)
    return keras.Model(image, {"heatmaps": heatmap_head(x, landmarks, seed), "features": features}, name="unet")


def _level(x, filters: int, name: str, seed: int):
    x = convolution(x, filters, 3, f"{name}_conv1", seed)
    return convolution(x, filters, 3, f"{name}_conv2", seed)
