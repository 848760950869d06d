"""dlib's face-recognition ResNet (King 2017, dlib_face_recognition_resnet_model_v1): encoder and descriptor branch.

A 7x7 convolution, a max-pool and five groups of residual blocks of two 3x3 convolutions. A group that halves its map
has no projection: its shortcut is an average pool, padded with zero channels. dlib's affine layers are
BatchNormalization here (see `calibration`).
"""

import keras

from rtl_tf.exceptions import InputError
from rtl_tf.networks.catalogue import DLIB
from rtl_tf.networks.layers import Preprocess, ZeroPaddedAdd, classification_head, he_normal, image_input
from rtl_tf.networks.normalization import BatchNormalization

CHIP_SIZE = 150

# (stride of the group's map, filters, blocks); the first block of every group but the first halves the map
GROUPS = ((4, 32, 3), (8, 64, 4), (16, 128, 3), (32, 256, 3), (64, 256, 1))
ENCODER_STRIDES = (8, 16, 32)
BATCH_NORM_EPSILON = 1e-5
# Training from a calibrated source takes few steps: 0.95 follows the new statistics within an epoch or two.
BATCH_NORM_MOMENTUM = 0.95


def encoder(image_size: int, stride: int = 16, preprocess: dict | None = None, seed: int = 0) -> keras.Model:
    """RGB images (N, S, S, 3) in 0..255 -> list of maps, strides 4, 8, 16(, 32); the last is the encoder output.

    Every convolution is padded ("same"), so the maps are exactly S/4, S/8, ... wide with 32, 64, 128, 256 channels.

    Args:
        image_size: S, input px, a multiple of 32.
        stride: where the encoder ends: 16 (128 channels) or 32 (256 channels); 8 is possible.
        preprocess: arguments of `Preprocess`; default: dlib's own.
        seed: of the random weights.

    Raises:
        InputError: image size or stride that the network cannot have.
    """
    if stride not in ENCODER_STRIDES:
        raise InputError(f"--encoder-stride {stride}: the encoder of dlib's network ends at stride 8, 16 or 32")
    image = image_input(image_size)
    x = _stem(image, preprocess, "same", seed)
    maps = []
    for group in GROUPS:
        if group[0] <= stride:
            x = _group(x, group, "same", seed)
            maps.append(x)
    return keras.Model(image, maps, name="encoder")


def classifier(encoder: keras.Model, size: int = 128, kind: str = "descriptor", seed: int = 0) -> keras.Model:
    """The rest of the network after `encoder`: its last map (N, H, W, B) -> (N, size) descriptor or logits.

    The last group strides unpadded, as in dlib (but on maps too small for it): no dense map is needed after it, and
    descriptors of 128x128 and 160x160 images tell people apart better so.
    """
    features = keras.Input(encoder.outputs[-1].shape[1:], name="features")
    x = features
    for group in GROUPS[len(encoder.outputs) :]:
        unpadded = group is GROUPS[-1] and x.shape[1] >= 3
        x = _group(x, group, "valid" if unpadded else "same", seed)
    return keras.Model(features, classification_head(x, size, kind, seed), name="classifier")


def recognizer() -> keras.Model:
    """dlib's network to the letter: face chips (N, 150, 150, 3) -> (N, 128) descriptors.

    Convolutions that stride are unpadded, as dlib has them. Descriptors of one person lie within Euclidean distance
    0.6 of each other.
    """
    image = keras.Input((CHIP_SIZE, CHIP_SIZE, 3), name="image")
    x = _stem(image, None, "valid", 0)
    for group in GROUPS:
        x = _group(x, group, "valid", 0)
    return keras.Model(image, classification_head(x, 128, "descriptor"), name="recognizer")


def convolution_names() -> list[str]:
    """Names of the 29 convolutions from the image to the descriptor; "conv" -> "norm" names what follows each."""
    blocks = [_block_name(stride, block) for stride, _, blocks in GROUPS for block in range(blocks)]
    return ["stem_conv", *(f"{name}_conv{number}" for name in blocks for number in (1, 2))]


def _block_name(stride: int, block: int) -> str:
    return f"stride{stride}_block{block + 1}"


def _stem(image, preprocess: dict | None, padding: str, seed: int):
    x = Preprocess(**(preprocess or DLIB.preprocess), name="preprocess")(image)
    x = _convolution(x, 32, 7, 2, padding, "stem_conv", seed)
    x = keras.layers.ReLU(name="stem_relu")(x)
    return keras.layers.MaxPooling2D(3, 2, padding, name="stem_pool")(x)


def _group(x, group: tuple[int, int, int], padding: str, seed: int):
    stride, filters, blocks = group
    for block in range(blocks):
        halve = block == 0 and stride > 4
        x = _residual(x, filters, halve, padding, _block_name(stride, block), seed)
    return x


def _residual(x, filters: int, halve: bool, padding: str, name: str, seed: int):
    shortcut = keras.layers.AveragePooling2D(2, 2, padding, name=f"{name}_shortcut")(x) if halve else x
    x = _convolution(x, filters, 3, 2 if halve else 1, padding if halve else "same", f"{name}_conv1", seed)
    x = keras.layers.ReLU(name=f"{name}_relu1")(x)
    x = _convolution(x, filters, 3, 1, "same", f"{name}_conv2", seed)
    x = ZeroPaddedAdd(name=f"{name}_add")([x, shortcut])
    return keras.layers.ReLU(name=f"{name}_relu2")(x)


def _convolution(x, filters: int, size: int, strides: int, padding: str, name: str, seed: int):
    initializer = he_normal(seed, name)
    x = keras.layers.Conv2D(filters, size, strides, padding, use_bias=False, kernel_initializer=initializer, name=name)(
        x
    )
    return BatchNormalization(
        momentum=BATCH_NORM_MOMENTUM, epsilon=BATCH_NORM_EPSILON, name=name.replace("conv", "norm")
    )(x)
