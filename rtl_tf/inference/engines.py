"""The engines' packages, imported so that none of them reports its use over the network."""

import importlib
import os
import sys
from types import ModuleType

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
