"""Numerical precision: what layers compute in. Weights are float32 always."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

from rtl_tf.networks.assignment import flat_layers

AMPERE = (8, 0)  # compute capability


@contextmanager
def computing_in(mixed: bool) -> Iterator[None]:
    """Layers that are made inside compute in `mixed_policy()`, or in float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(mixed_policy() if mixed else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def mixed_policy() -> str:
    """Keras's name of the 16-bit precision that suits this machine.

    bfloat16 has the range of float32, so that no gradient is lost. NVIDIA's GPUs have it from Ampere on; those before
    have float16, for which Keras scales the loss. CPUs without AMX or AVX-512 BF16 emulate bfloat16 and gain nothing.
    """
    for gpu in tf.config.list_physical_devices("GPU"):
        if tf.config.experimental.get_device_details(gpu).get("compute_capability", AMPERE) < AMPERE:
            return "mixed_float16"
    return "mixed_bfloat16"


def compute_types(network: keras.Model) -> set[str]:
    """What the layers of a network compute in: {"float32"}, or of mixed precision more than one type."""
    return {layer.compute_dtype for layer in flat_layers(network) if not isinstance(layer, keras.layers.InputLayer)}


def in_float32(network: keras.Model) -> keras.Model:
    """The network itself if it computes in float32, else a copy that does, with equal weights."""
    if compute_types(network) == {"float32"}:
        return network
    copy = keras.models.clone_model(network, clone_function=_float32_layer, recursive=True)
    copy.set_weights(network.get_weights())
    return copy


def _float32_layer(layer: keras.layers.Layer) -> keras.layers.Layer:
    own = {"dtype": "float32"} if isinstance(layer, keras.layers.Layer) else {}  # else a sum or product of the graph
    return layer.__class__.from_config({**layer.get_config(), **own})
