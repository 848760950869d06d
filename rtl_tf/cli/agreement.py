"""`evaluate.py --measurements`: its flags, and what they ask for."""

import argparse
from pathlib import Path

from rtl_tf.cli import Parser
from rtl_tf.exceptions import InputError

FLAGS = ("manual", "second")


def add_flags(parser: Parser, what: argparse._MutuallyExclusiveGroup) -> None:
    what.add_argument(
        "--measurements",
        metavar="RUN|TABLE",
        type=Path,
        nargs="+",
        help="distances and angles by the detector against manual ones: bias, limits of agreement (with a Bland-Altman "
        "plot), ICC; of a run's test part, or of what predict.py, rtl-measure or rtl-lift (a TABLE a scan) wrote, "
        "beside --manual",
    )
    parser.add_argument(
        "--manual",
        metavar="DATA",
        type=Path,
        help="labelled data of the images of a TABLE, or measurements as numbers: "
        "a CSV with image (or subject: by person) and a column for each, or with image, measurement, value",
    )
    parser.add_argument(
        "--second",
        metavar="DATA",
        type=Path,
        help="the same images labelled or measured again: the raters' own agreement",
    )
    parser.add_argument(
        "--schema", metavar="NAME",
        help="of a TABLE's landmarks, a name or a .toml file [by the labels; of --data TABLE.csv by its columns]",
    )  # fmt: skip


def check(options: argparse.Namespace) -> None:
    """InputError for flags that do not go together."""
    for flag in ("runs", "data", "where", "by"):
        if options.measurements and getattr(options, flag):
            raise InputError(f"--{flag} does not go with --measurements")
    for flag in FLAGS:
        if getattr(options, flag) and not options.measurements:
            raise InputError(f"--{flag.replace('_', '-')} goes with --measurements")


def print_agreement(options: argparse.Namespace) -> None:
    """The table on the screen, its numbers and the plot in files."""
    from rtl_tf.clinic.pairing import readings_of_run, readings_of_tables
    from rtl_tf.csv_rows import read_header
    from rtl_tf.reports.figures.bland_altman import bland_altman_figure
    from rtl_tf.reports.figures.style import save
    from rtl_tf.reports.measured_agreement import COLUMNS, agreement_text, compare, write_agreement
    from rtl_tf.runs.run import read_run
    from rtl_tf.system.notes import first_of

    sources, folder = options.measurements, options.output or Path("reports")
    table, as_written = folder / "measurements.csv", options.subjects_as_written
    for given in (*sources, options.manual, options.second):
        if given and table.exists() and given.exists() and table.samefile(given):
            raise InputError(f"--output {folder}: {table} is what is compared; name another folder")
    if table.exists() and tuple(read_header(table)) != COLUMNS:
        raise InputError(f"--output {folder}: {table} is no such table of an earlier call; name another folder")
    title = first_of(list(map(str, sources)), 1)
    if all(source.suffix.lower() == ".csv" for source in sources):
        if not options.manual:
            raise InputError(f"--measurements {title}: a table needs --manual DATA, the labels of its images")
        readings = readings_of_tables(sources, options.manual, options.second, options.schema, as_written)
    elif len(sources) > 1:
        raise InputError(f"--measurements {title}: one run, or tables (.csv)")
    elif options.manual or options.schema:
        raise InputError("--manual and --schema go with --measurements TABLE.csv: a run keeps the labels of its images")
    else:
        readings = readings_of_run(read_run(sources[0]), options.second, as_written)
    compared = compare(readings)
    folder.mkdir(parents=True, exist_ok=True)
    write_agreement(table, compared)
    paths = [table, *save(bland_altman_figure(compared), folder / "bland-altman.png")]
    print(agreement_text(compared, f"{title}: measurements against manual ones", readings.of_heads), end="\n\n")
    print(f"written: {', '.join(map(str, paths))}")
