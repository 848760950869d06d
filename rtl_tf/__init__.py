"""Facial anatomical landmark detection by regularized transfer learning.

Examples:
    >>> import rtl_tf
    >>> samples = rtl_tf.load_samples("synthetic:subjects=2,scans=1", size=64)
    >>> [sample.points.shape for sample in samples]
    [(14, 2), (14, 2)]

What this module offers is loaded when it is first asked for: `import rtl_tf` alone stays free of TensorFlow.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # for type checkers and editors: what `_HOMES` says
    from rtl_tf.api import evaluate, train
    from rtl_tf.datasets import load as load_samples
    from rtl_tf.inference.detector import Detector
    from rtl_tf.methods import METHODS
    from rtl_tf.networks.catalogue import SOURCES
    from rtl_tf.regularizers import channel_attention, classifier_output, encoder_output, spatial_attention

__version__ = "0.1.0"
__all__ = [
    "METHODS",
    "SOURCES",
    "Detector",
    "channel_attention",
    "classifier_output",
    "encoder_output",
    "evaluate",
    "load_samples",
    "spatial_attention",
    "train",
]

_HOMES = {  # name: the module that has it, and its name there where that is another one
    "METHODS": ("rtl_tf.methods",),
    "SOURCES": ("rtl_tf.networks.catalogue",),
    "Detector": ("rtl_tf.inference.detector",),
    "channel_attention": ("rtl_tf.regularizers",),
    "classifier_output": ("rtl_tf.regularizers",),
    "encoder_output": ("rtl_tf.regularizers",),
    "evaluate": ("rtl_tf.api",),
    "load_samples": ("rtl_tf.datasets", "load"),
    "spatial_attention": ("rtl_tf.regularizers",),
    "train": ("rtl_tf.api",),
}


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, *other = _HOMES[name]
    value = getattr(import_module(module), *(other or [name]))
    globals()[name] = value  # the next time it is simply there
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
