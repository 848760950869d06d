"""`python -m rtl_tf.cli.cache`: what the package keeps for later use, where, and how large; `--clear` empties it."""

from contextlib import suppress
from pathlib import Path

from rtl_tf.cli import Parser, run
from rtl_tf.exceptions import InputError
from rtl_tf.system.cache import KEPT, SOURCE_CACHE, cache_folder, prune, size_of
from rtl_tf.system.folders import folders_below

WHAT = {
    "synthetic": "rendered faces",
    "source": "answers of source networks for training images, kept here by earlier versions",
    "crops": "decoded images that did not fit into memory",
    SOURCE_CACHE: "answers of source networks for the training images of these runs",
}


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    if not options.runs.is_dir() and options.runs != Path("runs"):
        raise InputError(f"--runs {options.runs}: no such folder")
    folders = [folder for folder in kept_folders(options.runs) if folder.is_dir()]
    for folder in folders:
        before = size_of(folder)
        if options.clear:
            prune(folder, 0, also_doubtful=True)  # nothing trains, as the flag asks for
            with suppress(OSError):
                folder.rmdir()
        left = f", {megabytes(size_of(folder))} left (in use)" if options.clear and size_of(folder) else ""
        print(f"{megabytes(before):>10}  {folder}: {WHAT[folder.name]}{', removed' if options.clear else ''}{left}")
    if not folders:
        print(f"nothing in {cache_folder('')} nor below {options.runs}")
    return 0


def kept_folders(runs: Path) -> list[Path]:
    """Where the package may have kept something: in the cache folder, and below a folder of runs, behind links too."""
    beside_runs = [folder / SOURCE_CACHE for folder, folders, _ in folders_below(runs) if SOURCE_CACHE in folders]
    return [*(cache_folder(name) for name in KEPT), *sorted(beside_runs)]


def megabytes(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


def make_parser() -> Parser:
    parser = Parser(
        prog="python -m rtl_tf.cli.cache",
        description="List what is kept for later use, all of which can be made again: rendered faces, and the answers "
        "of source networks for training images (of dlib's network they are descriptors of faces).",
        allow_abbrev=False,
    )
    parser.add_argument("--clear", action="store_true", help="remove all of it (not while something trains)")
    parser.add_argument(
        "--runs", type=Path, metavar="DIR", default=Path("runs"), help="folder that holds runs, at any depth [runs]"
    )
    return parser


if __name__ == "__main__":
    run(main)
