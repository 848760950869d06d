"""A network whose maps have no frame: convolutions that repeat the edge of their input where others put zeros.

TensorFlow's "same" padding of a convolution that strides puts zeros on the right and below only; in the maps of a
network that was not trained so, the last row and column stand out.
"""

from typing import Any

import keras

CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)


class EdgePadding(keras.layers.Layer):
    """Maps (N, H, W, B) with their edge repeated around them.

    Args:
        padding: px above and below, left and right, as `keras.layers.ZeroPadding2D` has it.
    """

    def __init__(self, padding, **kwargs):
        super().__init__(**kwargs)
        self.padding = tuple((int(before), int(after)) for before, after in padding)

    def call(self, maps):
        for axis, (before, after) in enumerate(self.padding, start=1):
            if before or after:
                size = maps.shape[axis]
                places = [min(max(place, 0), size - 1) for place in range(-before, size + after)]
                maps = keras.ops.take(maps, places, axis=axis)
        return maps

    def compute_output_shape(self, shape):
        sizes = [size + sum(added) for size, added in zip(shape[1:3], self.padding, strict=True)]
        return shape[0], *sizes, shape[3]

    def get_config(self):
        return {**super().get_config(), "padding": self.padding}


def pads(network: keras.Model) -> bool:
    """Whether zeros come around any map of a functional network, so that `edge_padded` changes something."""
    return any(
        isinstance(layer, keras.layers.ZeroPadding2D) or (_pads_itself(layer) and max(layer.kernel_size) > 1)
        for layer in network.layers
    )


def edge_padded(network: keras.Model) -> keras.Model:
    """A copy of a functional network, weights included, that pads by repeating edges; maps keep their sizes.

    What convolutions pad by themselves, as much as TensorFlow does and on the same sides, and layers of zeros alone.
    Poolings stay: they leave out of their maximum or mean what they pad.
    """
    padded = {layer.name for layer in network.layers if _pads_itself(layer)}

    def copied(layer):
        if isinstance(layer, keras.layers.ZeroPadding2D):
            return EdgePadding(layer.padding, name=layer.name, dtype=layer.dtype_policy)
        own = {"padding": "valid"} if layer.name in padded else {}
        return layer.__class__.from_config({**layer.get_config(), **own})

    def called(layer, *inputs, **options):
        if layer.name in padded:
            maps, *others = inputs
            pad = EdgePadding(_same(layer, maps.shape), name=f"{layer.name}_edge", dtype=layer.dtype_policy)
            inputs = (pad(maps), *others)
        return layer(*inputs, **options)

    copy = keras.models.clone_model(network, clone_function=copied, call_function=called)
    for layer in network.layers:  # by name: with layers in between, the order of the weights may be another one
        if layer.weights:
            copy.get_layer(layer.name).set_weights(layer.get_weights())
    return copy


def _pads_itself(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, CONVOLUTIONS) and layer.padding == "same"


def _same(convolution: Any, shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """What TensorFlow's "same" adds before and after the rows and the columns of maps of this shape."""
    axes = zip(shape[1:3], convolution.kernel_size, convolution.strides, convolution.dilation_rate, strict=True)
    added = [_added(*axis) for axis in axes]
    return [(count // 2, count - count // 2) for count in added]


def _added(size: int, kernel: int, stride: int, dilation: int) -> int:
    steps = -(-size // stride) - 1
    return max(0, steps * stride + (kernel - 1) * dilation + 1 - size)
