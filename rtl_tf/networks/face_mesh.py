"""MediaPipe's Face Mesh (Kartynnik et al. 2019): an encoder, and the branch that gives 468 points on the face.

A 3x3 convolution of stride 2, then blocks of a depthwise 3x3 and a 1x1 convolution, a shortcut and a PReLU. A block
that halves its map pools its shortcut and pads it with zero channels. There is no BatchNormalization. The published
network has a second branch, from the map of stride 32 on, that tells whether there is a face: it is left out.
"""

import math
from pathlib import Path

import keras

from rtl_tf.exceptions import InputError
from rtl_tf.networks import tflite_weights
from rtl_tf.networks.assignment import assign, flat_layers
from rtl_tf.networks.catalogue import FACE_MESH
from rtl_tf.networks.layers import HEADS, Preprocess, ZeroPaddedAdd, he_normal, image_input

POINTS = 468
STEM = 16  # channels of the map of stride 2
# (stride of the group's map, channels); three blocks each, the first halves the map
GROUPS = ((4, 32), (8, 64), (16, 128), (32, 128), (64, 128))
BLOCKS = 3
BRANCH = 32  # channels before the points
ENCODER_STRIDES = (8, 16, 32)

# operator of a .tflite file -> names of its constants in Keras's layers
WEIGHTS = {"CONV_2D": ("kernel", "bias"), "DEPTHWISE_CONV_2D": ("kernel", "bias"), "PRELU": ("alpha",)}


def encoder(image_size: int, stride: int = 32, preprocess: dict | None = None, seed: int = 0) -> keras.Model:
    """RGB images (N, S, S, 3) in 0..255 -> list of maps, strides 4, 8(, 16, 32); the last is the encoder output.

    Every convolution is padded ("same"), so the maps are exactly S/4, S/8, ... wide with 32, 64, 128, 128 channels.

    Args:
        image_size: S, input px, a multiple of 32; the published network has 192.
        stride: where the encoder ends, 8, 16 or 32.
        preprocess: arguments of `Preprocess`; default: Face Mesh's own.
        seed: of the random weights.

    Raises:
        InputError: image size or stride that the network cannot have.
    """
    if stride not in ENCODER_STRIDES:
        raise InputError(f"--encoder-stride {stride}: the encoder of Face Mesh ends at stride 8, 16 or 32")
    image = image_input(image_size)
    x = Preprocess(**(preprocess or FACE_MESH.preprocess), name="preprocess")(image)
    x = _activated(_convolution(x, STEM, 3, 2, "stem", seed), "stem")
    for block in (1, 2):
        x = _block(x, STEM, False, f"stride2_block{block}", seed)
    maps = []
    for group in GROUPS:
        if group[0] <= stride:
            x = _group(x, group, seed)
            maps.append(x)
    return keras.Model(image, maps, name="encoder")


def classifier(encoder: keras.Model, size: int = 3 * POINTS, kind: str = "points", seed: int = 0) -> keras.Model:
    """The rest of the network after `encoder`: its last map (N, H, W, B) -> (N, size), 468 times x, y and z.

    They are px of a 192x192 image; z grows towards the back of the head, in about the same unit.
    The last layer sees all of a 3x3 map at once: only with an encoder of 192x192 images does it mean anything.
    """
    features = keras.Input(encoder.outputs[-1].shape[1:], name="features")
    x = features
    for group in GROUPS[len(encoder.outputs) :]:
        x = _group(x, group, seed)
    x = _activated(_convolution(x, BRANCH, 1, 1, "branch", seed), "branch")
    x = _block(x, BRANCH, False, "branch_block1", seed)
    # As the published 3x3 convolution without padding, whose only place is the whole map. In float32: half precision
    # would round 100 px to eighths, bfloat16 to halves.
    x = keras.layers.Flatten(name="flat")(x)
    name = HEADS[kind]
    dense = keras.layers.Dense(size, kernel_initializer=he_normal(seed, name), dtype="float32", name=name)
    return keras.Model(features, dense(x), name="classifier")


def load(network: keras.Model, path: str | Path) -> None:
    """Puts the weights of MediaPipe's `face_landmark.tflite` into the complete network, encoder and points' branch.

    Raises:
        InputError: no readable file, or one whose layers do not match one to one; nothing is loaded then.
    """
    operators = _operators(path)
    layers = [layer for layer in flat_layers(network) if layer.weights]
    for layer, operator in zip(layers, operators, strict=False):
        _require_alike(layer, operator, path)
    if len(layers) != len(operators):
        raise InputError(f"{path}: wrong architecture, layers with weights: {len(operators)}, not {len(layers)}")
    values = {
        layer.name: dict(zip(WEIGHTS[operator.name], operator.constants, strict=False))
        for layer, operator in zip(layers, operators, strict=True)
    }
    kernel = values[layers[-1].name]["kernel"]
    values[layers[-1].name]["kernel"] = kernel.reshape(math.prod(kernel.shape[:-1]), kernel.shape[-1])
    assign(network, values, str(path))


def _operators(path: str | Path) -> list[tflite_weights.Operator]:
    """Those with weights on the way to the points, from the image on."""
    network = tflite_weights.read(path)
    for output, shape in network.outputs.items():
        if math.prod(shape) == 3 * POINTS:
            return [operator for operator in network.towards(output) if operator.name in WEIGHTS]
    raise InputError(f"{path}: wrong architecture, no output has {POINTS} points of three coordinates")


def _require_alike(layer: keras.Layer, operator: tflite_weights.Operator, path: str | Path) -> None:
    """InputError unless the file's operator computes what the layer does, but for the shape of its weights."""
    expected, stride = {
        keras.layers.Conv2D: ("CONV_2D", 1),
        keras.layers.DepthwiseConv2D: ("DEPTHWISE_CONV_2D", 1),
        keras.layers.PReLU: ("PRELU", 1),
        keras.layers.Dense: ("CONV_2D", 3),
    }[type(layer)]
    stride = layer.strides[0] if hasattr(layer, "strides") else stride
    if (operator.name, operator.stride) != (expected, stride):
        raise InputError(
            f"{path}: wrong architecture, {layer.name} is {operator.name} with stride {operator.stride}, "
            f"not {expected} with stride {stride}"
        )


def _group(x, group: tuple[int, int], seed: int):
    stride, filters = group
    for block in range(1, BLOCKS + 1):
        x = _block(x, filters, block == 1, f"stride{stride}_block{block}", seed)
    return x


def _block(x, filters: int, halve: bool, name: str, seed: int):
    shortcut = keras.layers.MaxPooling2D(2, name=f"{name}_shortcut")(x) if halve else x
    initializer = he_normal(seed, f"{name}_depthwise")
    x = keras.layers.DepthwiseConv2D(
        3, 2 if halve else 1, "same", depthwise_initializer=initializer, name=f"{name}_depthwise"
    )(x)
    x = _convolution(x, filters, 1, 1, name, seed)
    x = ZeroPaddedAdd(name=f"{name}_add")([x, shortcut])
    return _activated(x, name)


def _convolution(x, filters: int, size: int, strides: int, name: str, seed: int):
    name = f"{name}_conv"
    return keras.layers.Conv2D(filters, size, strides, "same", kernel_initializer=he_normal(seed, name), name=name)(x)


def _activated(x, name: str):
    return keras.layers.PReLU(shared_axes=[1, 2], name=f"{name}_prelu")(x)
