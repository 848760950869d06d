"""Reader of the weights in a `.tflite` file, a flatbuffer: tables whose fields stand where the table's index says.

A table begins with the distance back to its index: two sizes, then for each field its distance from the table's
beginning, 0 for one that has its default. Strings, vectors and tables are referred to by the distance to them. Numbers
are little-endian. Fields have the numbers of TensorFlow Lite's schema, version 3.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rtl_tf.documents import read_bytes
from rtl_tf.exceptions import InputError

IDENTIFIER = b"TFL3"
LARGEST = 2**26  # bytes; a network for phones has a tenth of it
MOST = 2**20  # numbers read beside the weights; Face Mesh has 6,000, and a damaged file may refer to a place again

OPERATORS = {
    0: "ADD",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE",
    17: "MAX_POOL_2D",
    34: "PAD",
    54: "PRELU",
}
STRIDING = ("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D")
KERAS_AXES = (1, 2, 3, 0)  # of a kernel (out, h, w, in), or (1, h, w, channels) of a depthwise convolution
WITH_KERNEL = ("CONV_2D", "DEPTHWISE_CONV_2D")
TYPES = {0: "<f4", 1: "<f2", 2: "<i4", 4: "<i8"}


@dataclass(frozen=True)
class Operator:
    """One step of the network.

    Attributes:
        name: as TensorFlow Lite calls it ("CONV_2D"), or its number.
        inputs, outputs: numbers of tensors.
        constants: what of its inputs the file holds: kernels (h, w, in, out), of depthwise convolutions
            (h, w, channels, 1); else as stored.
        stride: of a convolution or a pooling, else 1.
    """

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    constants: tuple[np.ndarray, ...]
    stride: int = 1


@dataclass(frozen=True)
class Network:
    """Operators in the order in which they run, and the shape (1, ...) of each output by its tensor's number."""

    operators: tuple[Operator, ...]
    outputs: dict[int, tuple[int, ...]]

    def towards(self, output: int) -> list[Operator]:
        """The operators that an output, by its tensor's number, depends on; in order."""
        needed, chosen = {output}, []
        for operator in reversed(self.operators):
            if needed.intersection(operator.outputs):
                needed.update(operator.inputs)
                chosen.append(operator)
        return chosen[::-1]


def read(path: str | Path) -> Network:
    """Parses the file's first network. Weights may be stored as float16, to be dequantized: they come as they are.

    Raises:
        InputError: missing, larger than `LARGEST`, cut short, damaged, or with weights of whole numbers.
    """
    data = read_bytes(path, LARGEST)
    try:
        return _network(_Numbers(data))
    except (IndexError, ValueError, OverflowError, struct.error) as problem:
        raise InputError(f"{path}: not a TensorFlow Lite network, or damaged ({problem})") from problem


class _Numbers:
    """The file's bytes, of which numbers are taken: from within the file, and no more than `MOST`."""

    def __init__(self, data: bytes):
        self.data = data
        self.taken = 0

    def at(self, position: int, kind: str = "<I") -> int:
        self.taken += 1
        if position < 0 or self.taken > MOST:
            raise ValueError("refers to a place before its beginning" if position < 0 else "has no end")
        return struct.unpack_from(kind, self.data, position)[0]


class _Table:
    """A table at a position; a field that it lacks is 0 or empty, as by TensorFlow Lite's defaults."""

    def __init__(self, numbers: _Numbers, position: int):
        self.numbers, self.position = numbers, position
        self.index = position - numbers.at(position, "<i")
        self.index_size = numbers.at(self.index, "<H")

    def number(self, field: int, kind: str = "<i") -> int:
        position = self._field(field)
        return self.numbers.at(position, kind) if position else 0

    def integers(self, field: int) -> tuple[int, ...]:
        return tuple(self.numbers.at(position, "<i") for position in self._places(field, 4))

    def table(self, field: int) -> "_Table":
        position = self._field(field)
        if not position:
            raise ValueError(f"field {field} of a table is missing")
        return self._referred(position)

    def tables(self, field: int) -> list["_Table"]:
        return [self._referred(position) for position in self._places(field, 4)]

    def content(self, field: int) -> memoryview:
        """The bytes of a vector of bytes."""
        places = self._places(field, 1)
        return memoryview(self.numbers.data)[places.start : places.stop]

    def _referred(self, position: int) -> "_Table":
        return _Table(self.numbers, position + self.numbers.at(position))

    def _places(self, field: int, size: int) -> range:
        """Positions of a vector's elements of `size` bytes."""
        position = self._field(field)
        if not position:
            return range(0)
        start = position + self.numbers.at(position) + 4
        stop = start + size * self.numbers.at(start - 4)
        if stop > len(self.numbers.data):
            raise ValueError("cut short")
        return range(start, stop, size)

    def _field(self, field: int) -> int:
        """Its position; 0 for one that the table lacks."""
        entry = 4 + 2 * field
        distance = self.numbers.at(self.index + entry, "<H") if entry + 2 <= self.index_size else 0
        return self.position + distance if distance else 0


def _network(numbers: _Numbers) -> Network:
    if numbers.data[4:8] != IDENTIFIER:
        raise ValueError(f"does not have {IDENTIFIER.decode()} at its beginning")
    model = _Table(numbers, numbers.at(0))
    # Up to number 127 an operator stands in the older field, above it in the newer.
    codes = [max(code.number(0, "<b"), code.number(3)) for code in model.tables(1)]
    graph = model.tables(2)[0]
    tensors, buffers = graph.tables(0), model.tables(4)
    stored = {number: buffers[tensor.number(2, "<I")].content(0) for number, tensor in enumerate(tensors)}
    constants = {number: _array(tensors[number], content) for number, content in stored.items() if content}
    operators = []
    for table in graph.tables(3):
        code = codes[table.number(0, "<I")]
        name = OPERATORS.get(code, str(code))
        inputs, outputs = table.integers(1), table.integers(2)
        if name == "DEQUANTIZE" and inputs and inputs[0] in constants:
            constants |= dict.fromkeys(outputs, constants[inputs[0]])
            continue
        stride = table.table(4).number(2) if name in STRIDING else 1
        own = tuple(constants[number] for number in inputs if number in constants)
        if name in WITH_KERNEL:
            own = (own[0].transpose(KERAS_AXES), *own[1:])
        operators.append(Operator(name, inputs, outputs, own, stride))
    return Network(tuple(operators), {number: tensors[number].integers(0) for number in graph.integers(2)})


def _array(tensor: _Table, content: memoryview) -> np.ndarray:
    """A view of the file: however often a damaged one refers to it, no memory is taken."""
    shape, kind = tensor.integers(0), tensor.number(1, "<b")
    if kind not in TYPES:
        raise ValueError(f"weights of type number {kind}; float32 and float16 are read")
    if min(shape, default=1) < 1:
        raise ValueError(f"a tensor of shape {shape}")
    return np.frombuffer(content, TYPES[kind]).reshape(shape)
