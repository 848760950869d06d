"""The tables as data: what their rows are, by which settings runs belong into a row, and what the columns show."""

from collections.abc import Callable
from dataclasses import dataclass, field

from rtl_tf.evaluation.metrics import THRESHOLDS
from rtl_tf.exceptions import InputError
from rtl_tf.reports.paper import method_titles, published
from rtl_tf.runs.designs import load_study
from rtl_tf.runs.run import Run
from rtl_tf.runs.selection import Row
from rtl_tf.runs.settings import setting

PAPER_UNIT = "heatmap_px"  # of all numbers of the paper
PROTOCOL_OF = {"heatmap_px": "paper", "input_px": "clinical", "mm": "clinical"}
LEARNING_CURVE_METHODS = ("ft", "rtl-eo", "rtl-sam")


@dataclass(frozen=True)
class Table:
    """A table of the paper, or one that it lacks.

    Attributes:
        rows: in order; `more_rows` adds, of the runs that exist, those that the paper has not.
        varied: settings that differ between rows, or come with one that does.
        reference: settings of the row that another row is compared with, where they differ from its own; its name in
            the columns is `reference_title`.
        header: titles of the rows' labels.
        units: each has its protocol (PROTOCOL_OF); mm appears where an image's scale is known.
        thresholds: which of THRESHOLDS[unit] failure rate and AUC are shown at.
        best_within: settings in which rows must agree to compete for the best.
        transposed: a line a landmark and a column a row, as the paper's Table II.
    """

    caption: str
    rows: tuple[Row, ...]
    varied: tuple[str, ...] = ("method",)
    reference: dict[str, object] = field(default_factory=lambda: {"method": "ft"})
    reference_title: str = "FT"
    header: tuple[str, ...] = ("Method",)
    units: tuple[str, ...] = ("heatmap_px", "input_px")
    thresholds: tuple[int, ...] = (1,)
    best_within: tuple[str, ...] = ()
    transposed: bool = False
    more_rows: Callable[[list[Run]], list[Row]] = lambda runs: []
    notes: tuple[str, ...] = ()


def _of_paper(name: str, *selecting: str) -> tuple[Row, ...]:
    """A row for each line of a published table; the columns `selecting` tell which runs belong into it."""
    truth = {"true": True, "false": False}
    rows = []
    for line in published(name):
        settings = {key: truth.get(line[key], line[key]) for key in ("method", *selecting)}
        paper = {
            key.replace("mre.mean", "mre"): float(line[key]) for key in line if key.startswith(("mre.", "fr", "auc"))
        }
        rows.append(Row((line["title"],), settings, paper))
    return tuple(rows)


def _configurations() -> tuple[Row, ...]:
    """FT, which the paper's Table II lacks, and the columns of that table."""
    titles, lines = method_titles(), published("2")
    rows = [Row((titles["ft"],), {"method": "ft"})]
    for method in (key.removesuffix(".mean") for key in lines[0] if key.endswith(".mean")):
        paper = {}
        for line in lines:
            metric = f"landmark.{line['landmark']}" if line["landmark"] else "mre"
            paper |= {metric: float(line[f"{method}.mean"]), f"{metric}.std": float(line[f"{method}.std"])}
        rows.append(Row((titles[method],), {"method": method}, paper))
    return tuple(rows)


def _other_sources(runs: list[Run]) -> list[Row]:
    """FT and RTL-SAM from the sources that the paper has not."""
    known = {line["source"] for line in published("3")}
    sources = sorted({str(setting(run, "source")) for run in runs if run.method in ("ft", "rtl-sam")} - known)
    titles = method_titles()
    return [
        Row((f"{titles[method]}-{source}",), {"method": method, "source": source})
        for method in ("ft", "rtl-sam")
        for source in sources
        if any(run.method == method and setting(run, "source") == source for run in runs)
    ]


def _learning_curve() -> tuple[Row, ...]:
    titles = method_titles()
    return tuple(
        Row((f"{one['train_fraction']:.0%}", titles[one["method"]]), one)
        for one in load_study("table", "samples").configurations
    )


def _robustness() -> tuple[Row, ...]:
    titles = method_titles()
    return tuple(
        Row((f"{one['learning_rate']:g}", one["batch_norm"], str(one["batch_size"]), titles[one["method"]]), one)
        for one in load_study("table", "robustness").configurations
    )


TABLES = {
    "1": Table(
        "Table I, comparison of methods",
        _of_paper("1"),
        units=("heatmap_px", "input_px", "mm"),
        thresholds=(0, 1, 2),
    ),
    "2": Table("Table II, landmarks", _configurations(), transposed=True),
    "3": Table(
        "Table III, source networks",
        _of_paper("3", "source"),
        varied=("method", "source", "source_weights", "encoder_stride"),
        header=("Method and source",),
        more_rows=_other_sources,
        notes=("FT and RTL-SAM are compared from the same source.",),
    ),
    "4": Table(
        "Table IV, skip connections",
        _of_paper("4", "skip_connections"),
        varied=("method", "skip_connections"),
        reference={"skip_connections": False},
        reference_title="row 1",
        header=("Network",),
        notes=("The paper's FT starts from ImageNet.",),
    ),
    "samples": Table(
        "Learning curve over nested shares of the training images",
        _learning_curve(),
        varied=("method", "train_fraction"),
        header=("Training", "Method"),
        best_within=("train_fraction",),
        notes=("Compared within the same training images; all are trained for the same number of steps.",),
    ),
    "robustness": Table(
        "Robustness to learning rate, BatchNorm statistics and batch size",
        _robustness(),
        varied=("method", "learning_rate", "batch_norm", "batch_size"),
        header=("Rate", "BatchNorm", "Batch", "Method"),
        best_within=("learning_rate", "batch_norm", "batch_size"),
        notes=(
            "Rate: initial learning rate. BatchNorm: statistics of each batch, or the source's, frozen. Batch: images.",
            "Compared within the same three settings.",
        ),
    ),
}


def get_table(name: str) -> Table:
    """A table by its name; InputError that lists the names."""
    if name not in TABLES:
        raise InputError(f"unknown table {name}: choose --table {', '.join(TABLES)}")
    return TABLES[name]


def rows_of(table: Table, runs: list[Run]) -> tuple[Row, ...]:
    """The table's rows and those that only the runs know."""
    return (*table.rows, *table.more_rows(runs))


def metrics_of(table: Table, unit: str, landmarks: tuple[str, ...]) -> tuple[str, ...]:
    """The metrics of a unit that a table shows: `landmark.<name>`, `mre`, `fr@<threshold>`, `auc@<threshold>`."""
    thresholds = [THRESHOLDS[unit][index] for index in table.thresholds]
    if table.transposed:
        return (*(f"landmark.{name}" for name in landmarks), "mre", *(f"fr@{limit}" for limit in thresholds))
    return ("mre", *(f"fr@{limit}" for limit in thresholds), *(f"auc@{limit}" for limit in thresholds))
