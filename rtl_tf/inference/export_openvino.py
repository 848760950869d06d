"""The prediction graph as OpenVINO IR; int8 by NNCF's quantisation after training."""

from pathlib import Path

import numpy as np

from rtl_tf.inference.engines import METADATA_KEY, import_quietly
from rtl_tf.inference.graph import DECODING_SCOPE, Compiled

CONVOLUTIONS = ("Convolution", "GroupConvolution", "ConvolutionBackpropData", "GroupConvolutionBackpropData")


def write(locate: Compiled, file: Path, calibration: np.ndarray | None, text: str) -> None:
    """See `exporting.WRITERS`; the weights go into a second file, .bin, beside the first."""
    openvino = import_quietly("openvino")
    model = openvino.convert_model(locate.get_concrete_function())
    if calibration is not None:
        model = _quantised(model, calibration)
    model.set_rt_info(text, [METADATA_KEY])
    openvino.save_model(model, file, compress_to_fp16=False)


def _quantised(model, calibration: np.ndarray):
    """NNCF's quantisation after training; the network's last convolution and all behind it stay float32."""
    nncf = import_quietly("nncf")
    return nncf.quantize(
        model,
        nncf.Dataset([crop[None] for crop in calibration]),
        subset_size=len(calibration),
        preset=nncf.QuantizationPreset.MIXED,
        ignored_scope=nncf.IgnoredScope(names=_exact_nodes(model)),
    )


def _exact_nodes(model) -> list[str]:
    """Names of the operations from the network's last convolutions to the results.

    Without quantised weights a convolution is a barrier: OpenVINO moves the factors that turn int8 back into float
    through everything else, and fails where it moves them through the decoding's reshapes.
    """
    pending = [one for one in model.get_results() if "features" not in one.input(0).get_source_output().names]
    exact = {}
    while pending:
        node = pending.pop()
        name = node.get_friendly_name()
        if name in exact or not node.inputs():
            continue
        exact[name] = node
        if node.get_type_name() not in CONVOLUTIONS or name.startswith(DECODING_SCOPE):
            pending.extend(value.get_source_output().get_node() for value in node.inputs())
    return sorted(name for name, node in exact.items() if node.get_type_name() != "Result")
