"""Saved models, written and read: a run's detector, or a source network, of which encoder and branch are taken."""

import io
from pathlib import Path

import keras
import numpy as np

import rtl_tf.networks.dsnt  # noqa: F401  (registers the layers that saved models contain, as do the next)
import rtl_tf.networks.hub_backbone  # noqa: F401
import rtl_tf.networks.normalization  # noqa: F401
from rtl_tf.exceptions import InputError, in_one_line
from rtl_tf.networks.archive_check import require_safe
from rtl_tf.networks.catalogue import saved_file
from rtl_tf.networks.layers import head_kind, image_input
from rtl_tf.system.atomic import write_bytes


def load(path: str | Path, image_size: int, classifier: bool) -> tuple[keras.Model, keras.Model | None]:
    """The layers "encoder" and, if present, "classifier" of a saved model, rebuilt for `image_size`.

    Args:
        path: a `.keras` file, or a folder that holds `best.keras` or `source.keras`.
        image_size: input px, a multiple of 32; the saved one may differ.
        classifier: whether the classification branch is wanted.

    Raises:
        InputError: no such file, not a Keras model, no encoder in it, or an image size that it cannot have.
    """
    model = read(saved_file(path))
    parts = {layer.name: layer for layer in model.layers if isinstance(layer, keras.Model)}
    if "encoder" not in parts:
        raise InputError(
            f"{path}: the saved model has no encoder (runs of hg, unet and dsnt have none), "
            "use another run's best.keras or a pretrained source.keras"
        )
    try:
        encoder = _rebuilt(parts["encoder"], image_input(image_size))
    except ValueError as problem:
        if isinstance(problem, InputError):
            raise
        own = parts["encoder"].input_shape[1]
        raise InputError(f"--image-size {image_size}: the encoder of {path} is for images of {own} px") from problem
    if not classifier or "classifier" not in parts:
        return encoder, None
    saved_size = parts["encoder"].input_shape[1]
    if head_kind(parts["classifier"]) == "points" and image_size != saved_size:
        raise InputError(f"--image-size {image_size}: the points of {path} need --image-size {saved_size}")
    features = keras.Input(encoder.outputs[-1].shape[1:], name="features")
    try:
        return encoder, _rebuilt(parts["classifier"], features)
    except ValueError as problem:
        raise InputError(f"--image-size {image_size}: too small for the classification branch of {path}") from problem


def decoder_weights(path: str | Path) -> list[np.ndarray]:
    """Of a run's detector, see `load`. InputError for a saved model without a decoder of its own."""
    model = read(saved_file(path))
    decoders = [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.name == "decoder"]
    if not decoders:
        raise InputError(f"{path}: the saved model has no decoder, name a run that was fine-tuned from a source")
    return decoders[0].get_weights()


def read(path: Path) -> keras.Model:
    """A saved model of `archive_check`'s layers; InputError for a file that is none."""
    if path.suffix != ".keras":
        raise InputError(f"{path}: not a readable Keras model, whose files end in .keras")
    require_safe(path)
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except InputError as problem:  # of a layer that needs a package
        raise InputError(f"{path}: {problem}") from problem
    except Exception as problem:  # a wrong configuration meets any of the layers' own exceptions
        raise InputError(f"{path}: not a readable Keras model ({in_one_line(problem)})") from problem


class _InMemory(io.BytesIO):
    """A file in memory that Keras takes for a `.keras` file."""

    def __str__(self) -> str:
        return "memory.keras"


def write(model: keras.Model, path: Path) -> None:
    """Save a model as a `.keras` file, whole or not at all.

    Made in memory, with the weights beside it for a while: on a full disk HDF5 would fail in its own ways.
    """
    buffer = _InMemory()
    model.save(buffer)
    write_bytes(path, buffer.getbuffer())


def _rebuilt(network: keras.Model, inputs: keras.KerasTensor) -> keras.Model:
    """The same layers and weights on another input size, all trainable, in the precision of Keras's dtype policy."""
    rebuilt = keras.models.clone_model(network, input_tensors=inputs, clone_function=_trainable_copy)
    rebuilt.set_weights(network.get_weights())
    return rebuilt


def _trainable_copy(layer: keras.layers.Layer) -> keras.layers.Layer:
    """A layer that is built frozen, as a run of FE saves it, could never be trained again."""
    if isinstance(layer, keras.Sequential):  # of ConvNeXt; without its own input, which is of the saved size
        return keras.Sequential([_trainable_copy(part) for part in layer.layers], name=layer.name)
    if not isinstance(layer, keras.layers.Layer):  # a sum or product of the graph
        return layer.__class__.from_config(layer.get_config())
    own = {"trainable": True}
    if not isinstance(layer, keras.layers.Dense):  # the head stays in float32, see `layers.classification_head`
        own["dtype"] = keras.config.dtype_policy().name
    return layer.__class__.from_config({**layer.get_config(), **own})
