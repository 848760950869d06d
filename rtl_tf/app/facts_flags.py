"""Flags of `rtl-app` for what is known of the photographs beside them, and what values are held against."""

from pathlib import Path
from typing import TYPE_CHECKING

from rtl_tf.cli import Parser
from rtl_tf.exceptions import InputError

if TYPE_CHECKING:
    from rtl_tf.app.folder import Folder
    from rtl_tf.app.told_facts import Known
    from rtl_tf.schema import Schema


def add_known(parser: Parser) -> None:
    parser.add_argument(
        "--facts", type=Path, metavar="TABLE",
        help="what is known of the photographs, as for rtl-measure: a CSV with image and any of subject, mm_per_px, "
        "age, sex, view, ruler_x1, ...; what people say on the page goes before it",
    )  # fmt: skip
    parser.add_argument(
        "--subjects-as-written", action="store_true",
        help="of --facts: codes of people that differ in case or leading zeros alone are different people",
    )  # fmt: skip
    parser.add_argument("--norm", action="append", metavar="SOURCE", help="z-scores by this norm; may be repeated")
    parser.add_argument("--norms", action="append", type=Path, metavar="FILE", help="CSV with norms of one's own")


def check_known(options) -> None:
    """InputError for such flags that make no sense, before anything is read."""
    if options.subjects_as_written and not options.facts:
        raise InputError("--subjects-as-written goes with --facts")
    if options.norm and not options.facts:
        raise InputError("--norm goes with --facts, which tells the ages")
    if options.norms and not options.norm:
        raise InputError("--norms goes with --norm: there is no default norm")
    if options.norm and options.export:
        raise InputError("--norm: for the page; the table of --export has no measurements")


def read_known(options, folder: "Folder", schema: "Schema | None" = None) -> "Known":
    """What --facts tells; nothing without it. With the norms, where there is a schema that measures."""
    from rtl_tf.app.told_facts import Known
    from rtl_tf.cli.yardstick_flags import all_norms
    from rtl_tf.clinic.facts import read_facts
    from rtl_tf.clinic.known_names import require_known_norms
    from rtl_tf.measuring.norms import named_norms

    if not options.facts:
        return Known()
    norms = [named_norms(all_norms(options), name) for name in options.norm or ()]
    if schema:
        for file in options.norms or ():
            require_known_norms(file, schema)
    return Known.of(folder, read_facts(options.facts, options.subjects_as_written), norms)
