"""The settings of a run as JSON, both ways, with a look at the type and range of each."""

import dataclasses
import typing
from functools import cache
from typing import Any

from rtl_tf.config import AUTO, RANGES, Settings, json_name
from rtl_tf.documents import File, Node, read_json
from rtl_tf.exceptions import InputError


def to_json(settings: Settings) -> dict[str, Any]:
    """All settings under their JSON names (`lambda` for `reg_weight`)."""
    return {json_name(k): v for k, v in dataclasses.asdict(settings).items()}


def from_json(values: dict[str, Any], origin: str = "settings") -> Settings:
    """The inverse of `to_json`; other keys (what the run found out: dataset hash, versions) are left aside.

    Raises:
        InputError: a value of another type than its setting's; `origin` says where it stands.
    """
    checked = check_types(values, origin)
    names = {json_name(f.name): f.name for f in dataclasses.fields(Settings)}
    return Settings(**{names[k]: v for k, v in checked.items() if k in names})


def read_config(path: File) -> dict[str, dict[str, Any]]:
    """A run's config.json: {"asked": ..., "resolved": ...}; InputError if it is missing or damaged.

    Every setting has its type and lies in its range, or is None; what else stands there is as it is.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file; is this a run folder?")
    config = read_json(path)
    return {part: _checked(config[part], RANGES) for part in ("asked", "resolved")}


def check_types(values: dict[str, Any], origin: str) -> dict[str, Any]:
    """The values, settings under their JSON names; InputError for one of another type than the setting's."""
    return _checked(Node(values, origin), {})


def _checked(settings: Node, ranges: dict[str, tuple]) -> dict[str, Any]:
    """The object's values, after a look at each that is a setting."""
    types_of = _types()
    values = dict(settings.object())
    for name in values.keys() & types_of.keys():
        if (node := settings.get(name)) is not None:
            field_name = "reg_weight" if name == "lambda" else name
            values[name] = _value(node, name, types_of[name], *ranges.get(field_name, (None, None, False)))
    return values


def _value(node: Node, name: str, kind: type, low: float | None, high: float | None, open_low: bool) -> Any:
    if kind is str:
        return node.text()
    if kind is bool:
        return node.flag()
    if name == json_name("reg_weight") and node.value == AUTO:
        return AUTO
    number = node.whole(low, high) if kind is int else node.number(low, high)
    if open_low and number == low:
        raise node.error(f"expected a number above {low}, there is {number:g}")
    return number if kind is int else node.value


@cache
def _types() -> dict[str, type]:
    """JSON name of a setting -> str, bool, int or float; that of lambda is float, or AUTO."""
    hints = typing.get_type_hints(Settings)
    kinds = {name: typing.get_args(hint) or (hint,) for name, hint in hints.items()}
    return {json_name(name): kind[0] for name, kind in kinds.items()}
