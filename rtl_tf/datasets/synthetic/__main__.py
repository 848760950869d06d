"""`python -m rtl_tf.datasets.synthetic`: look at the built-in faces, or render a data set."""

import argparse
import sys
from pathlib import Path

from rtl_tf.datasets.synthetic.rendered import check_settings, samples, write
from rtl_tf.exceptions import InputError
from rtl_tf.system import console


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns the exit status."""
    console.forgive()
    options = _parser().parse_args(arguments)
    if options.subjects is None:
        options.subjects = 1 if options.fas_sliders else 12
    if options.size is None:
        options.size = 1200 if options.photographs or options.meshes else 256
    try:
        if options.contact_sheet or options.fas_sliders:
            _draw(options)
        else:
            _render(options)
    except InputError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rtl_tf.datasets.synthetic",
        description="Procedural faces with 14 exact landmarks. Without a sheet, renders a data set.",
    )
    parser.add_argument("--contact-sheet", metavar="FILE", type=Path, help="draw the first scan of each subject")
    parser.add_argument("--fas-sliders", metavar="FILE", type=Path, help="draw each FAS slider of a face at 0, 0.5, 1")
    parser.add_argument("--output", metavar="DIR", type=Path, help="folder for the data set [the cache]")
    parser.add_argument(
        "--photographs",
        action="store_true",
        help="whole photographs, with the face somewhere inside, instead of crops of the face; into --output",
    )
    parser.add_argument(
        "--meshes",
        action="store_true",
        help="scans, as 3dMD exports them (OBJ, MTL, a texture of two views), with landmarks in space; into --output",
    )
    parser.add_argument("--landmarks", action="store_true", help="mark the landmarks in the sheet")
    parser.add_argument("--subjects", type=int, help="number of people (default 12; with --fas-sliders 1)")
    parser.add_argument("--scans", type=int, default=3, help="pictures of each in a data set (default 3)")
    parser.add_argument(
        "--size", type=int, help="side of a picture, px (default 256; of a photograph or a view of a mesh 1200)"
    )
    parser.add_argument("--seed", type=int, default=0, help="which world of people (default 0)")
    parser.add_argument("--columns", type=int, default=4, help="pictures in a row of the contact sheet (default 4)")
    return parser


def _render(options: argparse.Namespace) -> None:
    numbers = (options.subjects, options.scans, options.size, options.seed)
    whole = [flag for flag in ("photographs", "meshes") if getattr(options, flag)]
    if len(whole) > 1:
        raise InputError("--photographs and --meshes: choose one")
    if options.output:
        table, pictures = write(options.output, *numbers, options.photographs, options.meshes)
        what = "textured meshes" if options.meshes else "pictures"
        print(f"{pictures} {what} and {table.name} in {table.parent}")
    elif whole:
        raise InputError(f"--{whole[0]} needs --output DIR, a folder for them")
    else:
        faces = samples(*numbers)
        print(f"{len(faces)} pictures and landmarks.csv in {faces[0].image.parents[1]}")


def _draw(options: argparse.Namespace) -> None:
    check_settings(options.subjects, 1, options.size, options.seed)
    if options.columns < 1:
        raise InputError(f"--columns {options.columns} is not above 0")
    from rtl_tf.datasets.synthetic import sheet  # after parsing, so that --help needs no SciPy

    common = (options.subjects, options.size, options.seed)
    if options.contact_sheet:
        _save(sheet.contact_sheet(*common, options.columns, options.landmarks), options.contact_sheet)
    if options.fas_sliders:
        _save(sheet.fas_sheet(*common, options.landmarks), options.fas_sliders)


def _save(picture, path: Path) -> None:
    try:
        picture.save(path)
    except (OSError, ValueError) as problem:
        raise InputError(f"{path}: cannot write the sheet: {problem}") from problem


if __name__ == "__main__":
    sys.exit(main())
