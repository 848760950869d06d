"""Weight files of keras-vggface's ResNet-50 (Keras 2's .h5), read by mapped layer names."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import h5py
import keras
import numpy as np

from rtl_tf.exceptions import InputError, in_one_line
from rtl_tf.networks.assignment import assign
from rtl_tf.networks.weight_check import require_whole

# The published classification layer, and what `layers.classification_head` calls it.
PUBLISHED_CLASSIFIER = "classifier"
OUR_CLASSIFIER = "logits"

T = TypeVar("T")


def load_keras_vggface(network: keras.Model, path: str | Path) -> None:
    """Loads a file that keras-vggface publishes, or saved itself, into the matching network.

    "/" in the published names is "__" in ours. Position in the file is never used: some layers have equal shapes and
    would swap unnoticed.

    Examples:
        >>> from rtl_tf.networks import resnet50
        >>> encoder = resnet50.encoder(64)  # a download  # doctest: +SKIP
        >>> load_keras_vggface(encoder, "rcmalli_vggface_tf_notop_resnet50.h5")  # a download  # doctest: +SKIP

    Args:
        network: `resnet50.encoder` alone for a "notop" file, encoder and classifier in one model for a complete file.
        path: the .h5 file.

    Raises:
        InputError: unreadable file, or a weight left over on either side; nothing is loaded then.
    """
    weights = {}
    for layer, group in read_legacy_h5(path).items():
        name = OUR_CLASSIFIER if layer == PUBLISHED_CLASSIFIER else layer.replace("/", "__")
        weights[name] = group
    assign(network, weights, str(path))


def holds_classifier(path: str | Path) -> bool:
    """Whether the file holds the classification layer (False for a "notop" file)."""
    return PUBLISHED_CLASSIFIER in _read_legacy_h5(path, lambda dataset: None)


def read_legacy_h5(path: str | Path) -> dict[str, dict[str, np.ndarray]]:
    """Layer name -> weight name ("kernel", "gamma", ...) -> array, of a weight file in Keras 2's format.

    Raises:
        InputError: missing, damaged, or another format.
    """
    return _read_legacy_h5(path, lambda dataset: dataset[()])


def _read_legacy_h5(path: str | Path, read: Callable[[h5py.Dataset], T]) -> dict[str, dict[str, T]]:
    """As `read_legacy_h5`, with what `read` makes of each array."""
    require_whole(path)
    try:
        with h5py.File(path) as file:
            root = file.get("model_weights", file)
            layers = {}
            for layer in _texts(root.attrs["layer_names"]):
                names = _texts(root[layer].attrs["weight_names"])
                if names:
                    layers[layer] = {_short(name): read(root[layer][name]) for name in names}
            return layers
    except Exception as problem:  # what has another structure meets any of h5py's exceptions
        raise InputError(f"{path}: not a Keras 2 weight file (.h5), or damaged ({in_one_line(problem)})") from problem


def _texts(names) -> list[str]:
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _short(name: str) -> str:
    return name.rsplit("/", 1)[-1].split(":")[0]
