"""Damage that keeps a file's format: values of other types, keys and columns that are gone, doubled or moved."""

import copy
import csv
import io
import json
import re
import tomllib
from collections.abc import Iterator

from .mutation import NUMBERS, TEXTS, Rng, pick

LITERAL = "@literal:"  # a text that begins so is written as it is: numbers that Python cannot hold
VALUES = (
    *(None, True, False, 0, -1, 1, 3, 2**31, 2**63, 10**400, 0.0, -0.0, 1.5, 1e39, -1e300, float("nan"), float("inf")),
    *([], {}, [[]], [None], [1, 2], {"a": 1}, {"": {}}, [[1, 2], [3]], [{}], "", "a", "1"),
)
Place = tuple[object, object]  # (container, key or index)


def mutate_json(rng: Rng, data: bytes) -> bytes:
    """JSON with damaged nodes. ValueError where the data are no JSON."""
    return _json_text(_damaged(rng, json.loads(data.decode()))).encode("utf-8", "surrogatepass")


def mutate_toml(rng: Rng, data: bytes) -> bytes:
    """TOML with damaged nodes. ValueError where the data are no TOML."""
    damaged = _damaged(rng, tomllib.loads(data.decode()))
    if not isinstance(damaged, dict):
        damaged = {"name": damaged}
    lines = [f"{json.dumps(key)} = {toml_value(value)}" for key, value in damaged.items() if value is not None]
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def mutate_csv(rng: Rng, data: bytes) -> bytes:
    """CSV with damaged rows, columns and cells. ValueError where the data are no text."""
    rows = [row for row in csv.reader(io.StringIO(data.decode(), newline="")) if row]
    for _ in range(_rounds(rng)):
        if rows and all(rows):
            pick(rng, (_cell, _cell, _cell, _column, _row, _whole_column))(rng, rows)
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def toml_value(value: object) -> str:
    """A value of JSON's kinds in TOML, objects as inline tables; nulls become texts."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {toml_value(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, str) and value.startswith(LITERAL):
        return value.removeprefix(LITERAL)
    if isinstance(value, float):
        return repr(value)  # nan and inf are TOML
    return json.dumps("null" if value is None else value, default=str)


def _json_text(value: object) -> str:
    return re.sub(rf'"{LITERAL}([^"]*)"', r"\1", json.dumps(value, ensure_ascii=False))


def _rounds(rng: Rng) -> int:
    return 1 + int(rng.geometric(0.6)) if rng.random() < 0.4 else 1


def _damaged(rng: Rng, document: object) -> object:
    box = [copy.deepcopy(document)]  # so that the whole document has a place, too
    for _ in range(_rounds(rng)):
        places = list(_places(box))
        container, key = pick(rng, places)
        kind = rng.random()
        if kind < 0.6:
            container[key] = _other_value(rng, container[key], box)
        elif kind < 0.75 and container is not box:
            del container[key]
        elif kind < 0.85:
            _move(rng, container, key, places)
        else:
            _double(rng, container, key)
    return box[0]


def _places(value: object) -> Iterator[Place]:
    """Every node of a document, by what holds it."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(items):
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)


def _other_value(rng: Rng, value: object, box: list) -> object:
    kind = rng.integers(6)
    if kind == 0:
        return pick(rng, TEXTS)
    if kind == 1:
        return LITERAL + pick(rng, NUMBERS)
    if kind == 2:
        return pick(rng, ([value], {"value": value}, str(value), [value] * 3))
    if kind == 3:  # a piece of the document itself
        container, key = pick(rng, list(_places(box)))
        return copy.deepcopy(container[key])
    return copy.deepcopy(pick(rng, VALUES))


def _move(rng: Rng, container: object, key: object, places: list[Place]) -> None:
    """A node under another node's key; the two values change places."""
    other, there = pick(rng, places)
    container[key], other[there] = copy.deepcopy(other[there]), copy.deepcopy(container[key])


def _double(rng: Rng, container: object, key: object) -> None:
    if isinstance(container, list):
        container.insert(int(rng.integers(len(container) + 1)), copy.deepcopy(container[key]))
    else:
        container[pick(rng, (f"{key}2", key.upper(), f" {key}", "", *TEXTS))] = copy.deepcopy(container[key])


def _cell(rng: Rng, rows: list[list[str]]) -> None:
    row = pick(rng, rows)
    row[rng.integers(len(row))] = pick(rng, NUMBERS if rng.random() < 0.6 else TEXTS)


def _whole_column(rng: Rng, rows: list[list[str]]) -> None:
    """One value in all rows."""
    column, value = rng.integers(len(rows[0])), pick(rng, NUMBERS + TEXTS)
    for row in rows[1:]:
        row[column : column + 1] = [value]


def _column(rng: Rng, rows: list[list[str]]) -> None:
    """A column that is gone, doubled, or has changed places with another."""
    first, second, kind = *rng.integers(len(rows[0]), size=2), rng.integers(3)
    for row in rows:
        if max(first, second) >= len(row):
            continue
        if kind == 0:
            row[first], row[second] = row[second], row[first]
        elif kind == 1:
            row.insert(second, row[first])
        elif len(row) > 1:
            del row[first]


def _row(rng: Rng, rows: list[list[str]]) -> None:
    """A row that is gone, doubled, or shorter or longer than the others."""
    index, kind = int(rng.integers(len(rows))), rng.integers(4)
    if kind == 0:
        rows.insert(int(rng.integers(len(rows) + 1)), list(rows[index]))
    elif kind == 1 and len(rows) > 1:
        del rows[index]
    elif kind == 2:
        rows[index] = rows[index][: rng.integers(1, len(rows[index]) + 1)]
    else:
        rows[index] = rows[index] + [pick(rng, TEXTS)] * int(2 ** rng.integers(8))
