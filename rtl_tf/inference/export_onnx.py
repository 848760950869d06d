"""The prediction graph as ONNX, by tf2onnx; int8 by ONNX Runtime's static quantisation."""

from pathlib import Path

import numpy as np

from rtl_tf.inference.engines import METADATA_KEY, import_quietly
from rtl_tf.inference.graph import DECODING_SCOPE, Compiled

OPSET = 17


def write(locate: Compiled, file: Path, calibration: np.ndarray | None, text: str) -> None:
    """See `exporting.WRITERS`."""
    onnx, tf2onnx = import_quietly("onnx"), import_quietly("tf2onnx")
    model, _ = tf2onnx.convert.from_function(locate, input_signature=locate.input_signature, opset=OPSET)
    onnx.helper.set_model_props(model, {METADATA_KEY: text})
    onnx.save(model, file)
    if calibration is not None:
        _quantise(file, calibration)


def _quantise(file: Path, calibration: np.ndarray) -> None:
    """ONNX Runtime's static quantisation: weights by channel, activations by the calibration images' ranges."""
    onnx, quantization = import_quietly("onnx"), import_quietly("onnxruntime.quantization")

    class Reader(quantization.CalibrationDataReader):  # type: ignore[name-defined]  # of a module imported here
        def __init__(self):
            self.crops = iter(calibration)

        def get_next(self):
            crop = next(self.crops, None)
            return None if crop is None else {"crops": crop[None]}

    quantization.shape_inference.quant_pre_process(file, file, skip_symbolic_shape=True)
    exact = [node.name for node in onnx.load(file).graph.node if DECODING_SCOPE in node.name]
    quantization.quantize_static(file, file, Reader(), per_channel=True, nodes_to_exclude=exact)
