"""`.tflite` files that differ from a published one in what a test says."""

from collections.abc import Callable
from pathlib import Path

import flatbuffers
import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

FLOAT32, FLOAT16 = schema.TensorType.FLOAT32, schema.TensorType.FLOAT16


def edited(path: Path, change: Callable[[schema.ModelT], None], output: Path) -> Path:
    """The network at `path`, unpacked, changed in place and written to `output`."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
    change(model)
    builder = flatbuffers.Builder(2**22)
    builder.Finish(model.Pack(builder), b"TFL3")
    output.write_bytes(bytes(builder.Output()))
    return output


def halve(model: schema.ModelT) -> None:
    """Store the weights as float16, each with an operator that dequantizes it, as MediaPipe publishes its networks."""
    graph = model.subgraphs[0]
    model.operatorCodes.append(schema.OperatorCodeT())
    code = model.operatorCodes[-1]
    code.deprecatedBuiltinCode = code.builtinCode = schema.BuiltinOperator.DEQUANTIZE
    code.version = 3
    first = []
    for number, tensor in enumerate(list(graph.tensors)):
        buffer = model.buffers[tensor.buffer]
        if tensor.type != FLOAT32 or buffer.data is None or not len(buffer.data):
            continue
        buffer.data = np.frombuffer(bytes(buffer.data), np.float32).astype(np.float16).view(np.uint8)
        stored = schema.TensorT()
        stored.shape, stored.type, stored.buffer, stored.name = tensor.shape, FLOAT16, tensor.buffer, b"half"
        tensor.buffer = 0  # an empty one: of what is computed
        graph.tensors.append(stored)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(model.operatorCodes) - 1
        operator.inputs, operator.outputs = [len(graph.tensors) - 1], [number]
        first.append(operator)
    graph.operators = first + graph.operators
