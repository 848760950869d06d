"""The reader of `.tflite` weights: what it gives of a network, and that damage of any kind is refused in one line."""

import random
import struct

import numpy as np
import pytest
from tflite_files import edited, halve

from rtl_tf.exceptions import InputError
from rtl_tf.networks import tflite_weights, weight_files
from rtl_tf.networks.catalogue import FACE_MESH


@pytest.fixture(scope="module")
def published():
    return weight_files.locate(FACE_MESH)


def test_operators_come_in_order_with_their_constants_in_keras_order(published):
    network = tflite_weights.read(published)
    stem, _, depthwise, pointwise, add = network.operators[:5]
    assert (stem.name, stem.stride, [array.shape for array in stem.constants]) == ("CONV_2D", 2, [(3, 3, 3, 16), (16,)])
    assert (depthwise.name, depthwise.stride) == ("DEPTHWISE_CONV_2D", 1)
    assert [array.shape for array in depthwise.constants] == [(3, 3, 16, 1), (16,)]
    assert [array.shape for array in pointwise.constants] == [(1, 1, 16, 16), (16,)]
    assert (add.name, add.stride, add.constants) == ("ADD", 1, ())
    assert pointwise.inputs[0] == depthwise.outputs[0] and pointwise.outputs[0] in add.inputs
    assert list(network.outputs.values()) == [(1, 1, 1, 1404), (1, 1, 1, 1)]


def test_an_output_has_its_own_operators(published):
    network = tflite_weights.read(published)
    points, flag = network.outputs
    of_points, of_flag = network.towards(points), network.towards(flag)
    assert of_points[-1].outputs == (points,) and of_flag[-1].outputs == (flag,)
    assert of_points[:60] == of_flag[:60] and len(network.operators) == 97
    assert len(of_points) == 85 and len(of_flag) == 77


def test_half_precision_is_read_through_its_dequantizing_operators(published, tmp_path):
    halved = tflite_weights.read(edited(published, halve, tmp_path / "half.tflite"))
    whole = tflite_weights.read(published)
    assert [operator.name for operator in halved.operators] == [operator.name for operator in whole.operators]
    for half, full in zip(halved.operators, whole.operators, strict=True):
        assert len(half.constants) == len(full.constants)
        for one, other in zip(half.constants, full.constants, strict=True):
            np.testing.assert_array_equal(one, other.astype(one.dtype))
    assert halved.operators[0].constants[0].dtype == np.float16


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def end_cut(data: bytes) -> bytes:
    return data[:-1000]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut, "not a TensorFlow Lite network, or damaged"),
        (end_cut, "not a TensorFlow Lite network, or damaged"),
        (lambda data: b"not a network", "does not have TFL3 at its beginning"),
        (lambda data: b"", "does not have TFL3 at its beginning"),
        (lambda data: struct.pack("<i", -8) + data[4:], "not a TensorFlow Lite network, or damaged"),
        (lambda data: data[:8], "not a TensorFlow Lite network, or damaged"),
    ],
)
def test_a_damaged_file_is_refused(published, tmp_path, damage, message):
    path = tmp_path / "weights.tflite"
    path.write_bytes(damage(published.read_bytes()))
    with pytest.raises(InputError, match=rf"^{path}: .*{message}"):
        tflite_weights.read(path)


def test_wrong_bytes_anywhere_are_read_or_refused(published, tmp_path):
    """Tables lie in the first and in the last 70,000 bytes; between them there are weights alone."""
    data, choice, refused = published.read_bytes(), random.Random(0), 0
    path = tmp_path / "weights.tflite"
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(choice.choice((1, 4, 20))):
            damaged[-choice.randrange(1, 70_000)] = choice.randrange(256)
        path.write_bytes(damaged)
        try:
            tflite_weights.read(path)
        except InputError as refusal:
            assert str(refusal).startswith(f"{path}: ")
            refused += 1
    assert 10 < refused < 150


def test_a_table_that_is_referred_to_without_end_is_refused(tmp_path):
    """A model of 400,000 operator codes, each at the same place."""
    count, begin = 400_000, 28
    end = begin + 4 * count
    index = struct.pack("<4H", 8, 8, 0, 4)  # its size, the table's, fields 0 (missing) and 1
    model = struct.pack("<iIII", 8, 4, count, 0)[:12]
    references = (end - np.arange(begin, end, 4)).astype("<u4").tobytes()
    table = struct.pack("<i", end - 8)
    path = tmp_path / "weights.tflite"
    path.write_bytes(struct.pack("<I", 16) + b"TFL3" + index + model + references + table)
    with pytest.raises(InputError, match="has no end"):
        tflite_weights.read(path)


def test_what_is_no_file_or_too_large_is_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        tflite_weights.read(tmp_path / "weights.tflite")
    with open(tmp_path / "large.tflite", "wb") as file:
        file.truncate(tflite_weights.LARGEST + 1)
    with pytest.raises(InputError, match="larger than 64 MiB"):
        tflite_weights.read(tmp_path / "large.tflite")


def test_weights_of_whole_numbers_are_refused(published, tmp_path):
    def quantise(model):
        model.subgraphs[0].tensors[1].type = 9  # int8

    with pytest.raises(InputError, match="weights of type number 9; float32 and float16 are read"):
        tflite_weights.read(edited(published, quantise, tmp_path / "int8.tflite"))
