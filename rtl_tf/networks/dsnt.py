"""A fully convolutional network whose answer is coordinates, by the differentiable spatial to numerical transform.

Nibali, He, Morgan, Prendergast 2018, "Numerical Coordinate Regression with Convolutional Neural Networks". The losses
that go with it are `rtl_tf.losses.euclidean` and `rtl_tf.losses.jensen_shannon`.
"""

import keras
from keras import ops

from rtl_tf.networks.layers import channels, convolution, deconvolution, face_input, heatmap_head

# stride of the map: filters of its two 3x3 convolutions, the first of which halves the map before
ENCODER = {2: 64, 4: 128, 8: 256, 16: 512, 32: 512}
# stride of the map: filters of the 4x4 deconvolution that doubles the map before
DECODER = {16: 256, 8: 256, 4: 256}


def network(image_size: int, landmarks: int, width: float = 1.0, seed: int = 0) -> keras.Model:
    """RGB images (N, S, S, 3) in 0..255 -> {"points", "heatmaps", "features"}.

    "points" (N, K, 2) are the landmarks in heatmap px, the expectation of "heatmaps" (N, S/4, S/4, K), each of which
    sums to 1; "features" is the encoder output (N, S/32, S/32, B). No skip connections.

    Args:
        image_size: S, input px, a multiple of 32.
        landmarks: K.
        width: factor on all channel counts.
        seed: equal seeds give equal weights.
    """
    image, x = face_input(image_size)
    for stride, filters in ENCODER.items():
        x = convolution(x, channels(filters, width), 3, f"down{stride}_conv1", seed, strides=2)
        x = convolution(x, channels(filters, width), 3, f"down{stride}_conv2", seed)
    features = x
    for stride, filters in DECODER.items():
        x = deconvolution(x, channels(filters, width), f"deconv{stride}", seed)
    heatmaps = SpatialSoftmax(dtype="float32", name="heatmaps")(heatmap_head(x, landmarks, seed, "scores"))
    points = Expectation(dtype="float32", name="points")(heatmaps)
    return keras.Model(image, {"points": points, "heatmaps": heatmaps, "features": features}, name="dsnt")


def spatial_softmax(scores):
    """(N, h, w, K) -> (N, h, w, K): each map positive and of sum 1."""
    shape = ops.shape(scores)
    flat = ops.reshape(scores, (shape[0], -1, shape[3]))
    return ops.reshape(ops.softmax(flat, axis=1), shape)


def expectation(heatmaps):
    """Maps (N, h, w, K), each of sum 1 -> mean position (N, K, 2), (x, y) in heatmap px."""
    _, height, width, _ = heatmaps.shape
    x = ops.sum(ops.sum(heatmaps, axis=1) * ops.arange(width, dtype="float32")[:, None], axis=1)
    y = ops.sum(ops.sum(heatmaps, axis=2) * ops.arange(height, dtype="float32")[:, None], axis=1)
    return ops.stack([x, y], axis=-1)


@keras.saving.register_keras_serializable(package="rtl_tf")
class SpatialSoftmax(keras.layers.Layer):
    """`spatial_softmax` as a layer."""

    def call(self, scores):
        return spatial_softmax(scores)

    def compute_output_shape(self, shape):
        return shape


@keras.saving.register_keras_serializable(package="rtl_tf")
class Expectation(keras.layers.Layer):
    """`expectation` as a layer."""

    def call(self, heatmaps):
        return expectation(heatmaps)

    def compute_output_shape(self, shape):
        return (shape[0], shape[3], 2)
