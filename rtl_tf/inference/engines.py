"""The engines' packages, imported so that none of them reports its use over the network."""

import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Generic, TypeVar

from rtl_tf.exceptions import InputError
from rtl_tf.system.redirection import silenced

T = TypeVar("T")

METADATA_KEY = "rtl_tf"
SWITCHES = ("ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED")  # of ONNX Runtime 1.32, and as later ones call it


def import_quietly(package: str) -> ModuleType:
    """Import an engine's package, or one that writes for it. ImportError where it is not installed.

    Nothing that sees photographs may open a connection. OpenVINO sends an event when it is imported, and it and NNCF
    report what is done with them; without `openvino_telemetry` they do not, nor make ~/intel. ONNX Runtime keeps a
    number of the device in ~/.cache/Microsoft and sends events, unless its switch is set before it is loaded.
    """
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # None is how Python bars an import
    os.environ.update(dict.fromkeys(SWITCHES, "1"))
    return importlib.import_module(package)


_loading = threading.Lock()  # the silence in which an interpreter is made is the whole process's


def litert_interpreter(file: Path, threads: int | None = None):
    """LiteRT's interpreter of a `.tflite` file, ready to be asked; one thread at a time may ask it.

    Raises:
        InputError: LiteRT is not installed.
    """
    try:
        litert = import_quietly("ai_edge_litert.interpreter")
    except ImportError:
        raise InputError("faces are found with a package that is not installed: pip install ai-edge-litert") from None
    with _loading, silenced(2):  # it writes that it makes a delegate
        interpreter = litert.Interpreter(os.fspath(file), num_threads=threads)
        interpreter.allocate_tensors()
    return interpreter


class Reserve(Generic[T]):
    """Things that take time to make and that one thread at a time may use: as many as threads ever asked at once."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._idle: list[T] = []

    @contextmanager
    def one(self) -> Iterator[T]:
        """One that nobody uses until the block ends."""
        try:
            taken = self._idle.pop()
        except IndexError:
            taken = self._make()
        try:
            yield taken
        finally:
            self._idle.append(taken)
