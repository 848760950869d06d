"""The prediction graph as LiteRT (TensorFlow Lite) file; int8 by its converter's quantisation after training."""

import tempfile
import zipfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from rtl_tf.inference.exported import LITERT_METADATA
from rtl_tf.inference.graph import DECODING_SCOPE, Compiled

OUTPUT_TENSORS = "StatefulPartitionedCall"


def write(locate: Compiled, file: Path, calibration: np.ndarray | None, text: str) -> None:
    """See `exporting.WRITERS`; such a file takes one crop at a time."""
    size = locate.input_signature[0].shape[1]
    module = tf.Module()
    module.locate = tf.function(locate.python_function, [tf.TensorSpec((1, size, size, 3), tf.uint8, "crops")])
    module.weights = locate.get_concrete_function().variables  # or they would not be saved
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=module.locate)
        model = tf.lite.TFLiteConverter.from_saved_model(folder).convert()
        if calibration is not None:
            model = _quantised(folder, calibration, _decoding_tensors(model))
    file.write_bytes(model)
    with zipfile.ZipFile(file, "a") as appended:
        appended.writestr(LITERT_METADATA, text)


def _decoding_tensors(model: bytes) -> list[str]:
    names = [tensor["name"] for tensor in tf.lite.Interpreter(model_content=model).get_tensor_details()]
    return [name for name in names if DECODING_SCOPE in name or name.startswith(OUTPUT_TENSORS)]


def _quantised(folder: str, calibration: np.ndarray, exact: list[str]) -> bytes:
    """int8 but for the operations that give the tensors named `exact`: only the debugger can leave some out."""
    converter = tf.lite.TFLiteConverter.from_saved_model(folder)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ({"crops": crop[None]} for crop in calibration)
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter,
        debug_dataset=converter.representative_dataset,
        debug_options=tf.lite.experimental.QuantizationDebugOptions(denylisted_nodes=exact),
    )
    return debugger.get_nondebug_quantized_model()
