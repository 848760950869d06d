"""Flags of `rtl-app` for what is known of the photographs beside them, and what values are held against."""

from typing import TYPE_CHECKING

from rtl_tf.cli import Parser
from rtl_tf.cli.yardstick_flags import add_facts, add_norms, asked_norms, check_facts, check_norm_names, check_norms
from rtl_tf.exceptions import InputError

if TYPE_CHECKING:
    from rtl_tf.app.folder import Folder
    from rtl_tf.app.told_facts import Known
    from rtl_tf.schema import Schema


def add_known(parser: Parser) -> None:
    add_facts(
        parser,
        "what is known of the photographs, as for rtl-measure: a CSV with image and any of subject, mm_per_px, "
        "age, sex, view, ruler_x1, ...; what people say on the page goes before it",
    )
    add_norms(parser)


def check_known(options) -> None:
    """InputError for such flags that make no sense, before anything is read."""
    check_facts(options)
    check_norms(options)
    if options.norm and not options.facts:
        raise InputError("--norm goes with --facts, which tells the ages")
    if options.norm and options.export:
        raise InputError("--norm: for the page; the table of --export has no measurements")


def read_known(options, folder: "Folder", schema: "Schema | None" = None) -> "Known":
    """What --facts tells; nothing without it. With the norms, where there is a schema that measures."""
    from rtl_tf.app.told_facts import Known
    from rtl_tf.clinic.facts import read_facts

    if not options.facts:
        return Known()
    norms = asked_norms(options)
    if schema:
        check_norm_names(options, schema)
    return Known.of(folder, read_facts(options.facts, options.subjects_as_written), norms)
