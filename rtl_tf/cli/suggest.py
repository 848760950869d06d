"""`rtl-suggest`: which of many unlabelled photographs to label next."""

from pathlib import Path

from rtl_tf.cli import Parser, run, start_tensorflow
from rtl_tf.exceptions import InputError
from rtl_tf.system.notes import warn

COLUMNS = ("image", "box_left", "box_top", "box_side", "box_found", "mirrored", "doubt", "distance", "flags")


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    if options.count < 1:
        raise InputError(f"-n {options.count}: give 1 or more")
    from rtl_tf.csv_rows import header_if_any, write_rows

    if options.output.exists() and tuple(header_if_any(options.output)) != COLUMNS:
        raise InputError(f"--output {options.output}: there already, and not of rtl-suggest; name another file")
    from rtl_tf.datasets.photographs import from_files

    listing = from_files(options.images)
    from rtl_tf.runs import layout

    if not (options.run / layout.NETWORK).is_file():
        raise InputError(f"{options.run}: no trained run")
    start_tensorflow()
    rows, known, without = _suggestions(options, [photograph.image for photograph in listing.photographs])
    write_rows(options.output, COLUMNS, rows)
    for number, row in enumerate(rows, start=1):
        print(f"{number:3d}. {row[0]}  doubt {row[5]}, distance {row[6]}{f'  ({row[7]})' if row[7] else ''}")
    left_out = f", {known} that the run was trained on" if known else ""
    print(f"{options.output}: {len(rows)} of {len(listing.photographs)} photographs{left_out}")
    if without:
        warn(f"no face was found on {without} photographs, which are not suggested")
    return 0


def _suggestions(options, images: list[Path]) -> tuple[list[tuple[str, ...]], int, int]:
    """Rows of COLUMNS; how many photographs the run was trained on, and how many show no face."""
    from rtl_tf.datasets.table_cells import image_cell, number
    from rtl_tf.experiments.lineage import known_images
    from rtl_tf.inference.detector import Detector
    from rtl_tf.inference.doubt import Doubt
    from rtl_tf.inference.predictor import Found
    from rtl_tf.inference.suggesting import look_at, suggest
    from rtl_tf.runs import layout
    from rtl_tf.runs.seen import read_seen
    from rtl_tf.system.progress import progress

    detector = Detector.load(options.run)
    outcomes = detector.outcomes(images, [None] * len(images), [None] * len(images))
    found = list(progress(outcomes, len(images), "looking at photographs"))
    usable = [(image, one) for image, one in zip(images, found, strict=True) if isinstance(one, Found)]
    if not usable:
        raise InputError("no face was found on any photograph")
    faces = look_at(detector, *map(list, zip(*usable, strict=True)))
    known = known_images([face.image for face in faces], read_seen(options.run / layout.TRAINED_ON))
    new = [face for index, face in enumerate(faces) if index not in known]
    old = [faces[index] for index in known]
    if not new:
        raise InputError("the run was trained on all of these photographs")
    doubt = Doubt.of(detector.confidence, None, options.run)
    found_by_finder = str(detector.face_square is not None).lower()
    rows = []
    for index, distance in suggest(new, old, options.count, options.by, options.seed):
        face = new[index]
        box, flags = map(number, face.found.box), doubt.flags(face.found.prediction) if doubt else ()
        told = f"{face.doubt:.3f}", "" if distance == float("inf") else f"{distance:.2f}", "; ".join(flags)
        seen = found_by_finder, str(face.found.mirrored).lower()
        rows.append((image_cell(face.image, options.output.parent), *box, *seen, *told))
    return rows, len(old), len(images) - len(usable)


def make_parser() -> Parser:
    parser = Parser(
        prog="rtl-suggest",
        description="Which of many photographs without labels to label next: those that a detector doubts, and those "
        "unlike the ones that it was trained on, as far as these are among them.",
        epilog="The table has the squares in which the faces were found: predict.py --table reads it.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder of train.py")
    parser.add_argument("images", type=Path, nargs="+", metavar="PHOTOS", help="files or folders")
    parser.add_argument("-n", dest="count", type=int, default=20, metavar="N", help="how many [20]")
    parser.add_argument(
        "--by", choices=("both", "doubt", "variety", "random"), default="both",
        help="doubt: the most doubtful; variety: the most unlike all others; both: doubtful and unlike [both]",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of --by random [0]")
    parser.add_argument(
        "--output", type=Path, default=Path("suggested.csv"), metavar="FILE",
        help="table; one of an earlier suggestion is replaced, no other file [suggested.csv]",
    )  # fmt: skip
    return parser


def entry() -> None:
    """`rtl-suggest`."""
    run(main)


if __name__ == "__main__":
    entry()
