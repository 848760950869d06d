"""`evaluate.py`, `rtl-evaluate`: the metrics of a run, and the paper's tables and figures. Needs no TensorFlow."""

import argparse
import sys
from pathlib import Path

from rtl_tf.cli import Parser, run
from rtl_tf.exceptions import InputError
from rtl_tf.system.notes import warn


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the flags. Everything slow is imported after this, so that --help answers at once."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.run:
        for flag in ("runs", "data", "output", "where", "by"):
            if getattr(options, flag):
                wanted = "--table" if flag == "by" else "--table or --figure"
                parser.error(f"--{flag} goes with {wanted}; --run only prints")
    if options.measurements:
        for flag in ("runs", "data", "where", "by"):
            if getattr(options, flag):
                parser.error(f"--{flag} does not go with --measurements")
    for flag in ("labels", "second_labels", "schema"):
        if getattr(options, flag) and not options.measurements:
            parser.error(f"--{flag.replace('_', '-')} goes with --measurements")
    if options.by and options.table is None:
        parser.error("--by goes with --table")
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
        "robustness: learning rates, batch sizes, BatchNorm statistics",
    )
    what.add_argument(
        "--figure",
        metavar="N",
        help="2: landmarks; 3: faces of the data; 4, 9: attention maps of methods, of sources; 6: cumulative errors; "
        "7: predictions and heatmaps; 8: AUC; 10, 11: cumulative errors for each lambda, sigma; 12: losses; "
        "samples: learning curve",
    )
    what.add_argument(
        "--measurements",
        metavar="RUN|TABLE",
        type=Path,
        help="distances and angles by the detector against manual ones: bias, limits of agreement (with a Bland-Altman "
        "plot), ICC; of a run's test part, or of what predict.py wrote beside --labels",
    )
    parser.add_argument("--labels", metavar="DATA", type=Path, help="labelled data of the images of a TABLE")
    parser.add_argument(
        "--second-labels", metavar="DATA", type=Path, help="the same images labelled again: the raters' own agreement"
    )
    parser.add_argument(
        "--schema", metavar="NAME", help="of a TABLE's landmarks, a name or a .toml file [by the labels]"
    )
    parser.add_argument("--by", metavar="COLUMN", help="split a table's rows by a column of the data table")
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
    parser.add_argument("--data", metavar="NAME", help="data set of the runs; needed if there are several")
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        help="where files go (default: <runs>/<data>/reports; of --measurements: reports)",
    )
    return parser


def main(arguments: list[str]) -> int:
    """Print what was asked for, write its files, and say where they are."""
    options = parse(arguments)
    if options.run:
        _print_run(options.run)
        return 0
    if options.measurements:
        _measurements(options)
        return 0
    from rtl_tf.runs.settings import parse_where

    options.where = parse_where(options.where)
    _check_name(options)
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


def _measurements(options: argparse.Namespace) -> None:
    from rtl_tf.clinic.pairing import marks_of_run, marks_of_tables
    from rtl_tf.reports.figures.bland_altman import bland_altman_figure
    from rtl_tf.reports.figures.style import save
    from rtl_tf.reports.measured_agreement import agreement_text, compare, write_agreement
    from rtl_tf.runs.run import read_run

    source = options.measurements
    if source.suffix.lower() == ".csv":
        if not options.labels:
            raise InputError(
                f"--measurements {source}: a table needs --labels DATA, the manual landmarks of its images"
            )
        marks = marks_of_tables(source, options.labels, options.second_labels, options.schema)
    elif options.labels or options.schema:
        raise InputError(
            "--labels and --schema go with --measurements TABLE.csv: a run has kept the labels of its test part"
        )
    else:
        marks = marks_of_run(read_run(source), options.second_labels)
    compared = compare(marks)
    folder = options.output or Path("reports")
    folder.mkdir(parents=True, exist_ok=True)
    write_agreement(folder / "measurements.csv", compared)
    paths = [folder / "measurements.csv", *save(bland_altman_figure(compared), folder / "bland-altman.png")]
    print(agreement_text(compared, f"{source}: measurements of the detector against manual ones"), end="\n\n")
    print(f"written: {', '.join(map(str, paths))}")


def _table(options: argparse.Namespace) -> list[Path]:
    from rtl_tf.reports.report import make_report, report_text, write_report

    runs, folder = _runs(options)
    report = make_report(options.table, runs, options.runs, options.by, options.where)
    _warn(report.selection.warnings)
    paths = write_report(report, folder)
    print(report_text(report, bold=sys.stdout.isatty()), end="\n\n")
    return paths


def _figure(options: argparse.Namespace) -> list[Path]:
    from rtl_tf.datasets import SYNTHETIC, is_synthetic
    from rtl_tf.reports.figures.registry import get_figure
    from rtl_tf.reports.figures.writing import draw_runs, write_figure
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
        drawing = draw_runs(options.figure, runs, options.runs, options.where)
    _warn(drawing.warnings)
    paths = write_figure(options.figure, drawing, folder)
    if drawing.lines:
        print("\n".join(drawing.lines), end="\n\n")
    return paths


def entry() -> None:
    """`rtl-evaluate`."""
    run(main)


if __name__ == "__main__":
    entry()
