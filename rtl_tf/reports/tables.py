"""The tables as data: what their rows are, by which settings runs belong into a row, and what the columns show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rtl_tf.evaluation.metrics import THRESHOLDS
from rtl_tf.exceptions import InputError
from rtl_tf.methods import METHODS
from rtl_tf.reports.paper import published
from rtl_tf.runs.designs import load_study
from rtl_tf.runs.run import Run
from rtl_tf.runs.selection import Row
from rtl_tf.runs.settings import setting

PAPER_UNIT = "heatmap_px"  # of all numbers of the paper
PROTOCOL_OF = {"heatmap_px": "paper", "input_px": "clinical", "mm": "clinical"}


@dataclass(frozen=True)
class Table:
    """A table of the paper, or one that it lacks.

    Attributes:
        rows: in order; `more_rows` adds, of the runs that exist, those that the paper has not.
        varied: settings that differ between rows, or come with one that does.
        reference: settings of the row that another row is compared with, where they differ from its own; its name in
            the columns is `reference_title`. None: the row above.
        header: titles of the rows' labels.
        units: each has its protocol (PROTOCOL_OF); mm appears where an image's scale is known.
        thresholds: which of THRESHOLDS[unit] failure rate and AUC are shown at.
        best_within: settings in which rows must agree to compete for the best.
        transposed: a line a landmark and a column a row, as the paper's Table II.
    """

    caption: str
    rows: tuple[Row, ...]
    varied: tuple[str, ...] = ("method",)
    reference: Mapping[str, object] | None = field(default_factory=lambda: {"method": "ft"})
    reference_title: str = "FT"
    header: tuple[str, ...] = ("Method",)
    units: tuple[str, ...] = ("heatmap_px", "input_px")
    thresholds: tuple[int, ...] = (1,)
    best_within: tuple[str, ...] = ()
    transposed: bool = False
    more_rows: Callable[[list[Run]], list[Row]] = lambda runs: []
    notes: tuple[str, ...] = ()


def _methods(study: str) -> tuple[str, ...]:
    """The methods that a table's study trains."""
    return tuple(dict.fromkeys(str(one["method"]) for one in load_study("table", study).configurations))


def method_titles() -> dict[str, str]:
    """The names that tables give the paper's methods, in the order of its Tables I and II."""
    return {name: METHODS[name].title for name in dict.fromkeys((*_methods("1"), *_methods("2")))}


def _of_paper(name: str) -> tuple[Row, ...]:
    """A row for each configuration of a table's study that the paper has too, with its numbers; method by method."""
    rows = []
    for configuration in load_study("table", name).configurations:
        one = {"method": configuration["method"]} | configuration  # in the order of the written table's columns
        words = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in one.items()}
        line = next((line for line in published(name) if words.items() <= line.items()), None)
        if line is not None:
            numbers = {key: float(line[key]) for key in line if key.startswith(("mre.", "fr", "auc"))}
            paper = {key.replace("mre.mean", "mre"): value for key, value in numbers.items()}
            rows.append(Row((line.get("title") or METHODS[words["method"]].title,), one, paper))
    methods = _methods(name)
    return tuple(sorted(rows, key=lambda row: methods.index(str(row.settings["method"]))))


def _columns_of_paper() -> tuple[Row, ...]:
    """The columns of Table II, and FT, which the paper's lacks."""
    lines, rows = published("2"), []
    for method in _methods("2"):
        paper: dict[str, float] = {}
        for line in lines if f"{method}.mean" in lines[0] else ():
            metric = f"landmark.{line['landmark']}" if line["landmark"] else "mre"
            paper |= {metric: float(line[f"{method}.mean"]), f"{metric}.std": float(line[f"{method}.std"])}
        rows.append(Row((METHODS[method].title,), {"method": method}, paper))
    return tuple(rows)


def _other_methods(runs: list[Run]) -> list[Row]:
    """The methods that the paper has not."""
    others = {run.method for run in runs} - method_titles().keys()
    return [Row((method.title,), {"method": name}) for name, method in METHODS.items() if name in others]


def _other_sources(runs: list[Run]) -> list[Row]:
    """FT and RTL-SAM from the sources that the paper has not."""
    known, methods = {line["source"] for line in published("3")}, _methods("3")
    there = {(run.method, str(setting(run, "source"))) for run in runs if run.method in methods}
    sources = sorted({source for _, source in there} - known)
    return [
        Row((f"{METHODS[method].title}-{source}",), {"method": method, "source": source})
        for method in methods
        for source in sources
        if (method, source) in there
    ]


def _learning_curve() -> tuple[Row, ...]:
    return tuple(
        Row((f"{one['train_fraction']:.0%}", METHODS[str(one["method"])].title), one)
        for one in load_study("table", "samples").configurations
    )


def _robustness() -> tuple[Row, ...]:
    return tuple(
        Row((f"{one['learning_rate']:g}", str(one["batch_norm"]), str(one["batch_size"]), title), one)
        for one in load_study("table", "robustness").configurations
        for title in (METHODS[str(one["method"])].title,)
    )


def _detector() -> tuple[Row, ...]:
    study = load_study("table", "detector")
    return tuple(Row((title,), one, title=title) for title, one in zip(study.titles, study.configurations, strict=True))


LEARNING_CURVE_METHODS = _methods("samples")


TABLES = {
    "1": Table(
        "Table I, comparison of methods",
        _of_paper("1"),
        units=("heatmap_px", "input_px", "mm"),
        thresholds=(0, 1, 2),
        more_rows=_other_methods,
    ),
    "2": Table("Table II, landmarks", _columns_of_paper(), transposed=True, more_rows=_other_methods),
    "3": Table(
        "Table III, source networks",
        _of_paper("3"),
        varied=("method", "source", "source_weights", "encoder_stride"),
        header=("Method and source",),
        more_rows=_other_sources,
        notes=("FT and RTL-SAM are compared from the same source.",),
    ),
    "4": Table(
        "Table IV, skip connections",
        _of_paper("4"),
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
    "detector": Table(
        "The detector, part by part",
        _detector(),
        varied=(*load_study("table", "detector").varied, "source_weights", "encoder_stride"),
        reference=None,
        reference_title="above",
        header=("With",),
        units=("heatmap_px", "input_px", "mm"),
        notes=(
            "Each row has what the rows above it have, and is compared with the one above.",
            "Boxes are those around the labels, then, from `boxes of found faces` on, those of the face finder.",
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
