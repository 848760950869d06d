"""`evaluate.py --measurements`: its flags, and what they ask for."""

import argparse
from pathlib import Path

from rtl_tf.cli import Parser
from rtl_tf.exceptions import InputError

FLAGS = ("manual", "second", "schema")


def add_flags(parser: Parser, what: argparse._MutuallyExclusiveGroup) -> None:
    what.add_argument(
        "--measurements",
        metavar="RUN|TABLE",
        type=Path,
        help="distances and angles by the detector against manual ones: bias, limits of agreement (with a Bland-Altman "
        "plot), ICC; of a run's test part, or of what predict.py wrote beside --manual",
    )
    parser.add_argument("--manual", metavar="DATA", type=Path, help="labelled data of the images of a TABLE")
    parser.add_argument(
        "--second", metavar="DATA", type=Path, help="the same images labelled again: the raters' own agreement"
    )
    parser.add_argument(
        "--schema", metavar="NAME", help="of a TABLE's landmarks, a name or a .toml file [by the labels]"
    )


def check(options: argparse.Namespace) -> None:
    """InputError for flags that do not go together."""
    for flag in ("runs", "data", "where", "by"):
        if options.measurements and getattr(options, flag):
            raise InputError(f"--{flag} does not go with --measurements")
    for flag in FLAGS:
        if getattr(options, flag) and not options.measurements:
            raise InputError(f"--{flag} goes with --measurements")


def print_agreement(options: argparse.Namespace) -> None:
    """The table on the screen, its numbers and the plot in files."""
    from rtl_tf.clinic.pairing import marks_of_run, marks_of_tables
    from rtl_tf.reports.figures.bland_altman import bland_altman_figure
    from rtl_tf.reports.figures.style import save
    from rtl_tf.reports.measured_agreement import agreement_text, compare, write_agreement
    from rtl_tf.runs.run import read_run

    source = options.measurements
    if source.suffix.lower() == ".csv":
        if not options.manual:
            raise InputError(f"--measurements {source}: a table needs --manual DATA, the labels of its images")
        marks = marks_of_tables(source, options.manual, options.second, options.schema)
    elif options.manual or options.schema:
        raise InputError("--manual and --schema go with --measurements TABLE.csv: a run keeps the labels of its images")
    else:
        marks = marks_of_run(read_run(source), options.second)
    compared = compare(marks)
    folder = options.output or Path("reports")
    folder.mkdir(parents=True, exist_ok=True)
    write_agreement(folder / "measurements.csv", compared)
    paths = [folder / "measurements.csv", *save(bland_altman_figure(compared), folder / "bland-altman.png")]
    print(agreement_text(compared, f"{source}: measurements of the detector against manual ones"), end="\n\n")
    print(f"written: {', '.join(map(str, paths))}")
