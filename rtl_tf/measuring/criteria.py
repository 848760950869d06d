"""Criteria of published guides: at which z-score they call a measurement small or large. None is a default."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rtl_tf.csv_rows import Row, read_rows
from rtl_tf.exceptions import InputError, retold_by
from rtl_tf.measurement import Measurement
from rtl_tf.numerals import as_number

COLUMNS = ("source", "doi", "measurement", "side", "z", "or_equal")
FLAGS = {"true": True, "false": False}


@dataclass(frozen=True)
class Criterion:
    """That a guide calls a measurement `side` ("low", "high") from a z-score on, itself included or not.

    `hpo`: this is the limit that the Human Phenotype Ontology defines its term by; of other limits none is told.
    """

    source: str
    doi: str
    measurement: str
    side: str
    z: float
    or_equal: bool
    hpo: bool = False

    def meets(self, z: float) -> bool:
        beyond = z < self.z if self.side == "low" else z > self.z
        return beyond or (self.or_equal and z == self.z)

    @property
    def limit(self) -> str:
        """ "<= -2", say."""
        return f"{'<' if self.side == 'low' else '>'}{'=' * self.or_equal} {self.z:g}"

    def term(self, measurement: Measurement) -> str:
        """Of the Human Phenotype Ontology, as the schema has it; "" = none, or one of another limit."""
        if not self.hpo:
            return ""
        return measurement.hpo_low if self.side == "low" else measurement.hpo_high

    def sentence(self, measurement: Measurement, norm: str) -> str:
        """What may be said of a value that meets it."""
        term = self.term(measurement)
        said = f"meets the criterion of {self.source} (z {self.limit} on {norm})"
        return f"{said} for {term}" if term else said


def named_criteria(criteria: Sequence[Criterion], source: str) -> list[Criterion]:
    """Those of one source. InputError where there is none."""
    chosen = [criterion for criterion in criteria if criterion.source.casefold() == source.casefold()]
    if not chosen:
        names = dict.fromkeys(criterion.source for criterion in criteria)
        raise InputError(f"--criterion {source}: no such source; there are {', '.join(names)}")
    return chosen


def shipped_criteria() -> list[Criterion]:
    """The published criteria that come with the package."""
    with resources.as_file(resources.files("rtl_tf") / "measuring" / "criteria.csv") as file:
        return read_criteria(file)


def read_criteria(path: Path) -> list[Criterion]:
    """Criteria of a CSV table: source, doi, measurement, side (low, high), z, or_equal (true, false); and `hpo` (true,
    false), see `Criterion`, which may be missing or empty: false.

    Raises:
        InputError: names the file and the row.
    """
    _, rows = read_rows(path, COLUMNS)
    return [_criterion(row) for row in rows]


def _criterion(row: Row) -> Criterion:
    cells = row.cells
    if cells["side"] not in ("low", "high"):
        raise row.error(f"side '{cells['side']}' is neither low nor high")
    or_equal, hpo = _flag(row, "or_equal"), _flag(row, "hpo") if cells.get("hpo") else False
    with retold_by(row.error):
        z = as_number(cells["z"])
    if z != z:
        raise row.error("z is empty")
    return Criterion(cells["source"], cells["doi"], cells["measurement"], cells["side"], z, or_equal, hpo)


def _flag(row: Row, column: str) -> bool:
    if row.cells[column].casefold() not in FLAGS:
        raise row.error(f"{column} '{row.cells[column]}' is neither true nor false")
    return FLAGS[row.cells[column].casefold()]
