"""What people said of landmarks to which they gave no place: columns of a table that name them, and their reader."""

from collections.abc import Mapping

from rtl_tf.datasets.annotations import hint_for
from rtl_tf.exceptions import InputError
from rtl_tf.schema import Schema

NOT_VISIBLE, DELETED = "landmarks_not_visible", "landmarks_deleted"
SAID = {NOT_VISIBLE: "not visible", DELETED: "deleted by a person"}  # by column: as a note says it
BETWEEN = "; "


def withheld_cells(by_column: Mapping[str, list[str]]) -> dict[str, str]:
    """The cells of a table for names of landmarks by column; none where there are none."""
    return {column: BETWEEN.join(by_column[column]) for column in SAID if by_column.get(column)}


def withheld_in(cells: Mapping[str, str], schema: Schema) -> dict[str, str]:
    """What is said of landmarks, one of SAID each. InputError for a name that is unknown, twice, or of a placed one."""
    found: dict[str, str] = {}
    for column, said in SAID.items():
        for name in filter(None, map(str.strip, cells.get(column, "").split(BETWEEN.strip()))):
            if name not in schema.names:
                problem = f"landmark '{name}' is none of schema {schema.name}: {hint_for(name, schema.names)}"
                raise InputError(f"{column}: {problem}")
            if name in found:
                raise InputError(f"{column}: landmark {name} is named twice")
            if any(cells.get(f"{name}_{axis}") for axis in "xy"):
                raise InputError(f"{column}: landmark {name} has a place, too: empty the cells of the wrong one")
            found[name] = said
    return found
