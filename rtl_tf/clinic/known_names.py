"""Names of landmarks and measurements in a person's own files: one that no schema has is misspelt, and would be lost.

Those of other shipped schemas pass: a file may serve several tables.
"""

from collections.abc import Sequence
from pathlib import Path

from rtl_tf.csv_rows import read_rows
from rtl_tf.datasets.annotations import hint_for, shipped_landmarks
from rtl_tf.exceptions import InputError
from rtl_tf.schema import Schema, available_schemas, load_schema
from rtl_tf.system.notes import warn

Named = tuple[str, str]  # place for messages, name


def require_known_landmarks(file: Path, names: Sequence[str], schema: Schema) -> None:
    """InputError for a landmark of a file of errors that neither the schema nor a shipped one has."""
    known = shipped_landmarks() | set(schema.names)
    is_table = file.suffix.lower() == ".csv"
    for place, name in _named(file, "landmark") if is_table else [(str(file), name) for name in names]:
        if name not in known:
            raise InputError(_said(place, "landmark", name, schema, schema.names))


def require_known_criteria(file: Path, schema: Schema) -> None:
    """InputError for a criterion of a measurement that neither the schema nor a shipped one has."""
    known = known_measurements(schema)
    for place, name in _named(file, "measurement"):
        if name not in known:
            raise InputError(_said(place, "measurement", name, schema, measurements_of(schema)))


def require_known_norms(file: Path, schema: Schema) -> None:
    """A warning for each measurement of a table of norms that neither the schema nor a shipped one has: a norm has more
    than one needs. InputError where all are such."""
    named, known = _named(file, "measurement"), known_measurements(schema)
    first: dict[str, str] = {}
    for place, name in named:
        if name not in known:
            first.setdefault(name, _said(place, "measurement", name, schema, measurements_of(schema)))
    if first and all(name in first for _, name in named):
        raise InputError(next(iter(first.values())))
    for line in first.values():
        warn(line)


def _named(file: Path, column: str) -> list[Named]:
    _, rows = read_rows(file, (column,))
    return [(row.place, row.cells[column]) for row in rows]


def measurements_of(schema: Schema) -> list[str]:
    """Names."""
    return [measurement.name for measurement in schema.measurements]


def known_measurements(schema: Schema) -> set[str]:
    """Names of those of a schema, and of all that are shipped."""
    return {name for each in (schema, *map(load_schema, available_schemas())) for name in measurements_of(each)}


def _said(place: str, what: str, name: str, schema: Schema, names: Sequence[str]) -> str:
    return f"{place}: {what} '{name}' is none of schema {schema.name}: {hint_for(name, names)}"
