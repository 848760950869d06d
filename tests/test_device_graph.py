"""On a GPU no training step waits for the host: nothing that is computed there is needed here before the step ends.

Which operations have kernels for a GPU, and which of their arguments those want in the host's memory, TensorFlow knows
without a GPU. A profile of an H100 had as many copies from the device as this counts (benchmarks/README.md).
"""

import functools
import inspect

import pytest
import tensorflow as tf
from tensorflow.python.framework import kernels
from test_method_contract import LANDMARKS, SIZE, make

from rtl_tf.pipeline import AUGMENTATIONS, Preparation

ELSEWHERE = (tf.resource, tf.variant)  # handles; what they stand for stays where it is

pytestmark = pytest.mark.skipif(
    not any(kernel.device_type == "GPU" for kernel in kernels.get_registered_kernels_for_op("Conv2D").kernel),
    reason="this TensorFlow was built without CUDA",
)


def copies_to_the_host(graph: tf.Graph) -> list[str]:
    """Values that an operation on the device makes and another one wants on the host, as "maker -> user"."""
    constant, found = set(), []
    for operation in graph.get_operations():  # makers before users
        makers = [value.op.name for value in operation.inputs]
        # TensorFlow computes what is made of constants alone before the first step.
        if operation.type == "Const" or (makers and constant.issuperset(makers)):
            constant.add(operation.name)
        for value, wanted in zip(operation.inputs, on_host(operation, "input_arg"), strict=True):
            elsewhere = value.dtype in ELSEWHERE or value.op.name in constant
            if wanted and not elsewhere and not is_on_host(value):
                found.append(f"{value.op.type} {value.op.name} -> {operation.type}")
    return found


def is_on_host(value) -> bool:
    if value.op.type == "Placeholder":  # an argument: batches come from the host
        return value.dtype == tf.int32
    return on_host(value.op, "output_arg")[value.value_index]


def on_host(operation, arguments: str) -> list[bool]:
    """Whether each input or output is in the host's memory, if the operation runs on a GPU where it can."""
    kernel, names = None if "CPU" in operation.device else gpu_kernel(operation), []
    for argument in getattr(operation.op_def, arguments):
        names += [argument.name] * count(operation.node_def, argument)
    return [kernel is None or name in kernel.host_memory_arg for name in names]


def count(node, argument) -> int:
    if argument.number_attr:
        return node.attr[argument.number_attr].i
    return len(node.attr[argument.type_list_attr].list.type) if argument.type_list_attr else 1


@functools.cache
def registered(kind: str) -> list:
    return list(kernels.get_registered_kernels_for_op(kind).kernel)


def gpu_kernel(operation):
    def fits(kernel) -> bool:
        attributes = operation.node_def.attr
        return kernel.device_type in ("GPU", "DEFAULT") and all(
            attributes[limit.name].type in limit.allowed_values.list.type
            for limit in kernel.constraint
            if attributes[limit.name].type
        )

    return next(filter(fits, registered(operation.type)), None)


def batch_of_crops(count: int = 2, augmentation: str = "paper") -> dict:
    side = SIZE + 2 * AUGMENTATIONS[augmentation].context_px(SIZE)
    return {
        "crops": tf.zeros((count, side, side, 3), tf.uint8),
        "points": tf.zeros((count, LANDMARKS, 2)),
        "draws": tf.zeros((count, AUGMENTATIONS[augmentation].DRAWS)),
    }


def compiled(name: str, steps: int, augmentation: str = "paper"):
    detector = make((name, None))
    detector.prepare = Preparation(SIZE, 1.5, 0.02, list(range(LANDMARKS)), augmentation)
    detector.compile("adam", steps_per_execution=steps)
    detector.optimizer.build(detector.trainable_variables)
    return detector


# Between them all regularizers, losses and networks.
@pytest.mark.parametrize("name", ["rtl-co-eo", "rtl-sam", "rtl-cam", "hg", "unet", "dsnt"])
def test_a_step_of_training_needs_nothing_back(name):
    detector = compiled(name, 1)
    graph = tf.function(detector.train_step).get_concrete_function(batch_of_crops()).graph
    assert len(graph.get_operations()) > 500
    assert copies_to_the_host(graph) == []


def test_the_strong_augmentation_needs_nothing_back():
    detector = compiled("ft", 1, "strong")
    graph = tf.function(detector.train_step).get_concrete_function(batch_of_crops(2, "strong")).graph
    assert {"Exp", "BitwiseXor", "Bitcast"} <= {operation.type for operation in graph.get_operations()}
    assert copies_to_the_host(graph) == []


def test_several_steps_return_to_the_host_once():
    detector = compiled("ft", 5)
    detector.make_train_function()
    steps = inspect.getclosurevars(detector.train_function).nonlocals["steps"]
    batches = iter(tf.data.Dataset.from_tensors(batch_of_crops()).repeat())
    graph = steps.get_concrete_function(batches).graph
    loops = [part.graph for name, part in graph._functions.items() if "while" in name]
    assert len(loops) >= 2
    assert [copy for loop in loops for copy in copies_to_the_host(loop)] == []


def test_what_is_counted_is_counted():
    """Integers are compared on the host."""

    def step(values):
        return tf.gather(values, tf.minimum(tf.cast(values[0], tf.int32), 3))

    graph = tf.function(step).get_concrete_function(tf.TensorSpec((8,), tf.float32)).graph
    assert [copy.split()[0] for copy in copies_to_the_host(graph)] == ["Cast"]
