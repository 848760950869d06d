"""`evaluate.py --figure shape --data TABLE.csv`: shapes of landmarks in a table, without a run; its flags."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rtl_tf.cli import Parser
from rtl_tf.exceptions import InputError

if TYPE_CHECKING:
    from rtl_tf.reports.figures.of_runs import Drawing

SHAPE = "shape"


def add_flags(parser: Parser) -> None:
    parser.add_argument(
        "--facts", metavar="TABLE", type=Path,
        help="of --figure shape with --data TABLE.csv: what is known of the images, as for rtl-measure: a CSV with "
        "image, subject and the columns of --by, --adjust and --only",
    )  # fmt: skip
    parser.add_argument(
        "--subjects-as-written", action="store_true",
        help="of --measurements and --data TABLE.csv: codes of people that differ in case or leading zeros alone are "
        "different people",
    )  # fmt: skip


def is_asked_for(options: argparse.Namespace) -> bool:
    return options.figure == SHAPE and bool(options.data) and Path(options.data).suffix.lower() == ".csv"


def check(options: argparse.Namespace) -> None:
    """InputError for flags that do not go together."""
    table = is_asked_for(options)
    if options.facts and not table:
        raise InputError("--facts goes with --figure shape --data TABLE.csv")
    for flag in ("subjects_as_written", "schema") if not (table or options.measurements) else ():
        if getattr(options, flag):
            raise InputError(f"--{flag.replace('_', '-')} goes with --measurements, or --figure shape --data TABLE.csv")
    for flag in ("runs", "where", "labels") if table else ():
        if getattr(options, flag):
            raise InputError(f"--{flag} does not go with --data {options.data}: a table is of no run")


def draw(options: argparse.Namespace) -> "Drawing":
    """The figure. InputError where the table, the facts or the flags do not make one."""
    from rtl_tf.clinic.facts import read_facts
    from rtl_tf.clinic.table_specimens import specimens_of_table
    from rtl_tf.reports.figures.of_shapes import shapes_of

    facts = read_facts(options.facts, options.subjects_as_written) if options.facts else None
    specimens = specimens_of_table(Path(options.data), facts, options.subjects_as_written, options.schema)
    try:
        return shapes_of(specimens, options.by, options.adjust, options.only)
    except InputError as problem:
        raise InputError(f"--figure {SHAPE}: {problem}") from problem
