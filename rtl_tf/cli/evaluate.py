"""`evaluate.py`, `rtl-evaluate`: the metrics of a run, and the paper's tables and figures. Needs no TensorFlow."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rtl_tf.cli import Parser, agreement, run, shape_table
from rtl_tf.cli.shape_table import SHAPE
from rtl_tf.system.notes import warn

if TYPE_CHECKING:
    from rtl_tf.evaluation.specimens import Specimens
    from rtl_tf.reports.figures.of_runs import Drawing
    from rtl_tf.runs.run import Run

CONFIDENCE = "confidence"  # beside SHAPE the figure that has flags of its own


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the flags. Everything slow is imported after this, so that --help answers at once."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.run:
        for flag in ("runs", "data", "output", "where"):
            if getattr(options, flag):
                parser.error(f"--{flag} goes with --table or --figure; --run only prints")
    agreement.check(options)
    shape_table.check(options)
    if options.by and options.table is None and options.figure not in (SHAPE, CONFIDENCE):
        parser.error(f"--by goes with --table, or --figure {SHAPE} or {CONFIDENCE}")
    for flag in ("adjust", "only", "labels"):
        if getattr(options, flag) and options.figure != SHAPE:
            parser.error(f"--{flag} goes with --figure {SHAPE}")
    options.runs = options.runs or Path("runs")
    return options


def make_parser() -> Parser:
    parser = Parser(
        prog="evaluate.py",
        description="Metrics of one run, or the paper's tables and figures over the runs that exist.",
        epilog="Everything is computed from files that runs have written; no network is loaded.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--run", metavar="DIR", type=Path, help="print all metrics of one run, a folder or one of a pack")
    what.add_argument(
        "--table",
        metavar="NAME",
        help="1: methods; 2: landmarks; 3: source networks; 4: skip connections; samples: learning curve; "
        "robustness: learning rates, batch sizes, BatchNorm statistics; detector: the detector, part by part",
    )
    what.add_argument(
        "--figure",
        metavar="N",
        help="2: landmarks; 3: faces of the data; 4, 9: attention maps of methods, of sources; 6: cumulative errors; "
        "7: predictions and heatmaps; 8: AUC; 10, 11: cumulative errors for each lambda, sigma; 12: losses; "
        "samples: learning curve; shape: shapes of groups of people; "
        "confidence: what radii promise and hold",
    )
    agreement.add_flags(parser, what)
    parser.add_argument(
        "--by", metavar="COLUMN", help="split a table's rows, or the people of --figure shape, by a column of the data"
    )
    parser.add_argument(
        "--adjust",
        metavar="COLUMN",
        action="append",
        default=[],
        help="of --figure shape: regress shapes on a column of numbers, for example age; may be repeated",
    )
    parser.add_argument(
        "--only",
        metavar="COLUMN=VALUE",
        action="append",
        default=[],
        help="of --figure shape: images with this cell, for example view=frontal; may be repeated",
    )
    parser.add_argument(
        "--labels",
        action="store_true",
        help="of --figure shape: the labels of all images of the run's data, not its predictions of the test part",
    )
    parser.add_argument(
        "--where",
        metavar="SETTING=VALUE",
        action="append",
        default=[],
        help="use only runs with this setting, for example lambda=0.02; may be repeated",
    )
    parser.add_argument(
        "--runs", metavar="DIR", type=Path, help="folder that train.py filled, or of a pack (default: runs)"
    )
    parser.add_argument(
        "--data", metavar="NAME",
        help="data set of the runs; needed if there are several; of --figure shape also a TABLE.csv of landmarks, as "
        "predict.py wrote it",
    )  # fmt: skip
    shape_table.add_flags(parser)
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="where files go (default: <runs>/<data>/reports; of --measurements and tables: reports)",
    )
    return parser


def main(arguments: list[str]) -> int:
    """Print what was asked for, write its files, and say where they are."""
    options = parse(arguments)
    if options.run:
        _print_run(options.run)
        return 0
    if options.measurements:
        agreement.print_agreement(options)
        return 0
    from rtl_tf.runs.settings import parse_where

    options.where = parse_where(options.where)
    _check_name(options)
    if shape_table.is_asked_for(options):
        paths = _write(shape_table.draw(options), options, options.output or Path("reports"))
    else:
        paths = _table(options) if options.table is not None else _figure(options)
    print(f"written: {', '.join(map(str, paths))}")
    return 0


def _runs(options: argparse.Namespace) -> tuple[list, Path]:
    """The runs that were asked for, and the folder for what is made of them."""
    from rtl_tf.runs.finding import find_runs
    from rtl_tf.runs.settings import where

    found, warnings = find_runs(options.runs, options.data)
    runs = where(found, options.where)
    _warn(warnings)
    own = options.runs / runs[0].resolved["data_name"]
    return runs, options.output or (own if own.is_dir() else options.runs) / "reports"


def _warn(lines: list[str]) -> None:
    """Name what is left out."""
    for line in lines:
        warn(f"left out: {line}")


def _check_name(options: argparse.Namespace) -> None:
    """Refuse an unknown table or figure before any run is read."""
    if options.table is not None:
        from rtl_tf.reports.tables import get_table

        get_table(options.table)
    else:
        from rtl_tf.reports.figures.registry import get_figure

        get_figure(options.figure)


def _print_run(folder: Path) -> None:
    from rtl_tf.reports.single_run import run_text
    from rtl_tf.runs.run import read_run

    print(run_text(read_run(folder)))


def _table(options: argparse.Namespace) -> list[Path]:
    from rtl_tf.reports.report import make_report, report_text, write_report

    runs, folder = _runs(options)
    report = make_report(options.table, runs, options.runs, options.by, options.where)
    _warn(report.selection.warnings)
    print(report_text(report, bold=sys.stdout.isatty()), end="\n\n")
    return write_report(report, folder)


def _figure(options: argparse.Namespace) -> list[Path]:
    from rtl_tf.datasets import SYNTHETIC, is_synthetic
    from rtl_tf.reports.figures.registry import get_figure
    from rtl_tf.reports.figures.writing import draw_runs
    from rtl_tf.runs.finding import has_runs
    from rtl_tf.runs.run import Run

    figure = get_figure(options.figure)
    runs: list[Run] = []
    folder = options.output or options.runs / SYNTHETIC / "reports"
    if figure.draw and (has_runs(options.runs) or not figure.rendered):
        runs, folder = _runs(options)
    if figure.rendered and all(is_synthetic(run.resolved.get("data", "")) for run in runs):
        from rtl_tf.datasets.synthetic import portraits

        drawing = figure.rendered(portraits)
    else:
        values = vars(options) | {"labels": _labels if options.labels else None}
        own = {flag: values[flag] for flag in figure.takes}
        drawing = draw_runs(options.figure, runs, options.runs, options.where, own)
    return _write(drawing, options, folder)


def _write(drawing: "Drawing", options: argparse.Namespace, folder: Path) -> list[Path]:
    """Its files; its lines are printed."""
    from rtl_tf.reports.figures.writing import write_figure

    _warn(drawing.warnings)
    paths = write_figure(options.figure, drawing, folder, options.by)
    if drawing.lines:
        print("\n".join(drawing.lines), end="\n\n")
    return paths


def _labels(run: "Run") -> "Specimens":
    """The labels of a run's data, as they are now."""
    from rtl_tf.clinic.run_labels import labels_of
    from rtl_tf.evaluation.specimens import labelled_specimens

    return labelled_specimens(labels_of(run), run.schema_read, run.resolved["data_name"])


def entry() -> None:
    """`rtl-evaluate`."""
    run(main)


if __name__ == "__main__":
    entry()
