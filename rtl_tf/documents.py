"""Structured files from outside, with a look at every type: what is not as expected is named by file and place.

document = read_json(path)
for image in document["images"].elements():
    width = image["width"].whole(low=1)     # a.json: images[3].width: expected a whole number, there is "12 px"
"""

import json
import math
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from rtl_tf.exceptions import InputError, shortened
from rtl_tf.system.atomic import write_bytes

Read = TypeVar("Read")

LARGEST = 256 * 2**20  # bytes; the keypoints of a hundred thousand images are a tenth of it


class File(Protocol):
    """What reading takes of a `pathlib.Path`; a run's file that is packed with others has no more."""

    def is_file(self) -> bool: ...
    def exists(self) -> bool: ...
    def stat(self): ...
    def read_bytes(self) -> bytes: ...


def read_bytes(path: str | File, largest: int = LARGEST) -> bytes:
    """The bytes of a file.

    Raises:
        InputError: there is no such regular file, it is larger than `largest` bytes, or cannot be read.
    """
    path = Path(path) if isinstance(path, str) else path
    try:
        require_file(path)
        if path.stat().st_size > largest:
            raise InputError(f"{path}: larger than {largest / 2**20:.0f} MiB")
        return path.read_bytes()
    except InputError:
        raise
    except ValueError as problem:  # a NUL character in the name
        raise InputError(f"{str(path)!r}: no name of a file") from problem
    except OSError as problem:
        raise InputError(f"{path}: cannot be read ({problem.strerror})") from problem


def require_file(path: File) -> None:
    """InputError unless it is a file: a pipe or a device would be waited for."""
    if not path.is_file():
        raise InputError(f"{path}: {'not a regular file' if path.exists() else 'no such file'}")


def read_text(path: str | File, largest: int = LARGEST) -> str:
    """Text of a UTF-8 file, without its byte order mark. InputError as `read_bytes`, or for another encoding."""
    return decoded(read_bytes(path, largest), path)


def decoded(content: bytes, origin: str | File) -> str:
    """UTF-8 text without its byte order mark; InputError for another encoding."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(f"{origin}: not UTF-8; save it with that encoding") from problem


def read_json(path: str | File) -> "Node":
    """The content of a JSON file. InputError as `read_text`, or where it is not JSON."""
    return parse_json(read_text(path), str(path))


def parse_json(text: str, origin: str) -> "Node":
    """The content of JSON text; `origin` names it in messages. InputError where it is not JSON."""
    try:
        return Node(json.loads(text), origin)
    except RecursionError as problem:
        raise InputError(f"{origin}: nested too deep") from problem
    except ValueError as problem:  # no JSON, or an integer of thousands of digits
        raise InputError(f"{origin}: not JSON ({problem})") from problem


def write_json(path: str | Path, content: dict) -> None:
    """Indented JSON; the file appears whole or not at all."""
    write_bytes(path, (json.dumps(content, indent=2) + "\n").encode())


def json_bytes(content: dict | list) -> bytes:
    """JSON in one line, for files of other programs: long lists of numbers would take a line each."""
    return (json.dumps(content, allow_nan=False) + "\n").encode()


def parse_toml(text: str, origin: str) -> "Node":
    """The content of TOML text; `origin` names it in messages. InputError where it is not TOML."""
    try:
        return Node(tomllib.loads(text), origin)
    except RecursionError as problem:
        raise InputError(f"{origin}: nested too deep") from problem
    except ValueError as problem:
        raise InputError(f"{origin}: not TOML ({problem})") from problem


@dataclass(frozen=True, slots=True)
class Node:
    """A value in a file, with the file and the place: `a.json: images[3].width`."""

    value: Any
    origin: str
    place: str = ""

    def __getitem__(self, key: str) -> "Node":
        """The value of a key of an object; InputError where it is missing."""
        self.require((key,))
        return Node(self.value[key], self.origin, self._place_of(key))

    def require(self, keys: Iterable[str]) -> None:
        """InputError that names all of the keys which an object lacks."""
        if missing := [f"'{key}'" for key in keys if self.object().get(key) is None]:
            raise self.error(f"{', '.join(missing)} {'are' if len(missing) > 1 else 'is'} missing")

    def get(self, key: str) -> "Node | None":
        """The value of a key; None where it is missing or null."""
        value = self.object().get(key)
        return None if value is None else Node(value, self.origin, self._place_of(key))

    def optional(self, key: str, read: Callable[..., Read], *known: object) -> Read | None:
        """What `read` makes of the value of a key, and of what is `known`; None where it is missing or null."""
        node = self.get(key)
        return None if node is None else read(node, *known)

    def elements(self) -> Iterator["Node"]:
        """The elements of a list."""
        for index, value in enumerate(self.list()):
            yield Node(value, self.origin, f"{self.place}[{index}]")

    def object(self) -> dict[str, Any]:
        return self._of(dict, "an object")

    def list(self) -> list[Any]:
        return self._of(list, "a list")

    def text(self) -> str:
        return self._of(str, "text")

    def code(self) -> str:
        """What names something: text, or a whole number as text; 0 is as good a name as any."""
        if isinstance(self.value, str):
            return self.value
        try:
            return str(self.whole())
        except InputError:
            raise self._unexpected("text or a whole number") from None

    def flag(self) -> bool:
        return self._of(bool, "true or false")

    def whole(self, low: float | None = None, high: float | None = None) -> int:
        """An integer, also written as 12.0, from `low` to `high`."""
        number = self.number(low, high, "a whole number")
        if not number.is_integer():
            raise self._unexpected("a whole number")
        return int(self.value)

    def number(self, low: float | None = None, high: float | None = None, what: str = "a number") -> float:
        """A finite number from `low` to `high`."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self._unexpected(what)
        try:
            number = float(self.value)
        except OverflowError:  # JSON and TOML have integers of any size
            number = math.inf
        if not math.isfinite(number) or (low is not None and number < low) or (high is not None and number > high):
            raise self._unexpected(what + _range(low, high))
        return number

    def array(self, shape: tuple[int, ...]) -> np.ndarray:
        """Finite numbers in lists within lists, float64 of this shape."""
        if not shape:
            return np.array(self.number())
        if len(self.list()) != shape[0]:
            raise self.error(f"expected {shape[0]} elements, there are {len(self.list())}")
        return np.array([element.array(shape[1:]) for element in self.elements()]).reshape(shape)

    def error(self, problem: str) -> InputError:
        """An InputError that names file and place, to be raised."""
        return InputError(f"{self.origin}: {self.place}: {problem}" if self.place else f"{self.origin}: {problem}")

    def _place_of(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

    def _of(self, kind: type, what: str):
        if not isinstance(self.value, kind):
            raise self._unexpected(what)
        return self.value

    def _unexpected(self, what: str) -> InputError:
        return self.error(f"expected {what}, there is {shown(self.value)}")


def repeated(names: Iterable[str]) -> str | None:
    """The first name that comes a second time; None where all differ."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}"
    return f" of at least {low:g}" if low is not None else f" of at most {high:g}" if high is not None else ""


def shown(value: Any) -> str:
    """A value in a message: containers by kind, the rest shortened."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    try:
        return shortened(json.dumps(value, ensure_ascii=False, default=str))
    except ValueError:  # an integer of thousands of digits
        return "a number that is too long"
