"""The engines' packages, imported so that none of them reports its use over the network."""

import importlib
import os
import sys
from types import ModuleType

METADATA_KEY = "rtl_tf"


def import_quietly(package: str) -> ModuleType:
    """Import an engine's package, or one that writes for it. ImportError where it is not installed.

    OpenVINO sends an event when it is imported, and it and NNCF report their use; without `openvino_telemetry` they do
    not, and leave no ~/intel behind. ONNX Runtime has a switch. Nothing that sees photographs may open a connection.
    """
    sys.modules["openvino_telemetry"] = None
    os.environ["ORT_TELEMETRY_DISABLED"] = "1"
    return importlib.import_module(package)
