"""Several steps in one graph, between which nothing returns to the host."""

from collections.abc import Callable, Iterable
from itertools import islice

import tensorflow as tf


def several_steps(step: Callable, results: Callable[[], dict], count: int, jit_compile: bool) -> Callable:
    """What Keras makes of `steps_per_execution`, without its two round trips a step.

    Keras decides on the device whether a further step is to be made, so that the host waits for the device in every
    step (benchmarks/README.md).

    Args:
        step: of a batch, a model's `train_step` or `test_step`.
        results: of the metrics that it updates.
        count: steps a call, fewer where the data end.
        jit_compile: whether XLA compiles a step.
    Returns:
        A function of an iterator over batches, as Keras's `fit` and `evaluate` call it; its value is `results()` after
        the last step. It raises StopIteration if no batch was left.
    """
    one = tf.function(step, jit_compile=True, reduce_retracing=True) if jit_compile else step

    @tf.function(reduce_retracing=True)
    def steps(batches: tf.data.Iterator):
        def is_next(done, batch):
            with tf.device("CPU:0"):  # where both values are
                return tf.logical_and(done < count, batch.has_value())

        def make(done, batch):
            one(batch.get_value())
            done += 1
            return done, tf.cond(done < count, batches.get_next_as_optional, lambda: batch)

        done, _ = tf.while_loop(is_next, make, [tf.constant(0), batches.get_next_as_optional()])
        return done, results()

    def call(batches: tf.data.Iterator | Iterable) -> dict:
        if not isinstance(batches, tf.data.Iterator):  # of `train_on_batch`
            made = [one(batch) for batch in islice(batches, count)]
            return made[-1]
        done, values = steps(batches)
        if not done:
            raise StopIteration
        return values

    return call


def compiled_steps(step: Callable, results: Callable[[], dict], count: int) -> Callable:
    """`several_steps` as one program of XLA's, for batches of equal size; it raises where they differ.

    TensorFlow hands a program some 500 variables each time that it calls it; here it does so once for all steps
    (benchmarks/README.md). Another number of steps, where the data end, is compiled for itself. All batches of a call
    are in memory, here and on the device.
    """

    @tf.function(jit_compile=True)
    def steps(batches):
        made = tf.nest.flatten(batches)[0].shape[0]

        def make(index):
            step(_of_each(lambda part: part[index], batches))
            return index + 1

        tf.while_loop(lambda index: index < made, make, [tf.constant(0)])

    def call(batches: tf.data.Iterator | Iterable) -> dict:
        drawn = list(islice(batches, count))
        if not drawn:
            raise StopIteration
        with tf.device("CPU:0"):  # a few long copies to the device instead of many short ones
            together = _of_each(lambda *parts: tf.stack(parts), *drawn)
        steps(together)
        return results()

    return call


def _of_each(function: Callable, *batches):
    """Of each part of batches; `train_on_batch` has parts that are None."""
    return tf.nest.map_structure(lambda *parts: None if parts[0] is None else function(*parts), *batches)
