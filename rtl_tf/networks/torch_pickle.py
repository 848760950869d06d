"""Reader of weights that PyTorch saved before 1.6: pickles, then the raw numbers. Neither PyTorch nor pickle runs.

A pickle is a little program; Python's own unpickler calls what it names. Here the few instructions that such a file has
are carried out over plain values: a name becomes one of the functions of `GLOBALS`, anything else is refused. Nothing
that a file says is imported or called, and no array is larger than the file.
"""

import io
import math
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from rtl_tf.documents import read_bytes
from rtl_tf.exceptions import InputError, in_one_line

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
LARGEST = 2**27  # bytes; EfficientNet-Lite0 has a seventh of it
INSTRUCTIONS = 2**18  # of one pickle; those of EfficientNet-Lite0 are 10,696


@dataclass(frozen=True)
class _Storage:
    """Numbers that follow the pickles, under this key."""

    kind: str
    key: str
    count: int


@dataclass(frozen=True)
class _Tensor:
    """A part of a storage, sizes and steps in numbers."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self, storages: dict[str, np.ndarray]) -> np.ndarray:
        """The values; ValueError where they do not lie in the storage."""
        numbers = storages[self.storage.key]
        if len(self.shape) != len(self.strides) or min((self.offset, *self.shape, *self.strides)) < 0:
            raise ValueError("impossible shape of a tensor")
        last = self.offset + sum((size - 1) * step for size, step in zip(self.shape, self.strides, strict=True))
        if math.prod(self.shape) > len(numbers) or last >= len(numbers) or 0 in self.shape:
            raise ValueError("a tensor is larger than its numbers")
        strides = [step * numbers.itemsize for step in self.strides]
        return np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, strides, writeable=False)


def _rebuild_tensor(storage, offset, shape, strides, *_gradient_and_hooks) -> _Tensor:
    if not isinstance(storage, _Storage):
        raise TypeError("a tensor without numbers")
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


# What a file may name: a function of ours that is called in its place, or the type of the numbers in a storage.
GLOBALS: dict[str, Callable | str] = {
    "collections OrderedDict": dict,
    "torch._utils _rebuild_tensor_v2": _rebuild_tensor,
    "torch FloatStorage": "<f4",
    "torch LongStorage": "<i8",
}


def read(path: str | Path) -> dict[str, np.ndarray]:
    """The tensors of a saved `state_dict` by name; they are views of the file's bytes, read-only.

    Raises:
        InputError: missing, larger than `LARGEST`, damaged, or something else than tensors by name.
    """
    file = io.BytesIO(read_bytes(path, LARGEST))
    try:
        return _read(file)
    except Exception as problem:  # damage meets any of pickletools' and our own exceptions
        raise InputError(
            f"{path}: no weights as PyTorch saved them before 1.6, or damaged ({in_one_line(problem)})"
        ) from problem


def _read(file: io.BytesIO) -> dict[str, np.ndarray]:
    if _unpickle(file) != MAGIC or _unpickle(file) != PROTOCOL:
        raise ValueError("it begins otherwise")
    if not _unpickle(file)["little_endian"]:
        raise ValueError("written by a big-endian machine")
    tensors, keys = _unpickle(file), _unpickle(file)
    if not all(isinstance(tensor, _Tensor) for tensor in tensors.values()) or not all(isinstance(k, str) for k in keys):
        raise ValueError("holds something else than tensors by name")
    kinds = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    storages = {key: _numbers(file, kinds[key]) for key in keys}
    return {name: tensor.array(storages) for name, tensor in tensors.items()}


def _numbers(file: io.BytesIO, storage: _Storage) -> np.ndarray:
    if int.from_bytes(file.read(8), "little") != storage.count:
        raise ValueError("another count of numbers than announced")
    values = np.frombuffer(file.getbuffer(), storage.kind, storage.count, file.tell())
    file.seek(values.nbytes, io.SEEK_CUR)
    return values


def _unpickle(file: io.BytesIO) -> Any:
    """The value of the pickle that begins here."""
    stack: list[Any] = []
    marks: list[int] = []  # lengths that the stack had
    memo: dict[Any, Any] = {}

    def above_mark() -> list[Any]:
        start = marks.pop()
        values = stack[start:]
        del stack[start:]
        return values

    for opcode, argument, _ in islice(pickletools.genops(file), INSTRUCTIONS):
        match opcode.name:
            case "PROTO":
                pass
            case "STOP":
                return stack.pop()
            case "MARK":
                marks.append(len(stack))
            case "NONE" | "NEWTRUE" | "NEWFALSE":
                stack.append({"NEWTRUE": True, "NEWFALSE": False}.get(opcode.name))
            case "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINUNICODE":
                stack.append(argument)
            case "EMPTY_DICT" | "EMPTY_LIST" | "EMPTY_TUPLE":
                stack.append({"EMPTY_DICT": {}, "EMPTY_LIST": [], "EMPTY_TUPLE": ()}[opcode.name])
            case "TUPLE" | "TUPLE1" | "TUPLE2" | "TUPLE3":
                count = opcode.name[5:]
                values = [stack.pop() for _ in range(int(count))][::-1] if count else above_mark()
                stack.append(tuple(values))
            case "APPEND" | "APPENDS":
                values = above_mark() if opcode.name == "APPENDS" else [stack.pop()]
                stack[-1].extend(values)
            case "SETITEM" | "SETITEMS":
                values = above_mark() if opcode.name == "SETITEMS" else [stack.pop() for _ in range(2)][::-1]
                stack[-1].update(_entries(values))
            case "BINPUT" | "LONG_BINPUT":
                memo[argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "GLOBAL":
                if argument not in GLOBALS:
                    raise ValueError(f"names {argument}")
                stack.append(GLOBALS[argument])
            case "REDUCE":
                function, arguments = stack[-2], stack.pop()
                stack[-1] = _called(function, arguments)
            case "BUILD":
                stack.pop()  # the metadata of an OrderedDict: versions of PyTorch's modules
            case "BINPERSID":
                stack.append(_storage(*stack.pop()))
            case other:
                raise ValueError(f"has the instruction {other}")
    raise ValueError("a pickle without end, or longer than weights need")


def _entries(values: list[Any]) -> dict[str, Any]:
    names = values[::2]
    if not all(isinstance(name, str) for name in names):
        raise TypeError("names that are no text")
    return dict(zip(names, values[1::2], strict=True))


def _called(function: Any, arguments: Any) -> Any:
    if function is dict and arguments == ():
        return {}
    if function is _rebuild_tensor:
        return function(*arguments)
    raise ValueError("calls what is no function here")


def _storage(word, kind, key, _device, count, _view=None) -> _Storage:
    """Of a persistent identifier: ("storage", type, key, "cpu", count, None)."""
    if word != "storage" or kind not in ("<f4", "<i8") or not isinstance(key, str) or not isinstance(count, int):
        raise ValueError("numbers of an unknown kind")
    return _Storage(kind, key, count)
