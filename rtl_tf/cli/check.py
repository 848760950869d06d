"""`rtl-check`: what should be known of a data set before it is trained on. Trains nothing, needs no TensorFlow."""

import sys
from contextlib import suppress
from pathlib import Path

from rtl_tf.cli import Parser, run
from rtl_tf.exceptions import InputError

TABLE, SHEET = "suspects.csv", "suspects.png"
SHOWN = 10  # faults of a file


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    from rtl_tf.audit.examination import examine
    from rtl_tf.audit.findings_text import findings_text
    from rtl_tf.datasets import dataset_name, default_schema, load
    from rtl_tf.schema import load_schema
    from rtl_tf.system.faults import Faults, every_fault

    folder = options.output or Path("check") / dataset_name(options.data)
    require_free(folder)
    try:
        with every_fault():
            schema = options.schema or default_schema(options.data)
            samples = load(options.data, schema, subjects_as_written=options.subjects_as_written)
        findings = examine(samples, load_schema(schema))
    except Faults as faults:
        print(faults_text(options.data, faults.problems), file=sys.stderr)
        return 2
    print(f"{options.data}\n\n{findings_text(findings)}\n")
    print(f"written: {', '.join(map(str, write(findings, folder)))}")
    return 0


def faults_text(data: str, problems: list[InputError]) -> str:
    """What keeps a data set from being read, a line each; the first SHOWN of them."""
    more = [f"  and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
    lines = [f"  {problem}" for problem in problems[:SHOWN]]
    return "\n".join([f"error: {data}: {len(problems)} faults, nothing else was looked at", *lines, *more])


def require_free(folder: Path) -> None:
    """InputError where files of a check would take the place of anything but those of an earlier one."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--output {folder}: a file; name a folder")
    for name in (TABLE, SHEET):
        if (folder / name).exists() and not _is_own(folder / TABLE):
            raise InputError(f"--output {folder}: {name} is there already, and not of a check; name another folder")


def _is_own(table: Path) -> bool:
    from rtl_tf.audit.suspects import COLUMNS, EARLIER
    from rtl_tf.csv_rows import read_header

    try:
        return tuple(read_header(table)) in (COLUMNS, EARLIER)
    except (InputError, OSError):
        return False


def write(findings, folder: Path) -> list[Path]:
    """The table of suspects, and the sheet where there are any; their paths. A sheet of an earlier check goes."""
    from rtl_tf.audit.suspects import write_suspects

    folder.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        (folder / SHEET).unlink()
    write_suspects(folder / TABLE, findings.suspects, findings.samples, findings.schema.names)
    if not findings.suspects:
        return [folder / TABLE]
    from rtl_tf.audit.suspect_sheet import suspect_sheet
    from rtl_tf.system.atomic import replacing

    with replacing(folder / SHEET) as unfinished:
        suspect_sheet(findings).savefig(unfinished, dpi=200)
    return [folder / TABLE, folder / SHEET]


def make_parser() -> Parser:
    parser = Parser(
        prog="rtl-check",
        description="Look through a labelled data set before it is trained on: counts, missing landmarks, size of the "
        "faces, duplicates, and labels that do not fit: swapped names, mirrored sides, points of another image; and "
        "whether all lie to one side, held against face meshes in some of the images. "
        "Nothing is trained; a thousand images take less than a minute.",
        epilog=f"Writes {TABLE}, a row a suspect, the most suspicious first, and {SHEET}, the first as pictures. "
        "They show and name people: treat them like the photographs. Exit status 0 also with suspects; "
        f"2 where rows or images cannot be read: all are counted, and the first {SHOWN} told.",
        allow_abbrev=False,
    )
    parser.add_argument("data", metavar="DATA", help="folder or file of labelled images, as train.py --data takes it")
    parser.add_argument(
        "--schema", metavar="NAME", help="landmarks: fas14, fas12, ibug68 or a .toml file [by the data]"
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR",
        help="folder for both files; those of an earlier check are replaced, no others [check/<data set>]",
    )  # fmt: skip
    parser.add_subjects_as_written()
    return parser


def entry() -> None:
    """`rtl-check`."""
    run(main)


if __name__ == "__main__":
    entry()
