"""The paper's tables: the means of the runs that exist, and the paper's numbers below each."""

import csv
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from statistics import mean, stdev

from rtl_tf.exceptions import InputError
from rtl_tf.reports.layout import Grid, as_latex, as_markdown
from rtl_tf.reports.runs import Run, require_comparable, setting_differences, training_command

PAPER_PREFIX = "paper.heatmap_px."  # published/*.csv names its columns by the metrics of this protocol
MISSING = "–"


@dataclass(frozen=True)
class Column:
    """A printed column: the metrics it shows, how, and which end is best."""

    title: str
    metrics: tuple[str, ...]
    template: str
    best: str  # "lowest" or "highest", judged by the first metric


@dataclass(frozen=True)
class PaperTable:
    """A table of the paper: a row for each line of published/table<number>.csv, filled by runs that match `select`."""

    caption: str
    select: tuple[str, ...]
    columns: tuple[Column, ...]


TABLES = {
    1: PaperTable(
        "Table I: comparison of methods on the test set, paper protocol (heatmap px, rounded truth, argmax)",
        ("method",),
        (
            Column("MSE±Std", ("mre.mean", "mre.std"), "{:.2f}±{:.2f}", "lowest"),
            *(Column(f"FR {limit}", (f"fr@{limit}",), "{:.2%}", "lowest") for limit in (1.0, 1.2, 1.4)),
            *(Column(f"AUC {limit}", (f"auc@{limit}",), "{:.2f}", "highest") for limit in (1.0, 1.2, 1.4)),
        ),
    ),
}


def paper_table(number: int) -> PaperTable:
    """The table's specification; raises InputError for a number that is not in TABLES."""
    if number not in TABLES:
        raise InputError(f"unknown table {number}: choose --table {' or '.join(map(str, TABLES))}")
    return TABLES[number]


def published(number: int) -> list[dict[str, str]]:
    """Rows of a table as the paper prints it; failure rates as shares from 0 to 1."""
    text = (resources.files("rtl_tf.reports") / "published" / f"table{number}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def method_titles() -> dict[str, str]:
    """The paper's names of the methods, in the order of its Table I."""
    return {row["method"]: row["title"] for row in published(1)}


@dataclass(frozen=True)
class Filled:
    """A row of a paper's table with the runs that belong to it."""

    title: str
    method: str
    paper: dict[str, float]
    runs: list[Run]

    @property
    def here(self) -> dict[str, float]:
        """Each metric's mean over seeds; a metric that is undefined in a run (None) is left out."""
        if not self.runs:
            return {}
        values = {key: [run.summary[PAPER_PREFIX + key] for run in self.runs] for key in self.paper}
        return {key: mean(of_runs) for key, of_runs in values.items() if None not in of_runs}

    @property
    def seeds(self) -> str:
        """Number of runs and, with several, the sample standard deviation of their mean errors."""
        errors = [run.summary[PAPER_PREFIX + "mre.mean"] for run in self.runs]
        if len(errors) < 2 or None in errors:
            return str(len(errors))
        return f"{len(errors)} (±{stdev(errors):.3f})"


def fill(number: int, runs: list[Run]) -> list[Filled]:
    """Give each row of a paper's table its runs; raises InputError for runs that cannot share a table."""
    table = paper_table(number)
    metrics = [key for column in table.columns for key in column.metrics]
    rows = []
    for line in published(number):
        matching = [run for run in runs if all(str(run.resolved.get(key)) == line[key] for key in table.select)]
        rows.append(Filled(line["title"], line["method"], {key: float(line[key]) for key in metrics}, matching))
    require_comparable([run for row in rows for run in row.runs])
    return rows


def warnings_of(number: int, rows: list[Filled]) -> list[str]:
    """A line for each run that differs from the others in more than what the table studies."""
    return setting_differences([run for row in rows for run in row.runs], (*paper_table(number).select, "lambda"))


def paper_grid(number: int, rows: list[Filled]) -> Grid:
    """Two lines a method: the runs here, and the paper."""
    columns = TABLES[number].columns
    cells, best = [], set()
    for row in rows:
        here = ["here", row.seeds] if row.runs else ["here", "missing"]
        cells.append([row.title, *here, *(_cell(column, row.here) for column in columns)])
        cells.append(["", "paper", "", *(_cell(column, row.paper) for column in columns)])
    for offset, column in enumerate(columns):
        for origin, values in enumerate(([row.here for row in rows], [row.paper for row in rows])):
            known = [value[column.metrics[0]] for value in values if column.metrics[0] in value]
            if len(known) < 2:
                continue
            wanted = _shown(column, min(known) if column.best == "lowest" else max(known))
            for index, value in enumerate(values):
                # compared as printed: numbers that look the same are equally good
                if column.metrics[0] in value and _shown(column, value[column.metrics[0]]) == wanted:
                    best.add((2 * index + origin, 3 + offset))
    return Grid(
        TABLES[number].caption,
        ["Method", "", "Seeds", *(c.title for c in columns)],
        cells,
        3,
        frozenset(best),
        _notes(rows),
    )


def _cell(column: Column, values: dict[str, float]) -> str:
    known = all(key in values for key in column.metrics)
    return column.template.format(*(values[key] for key in column.metrics)) if known else MISSING


def _shown(column: Column, value: float) -> str:
    return column.template.split("±")[0].format(value)


def _notes(rows: list[Filled]) -> list[str]:
    notes = [
        "MSE is the paper's name for the mean radial error (Eq. 10); ± is the standard deviation over images.",
        "FR: share of images whose mean error exceeds the threshold; AUC: normalised area under the CED up to it.",
        "Best of each column marked, here and in the paper.",
    ]
    example = next((run for row in rows for run in row.runs), None)
    if example:
        data, size = example.resolved["data_name"], example.resolved["image_size"]
        images, landmarks = len(example.predictions.images), len(example.predictions.landmarks)
        notes += [
            f"here: {data}, {images} test images, {landmarks} landmarks, {size}x{size} input px; mean over seeds,",
            "      in brackets the standard deviation of their mean errors (n - 1 degrees of freedom).",
        ]
    notes.append("paper: 310 test images of its own clinical data, 14 landmarks, 256x256 input px.")
    return notes


def missing_text(rows: list[Filled]) -> str:
    """The commands that train the rows without a run, and the rows that this version cannot train; empty if none."""
    example = next((run for row in rows for run in row.runs), None)
    commands = {row.title: training_command(row.method, example) for row in rows if not row.runs}
    available = [command for command in commands.values() if command]
    unavailable = [title for title, command in commands.items() if not command]
    lines = ["To train what is missing:", *(f"    {command}" for command in available)] if available else []
    return "\n".join(lines + ([f"Not in this version: {', '.join(unavailable)}"] if unavailable else []))


def write_paper_table(number: int, rows: list[Filled], folder: str | Path) -> list[Path]:
    """Write table<number>.md, .tex and .csv (numbers unrounded, a line an origin) and return their paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    grid = paper_grid(number, rows)
    paths = [folder / f"table{number}.{suffix}" for suffix in ("md", "tex", "csv")]
    paths[0].write_text(as_markdown(grid), encoding="utf-8")
    paths[1].write_text(as_latex(grid), encoding="utf-8")
    metrics = [key for column in TABLES[number].columns for key in column.metrics]
    with paths[2].open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["title", "method", "origin", "runs", *metrics])
        writer.writeheader()
        for row in rows:
            names = {"title": row.title, "method": row.method}
            writer.writerow(names | {"origin": "here", "runs": len(row.runs)} | row.here)
            writer.writerow(names | {"origin": "paper"} | row.paper)
    return paths
