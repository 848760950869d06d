"""Logs for TensorBoard, a package of its own."""

from pathlib import Path

import keras

from rtl_tf.exceptions import InputError
from rtl_tf.runs import layout


def require_tensorboard() -> None:
    """InputError where it is not installed."""
    try:
        import tensorboard  # noqa: F401
    except ImportError as problem:
        raise InputError('--tensorboard: not installed, type: pip install -e ".[tensorboard]"') from problem


def tensorboard_callbacks(run: Path, network: str = "") -> tuple[keras.callbacks.Callback, ...]:
    """They write into a run's folder; the logs of another network than its first have a folder of their own there."""
    callback = keras.callbacks.TensorBoard(str(run / layout.TENSORBOARD / network), update_freq="epoch")
    callback.async_safe = True  # it writes when an epoch ends; no step need wait for it
    return (callback,)
