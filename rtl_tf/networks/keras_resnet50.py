"""ResNet-50 V1 as `keras.applications` has it (ImageNet), in two parts: encoder and classification branch."""

import keras

from rtl_tf.exceptions import InputError
from rtl_tf.networks.catalogue import IMAGENET
from rtl_tf.networks.layers import Preprocess, image_input
from rtl_tf.networks.normalization import fused

# Stride of a stage's map -> the layer of keras.applications that gives it.
STAGE_OUTPUTS = {4: "conv2_block3_out", 8: "conv3_block4_out", 16: "conv4_block6_out", 32: "conv5_block3_out"}
ENCODER_STRIDES = (16, 32)


def build(image_size: int) -> keras.Model:
    """The whole network: RGB images (N, S, S, 3) in 0..255 -> (N, 1000) logits; random weights.

    Raises:
        InputError: an image size that is not a multiple of 32.
    """
    prepared = Preprocess(**IMAGENET.preprocess, name="preprocess")(image_input(image_size))
    network = keras.applications.ResNet50(weights=None, input_tensor=prepared, classifier_activation=None)
    return fused(network)


def split(network: keras.Model, stride: int = 32) -> tuple[keras.Model, keras.Model]:
    """Encoder and classifier, which share the network's weights.

    Args:
        network: of `build`.
        stride: where the encoder ends, 16 or 32.

    Returns:
        encoder: RGB images (N, S, S, 3) in 0..255 -> list of maps, strides 4, 8, 16(, 32).
        classifier: the last map -> (N, 1000) logits.

    Raises:
        InputError: another stride.
    """
    if stride not in ENCODER_STRIDES:
        raise InputError(f"--encoder-stride {stride}: ResNet-50's encoder ends at stride 16 or 32")
    maps = [network.get_layer(layer).output for map_stride, layer in STAGE_OUTPUTS.items() if map_stride <= stride]
    encoder = keras.Model(network.inputs[0], maps, name="encoder")
    return encoder, keras.Model(maps[-1], network.output, name="classifier")
