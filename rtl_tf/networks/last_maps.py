"""The maps of a functional network that an encoder of several strides can give, found by its graph."""

import math

import keras


def last_maps(network: keras.Model) -> dict[int, keras.Operation]:
    """Input px per px of a map -> the step of the network that gives its last such map.

    That is a bottleneck, where there is one; else, as in NASNet, whose cells look at the two cells before them, what
    the last cell of this stride joins. Maps of one px count as averages, not as maps.
    """
    size, strides = network.input_shape[1], _strides(network)
    joins = [step for step in network.operations if isinstance(step, keras.layers.Concatenate)]
    found = {}
    for step in (*joins, *bottlenecks(network)):
        shape, stride = step.output.shape, strides[id(step.output)]
        if len(shape) == 4 and shape[1] == shape[2] and 1 < shape[1] <= size // stride:
            found[stride] = step
    return found


def bottlenecks(network: keras.Model) -> list[keras.Operation]:
    """The steps, in their order, whose output alone leads from what is before to what is after."""
    steps = [operation for operation in network.operations if not isinstance(operation, keras.layers.InputLayer)]
    made = {id(tensor): number for number, step in enumerate(steps) for tensor in keras.tree.flatten(step.output)}
    needed_until = list(range(len(steps)))
    for number, step in enumerate(steps):
        for tensor in keras.tree.flatten(step.input):
            if id(tensor) in made:
                needed_until[made[id(tensor)]] = number
    found, open_until = [], 0
    for number, step in enumerate(steps):
        if open_until <= number:
            found.append(step)
        open_until = max(open_until, needed_until[number])
    return found


def _strides(network: keras.Model) -> dict[int, int]:
    """id of a tensor -> input px per px of it, by the strides of all that leads to it."""
    strides = {id(network.inputs[0]): 1}
    for step in network.operations:
        if not isinstance(step, keras.layers.InputLayer):
            before = max(strides.get(id(tensor), 1) for tensor in keras.tree.flatten(step.input))
            strides |= {id(tensor): before * _stride(step) for tensor in keras.tree.flatten(step.output)}
    return strides


def _stride(step: keras.Operation) -> int:
    if isinstance(step, keras.Sequential):
        return math.prod(map(_stride, step.layers))
    strides = getattr(step, "strides", 1)
    return strides if isinstance(strides, int) else strides[0]
