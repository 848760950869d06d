"""`predict.py`, `rtl-predict`: landmarks of photographs, as a table and as pictures."""

import sys
from pathlib import Path

from rtl_tf.cli import Parser, run, start_tensorflow
from rtl_tf.exceptions import InputError
from rtl_tf.inference.exported import ENGINES


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    if bool(options.images) == bool(options.table):
        raise InputError("give either images (files or folders) or --table FILE (see --help)")
    from rtl_tf.datasets.photographs import from_files, from_table
    from rtl_tf.datasets.table import BOX
    from rtl_tf.experiments.predicting import load_predictor, predict_photographs

    listing = from_table(options.table) if options.table else from_files(options.images)
    photographs = [photograph for photograph in listing.photographs if not photograph.problem]
    predictor = load_predictor(options.model, options.engine, options.precision, start_tensorflow)
    predict_photographs(predictor, photographs, options.output, options.pictures)
    if options.table and not any(photograph.box for photograph in photographs):
        print(f"{options.table} has no {', '.join(BOX)}: the largest central square of each image was looked at")
    pictures = f", pictures in {options.pictures}/" if options.pictures else ""
    print(f"{len(photographs)} images: {options.output}{pictures}")
    left_out = listing.sentence(len(photographs))
    if left_out:
        print(left_out)
    problems = [photograph.problem for photograph in listing.photographs if photograph.problem]
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


def make_parser() -> Parser:
    parser = Parser(
        prog="predict.py",
        description="Find landmarks on photographs with a trained detector.",
        epilog="The table has a row for each image: landmarks in px of the image, and the height of each heatmap's "
        "peak (near 1 = sure). With a subject column added, train.py --data reads it.",
        allow_abbrev=False,
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="run folder of train.py, or an exported file")
    parser.add_argument(
        "images", type=Path, nargs="*", metavar="IMAGE",
        help="files or folders; the largest central square of each is looked at, the face should fill it",
    )  # fmt: skip
    parser.add_argument(
        "--table", type=Path, metavar="FILE",
        help="CSV with the columns image, box_left, box_top, box_side and, if some are mirrored, mirrored",
    )  # fmt: skip
    parser.add_argument(
        "--engine", choices=("tensorflow", *ENGINES), help="what runs the network of a run folder [tensorflow]"
    )
    parser.add_argument("--precision", choices=("fp32", "int8"), help="of a run folder's exported detector [fp32]")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", default=Path("found.csv"),
        help="table; one of an earlier prediction is replaced, no other file [found.csv]",
    )  # fmt: skip
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="draw the landmarks on each photograph")
    return parser


def entry() -> None:
    """`rtl-predict`."""
    run(main)
