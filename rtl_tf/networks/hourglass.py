"""Two stacked hourglasses (Newell, Yang, Deng 2016, "Stacked Hourglass Networks for Human Pose Estimation")."""

import keras

from rtl_tf.networks.layers import channels, convolution, face_input, he_normal, heatmap_head, norm_relu

FEATURES = 256
DEPTH = 4  # halvings inside an hourglass


def network(image_size: int, landmarks: int, width: float = 1.0, seed: int = 0) -> keras.Model:
    """RGB images (N, S, S, 3) in 0..255 -> {"intermediate_heatmaps", "heatmaps", "features"}.

    The heatmaps (N, S/4, S/4, K) of the first and of the second hourglass, both to be supervised, the second's to be
    used; and the map (N, S/4, S/4, B) that the latter are read from. An hourglass halves its map four times, or as
    often as the map can be halved.

    Args:
        image_size: S, input px, a multiple of 32.
        landmarks: K.
        width: factor on all channel counts (1 = 256 features, as published).
        seed: equal seeds give equal weights.
    """
    features = channels(FEATURES, width)
    image, x = face_input(image_size)
    x = convolution(x, channels(64, width), 7, "stem", seed, strides=2)
    x = _residual(x, channels(128, width), "stem1", seed)
    x = keras.layers.MaxPooling2D(2, name="stem_pool")(x)
    x = _residual(x, channels(128, width), "stem2", seed)
    x = _residual(x, features, "stem3", seed)

    first = _features(x, "stack1", seed)
    intermediate = heatmap_head(first, landmarks, seed, "intermediate_heatmaps")
    x = keras.layers.Add(name="stack2_input")(
        [
            x,
            _pointwise(first, features, "stack1_features_back", seed),
            _pointwise(intermediate, features, "stack1_heatmaps_back", seed),
        ]
    )
    second = _features(x, "stack2", seed)
    outputs = {
        "intermediate_heatmaps": intermediate,
        "heatmaps": heatmap_head(second, landmarks, seed),
        "features": second,
    }
    return keras.Model(image, outputs, name="hourglass")


def _features(x, name: str, seed: int):
    """One hourglass and what follows it: the map that heatmaps are read from."""
    filters = x.shape[-1]
    x = _residual(_hourglass(x, DEPTH, name, seed), filters, f"{name}_out", seed)
    return convolution(x, filters, 1, f"{name}_features", seed)


def _hourglass(x, depth: int, name: str, seed: int):
    """A skip branch beside: halve, go deeper (or through one more residual at the bottom), double."""
    filters, name = x.shape[-1], f"{name}_{depth}"
    skip = _residual(x, filters, f"{name}_skip", seed)
    low = keras.layers.MaxPooling2D(2, name=f"{name}_pool")(x)
    low = _residual(low, filters, f"{name}_down", seed)
    deeper = depth > 1 and low.shape[1] % 2 == 0
    low = _hourglass(low, depth - 1, name, seed) if deeper else _residual(low, filters, f"{name}_bottom", seed)
    low = _residual(low, filters, f"{name}_up", seed)
    low = keras.layers.UpSampling2D(2, name=f"{name}_double")(low)
    return keras.layers.Add(name=f"{name}_add")([skip, low])


def _residual(x, filters: int, name: str, seed: int):
    """Bottleneck of three convolutions, each after its normalisation; the shortcut is projected to new channels."""
    shortcut = x if x.shape[-1] == filters else _pointwise(x, filters, f"{name}_shortcut", seed)
    half = max(1, filters // 2)
    for number, (count, size) in enumerate([(half, 1), (half, 3), (filters, 1)], start=1):
        part = f"{name}_conv{number}"
        x = norm_relu(x, part)
        x = keras.layers.Conv2D(
            count, size, padding="same", use_bias=False, kernel_initializer=he_normal(seed, part), name=part
        )(x)
    return keras.layers.Add(name=f"{name}_add")([shortcut, x])


def _pointwise(x, filters: int, name: str, seed: int):
    return keras.layers.Conv2D(filters, 1, kernel_initializer=he_normal(seed, name), name=name)(x)
