"""Trainings that can be repeated."""

import keras
import tensorflow as tf
from tensorflow.python.framework.config import disable_op_determinism  # there is no public way back


def make_deterministic(seed: int, jit_compile: bool = False) -> None:
    """Seed everything; on a CPU also order every sum, so that a run can be repeated bit for bit.

    Not with XLA, which Keras declines then (on a CPU it orders sums by itself); whatever the process trained before.
    """
    keras.utils.set_random_seed(seed)
    if jit_compile or on_gpu():
        disable_op_determinism()
    else:
        tf.config.experimental.enable_op_determinism()


def on_gpu() -> bool:
    """Whether TensorFlow sees a CUDA device."""
    return bool(tf.config.list_physical_devices("GPU"))
