"""One figure from runs to the screen and to files."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

from rtl_tf.csv_rows import write_rows
from rtl_tf.exceptions import InputError
from rtl_tf.reports.commands import NOTHING, missing_text
from rtl_tf.reports.figures.of_runs import Drawing
from rtl_tf.reports.figures.registry import get_figure
from rtl_tf.reports.figures.style import save
from rtl_tf.reports.report import WIDTH, file_name
from rtl_tf.runs.run import Run
from rtl_tf.runs.selection import Selection, select


def draw_runs(
    name: str, runs: list[Run], root: Path, where: Mapping[str, object] = NOTHING, own: Mapping[str, object] = NOTHING
) -> Drawing:
    """Draw a figure from the runs that belong into it; what else is there, and what is missing, is among its lines.

    Args:
        root: of the run folders.
        where: settings that the runs were chosen by.
        own: values of the flags that only this figure takes.
    Raises:
        InputError: the runs cannot share a figure, or there is none for it: the line has a command that trains one.
    """
    figure = get_figure(name)
    rows = figure.rows(runs)
    selection = select(rows, figure.varied, runs, figure.part)
    missing = missing_text(selection, figure.varied, runs[0], root, where)
    if figure.draw is None or not selection.all_runs:
        raise InputError(_nothing(name, selection, missing))
    try:
        drawing = figure.draw(selection, **own)
    except InputError as problem:
        raise InputError(f"--figure {name}: {problem}") from problem
    drawing.warnings[:0] = selection.warnings
    drawing.lines += [textwrap.fill(note, WIDTH, subsequent_indent="  ") for note in selection.notes]
    drawing.lines += [missing] if missing and not figure.one_row else []
    return drawing


def write_figure(name: str, drawing: Drawing, folder: Path, by: str | None = None) -> list[Path]:
    """Write figure<name> as PNG and PDF, and its numbers as CSV where it has some; their paths."""
    stem = file_name("figure", name, by)
    paths = save(drawing.figure, folder / stem)
    if drawing.numbers:
        paths.append(folder / f"{stem}.csv")
        write_rows(paths[-1], *drawing.numbers)
    return paths


def _nothing(name: str, selection: Selection, missing: str) -> str:
    """One line: the rows that have no run, the first damage, the first command."""
    rows = ", ".join(" ".join(row.labels) for row in selection.rows)
    damage = f" ({selection.warnings[0]})" if selection.warnings else ""
    commands = [line.strip() for line in missing.splitlines() if line.startswith("    ")]
    return f"--figure {name}: no finished run of {rows}{damage}" + (f"; begin with: {commands[0]}" if commands else "")
