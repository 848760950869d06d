"""Norms of measurements, by age and sex: those that come with the package, and tables of one's own. None is a default.

The same healthy children are +0.2 standard deviations on one table of fissures and -1.6 on another, so that a z-score
says nothing without the name of its norm.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from rtl_tf.csv_rows import Row, read_rows
from rtl_tf.exceptions import InputError, retold_by
from rtl_tf.measurement import NORMS, PHOTO, SURFACE, Measurement
from rtl_tf.numerals import as_number

COLUMNS = ("measurement", "source", "doi", "sex", "ethnicity", "photo_or_3d", "n", "age", "mean", "sd")
NEEDED = tuple(name for name in COLUMNS if name not in ("doi", "ethnicity", "n"))
MALE, FEMALE, BOTH = "male", "female", "both"
SEXES = {MALE: MALE, "m": MALE, "boy": MALE, "man": MALE, FEMALE: FEMALE, "f": FEMALE, "girl": FEMALE, "woman": FEMALE}


@dataclass(frozen=True, eq=False)
class Norm:
    """What one source says of one measurement of one sex (or of both).

    Attributes:
        kind: "photo" or "3d": what it was measured on.
        n: people, "" = not told; "40 to 61" where a table tells those of each age.
        ages, means, sds: float64 (A,), years and the measurement's unit; by age, upwards.
    """

    measurement: str
    source: str
    doi: str
    sex: str
    ethnicity: str
    kind: str
    n: str
    ages: np.ndarray
    means: np.ndarray
    sds: np.ndarray

    @property
    def name(self) -> str:
        """With its people where it has some: "Iosub 1985, Black"."""
        return f"{self.source}, {self.ethnicity}" if self.ethnicity else self.source

    def z(self, values: np.ndarray, age: float) -> np.ndarray:
        """Standard deviations from the mean at an age, between ages by straight lines.

        Raises:
            InputError: an age outside the norm's: nobody of that age was measured.
        """
        low, high = float(self.ages[0]), float(self.ages[-1])
        if not low <= age <= high:
            raise InputError(f"{self.source} has people of {low:g} to {high:g} years, none of this age")
        return (np.asarray(values) - np.interp(age, self.ages, self.means)) / np.interp(age, self.ages, self.sds)


def refusal(measurement: Measurement, norm: Norm, of: str = PHOTO) -> str:
    """Why a value `of` a photograph, or of a surface, is compared with no norm of this kind; "" where it is.

    The schema says what a photograph's value is compared with; one in space is with norms of 3D surfaces alone.
    """
    if norm.kind in (measurement.norms if of == PHOTO else (SURFACE,)):
        return ""
    return f"{norm.source} was measured on {'3D surfaces' if norm.kind == SURFACE else 'photographs'}: no z-score"


def norm_for(norms: Iterable[Norm], measurement: str, sex: str) -> Norm | None:
    """The norm of a measurement for a sex ("" = unknown); that of both sexes fits all. None where there is none."""
    fitting = [norm for norm in norms if norm.measurement == measurement and norm.sex in (sex, BOTH)]
    return min(fitting, key=lambda norm: norm.sex == BOTH, default=None)


def named_norms(norms: Sequence[Norm], name: str) -> list[Norm]:
    """Those of one source, called by it, or by it and its people ("Iosub 1985, Black").

    Raises:
        InputError: there is none, or the source has several of a measurement and a sex.
    """
    chosen = [norm for norm in norms if name.casefold() in (norm.source.casefold(), norm.name.casefold())]
    if not chosen:
        raise InputError(f"--norm {name}: no such source; there are {', '.join(_names(norms))}")
    keys = [(norm.measurement, norm.sex) for norm in chosen]
    if len(set(keys)) < len(keys):
        people = [norm for norm in chosen if keys.count((norm.measurement, norm.sex)) > 1]
        if len(names := _names(people, "name")) > 1:
            raise InputError(f"--norm {name}: of several people; name one of {'; '.join(names)}")
        twice = f"{people[0].measurement} of {people[0].sex}"
        raise InputError(f"--norm {name}: has {twice} twice; call its source otherwise in one's own file, or by kind")
    return chosen


def shipped_norms() -> list[Norm]:
    """The published norms that come with the package."""
    with resources.as_file(resources.files("rtl_tf") / "measuring" / "norms.csv") as file:
        return read_norms(file)


def read_norms(path: Path) -> list[Norm]:
    """Norms of a CSV table, a row for each age.

    Columns:
        measurement: as the schema calls it; source: by which the norm is asked for; doi, n (people, of the whole norm
            or of an age): optional.
        sex: male, female or both; ethnicity: optional, where a source has several.
        photo_or_3d: "photo" or "3d".
        age: years; mean, sd: in the measurement's unit.
    Raises:
        InputError: names the file and the row.
    """
    _, rows = read_rows(path, NEEDED)
    groups: dict[tuple, list[tuple[Row, tuple[float, float, float]]]] = {}
    for row in rows:
        cells = {name: row.cells.get(name, "") for name in COLUMNS}
        if empty := [name for name in NEEDED if not cells[name]]:
            raise row.error(f"{', '.join(empty)} is empty")
        key = (cells["measurement"], cells["source"], _sex(row), cells["ethnicity"], _kind(row))
        groups.setdefault(key, []).append((row, _numbers(row)))
    return [_norm(key, entries) for key, entries in groups.items()]


def sex_of(text: str) -> str:
    """ "male" or "female", as people write it; "" for anything else."""
    return SEXES.get(text.strip().casefold(), "")


def _norm(key: tuple, entries: list[tuple[Row, tuple[float, float, float]]]) -> Norm:
    entries = sorted(entries, key=lambda entry: entry[1][0])
    for (_, one), (row, other) in zip(entries, entries[1:], strict=False):
        if one[0] == other[0]:
            raise row.error(f"age {one[0]:g} is there twice for one norm")
    doi, n = (_all_of(row.cells.get(column, "") for row, _ in entries) for column in ("doi", "n"))
    ages, means, sds = np.array([numbers for _, numbers in entries]).T
    measurement, source, sex, ethnicity, kind = key
    return Norm(measurement, source, "; ".join(doi), sex, ethnicity, kind, _range(n), ages, means, sds)


def _all_of(cells: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, cells)))


def _range(counts: list[str]) -> str:
    """Of whole numbers "40 to 61", of other texts all."""
    numbers = sorted(int(count) for count in counts if count.isascii() and count.isdecimal())
    return f"{numbers[0]} to {numbers[-1]}" if 1 < len(numbers) == len(counts) else "; ".join(counts)


def _numbers(row: Row) -> tuple[float, float, float]:
    with retold_by(row.error):
        age, mean, sd = (as_number(row.cells[name]) for name in ("age", "mean", "sd"))
    if not (age >= 0 and mean > 0 and sd > 0):
        raise row.error("age must be at least 0, mean and sd above 0")
    return age, mean, sd


def _sex(row: Row) -> str:
    text = row.cells["sex"]
    if not (sex := BOTH if text.casefold() == BOTH else sex_of(text)):
        raise row.error(f"sex '{text}' is none of male, female, both")
    return sex


def _kind(row: Row) -> str:
    kind = row.cells["photo_or_3d"].casefold()
    if kind not in NORMS:
        raise row.error(f"photo_or_3d '{kind}' is none of {', '.join(NORMS)}")
    return kind


def _names(norms: Iterable[Norm], which: str = "source") -> list[str]:
    return list(dict.fromkeys(getattr(norm, which) for norm in norms))
