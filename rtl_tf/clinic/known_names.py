"""Names of landmarks and measurements in a person's own files: one that no schema has is misspelt, and would be lost.

Those of other shipped schemas pass: a file may serve several tables.
"""

import difflib
from collections.abc import Collection, Sequence
from pathlib import Path

from rtl_tf.csv_rows import read_rows
from rtl_tf.datasets.annotations import shipped_landmarks
from rtl_tf.exceptions import InputError
from rtl_tf.schema import Schema, available_schemas, load_schema
from rtl_tf.system.notes import warn

Unknown = tuple[str, str]  # place for messages, name


def require_known_landmarks(file: Path, names: Sequence[str], schema: Schema) -> None:
    """InputError for a landmark of a file of errors that neither the schema nor a shipped one has."""
    known = shipped_landmarks() | set(schema.names)
    is_table = file.suffix.lower() == ".csv"
    unknown = _unknown(file, "landmark", known) if is_table else [(str(file), n) for n in names if n not in known]
    for place, name in unknown:
        raise InputError(_said(place, "landmark", name, schema, schema.names))


def require_known_criteria(file: Path, schema: Schema) -> None:
    """InputError for a criterion of a measurement that neither the schema nor a shipped one has."""
    for place, name in _unknown(file, "measurement", _measurements(schema)):
        raise InputError(_said(place, "measurement", name, schema, _own(schema)))


def require_known_norms(file: Path, schema: Schema) -> None:
    """A warning for each measurement of a table of norms that neither the schema nor a shipped one has: a norm has more
    than one needs. InputError where all are such."""
    known = _measurements(schema)
    unknown = _unknown(file, "measurement", known)
    said = {name: _said(place, "measurement", name, schema, _own(schema)) for place, name in reversed(unknown)}
    lines = list(reversed(said.values()))
    if lines and not {row.cells["measurement"] for row in read_rows(file)[1]} & known:
        raise InputError(lines[0])
    for line in lines:
        warn(line)


def _unknown(file: Path, column: str, known: Collection[str]) -> list[Unknown]:
    _, rows = read_rows(file, (column,))
    return [(row.place, row.cells[column]) for row in rows if row.cells[column] not in known]


def _own(schema: Schema) -> list[str]:
    return [measurement.name for measurement in schema.measurements]


def _measurements(schema: Schema) -> set[str]:
    return {name for each in (schema, *map(load_schema, available_schemas())) for name in _own(each)}


def _said(place: str, what: str, name: str, schema: Schema, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"it has {', '.join(names)}"
    return f"{place}: {what} '{name}' is none of schema {schema.name}: {hint}"
