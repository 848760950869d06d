"""One table from runs to the screen and to files."""

import math
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from rtl_tf.csv_rows import as_line
from rtl_tf.exceptions import InputError
from rtl_tf.reports.cells import Cells, judge
from rtl_tf.reports.commands import NOTHING, missing_text
from rtl_tf.reports.footnotes import notes_of
from rtl_tf.reports.grid import Grid, as_latex, as_markdown, as_text
from rtl_tf.reports.panels import grids_of
from rtl_tf.reports.subgroups import groups_by
from rtl_tf.reports.tables import PAPER_UNIT, PROTOCOL_OF, Table, get_table, rows_of
from rtl_tf.runs.run import Run
from rtl_tf.runs.selection import Row, Selection, select
from rtl_tf.system.atomic import replacing

NUMBERS = tuple(field.name for field in fields(Cells) if field.type is np.ndarray)
WIDTH = 110
CSV_COLUMNS = ("protocol", "unit", "group", "images", "subjects", "seeds", "metric")


@dataclass(frozen=True)
class Report:
    """A filled table.

    Attributes:
        name: of the files: `table1`, `table1-by-site`.
        grids: in the order of the screen.
        notes: what stands below them.
        missing: the commands that train what is missing, "" if nothing is.
    """

    name: str
    table: Table
    selection: Selection
    judged: list[Cells]
    grids: list[Grid]
    notes: list[str]
    missing: str


def make_report(
    name: str, runs: list[Run], root: Path, by: str | None = None, where: Mapping[str, object] = NOTHING
) -> Report:
    """Select the runs of a table, judge them, set the grids. InputError where the runs cannot share a table.

    Args:
        root: of the run folders.
        by: a column of the data table that splits the rows.
        where: settings that the runs were chosen by.
    """
    table = get_table(name)
    selection = select(rows_of(table, runs), table.varied, runs)
    if by and not selection.all_runs:
        raise InputError(f"--by {by}: the table has no run yet")
    selection = _with_counts(selection)
    judged = judge(table, selection, groups_by(by, selection.all_runs) if by else None)
    return Report(
        file_name("table", name, by),
        table,
        selection,
        judged,
        grids_of(table, selection, judged, by),
        notes_of(table, selection, judged),
        missing_text(selection, table.varied, runs[0], root, where),
    )


def file_name(kind: str, name: str, by: str | None = None) -> str:
    """`table1`, `table-samples`, `table1-by-site`, `figure6`."""
    stem = f"{kind}{name}" if name.isdigit() else f"{kind}-{name}"
    return stem if by is None else re.sub(r"[^\w.-]+", "-", f"{stem}-by-{by}")


def report_text(report: Report, bold: bool = False) -> str:
    """For the screen: the grids, the notes, and what is missing."""
    notes = "\n".join(textwrap.fill(note, WIDTH, subsequent_indent="  ") for note in report.notes)
    others = [textwrap.fill(note, WIDTH, subsequent_indent="  ") for note in report.selection.notes]
    parts = [*(as_text(grid, bold) for grid in report.grids), notes, *others, report.missing]
    return "\n\n".join(filter(None, parts))


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write <name>.md, .tex and .csv (a line a cell, unrounded) and return their paths; InputError for a bad folder."""
    notes = "".join(f"{note}  \n" for note in report.notes)
    texts = {
        "md": "\n".join(map(as_markdown, report.grids)) + "\n" + notes,
        "tex": "\n".join(map(as_latex, report.grids)) + "".join(f"% {note}\n" for note in report.notes),
        "csv": _as_csv(report),
    }
    paths = [folder / f"{report.name}.{suffix}" for suffix in texts]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in zip(paths, texts.values(), strict=True):
            with replacing(path) as unfinished:
                unfinished.write_text(text, encoding="utf-8", newline="")
    except OSError as problem:
        raise InputError(f"--output {folder}: {problem.strerror}") from problem
    return paths


def _with_counts(selection: Selection) -> Selection:
    """Shares of the training images also as numbers: `5% (11)`."""
    counts = {
        row.settings["train_fraction"]: runs[0].training_images
        for row, runs in zip(selection.rows, selection.runs, strict=True)
        if runs and "train_fraction" in row.settings
    }

    def counted(row: Row) -> Row:
        count = counts.get(row.settings.get("train_fraction"))
        return replace(row, labels=(f"{row.labels[0]} ({count})", *row.labels[1:])) if count else row

    return replace(selection, rows=tuple(map(counted, selection.rows)))


def _as_csv(report: Report) -> str:
    settings = list(dict.fromkeys(name for row in report.selection.rows for name in row.settings))
    header = ["row", *settings, *CSV_COLUMNS, *NUMBERS, "paper", "paper_std"]
    return "".join(map(as_line, [header, *_csv_lines(report, settings)]))


def _csv_lines(report: Report, settings: list[str]) -> Iterator[list]:
    """Every cell of every row, group and unit; empty where undefined."""
    for cells in report.judged:
        known = [PROTOCOL_OF[cells.unit], cells.unit, cells.group or "", cells.images, cells.subjects]
        for index, row in enumerate(report.selection.rows):
            seeds = len(report.selection.runs[index])
            for column, metric in enumerate(cells.metrics):
                values = [getattr(cells, name)[index, column].item() for name in NUMBERS]
                values = ["" if math.isnan(value) else value for value in values]
                paper = [row.paper.get(key, "") for key in (metric, f"{metric}.std")]
                paper = paper if cells.unit == PAPER_UNIT and cells.group is None else ["", ""]
                if seeds or any(paper):
                    own = [row.settings.get(name, "") for name in settings]
                    yield [" ".join(row.labels), *own, *known, seeds, metric, *values, *paper]
