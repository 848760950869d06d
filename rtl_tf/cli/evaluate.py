"""`evaluate.py`: the metrics of a run, and the paper's tables and figures over all runs. Needs no TensorFlow."""

import argparse
import sys
from pathlib import Path

from rtl_tf.cli import Parser

FIGURES = (6, 7)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the flags. Everything slow is imported after this, so that --help answers at once."""
    parser = Parser(
        prog="evaluate.py",
        description="Metrics of one run, or the paper's tables and figures over the runs that exist.",
        epilog="Everything is computed from the runs' predictions.csv; no network is loaded.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--run", metavar="DIR", type=Path, help="print all metrics of one run folder")
    what.add_argument(
        "--table",
        metavar="NAME",
        help="1: methods; 2: landmarks; 3: source networks; 4: skip connections; samples: learning curve; "
        "robustness: learning rates, batch sizes, BatchNorm statistics",
    )
    what.add_argument(
        "--figure", metavar="N", type=int, help="6: cumulative errors; 7: predictions and heatmaps on faces"
    )
    parser.add_argument("--by", metavar="COLUMN", help="split a table's rows by a column of the data table")
    parser.add_argument(
        "--where",
        metavar="SETTING=VALUE",
        action="append",
        default=[],
        help="use only runs with this setting, for example lambda=0.02; may be repeated",
    )
    parser.add_argument("--runs", metavar="DIR", type=Path, help="folder that train.py filled (default: runs)")
    parser.add_argument("--data", metavar="NAME", help="data set of the runs; needed if there are several")
    parser.add_argument("--output", metavar="DIR", type=Path, help="where files go (default: <runs>/<data>/reports)")
    options = parser.parse_args(arguments)
    if options.run:
        for flag in ("runs", "data", "output", "where", "by"):
            if getattr(options, flag):
                parser.error(f"--{flag} goes with --table or --figure; --run only prints")
    if options.by and options.table is None:
        parser.error("--by goes with --table")
    return options


def main(arguments: list[str]) -> int:
    """Print what was asked for, write its files, and say where they are."""
    options = parse(arguments)
    if options.run:
        _print_run(options.run)
        return 0
    _check_name(options)
    from rtl_tf.reports.runs import find_runs
    from rtl_tf.reports.settings import parse_where, where

    root = options.runs or Path("runs")
    wanted = parse_where(options.where)
    found, warnings = find_runs(root, options.data)
    runs = where(found, wanted)
    _warn(warnings)
    own = root / runs[0].resolved["data_name"]
    folder = options.output or (own if own.is_dir() else root) / "reports"
    paths = _table(options, runs, root, folder) if options.table is not None else _figure(options.figure, runs, folder)
    print(f"\nwritten: {', '.join(map(str, paths))}")
    return 0


def _warn(lines: list[str]) -> None:
    """Name what is left out."""
    for line in lines:
        print(f"warning: left out: {line}", file=sys.stderr)


def _check_name(options: argparse.Namespace) -> None:
    """Refuse an unknown table or figure before any run is read."""
    from rtl_tf.exceptions import InputError
    from rtl_tf.reports.tables import get_table

    if options.table is not None:
        get_table(options.table)
    elif options.figure not in FIGURES:
        raise InputError(f"unknown figure {options.figure}: choose --figure {' or '.join(map(str, FIGURES))}")


def _print_run(folder: Path) -> None:
    from rtl_tf.reports.runs import read_run
    from rtl_tf.reports.single_run import run_text

    print(run_text(read_run(folder)))


def _table(options: argparse.Namespace, runs: list, root: Path, folder: Path) -> list[Path]:
    from rtl_tf.reports.report import make_report, report_text, write_report

    report = make_report(options.table, runs, root, options.by)
    _warn(report.selection.warnings)
    paths = write_report(report, folder)
    print(report_text(report, bold=sys.stdout.isatty()))
    return paths


def _figure(number: int, runs: list, folder: Path) -> list[Path]:
    from rtl_tf.exceptions import InputError
    from rtl_tf.reports import examples, figures
    from rtl_tf.reports.selection import select
    from rtl_tf.reports.tables import EVERY_METHOD

    selection = select(EVERY_METHOD, ("method",), runs)
    _warn(selection.warnings)
    if not selection.all_runs:
        raise InputError(f"--figure {number}: no finished run to draw")
    for note in selection.notes:
        print(note)
    if number == 6:
        return figures.ced_figure(examples.error_curves(selection.all_runs), folder / "figure6")
    kept, warnings = examples.method_examples(selection.all_runs)
    _warn(warnings)
    return figures.methods_figure(kept, folder / "figure7")
