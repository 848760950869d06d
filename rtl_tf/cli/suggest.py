"""`rtl-suggest`: which of many unlabelled photographs to label next."""

import sys
from pathlib import Path

from rtl_tf.cli import Parser, run, start_tensorflow
from rtl_tf.exceptions import InputError
from rtl_tf.system.notes import few, warn

COLUMNS = (
    *("image", "box_left", "box_top", "box_side", "box_found", "mirrored"),
    *("doubt", "disagreement", "distance", "flags"),
)
OWN = {"doubt", "distance"}  # columns by which a table of an earlier suggestion is known
STRATEGIES = ("random", "variety", "doubt", "both")
NO_FACE = "no face was found"


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    if options.count < 1:
        raise InputError(f"-n {options.count}: give 1 or more")
    from rtl_tf.csv_rows import require_own, write_rows

    require_own("--output", options.output, "rtl-suggest", lambda header: set(COLUMNS if OWN.issubset(header) else ()))
    from rtl_tf.datasets.photographs import from_files

    listing = from_files(options.images, options.recursive)
    images = [photograph.image for photograph in listing.photographs]
    from rtl_tf.inference.predicting import prepare_folders
    from rtl_tf.runs import layout

    if not (options.run / layout.NETWORK).is_file():
        raise InputError(f"{options.run}: no trained run")
    prepare_folders(options.output, None)
    start_tensorflow()
    rows, left_out, failed = _suggestions(options, images)
    write_rows(options.output, COLUMNS, ([row[name] for name in COLUMNS] for row in rows), encoding="utf-8-sig")
    for number, row in enumerate(rows, start=1):
        print(f"{number:3d}. {_told(row)}")
    without = "".join(f", {count} that {why}" for why, count in left_out.items() if count)
    print(f"{options.output}: {len(rows)} of {len(images)} photographs{without}")
    if listing.skipped:
        print(listing.sentence(len(images) - len(failed)))
    return _say_failed(failed, len(images))


def _told(row: dict[str, str]) -> str:
    signs = (f"{name} {row[name]}" for name in ("doubt", "disagreement", "distance") if row[name])
    return f"{row['image']}  {', '.join(signs)}{f'  ({flags})' if (flags := row['flags']) else ''}"


def _say_failed(failed: dict[str, str], images: int) -> int:
    """Name the images without landmarks, by name with the reason, on stderr; the exit status."""
    faceless = [name for name, reason in failed.items() if reason == NO_FACE]
    unreadable = [f"{name}: {reason}" for name, reason in failed.items() if reason != NO_FACE]
    sys.stdout.flush()
    for names, why in ((faceless, NO_FACE), (unreadable, "they cannot be used")):
        if names:
            told = f"{len(names)} of {images} images without landmarks ({why})"
            print(f"{told}: {few(names, '; ')}", file=sys.stderr)
    return 1 if failed else 0


def _suggestions(options, images: list[Path]) -> tuple[list[dict[str, str]], dict[str, int], dict[str, str]]:
    """Rows of COLUMNS; how many photographs are left out, by the reason; images without landmarks, with theirs."""
    from rtl_tf.clinic.same_images import place_of
    from rtl_tf.experiments.lineage import known_images
    from rtl_tf.inference.detector import Detector
    from rtl_tf.inference.looked_at import Found
    from rtl_tf.inference.squares import FINDS_NO_FACES
    from rtl_tf.inference.suggesting import look_at, suggest
    from rtl_tf.runs import layout
    from rtl_tf.runs.seen import read_seen
    from rtl_tf.system.progress import progress

    detector = Detector.load(options.run)
    if detector.face_square is None:
        print(FINDS_NO_FACES.format("photograph"))
    outcomes = detector.outcomes(images, [None] * len(images), [None] * len(images))
    looked = list(zip(images, progress(outcomes, len(images), "looking at photographs"), strict=True))
    usable = [(image, one) for image, one in looked if isinstance(one, Found)]
    failed = {str(image): _reason(image, one) for image, one in looked if isinstance(one, InputError)}
    if not usable:
        name, reason = next(iter(failed.items()))
        raise InputError(f"none of {len(images)} images has landmarks: {name}: {reason}")
    faces = look_at(detector, *map(list, zip(*usable, strict=True)))
    known = known_images([face.image for face in faces], read_seen(options.run / layout.TRAINED_ON))
    others = [face for index, face in enumerate(faces) if index not in known]
    labelled = _labelled(options.run) if others else set()
    new = [face for face in others if place_of(face.image) not in labelled]
    old = [faces[index] for index in known]
    if not new:
        what = "was trained on all of these photographs" if not others else "has labels of all of these photographs"
        raise InputError(f"the run {what}")
    chosen = suggest(new, old, options.count, options.by, options.seed)
    left_out = {"the run was trained on": len(old), "are labelled": len(others) - len(new)}
    return [_row(options, detector, new[index], distance) for index, distance in chosen], left_out, failed


def _labelled(folder: Path) -> set[str]:
    """Where the images of the run's data lie, those of its test part too; none where that cannot be told any more."""
    from rtl_tf.clinic.run_labels import data_of, labels_of
    from rtl_tf.clinic.same_images import place_of
    from rtl_tf.datasets import is_synthetic
    from rtl_tf.runs.run import read_run

    run = read_run(folder)
    if is_synthetic(data_of(run)):
        return set()
    try:
        return {place_of(sample.image) for sample in labels_of(run)}
    except InputError as problem:
        warn(f"what is labelled and was not trained on is not left out: {problem}")
        return set()


def _reason(image: Path, problem: InputError) -> str:
    from rtl_tf.inference.squares import NO_FACE as ADVISED

    text = " ".join(str(problem).removeprefix(f"{image}: ").split())
    return NO_FACE if text == ADVISED else text


def _row(options, detector, face, distance: float) -> dict[str, str]:
    from rtl_tf.datasets.table import BOX, FOUND_BOX
    from rtl_tf.datasets.table_cells import image_cell, number
    from rtl_tf.inference.doubt import Doubt

    doubt = Doubt.of(detector.confidence, None, options.run)
    return {
        "image": image_cell(face.image, options.output.parent),
        **dict(zip(BOX, map(number, face.found.box), strict=True)),
        FOUND_BOX: str(detector.face_square is not None).lower(),
        "mirrored": str(face.found.mirrored).lower(),
        "doubt": f"{face.doubt:.4f}",
        "disagreement": f"{face.disagreement:.4f}",
        "distance": "" if distance == float("inf") else f"{distance:.2f}",
        "flags": "; ".join(doubt.flags(face.found.prediction)) if doubt else "",
    }


def make_parser() -> Parser:
    parser = Parser(
        prog="rtl-suggest",
        description="Which of many photographs without labels to label next: of those that a detector was not trained "
        "on, that its data do not label and that show a face, some at random, those that it doubts, or those unlike "
        "the ones that it knows: all training faces together of a run with folds, and those that are among the "
        "photographs.",
        epilog="The table has the squares in which the faces were found: predict.py --table reads it. Exit status 1: "
        "some images could not be used, and are named.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder of train.py")
    parser.add_argument("images", type=Path, nargs="+", metavar="PHOTOS", help="files or folders")
    parser.add_recursive()
    parser.add_argument("-n", dest="count", type=int, default=20, metavar="N", help="how many [20]")
    parser.add_argument(
        "--by", choices=STRATEGIES, default="random",
        help="variety: the most unlike all others; doubt: the most doubtful; both: doubtful and unlike; random, which "
        "none of them was measured to be better than [random]",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of --by random; another one gives other photographs [0]")
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
