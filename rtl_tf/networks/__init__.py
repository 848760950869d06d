"""Networks as Keras functional models, and the source networks that training starts from."""

from importlib import import_module
from types import ModuleType


def architecture(name: str) -> ModuleType:
    """The module of an architecture by its name, as `Source.network` and `Method.network` have it."""
    return import_module(f"{__name__}.{name}")
