"""Trainings that can be repeated."""

import keras
import tensorflow as tf


def make_deterministic(seed: int, jit_compile: bool = False) -> None:
    """Seed everything; on a CPU also order every sum, so that a run can be repeated bit for bit.

    Not with XLA, which TensorFlow refuses then (on a CPU it orders its sums by itself).
    """
    keras.utils.set_random_seed(seed)
    if not (jit_compile or on_gpu()):
        tf.config.experimental.enable_op_determinism()


def on_gpu() -> bool:
    """Whether TensorFlow sees a CUDA device."""
    return bool(tf.config.list_physical_devices("GPU"))
