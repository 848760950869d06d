"""`rtl-app`, `python -m rtl_tf.app`: correct a detector's landmarks, or label from nothing, in one's own browser."""

import getpass
import os
import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from rtl_tf.app.facts_flags import add_known, check_known, read_known
from rtl_tf.cli import Parser, run
from rtl_tf.exceptions import InputError

PASSWORD = "RTL_APP_PASSWORD"
NEEDED = ("starlette", "uvicorn")


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    if options.label and options.export:
        raise InputError("give --label or --export, not both")
    if options.export and options.export.suffix.lower() != ".csv":  # train.py --data takes no other for a table
        raise InputError(f"--export {options.export}: name a .csv file, such as {options.export / 'landmarks.csv'}")
    if options.only and options.export:
        raise InputError("--only: for the page; the table of --export has all that people have placed")
    expected = ("PHOTOS",) if options.label or options.export else ("RUN", "PHOTOS")
    if len(options.paths) != len(expected):
        raise InputError(f"expected {' and '.join(expected)}, there are {len(options.paths)} names (see --help)")
    journal = options.journal or options.paths[-1] / _journal_name()
    check_known(options)
    if options.export:
        return export(options, journal)
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise InputError(f'{", ".join(missing)} is not installed: pip install -e ".[app]"')
    return serve(options, journal)


def export(options, journal: Path) -> int:
    """Write the training table of a journal."""
    from rtl_tf.app.folder import Folder
    from rtl_tf.app.journal import read
    from rtl_tf.app.labels import AllLabels
    from rtl_tf.app.training_table import training_table

    folder, output = Folder(options.paths[-1], options.recursive), options.export
    known = read_known(options, folder)
    schema, entries = read(journal)
    labels = AllLabels(entries)
    folder.find_all(labels, "photographs of the journal, by their pixels")
    table = training_table(folder, labels, schema, known)
    table.write(output)
    print(f"{len(table.collection.samples)} photographs: {output}")
    for note in table.notes:
        print(note)
    return 0


def serve(options, journal: Path) -> int:
    """Answer the page until it is stopped."""
    from rtl_tf.app.folder import Folder
    from rtl_tf.app.journal import writing
    from rtl_tf.app.security import Access, is_own_machine, new_token, require_address, require_password

    host = require_address(options.host)
    password = "" if is_own_machine(host) else require_password(_password())
    schema, load, labelling = _guesser(options)
    folder = Folder(options.paths[-1], options.recursive, options.only)
    known = read_known(options, folder, schema)
    with _listening(host, options.port) as listening, writing(journal, schema) as opened:
        access = Access(host, listening.getsockname()[1], new_token(), password)
        session = _session(folder, schema, opened, load, options.who or _user(), labelling, known)
        server = _server(session, access)
        with suppress(KeyboardInterrupt):
            if folder.skipped:
                print(folder.skipped)
            if folder.only:
                print(f"{len(folder.shown)} of {len(folder.photos)} photographs: those of {folder.only}")
            if known.table:
                print(f"{known.table}: facts of {len(known.faces)} of {len(folder.photos)} photographs")
            print(f"corrections: {journal} ({len(opened.entries)} by now)")
            if password:
                print("what is sent can be read on the way: use a network that you trust, or a tunnel (ssh -L)")
            print(f"open in a browser on {'this' if is_own_machine(host) else 'that'} machine: {access.url}")
            print("Ctrl-C stops it; every change is saved at once", flush=True)
            if options.open:
                webbrowser.open(access.url)
            server.run(sockets=[listening])
        session.guesses.close()
        print(f"\nstopped; {len(opened.entries)} changes are in {journal}", file=sys.stderr)
    return 0


