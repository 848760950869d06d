"""Decoder of the simple baseline (Xiao, Wu, Wei 2018, "Simple Baselines for Human Pose Estimation and Tracking")."""

from collections.abc import Sequence

import keras

from rtl_tf.networks.layers import deconvolution, heatmap_head, padded

FILTERS = 256  # of each deconvolution, in the paper and in the simple baseline


def decoder(
    maps: Sequence[keras.KerasTensor],
    landmarks: int,
    skip: bool = False,
    filters: int = FILTERS,
    seed: int = 0,
    stride: int | None = None,
) -> keras.Model:
    """Feature maps of an encoder -> heatmaps (N, H/4, W/4, K).

    As many 4x4 deconvolutions of stride 2 as bring the last map to stride 4, each followed by batch normalisation
    and ReLU; then a 1x1 convolution without activation.

    Args:
        maps: an encoder's outputs (`encoder.outputs`), strides 4, 8, ... The model is called on the whole list,
            `heatmaps = decoder(encoder(image))`, with or without skip connections.
        landmarks: K.
        skip: join the encoder's map of the same stride to each deconvolution's result (the skip connections of
            Table IV), see `layers.padded`.
        filters: of each deconvolution.
        seed: equal seeds give equal weights.
        stride: of the last map; default: there is a map of every stride from 4 on.
    """
    inputs = [keras.Input(features.shape[1:], name=f"features{i}") for i, features in enumerate(maps)]
    x = inputs[-1]
    finer = inputs[-2::-1]
    for number in range(1, (stride.bit_length() - 2 if stride else len(inputs))):
        x = deconvolution(x, filters, f"deconv{number}", seed)
        if skip:
            encoder_map = padded(finer[number - 1], x, f"skip{number}_pad")
            x = keras.layers.Concatenate(name=f"skip{number}")([x, encoder_map])
    heatmaps = heatmap_head(x, landmarks, seed)
    return keras.Model(inputs, heatmaps, name="decoder")
