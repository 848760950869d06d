"""ResNet-50 (He et al. 2016) exactly as keras-vggface has it, in two parts: encoder and classification branch.

Stride 2 sits on the first 1x1 convolution of a stage and on its projection, no convolution has a bias, and the
max-pool is unpadded: the maps of a 256x256 image are 128, 63, 32, 16 and 8 wide. Layers are named as in the published
weight files, "/" written "__".
"""

import keras

from rtl_tf.exceptions import InputError
from rtl_tf.networks.catalogue import VGGFACE2
from rtl_tf.networks.layers import Preprocess, channels, classification_head, he_normal, image_input
from rtl_tf.networks.normalization import BatchNormalization

# (stride of the stage's map, number in layer names, blocks, filters of the 3x3 convolutions)
STAGES = ((4, 2, 3, 64), (8, 3, 4, 128), (16, 4, 6, 256), (32, 5, 3, 512))
EXPANSION = 4
BATCH_NORM_EPSILON = 1e-3
ENCODER_STRIDES = (16, 32)


def encoder(
    image_size: int, stride: int = 32, preprocess: dict | None = None, width: float = 1.0, seed: int = 0
) -> keras.Model:
    """RGB images (N, S, S, 3) in 0..255 -> list of feature maps, strides 4, 8, 16, 32; the last is the encoder output.

    Args:
        image_size: S, input px, a multiple of 32.
        stride: where the encoder ends, 16 or 32 (8x8x2048 at 256, as in the paper).
        preprocess: arguments of `Preprocess`; default: VGGFace2's.
        width: factor on all channel counts (1.0 = the published network).
        seed: of the random weights.

    Raises:
        InputError: image size or stride that the network cannot have.
    """
    if stride not in ENCODER_STRIDES:
        raise InputError(f"--encoder-stride {stride}: ResNet-50's encoder ends at stride 16 or 32")
    image = image_input(image_size)
    x = Preprocess(**(preprocess or VGGFACE2.preprocess), name="preprocess")(image)
    x = _convolution(x, channels(64, width), 7, "conv1__7x7_s2", seed, strides=2)
    x = keras.layers.ReLU(name="conv1_relu")(x)
    x = keras.layers.MaxPooling2D(3, 2, name="pool1")(x)
    maps = []
    for stage in STAGES:
        if stage[0] <= stride:
            x = _stage(x, stage, width, seed)
            maps.append(x)
    return keras.Model(image, maps, name="encoder")


def classifier(
    encoder: keras.Model, size: int = 8631, kind: str = "softmax", width: float = 1.0, seed: int = 0
) -> keras.Model:
    """The rest of the network after `encoder`: its last map (N, H, W, B) -> (N, size) logits or descriptor.

    `width` must be the encoder's. The published network averages 7x7 windows, which at 224 is the global average taken
    here at every size.
    """
    features = keras.Input(encoder.outputs[-1].shape[1:], name="features")
    x = features
    for stage in STAGES[len(encoder.outputs) :]:
        x = _stage(x, stage, width, seed)
    return keras.Model(features, classification_head(x, size, kind, seed), name="classifier")


def _stage(x, stage: tuple[int, int, int, int], width: float, seed: int):
    stride, number, blocks, filters = stage
    for block in range(1, blocks + 1):
        strides = 2 if block == 1 and stride > 4 else 1
        x = _bottleneck(x, channels(filters, width), strides, block == 1, f"conv{number}_{block}", seed)
    return x


def _bottleneck(x, filters: int, strides: int, project: bool, name: str, seed: int):
    shortcut = x
    if project:
        shortcut = _convolution(x, EXPANSION * filters, 1, f"{name}_1x1_proj", seed, strides)
    x = _convolution(x, filters, 1, f"{name}_1x1_reduce", seed, strides)
    x = keras.layers.ReLU(name=f"{name}_1x1_reduce__relu")(x)
    x = _convolution(x, filters, 3, f"{name}_3x3", seed)
    x = keras.layers.ReLU(name=f"{name}_3x3__relu")(x)
    x = _convolution(x, EXPANSION * filters, 1, f"{name}_1x1_increase", seed)
    x = keras.layers.Add(name=f"{name}_add")([x, shortcut])
    return keras.layers.ReLU(name=f"{name}_relu")(x)


def _convolution(x, filters: int, size: int, name: str, seed: int, strides: int = 1):
    initializer = he_normal(seed, name)
    x = keras.layers.Conv2D(
        filters, size, strides, padding="same", use_bias=False, kernel_initializer=initializer, name=name
    )(x)
    return BatchNormalization(epsilon=BATCH_NORM_EPSILON, name=f"{name}__bn")(x)
