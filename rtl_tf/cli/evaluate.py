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
    what.add_argument("--table", metavar="N", type=int, help="1: the comparison of methods, beside the paper's numbers")
    what.add_argument(
        "--figure", metavar="N", type=int, help="6: cumulative errors; 7: predictions and heatmaps on faces"
    )
    parser.add_argument("--runs", metavar="DIR", type=Path, help="folder that train.py filled (default: runs)")
    parser.add_argument("--data", metavar="NAME", help="data set, a folder in --runs; needed if there are several")
    parser.add_argument("--output", metavar="DIR", type=Path, help="where files go (default: <runs>/<data>/reports)")
    options = parser.parse_args(arguments)
    if options.run:
        for flag in ("runs", "data", "output"):
            if getattr(options, flag):
                parser.error(f"--{flag} goes with --table or --figure; --run only prints")
    return options


def main(arguments: list[str]) -> int:
    """Print what was asked for, write its files, and say where they are."""
    options = parse(arguments)
    if options.run:
        _print_run(options.run)
        return 0
    from rtl_tf.reports.runs import find_runs

    _check_number(options)
    runs, warnings = find_runs(options.runs or Path("runs"), options.data)
    folder = options.output or runs[0].folder.parents[1] / "reports"
    for line in warnings:
        _warn(f"left out: {line}")
    paths = _table(options.table, runs, folder) if options.table is not None else _figure(options.figure, runs, folder)
    print(f"\nwritten: {', '.join(map(str, paths))}")
    return 0


def _warn(line: str) -> None:
    print(f"warning: {line}", file=sys.stderr)


def _check_number(options: argparse.Namespace) -> None:
    """Refuse an unknown table or figure before any run is read."""
    from rtl_tf.exceptions import InputError
    from rtl_tf.reports.tables import paper_table

    if options.table is not None:
        paper_table(options.table)
    elif options.figure not in FIGURES:
        raise InputError(f"unknown figure {options.figure}: choose --figure {' or '.join(map(str, FIGURES))}")


def _print_run(folder: Path) -> None:
    from rtl_tf.reports.runs import read_run
    from rtl_tf.reports.single_run import run_text

    print(run_text(read_run(folder)))


def _table(number: int, runs: list, folder: Path) -> list[Path]:
    from rtl_tf.reports.layout import as_text
    from rtl_tf.reports.tables import fill, missing_text, paper_grid, warnings_of, write_paper_table

    rows = fill(number, runs)
    for line in warnings_of(number, rows):
        _warn(line)
    print(as_text(paper_grid(number, rows)))
    missing = missing_text(rows)
    if missing:
        print(f"\n{missing}")
    return write_paper_table(number, rows, folder)


def _figure(number: int, runs: list, folder: Path) -> list[Path]:
    from rtl_tf.reports import examples, figures
    from rtl_tf.reports.runs import require_comparable

    require_comparable(runs)
    if number == 6:
        return figures.ced_figure(examples.error_curves(runs), folder / "figure6")
    kept, warnings = examples.method_examples(runs)
    for line in warnings:
        _warn(f"left out: {line}")
    return figures.methods_figure(kept, folder / "figure7")
