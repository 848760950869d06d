"""Logs for TensorBoard, a package of its own."""

import keras

from rtl_tf.exceptions import InputError


def tensorboard_callbacks() -> tuple[keras.callbacks.Callback, ...]:
    """InputError where it is not installed."""
    try:
        import tensorboard  # noqa: F401
    except ImportError as problem:
        raise InputError('--tensorboard: not installed, type: pip install -e ".[tensorboard]"') from problem
    callback = keras.callbacks.TensorBoard(update_freq="epoch")
    callback.async_safe = True  # it writes when an epoch ends; no step need wait for it
    return (callback,)
