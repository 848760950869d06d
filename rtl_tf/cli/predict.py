"""`predict.py`, `rtl-predict`: landmarks of photographs, as a table and as pictures."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rtl_tf.cli import Parser, run, start_tensorflow
from rtl_tf.exceptions import InputError
from rtl_tf.inference.exported import ENGINES

if TYPE_CHECKING:
    from rtl_tf.datasets.photographs import Listing
    from rtl_tf.inference.found_table import FoundTable

NAMED = 5  # images in error that are named at the end


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    if bool(options.images) == bool(options.table):
        raise InputError("give either images (files or folders) or --table FILE (see --help)")
    from rtl_tf.datasets.photographs import from_files, from_table
    from rtl_tf.datasets.table import BOX
    from rtl_tf.inference.all_faces import with_all_faces
    from rtl_tf.inference.doubt import Doubt
    from rtl_tf.inference.found_table import FoundTable
    from rtl_tf.inference.predicting import detector_hash, load_predictor, predict_photographs

    listing = from_table(options.table) if options.table else from_files(options.images)
    chosen = options.model, options.engine, options.precision
    predictor = load_predictor(*chosen, start_tensorflow)
    if options.all_faces:
        listing = replace(listing, photographs=with_all_faces(predictor.face_square, listing.photographs))
    photographs = listing.photographs
    finds_faces = predictor.face_square is not None
    if options.table and not finds_faces and not any(photograph.box for photograph in photographs):
        print(f"{options.table} has no {', '.join(BOX)}: the largest central square of each image is looked at")
    if predictor.unlabelled:
        print(f"not predicted, as no training image had them: {', '.join(predictor.unlabelled)}")
    doubt = Doubt.of(predictor.confidence, options.coverage, options.model)
    table = FoundTable(options.output, predictor.schema, detector_hash(*chosen), finds_faces, doubt)
    try:
        predict_photographs(predictor, photographs, table, options.pictures, options.resume)
    except (KeyboardInterrupt, OSError):
        if table.summary.images:
            kept = f"{table.summary.images} of {len(photographs)} images are in {options.output}"
            print(f"\n{kept}: the same command with --resume goes on", file=sys.stderr)
        raise
    return report(table, options.pictures, listing)


def report(table: "FoundTable", pictures: Path | None, listing: "Listing") -> int:
    """Say what a table holds and what it lacks; the exit status."""
    summary = table.summary
    found, drawn = summary.images - len(summary.failed), f", pictures in {pictures}/" if pictures else ""
    total = f" of {summary.images}" if summary.failed else ""
    print(f"{found}{total} image{'s' * (summary.images != 1)}: {table.output}{drawn}")
    if listing.skipped:
        print(listing.sentence(found))
    if summary.outside:
        print(f"landmarks outside their images: {summary.outside} (their cells are empty, their peaks are kept)")
    if summary.flagged:
        print(f"to be looked at first: {summary.flagged} (column flags)")
    if not summary.failed:
        return 0
    sys.stdout.flush()
    names = ", ".join(summary.failed[:NAMED]) + (", ..." if len(summary.failed) > NAMED else "")
    reasons = f"the column error of {table.output} says why"
    print(f"{len(summary.failed)} of {summary.images} images without landmarks ({reasons}): {names}", file=sys.stderr)
    return 1


def make_parser() -> Parser:
    parser = Parser(
        prog="predict.py",
        description="Find landmarks on photographs with a trained detector.",
        epilog="The table has a row for each image: the square that was looked at, landmarks in px of the image, and "
        "the height of each heatmap's peak (near 1 = sure). With a subject column added, train.py --data reads it. "
        "Exit status 1: some images could not be used, the column error says why; 2: nothing was begun.",
        allow_abbrev=False,
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="run folder of train.py, or an exported file")
    parser.add_argument(
        "images", type=Path, nargs="*", metavar="IMAGE",
        help="files or folders; the largest face of each is found and looked at",
    )  # fmt: skip
    parser.add_argument(
        "--table", type=Path, metavar="FILE",
        help="CSV with the column image and, where the squares around the faces are known, box_left, box_top, box_side "
        "and mirrored",
    )  # fmt: skip
    parser.add_argument("--all-faces", action="store_true", help="a row for each face on an image, the largest first")
    parser.add_argument(
        "--engine", choices=("tensorflow", *ENGINES), help="what runs the network of a run folder [tensorflow]"
    )
    parser.add_argument("--precision", choices=("fp32", "int8"), help="of a run folder's exported detector [fp32]")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", default=Path("found.csv"),
        help="table; one of an earlier prediction is replaced, no other file [found.csv]",
    )  # fmt: skip
    parser.add_argument(
        "--resume", action="store_true", help="go on with the table of a stopped prediction: images it lacks are added"
    )
    parser.add_argument(
        "--coverage", type=float, metavar="SHARE",
        help="radii within which this share of landmarks lies, 0.5 to 0.99; of runs trained with --folds [0.9]",
    )  # fmt: skip
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="draw the landmarks on each photograph")
    return parser


def entry() -> None:
    """`rtl-predict`."""
    run(main)


if __name__ == "__main__":
    entry()
