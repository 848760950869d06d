"""config.json: the settings of a run as JSON, both ways, with a look at the type and range of each."""

from pathlib import Path
from typing import Any

from rtl_tf.config import KINDS, Asked, Settings
from rtl_tf.documents import File, Node, read_json, write_json
from rtl_tf.exceptions import InputError
from rtl_tf.limits import AUTO, CHOSEN, RANGES, json_name

FIELDS = {json_name(name): name for name in KINDS}  # JSON name -> field of Settings


def to_json(settings: Settings) -> dict[str, Any]:
    """All settings under their JSON names (`lambda` for `reg_weight`); None where it has none, see `Settings`."""
    known = settings.known()
    return {json: known.get(name) for json, name in FIELDS.items()}


def asked_to_json(asked: Asked) -> dict[str, Any]:
    """What was given, under the JSON names."""
    return {json_name(name): value for name, value in asked.given.items()}


def from_json(values: dict[str, Any], origin: str = "settings") -> Asked:
    """The inverse of both; other keys (what the run found out: dataset hash, versions) are left aside.

    Raises:
        InputError: a value of another type than its setting's; `origin` says where it stands.
    """
    checked = check_types(values, origin)
    return Asked(**{FIELDS[key]: value for key, value in checked.items() if key in FIELDS})


def write_config(path: Path, asked: dict[str, Any], resolved: dict[str, Any]) -> None:
    """What was asked and what it resolved to, both under the JSON names."""
    write_json(path, {"asked": asked, "resolved": resolved})


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
    values = dict(settings.object())
    for key in values.keys() & FIELDS.keys():
        if (node := settings.get(key)) is not None:
            name = FIELDS[key]
            values[key] = _value(node, name, *ranges.get(name, (None, None, False)))
    return values


def _value(node: Node, name: str, low: float | None, high: float | None, open_low: bool) -> Any:
    kind = KINDS[name]
    if kind is str:
        return node.text()
    if kind is bool:
        return node.flag()
    if name in CHOSEN and node.value == AUTO:
        return AUTO
    number = node.whole(low, high) if kind is int else node.number(low, high)
    if open_low and number == low:
        raise node.error(f"expected a number above {low}, there is {number:g}")
    return number if kind is int else node.value
