"""EfficientNet-Lite0 (M. Tan, TensorFlow, 2020) in two parts: encoder and classification branch; its published weights.

EfficientNet-B0 (Tan, Le 2019) without squeeze-and-excitation, with ReLU6 for swish. Padding is TensorFlow's "same": the
published weights were trained with it.
"""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

from rtl_tf.exceptions import InputError
from rtl_tf.networks import torch_pickle
from rtl_tf.networks.assignment import assign
from rtl_tf.networks.catalogue import EFFICIENTNET_LITE0
from rtl_tf.networks.layers import Preprocess, classification_head, he_normal, image_input
from rtl_tf.networks.normalization import BatchNormalization

# (stride of the stage's map, blocks, kernel, expansion, channels)
STAGES = (
    (2, 1, 3, 1, 16),
    (4, 2, 3, 6, 24),
    (8, 2, 5, 6, 40),
    (16, 3, 3, 6, 80),
    (16, 3, 5, 6, 112),
    (32, 4, 5, 6, 192),
    (32, 1, 3, 6, 320),
)
STEM, HEAD = 32, 1280  # channels of the first and the last convolution
BATCH_NORM = {"momentum": 0.99, "epsilon": 1e-3}
ENCODER_STRIDES = (16, 32)
# Weights as the file calls them -> as Keras does.
OF_NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
LAYERS = {"_conv_stem": "stem", "_bn0": "stem_bn", "_conv_head": "head", "_bn1": "head_bn", "_fc": "logits"}
OF_BLOCK = {
    **{"_expand_conv": "expand", "_bn0": "expand_bn", "_depthwise_conv": "depthwise", "_bn1": "depthwise_bn"},
    **{"_project_conv": "project", "_bn2": "project_bn"},
}


def encoder(image_size: int, stride: int = 32, preprocess: dict | None = None, seed: int = 0) -> keras.Model:
    """RGB images (N, S, S, 3) in 0..255 -> list of maps, strides 4, 8, 16(, 32); the last is the encoder output.

    Args:
        image_size: S, input px, a multiple of 32.
        stride: where the encoder ends, 16 or 32.
        preprocess: arguments of `Preprocess`; default: the published network's.
        seed: of the random weights.

    Raises:
        InputError: image size or stride that the network cannot have.
    """
    if stride not in ENCODER_STRIDES:
        raise InputError(f"--encoder-stride {stride}: EfficientNet-Lite0's encoder ends at stride 16 or 32")
    image = image_input(image_size)
    x = Preprocess(**(preprocess or EFFICIENTNET_LITE0.preprocess), name="preprocess")(image)
    x = _relu6(_convolution(x, STEM, 3, "stem", seed, strides=2), "stem")
    maps = {}
    for number, (at, strides, block) in enumerate(_blocks()):
        if at <= stride:
            x = maps[at] = _block(x, block, strides, f"block{number}", seed)
    return keras.Model(image, [features for at, features in maps.items() if at >= 4], name="encoder")


def classifier(encoder: keras.Model, size: int = 1000, kind: str = "softmax", seed: int = 0) -> keras.Model:
    """The rest of the network after `encoder`: its last map (N, H, W, B) -> (N, size) logits."""
    features = x = keras.Input(encoder.outputs[-1].shape[1:], name="features")
    ends = 2 ** (len(encoder.outputs) + 1)
    for number, (at, strides, block) in enumerate(_blocks()):
        if at > ends:
            x = _block(x, block, strides, f"block{number}", seed)
    x = _relu6(_convolution(x, HEAD, 1, "head", seed), "head")
    return keras.Model(features, classification_head(x, size, kind, seed), name="classifier")


def _blocks() -> Iterator[tuple[int, int, tuple[int, int, int]]]:
    """(stride of its map, its own stride, (kernel, expansion, channels)) of each of the 16 blocks."""
    before = 2
    for at, blocks, kernel, expansion, channels in STAGES:
        for _ in range(blocks):
            yield at, at // before, (kernel, expansion, channels)
            before = at


def _block(x, block: tuple[int, int, int], strides: int, name: str, seed: int):
    """Inverted residual (Sandler et al. 2018): expand, filter each channel, project, and add where shapes agree."""
    kernel, expansion, channels = block
    shortcut = x
    if expansion > 1:
        x = _convolution(x, expansion * x.shape[-1], 1, f"{name}_expand", seed)
        x = _relu6(x, f"{name}_expand")
    depthwise = f"{name}_depthwise"
    x = keras.layers.DepthwiseConv2D(
        kernel,
        strides,
        padding="same",
        use_bias=False,
        depthwise_initializer=he_normal(seed, depthwise),
        name=depthwise,
    )(x)
    x = _relu6(BatchNormalization(**BATCH_NORM, name=f"{depthwise}_bn")(x), depthwise)
    x = _convolution(x, channels, 1, f"{name}_project", seed)
    return keras.layers.Add(name=f"{name}_add")([x, shortcut]) if x.shape == shortcut.shape else x


def _convolution(x, filters: int, size: int, name: str, seed: int, strides: int = 1):
    x = keras.layers.Conv2D(
        filters, size, strides, padding="same", use_bias=False, kernel_initializer=he_normal(seed, name), name=name
    )(x)
    return BatchNormalization(**BATCH_NORM, name=f"{name}_bn")(x)


def _relu6(x, name: str):
    return keras.layers.ReLU(6.0, name=f"{name}_relu6")(x)


def load(network: keras.Model, path: str | Path) -> None:
    """Puts the published file's weights into the complete network, encoder and classification branch.

    Raises:
        InputError: a file or a network whose layers do not match one to one; nothing is loaded then.
    """
    weights: dict[str, dict[str, np.ndarray]] = {}
    for name, tensor in torch_pickle.read(path).items():
        module, _, kind = name.rpartition(".")
        if kind != "num_batches_tracked":
            layer = _layer_name(module)
            weights.setdefault(layer, {})[_weight_name(layer, kind)] = _in_keras_order(tensor, layer)
    assign(network, weights, str(path))


def _layer_name(module: str) -> str:
    """ "_blocks.3._bn1" -> "block3_depthwise_bn"; what is of another network stays, and does not match."""
    if module.startswith("_blocks."):
        _, number, part = module.split(".", 2)
        return f"block{number}_{OF_BLOCK.get(part, part)}"
    return LAYERS.get(module, module)


def _weight_name(layer: str, kind: str) -> str:
    return OF_NORM.get(kind, kind) if layer.endswith("_bn") else {"weight": "kernel"}.get(kind, kind)


def _in_keras_order(tensor: np.ndarray, layer: str) -> np.ndarray:
    """Kernels (out, in, h, w), depthwise (channels, 1, h, w), dense (out, in) -> (h, w, in, out), (h, w, channels, 1),
    (in, out)."""
    if tensor.ndim == 4:
        return tensor.transpose((2, 3, 0, 1) if layer.endswith("depthwise") else (2, 3, 1, 0))
    return tensor.T
