"""Reader of dlib's serialised recognition network (`dlib_face_recognition_resnet_model_v1.dat`).

Layers are found by their version strings, in the file's order, which runs from the image to the descriptor.
Integers are a control byte (low nibble: number of bytes that follow, bit 7: sign) and little-endian bytes; a tensor is
its version (2), four dimensions and raw little-endian float32.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from rtl_tf.documents import read_bytes
from rtl_tf.exceptions import InputError
from rtl_tf.networks.assignment import assign
from rtl_tf.networks.dlib_resnet import BATCH_NORM_EPSILON, convolution_names

TENSOR_VERSION = 2
LARGEST = 2**27  # bytes; the published file has a sixth of it
LAYER_TAG = re.compile(rb"\x01(?:\x05(con_4)|\x07(affine_)|\x04(fc_2))")


@dataclass(frozen=True)
class DlibWeights:
    """What the file holds, in Keras's axis order.

    Attributes:
        convolutions: (kernel (h, w, in, out), bias (out,)) of every convolution.
        affines: (gamma (out,), beta (out,)) of the affine layer after each.
        dense: (256, 128), the descriptor layer.
    """

    convolutions: list[tuple[np.ndarray, np.ndarray]]
    affines: list[tuple[np.ndarray, np.ndarray]]
    dense: np.ndarray


class _Stream:
    def __init__(self, data: bytes, position: int):
        self.data = data
        self.position = position

    def integer(self) -> int:
        control = self.data[self.position]
        end = self.position + 1 + (control & 0x0F)
        value = int.from_bytes(self.data[self.position + 1 : end], "little")
        self.position = end
        return -value if control & 0x80 else value

    def integers(self, count: int) -> list[int]:
        return [self.integer() for _ in range(count)]

    def tensor(self) -> np.ndarray:
        if self.integer() != TENSOR_VERSION:
            raise ValueError("unknown tensor version")
        shape = self.integers(4)
        if min(shape) < 0:
            raise ValueError("negative tensor size")
        count = math.prod(shape)
        values = np.frombuffer(self.data, "<f4", count, self.position).reshape(shape)
        self.position += values.nbytes
        return values


def read(path: str | Path) -> DlibWeights:
    """Parses the file.

    Raises:
        InputError: missing, cut short, or not this network's file.
    """
    data = read_bytes(path, LARGEST)
    try:
        return _parse(data)
    except (IndexError, ValueError, TypeError, OverflowError) as problem:
        raise InputError(f"{path}: not dlib's recognition network, or damaged ({problem})") from problem


def _parse(data: bytes) -> DlibWeights:
    convolutions, affines, dense = [], [], []
    position = 0
    while tag := LAYER_TAG.search(data, position):
        stream = _Stream(data, tag.end())
        if tag.group(1):
            convolutions.append(_convolution(stream))
        elif tag.group(2):
            gamma, beta = np.split(stream.tensor().ravel(), 2)
            affines.append((gamma, beta))
        else:
            outputs, _bias_mode = stream.integers(2)
            dense.append(stream.tensor().reshape(-1, outputs))
        position = stream.position
    expected = len(convolution_names())
    if (len(convolutions), len(affines), len(dense)) != (expected, expected, 1):
        raise ValueError(f"{len(convolutions)} convolutions and {len(affines)} affine layers, not {expected} of each")
    return DlibWeights(convolutions, affines, dense[0])


def _convolution(stream: _Stream) -> tuple[np.ndarray, np.ndarray]:
    """Filters (out, in, h, w) and biases lie in one tensor; their sizes follow it."""
    values = stream.tensor().ravel()
    stream.integers(7)  # number of filters, rows, columns, strides, paddings: the filters' own shape says it again
    filters_version, *filters_shape = stream.integers(5)
    count = math.prod(filters_shape)
    return values[:count].reshape(filters_shape).transpose(2, 3, 1, 0), values[count:]


def load(network: keras.Model, path: str | Path) -> None:
    """Puts the file's weights into the complete network (encoder and descriptor branch, or `recognizer()`).

    The affine layers' gamma goes into the convolutions, so that a convolution's response has the published
    network's scale; their BatchNormalization becomes gamma 1, mean 0, and a variance that makes it the identity but
    for beta.

    Raises:
        InputError: a file or a network whose layers do not match one to one; nothing is loaded then.
    """
    weights = read(path)
    values = {"descriptor": {"kernel": weights.dense}}
    for name, (kernel, bias), (gamma, beta) in zip(
        convolution_names(), weights.convolutions, weights.affines, strict=True
    ):
        identity = np.ones_like(gamma)
        values[name] = {"kernel": kernel * gamma}
        values[name.replace("conv", "norm")] = {
            "gamma": identity,
            "beta": beta + gamma * bias,
            "moving_mean": np.zeros_like(gamma),
            "moving_variance": identity - BATCH_NORM_EPSILON,
        }
    assign(network, values, str(path))
