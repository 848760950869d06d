"""The prediction graph as OpenVINO IR; int8 by NNCF's quantisation after training."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from rtl_tf.inference.exported import METADATA_KEY
from rtl_tf.inference.graph import DECODING_SCOPE

# OpenVINO and NNCF would report their use over the network; without this package they do not. Clinics need that.
sys.modules["openvino_telemetry"] = None


def write(locate: Callable, file: Path, calibration: np.ndarray | None, text: str) -> None:
    """See `export.WRITERS`; the weights go into a second file, .bin, beside the first."""
    import openvino

    model = openvino.convert_model(locate.get_concrete_function())
    if calibration is not None:
        model = _quantised(model, calibration)
    model.set_rt_info(text, [METADATA_KEY])
    openvino.save_model(model, file, compress_to_fp16=False)


def _quantised(model, calibration: np.ndarray):
    """NNCF's quantisation after training; the decoding behind the heatmaps stays float32."""
    import nncf

    return nncf.quantize(
        model,
        nncf.Dataset([crop[None] for crop in calibration]),
        subset_size=len(calibration),
        preset=nncf.QuantizationPreset.MIXED,
        ignored_scope=nncf.IgnoredScope(names=_decoding_nodes(model)),
    )


def _decoding_nodes(model) -> list[str]:
    """Names of the decoding's operations, and of those that the conversion put between them."""
    found = set()
    for node in model.get_ordered_ops():
        inputs = {value.get_source_output().get_node().get_friendly_name() for value in node.inputs()}
        if inputs and (node.get_friendly_name().startswith(DECODING_SCOPE) or inputs & found):
            found.add(node.get_friendly_name())
    return sorted(found)
