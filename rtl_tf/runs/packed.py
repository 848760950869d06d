"""Runs of a pack, read as if each had its folder: every reader of a run's files reads them, and checks them the same.

`runs.json.gz` is {"runs": [{"run": "ft/seed0", "config.json": ..., "history.csv": ...}, ...]}: JSON files as they are,
tables as {column: cells}, TOML as text. `predictions.csv.gz` beside it, which need not be there, is the table of all
predictions, with the columns `run` and `part` before those of a run's predictions.csv.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from rtl_tf.csv_rows import as_line
from rtl_tf.documents import Node, decoded, parse_json, repeated
from rtl_tf.exceptions import InputError
from rtl_tf.runs import layout
from rtl_tf.runs.compressed import LARGEST_TABLE, compressed_lines, read_compressed
from rtl_tf.system.notes import first_of

SHOWN = 12  # runs of a pack in a message
RUNS, RUN = "runs", "run"
FOLDS = "folds"
# File of a run -> part in the pack.
PREDICTED = {layout.PREDICTIONS: "test", layout.VALIDATION: "validation", layout.OUT_OF_FOLD: FOLDS}
KEY = (RUN, "part")  # columns of the packed predictions before those of a run's own


@dataclass(frozen=True, eq=False)
class Pack:
    """What a pack holds.

    Attributes:
        path: of its runs.json.gz.
        runs: name of the run -> name of the file -> content.
        header: columns of the predictions of a run, as a line of CSV.
        predictions: (name of the run, part) -> the lines below the header, as bytes: one text each, not one a line.
    """

    path: Path
    runs: dict[str, Node]
    header: bytes
    predictions: dict[tuple[str, str], bytearray]


class Size(NamedTuple):
    """As much of `os.stat_result` as readers use."""

    st_size: int


@dataclass(frozen=True)
class Packed:
    """A run's folder in a pack, or a file in it: as much of `pathlib.Path` as readers use."""

    pack: Pack
    run: str
    name: str = ""  # of the file; empty: the folder

    def __truediv__(self, name: str) -> "Packed":
        return replace(self, name=name)

    def __str__(self) -> str:
        return "/".join(filter(None, (str(self.pack.path), self.run, self.name)))

    @property
    def unpacked(self) -> Path:
        """Where it would lie if the runs lay beside the pack, each in its folder."""
        return self.pack.path.parent / self.run / self.name

    def is_dir(self) -> bool:
        return not self.name

    def is_file(self) -> bool:
        if self.name in PREDICTED:
            return (self.run, PREDICTED[self.name]) in self.pack.predictions
        return bool(self.name) and self.pack.runs[self.run].get(self.name) is not None

    def exists(self) -> bool:
        return self.is_dir() or self.is_file()

    def stat(self) -> Size:
        return Size(len(self.read_bytes()))

    def read_bytes(self) -> bytes:
        """The file as the run had it; what is told is the same, not every blank."""
        if self.name in PREDICTED:
            return self.pack.header + self.pack.predictions[self.run, PREDICTED[self.name]]
        content = self.pack.runs[self.run][self.name]
        if self.name.endswith(".json"):
            return json.dumps(content.value).encode()
        return (_table(content) if self.name.endswith(".csv") else content.text()).encode()


def packed_runs(path: Path) -> list[Packed]:
    """The folders of all runs of a pack, by its runs.json.gz. InputError: it cannot be read, or is no pack."""
    pack = _read(path)
    return [Packed(pack, name) for name in pack.runs]


def packed_run(path: Path) -> Packed:
    """The folder of one run, by the name that messages give it, `shared/runs.json.gz/ft/seed0`, or where it would lie
    beside the pack, `shared/ft/seed0`. InputError: there is no pack there, or none that holds it."""
    for parent in (path, *path.parents):
        file = parent if parent.name == layout.PACK else parent / layout.PACK
        if file.is_file():
            pack, name = _read(file), path.relative_to(parent).as_posix()
            if name in pack.runs:
                return Packed(pack, name)
            what = "a pack: name one of its runs" if parent == path else f"holds no run {name}"
            raise InputError(f"{file}: {what}: {first_of([str(parent / run) for run in pack.runs], SHOWN)}")
    raise InputError(f"no run folder {path}")


def _read(path: Path) -> Pack:
    entries = list(parse_json(read_compressed(path), str(path))[RUNS].elements())
    names = [entry[RUN].text() for entry in entries]
    if (name := repeated(names)) is not None:
        raise InputError(f"{path}: run '{name}' appears twice")
    return Pack(path, dict(zip(names, entries, strict=True)), *_predictions(path.with_name(layout.PACKED_PREDICTIONS)))


def _predictions(path: Path) -> tuple[bytes, dict[tuple[str, str], bytearray]]:
    """The header of a run's predictions, and its lines for each run and part; none where there is no such file."""
    if not path.exists():
        return b"", {}
    lines = compressed_lines(path, LARGEST_TABLE)
    header, start = next(lines, b""), ",".join((*KEY, "")).encode()
    line = header
    of_run: dict[tuple[bytes, bytes], bytearray] = defaultdict(bytearray)
    for number, line in enumerate(lines, start=2):
        run, comma, rest = line.partition(b",")
        part, comma, rest = rest.partition(b",")
        if not comma:
            raise InputError(f"{path} row {number}: no run and part")
        of_run[run, part] += rest
    if not header.startswith(start) or not line.endswith(b"\n"):
        raise InputError(f"{path}: not a table of packed predictions")
    named = {(decoded(run, path), decoded(part, path)): rows for (run, part), rows in of_run.items()}
    return header.removeprefix(start), named


def _table(content: Node) -> str:
    """CSV of {column: cells}."""
    columns = [column.list() for name in content.object() for column in [content[name]]]
    if len({len(column) for column in columns}) > 1:
        raise content.error("columns of different lengths")
    return "".join(map(as_line, [list(content.object()), *zip(*columns, strict=True)]))
