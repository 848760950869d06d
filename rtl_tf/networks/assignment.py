"""Weights by layer name into a network: all of them, or an error and none."""

from collections.abc import Iterator

import keras
import numpy as np

from rtl_tf.exceptions import InputError


def flat_layers(network: keras.Model) -> Iterator[keras.Layer]:
    """The layers of a network and of the networks nested in it."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from flat_layers(layer)
        else:
            yield layer


def assign(network: keras.Model, weights: dict[str, dict[str, np.ndarray]], origin: str) -> None:
    """Sets every weight of `network` from `weights[layer][weight]`, for instance ["conv1"]["kernel"].

    Raises:
        InputError: a weight of either side is left over, or two shapes differ; nothing is set then. `origin` (the
            file) is named in the message.
    """
    variables = {(layer.name, variable.name): variable for layer in flat_layers(network) for variable in layer.weights}
    values = {(layer, name): value for layer, group in weights.items() for name, value in group.items()}
    _refuse(origin, "has no weights for", variables.keys() - values.keys())
    _refuse(origin, "holds weights that the network lacks:", values.keys() - variables.keys())
    for key, variable in variables.items():
        if tuple(variable.shape) != values[key].shape:
            raise InputError(
                f"{origin}: wrong architecture, {'/'.join(key)} is {values[key].shape}, not {tuple(variable.shape)}"
            )
    for key, variable in variables.items():
        variable.assign(values[key])


def _refuse(origin: str, problem: str, left_over: set[tuple[str, str]]) -> None:
    if left_over:
        names = sorted("/".join(key) for key in left_over)
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        raise InputError(f"{origin}: wrong architecture, the file {problem} {', '.join(names[:3])}{more}")
