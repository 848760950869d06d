"""ResNet-50 V1 as `keras.applications` has it (ImageNet), in two parts: encoder and classification branch."""

import keras

from rtl_tf.exceptions import InputError
from rtl_tf.networks.catalogue import IMAGENET
from rtl_tf.networks.layers import Preprocess, image_input

# Stride of a stage's map -> the layer of keras.applications that gives it.
STAGE_OUTPUTS = {4: "conv2_block3_out", 8: "conv3_block4_out", 16: "conv4_block6_out", 32: "conv5_block3_out"}
ENCODER_STRIDES = (16, 32)


def build(image_size: int, stride: int = 32, weights: str | None = None) -> tuple[keras.Model, keras.Model]:
    """Encoder and classifier of one network with 1000 ImageNet classes.

    Args:
        image_size: S, input px, a multiple of 32.
        stride: where the encoder ends, 16 or 32.
        weights: file that Keras publishes for the network with its classification layer; None = random.

    Returns:
        encoder: RGB images (N, S, S, 3) in 0..255 -> list of maps, strides 4, 8, 16(, 32).
        classifier: the last map -> (N, 1000) logits.

    Raises:
        InputError: image size or stride that the network cannot have.
        ValueError, OSError: a file that does not hold these weights.
    """
    if stride not in ENCODER_STRIDES:
        raise InputError(f"--encoder-stride {stride}: ResNet-50's encoder ends at stride 16 or 32")
    image = image_input(image_size)
    prepared = Preprocess(**IMAGENET.preprocess, name="preprocess")(image)
    network = keras.applications.ResNet50(weights=None, input_tensor=prepared, classifier_activation=None)
    if weights is not None:
        network.load_weights(weights)
    maps = [network.get_layer(layer).output for map_stride, layer in STAGE_OUTPUTS.items() if map_stride <= stride]
    return (
        keras.Model(image, maps, name="encoder"),
        keras.Model(maps[-1], network.output, name="classifier"),
    )
