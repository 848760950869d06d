"""A table's numbers as grids of text: several narrow ones instead of one that wraps."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rtl_tf.reports import texts
from rtl_tf.reports.cells import Cells
from rtl_tf.reports.grid import Grid
from rtl_tf.reports.paper import landmark_labels
from rtl_tf.reports.tables import PAPER_UNIT, PROTOCOL_OF, Table
from rtl_tf.reports.texts import Line
from rtl_tf.runs.selection import Selection


class Column(NamedTuple):
    """A printed column; its best cell, judged by `metric`, is emphasised."""

    title: str
    text: Callable[[Line], str]
    metric: str | None = None


def grids_of(table: Table, selection: Selection, judged: Sequence[Cells], by: str | None) -> list[Grid]:
    """The grids of a table, a few for each unit, the paper protocol's first."""
    grids = []
    for unit in dict.fromkeys(cells.unit for cells in judged):
        of_unit = [cells for cells in judged if cells.unit == unit]
        grids += (_transposed if table.transposed else _line_a_row)(table, selection, of_unit, by)
    return grids


def _line_a_row(table: Table, selection: Selection, groups: list[Cells], by: str | None) -> list[Grid]:
    """A line a row (and group): errors with all statistics, then failure rates and areas.

    Where the paper's values stand beside, rows without a run are there too.
    """
    unit, metrics = groups[0].unit, groups[0].metrics
    with_paper = unit == PAPER_UNIT and by is None and any(row.paper for row in selection.rows)
    lines = [
        Line(index, row, len(runs), cells)
        for index, (row, runs) in enumerate(zip(selection.rows, selection.runs, strict=True))
        for cells in groups
        if runs or with_paper
    ]

    def grid(name: str, columns: list[Column]) -> Grid:
        return _grid(_caption(table, name, unit), [*table.header, *([by] if by else [])], lines, columns)

    def paper(metric: str) -> list[Column]:
        return [Column("Paper", lambda line: texts.paper_value(line.row, metric))] if with_paper else []

    def rates(kinds: tuple[str, ...]) -> list[Column]:
        shown = [metric for kind in kinds for metric in metrics if metric.startswith(kind)]
        return [column for metric in shown for column in (*_rate(metric), *paper(metric))]

    errors = _errors(table, "MSE±Std" if unit == PAPER_UNIT else "Mean±Std")
    if by:
        errors.insert(0, Column("Subjects", lambda line: str(line.cells.subjects)))
    grids = [grid("mean radial error", [*errors, *paper("mre")])]
    if len(table.thresholds) == 1:
        return [*grids, grid("failure rate and AUC", rates(("fr", "auc")))]
    return [*grids, grid("failure rate", rates(("fr",))), grid("AUC", rates(("auc",)))]


def _errors(table: Table, title: str) -> list[Column]:
    """All that is known of the mean radial error."""
    return [
        Column("Seeds", lambda line: str(line.seeds)),
        Column(title, lambda line: texts.mean_and_std(line, "mre"), "mre"),
        Column("±seeds", lambda line: texts.number(line.get("std_seeds", "mre"))),
        Column("95 %", lambda line: texts.interval(line, "mre")),
        Column(f"vs {table.reference_title}", lambda line: texts.number(line.get("difference", "mre"), "{:+.3f}")),
        Column("95 %", lambda line: texts.difference_interval(line, "mre")),
        Column("p", lambda line: texts.p_value(line.get("p", "mre"))),
        Column("p Holm", lambda line: texts.p_value(line.get("p_holm", "mre"))),
    ]


def _rate(metric: str) -> tuple[Column, Column]:
    """A failure rate or an area, and its interval."""
    return (
        Column(texts.metric_title(metric), lambda line: texts.mean(line, metric) + texts.dagger(line, metric), metric),
        Column("95 %", lambda line: texts.interval(line, metric)),
    )


def _grid(caption: str, left: list[str], lines: list[Line], columns: list[Column]) -> Grid:
    rows, best = [], set()
    for position, line in enumerate(lines):
        repeated = position > 0 and lines[position - 1].index == line.index  # a further group of the row
        labels = [""] * len(line.row.labels) if repeated else list(line.row.labels)
        head = [*labels, line.cells.group or ""][: len(left)]
        rows.append([*head, *(column.text(line) for column in columns)])
        for offset, column in enumerate(columns, start=len(left)):
            if column.metric and line.get("best", column.metric):
                best.add((position, offset))
    return Grid(caption, [*left, *(column.title for column in columns)], rows, len(left), frozenset(best))


def _transposed(table: Table, selection: Selection, groups: list[Cells], by: str | None) -> list[Grid]:
    """A line a metric (and group), a column a row: values, intervals, and the paper's values."""
    unit, titles = groups[0].unit, [" ".join(row.labels) for row in selection.rows]
    left = ["Landmark", *([by] if by else [])]
    heads, lines = [], []
    for metric in groups[0].metrics:
        for cells in groups:
            title = texts.metric_title(metric) if cells is groups[0] else ""
            heads.append([title, cells.group or ""][: len(left)])
            of_rows = enumerate(zip(selection.rows, selection.runs, strict=True))
            lines.append((metric, [Line(index, row, len(runs), cells) for index, (row, runs) in of_rows]))

    def grid(name: str, text: Callable[[Line, str], str], best: frozenset = frozenset()) -> Grid:
        rows = [
            [*head, *(text(line, metric) for line in of_rows)]
            for head, (metric, of_rows) in zip(heads, lines, strict=True)
        ]
        return Grid(_caption(table, name, unit), [*left, *titles], rows, len(left), best)

    best = frozenset(
        (position, len(left) + line.index)
        for position, (metric, of_rows) in enumerate(lines)
        for line in of_rows
        if line.get("best", metric)
    )
    grids = [
        grid(
            "mean±std over images",
            lambda line, metric: texts.mean_and_std(line, metric, "{:.2f}") + texts.dagger(line, metric),
            best,
        ),
        grid("95 % intervals of the means", lambda line, metric: texts.interval(line, metric, "{:.2f}")),
    ]
    if unit == PAPER_UNIT and by is None:
        printed = [row for row in selection.rows if row.paper]
        metrics = [*(f"landmark.{name}" for name in landmark_labels()), "mre"]
        rows = [
            [texts.metric_title(metric), *(texts.paper_value(row, metric) for row in printed)] for metric in metrics
        ]
        header = ["Landmark", *(" ".join(row.labels) for row in printed)]
        grids.append(Grid(_caption(table, "the paper's values", unit), header, rows))
    return grids


def _caption(table: Table, name: str, unit: str) -> str:
    return f"{table.caption}: {name}, {PROTOCOL_OF[unit]} protocol, {texts.UNITS[unit]}"