def _guesser(options) -> tuple:
    """The landmarks, what loads a guesser, and whether people label from nothing."""
    if not options.label:
        from rtl_tf.app.detector_guesses import DetectorGuesser, schema_of

        model = options.paths[0]
        return schema_of(model), lambda labels, folder: DetectorGuesser.load(model), False
    from rtl_tf.app.mesh_guesses import MeshGuesser
    from rtl_tf.schema import load_schema

    schema = load_schema(options.label)
    return schema, lambda labels, folder: MeshGuesser(schema, labels, folder), True


def _session(folder, schema, journal, load: Callable, who: str, labelling: bool, known):
    from rtl_tf.app.guesses import Guesses
    from rtl_tf.app.labels import AllLabels
    from rtl_tf.app.pictures import Pictures
    from rtl_tf.app.session import Session

    labels, pictures = AllLabels(journal.entries), Pictures()
    folder.adopt(labels)
    guesses = Guesses(lambda: load(labels, folder), folder.shown, pictures)
    return Session(folder, schema, journal, labels, guesses, pictures, who, labelling, known)


def _server(session, access):
    import uvicorn

    from rtl_tf.app.server import application

    # No log of requests: their paths have the token.
    settings = uvicorn.Config(
        application(session, access), log_level="error", access_log=False, server_header=False, lifespan="off",
        proxy_headers=False, ws="none", timeout_graceful_shutdown=2,
    )  # fmt: skip
    return uvicorn.Server(settings)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()
    except (OSError, OverflowError) as problem:
        listening.close()
        reason = getattr(problem, "strerror", None) or problem
        raise InputError(f"--host {host} --port {port}: {reason}; leave --port out for any free one") from problem
    return listening


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # some containers have numbers alone
        return "unknown"


def _password() -> str:
    """From the environment, else asked for; never from the command line, which everybody on the machine can read."""
    if PASSWORD in os.environ:
        return os.environ.pop(PASSWORD)
    if not sys.stdin.isatty():
        raise InputError(f"--host: another machine's browser needs a password: set {PASSWORD}")
    first, second = getpass.getpass("password for the page: "), getpass.getpass("once more: ")
    if first != second:
        raise InputError("the passwords differ")
    return first


def _journal_name() -> str:
    from rtl_tf.app.journal import NAME

    return NAME


def make_parser() -> Parser:
    parser = Parser(
        prog="rtl-app",
        usage="rtl-app RUN PHOTOS | rtl-app --label SCHEMA PHOTOS | rtl-app --export FILE PHOTOS",
        description="Correct the landmarks that a detector finds on photographs, or label photographs from nothing, on "
        "a page in a browser on this machine. Every change is saved at once.",
        epilog="Nothing leaves the machine. The page writes nothing but the journal, --export nothing but its table.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="RUN PHOTOS",
        help="run folder of train.py, or an exported detector (not with --label, --export); folder of photographs",
    )  # fmt: skip
    parser.add_argument(
        "--label", metavar="SCHEMA", help="label from nothing: fas14, fas12, ibug68 or a .toml file of landmarks"
    )
    parser.add_recursive()
    parser.add_argument(
        "--only", type=Path, metavar="TABLE",
        help="show the photographs of a table alone, in its order: any with a column image, as of rtl-suggest",
    )  # fmt: skip
    add_known(parser)
    parser.add_argument(
        "--export", type=Path, metavar="FILE",
        help="write what people have placed as a table for train.py --data, and end; an earlier one is replaced",
    )  # fmt: skip
    parser.add_argument(
        "--journal", type=Path, metavar="FILE", help="where every change is kept [PHOTOS/corrections.jsonl]"
    )
    parser.add_argument("--who", metavar="NAME", help="who corrects, for the journal [the user's name]")
    parser.add_argument("--open", action="store_true", help="open the page in the standard browser")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="[any free one]")
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS",
        help=f"of this machine, for browsers of others: asks for a password, or takes it from {PASSWORD} [127.0.0.1]",
    )  # fmt: skip
    return parser


def entry() -> None:
    """`rtl-app`."""
    run(main)


if __name__ == "__main__":
    entry()
