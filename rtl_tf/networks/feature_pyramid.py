"""Decoder of a feature pyramid (Lin et al. 2017, "Feature Pyramid Networks for Object Detection")."""

from collections.abc import Sequence

import keras

from rtl_tf.networks.layers import BATCH_NORM, convolution, he_normal, heatmap_head, padded
from rtl_tf.networks.normalization import BatchNormalization


def decoder(maps: Sequence[keras.KerasTensor], landmarks: int, filters: int, seed: int = 0) -> keras.Model:
    """Feature maps of an encoder -> heatmaps (N, H/4, W/4, K).

    From the coarsest map on: twice as large by bilinear interpolation, plus a 1x1 convolution of the encoder's map of
    that stride, ReLU, a 3x3 convolution, ReLU; at stride 4 a 1x1 convolution without activation. Every convolution but
    the last is batch normalised, which Lin et al. do without: encoders' maps may have any scale.

    Args:
        maps: an encoder's outputs, one for every stride from 4 on; see `layers.padded`. The model is called on the
            whole list.
        landmarks: K.
        filters: of all its convolutions.
        seed: equal seeds give equal weights.
    """
    inputs = [keras.Input(features.shape[1:], name=f"features{i}") for i, features in enumerate(maps)]
    lateral = [_lateral(features, filters, f"lateral{i}", seed) for i, features in enumerate(inputs)]
    x = lateral.pop()
    for number, finer in reversed(list(enumerate(lateral))):
        x = keras.layers.UpSampling2D(2, interpolation="bilinear", name=f"larger{number}")(x)
        finer = padded(finer, x, f"pad{number}")
        x = keras.layers.ReLU(name=f"sum{number}_relu")(keras.layers.Add(name=f"sum{number}")([x, finer]))
        x = convolution(x, filters, 3, f"merged{number}", seed)
    return keras.Model(inputs, heatmap_head(x, landmarks, seed), name="decoder")


def _lateral(x, filters: int, name: str, seed: int) -> keras.KerasTensor:
    x = keras.layers.Conv2D(filters, 1, use_bias=False, kernel_initializer=he_normal(seed, name), name=name)(x)
    return BatchNormalization(**BATCH_NORM, name=f"{name}_bn")(x)
