"""`predict.py`, `rtl-predict`: landmarks of photographs and films, as a table and as pictures."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rtl_tf.cli import Parser, run, start_tensorflow
from rtl_tf.exceptions import InputError
from rtl_tf.inference.exported import ENGINES
from rtl_tf.system.notes import few, some

if TYPE_CHECKING:
    from rtl_tf.datasets.photographs import Listing, Photograph
    from rtl_tf.inference.found_table import FoundTable
    from rtl_tf.inference.predictor import Predictor


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    options.table = options.table or options.boxes
    if options.images and options.table:
        raise InputError("give either images (files or folders) or --table FILE, which names its images (see --help)")
    if not options.images and not options.table:
        raise InputError(
            f"what comes first, {options.model}, is the run folder or exported file of the detector; give images "
            "(files or folders) behind it, or --table FILE (see --help)"
        )
    from rtl_tf.datasets.files import is_film

    films = [path for path in options.images if is_film(path)]
    _check(options, films)
    return _films(options) if films else _photographs(options)


def _check(options: Namespace, films: list[Path]) -> None:
    """InputError for flags that make no sense, before anything is read."""
    thinned = options.every is not None or options.frames_per_second is not None
    if films and len(films) < len(options.images):
        raise InputError(
            f"{films[0]}: a film; films and photographs make tables of their own: predict one, then others"
        )
    if films and options.all_faces:
        raise InputError("--all-faces: for photographs; of a film's frames the largest face is looked at")
    if thinned and not films:
        raise InputError("--every and --frames-per-second choose among the frames of films (mp4, mov, ...); name one")
    if options.every is not None and options.every < 1:
        raise InputError(f"--every {options.every}: 1 is each frame, 2 every other one, ...")
    if options.frames_per_second is not None and not 0 < options.frames_per_second < float("inf"):
        raise InputError(f"--frames-per-second {options.frames_per_second:g}: a number above 0")
    if options.recursive and options.pictures:
        within = [path for path in options.images if options.pictures.resolve().is_relative_to(path.resolve())]
        if within:
            raise InputError(
                f"--pictures {options.pictures}: inside {within[0]}, which is searched; name another folder"
            )


def _films(options: Namespace) -> int:
    from rtl_tf.clinic.filming import predict_films
    from rtl_tf.datasets.films import Thinning, from_films

    listing = from_films(options.images)
    films = listing.photographs
    predictor, table = _prepared(options, of_films=True)
    _say_what_is_looked_at(table, films, "frame")
    thinning = Thinning(options.every or 1, options.frames_per_second or 0.0)
    try:
        problems = predict_films(predictor, films, thinning, table, options.pictures, options.resume)
    except (KeyboardInterrupt, OSError):
        _say_how_to_go_on(table, "frames")
        raise
    summary = table.summary
    found = summary.rows - len(summary.failed)
    drawn = f", pictures in {options.pictures}/" if options.pictures else ""
    print(f"landmarks on {found} of {summary.rows} frames: {table.output}{drawn}")
    if listing.skipped:
        print(listing.sentence(sum(not film.problem for film in films)))
    if summary.failed and found:
        print(f"the others have their reasons in the column error of {table.output}")
    if summary.crowded:
        frames = f"{len(summary.crowded)} frame{'s' * (len(summary.crowded) != 1)}"
        print(f"several faces on {frames} (column faces_found): the largest was taken")
    if summary.flagged:
        print(f"to be looked at first: {summary.flagged} (column flags)")
    sys.stdout.flush()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems or not found else 0


def _prepared(options: Namespace, of_films: bool) -> "tuple[Predictor, FoundTable]":
    """The detector, and the table that takes what it finds."""
    from rtl_tf.inference.doubt import Doubt
    from rtl_tf.inference.found_table import FoundTable
    from rtl_tf.inference.predicting import detector_hash, load_predictor

    chosen = options.model, options.engine, options.precision
    predictor = load_predictor(*chosen, start_tensorflow)
    if predictor.unlabelled:
        print(f"not predicted, as no training image had them: {', '.join(predictor.unlabelled)}")
    doubt = Doubt.of(predictor.confidence, options.coverage, options.model)
    hashed = detector_hash(*chosen, predictor.parts is not None)
    known = predictor.schema, hashed, predictor.face_square is not None, doubt
    return predictor, FoundTable(options.output, *known, of_films)


def _say_what_is_looked_at(table: "FoundTable", photographs: "Sequence[Photograph]", what: str) -> None:
    """Where no face is looked for: the face need not be in the middle."""
    from rtl_tf.inference.squares import FINDS_NO_FACES

    if not table.finds_faces and any(not photograph.box and not photograph.problem for photograph in photographs):
        print(FINDS_NO_FACES.format(what))


def _photographs(options: Namespace) -> int:
    from rtl_tf.datasets.photographs import from_files, from_table
    from rtl_tf.inference.all_faces import with_all_faces
    from rtl_tf.inference.predicting import predict_photographs

    if options.table:
        listing = from_table(options.table, boxes=options.boxes is not None)
    else:
        listing = from_files(options.images, options.recursive)
    predictor, table = _prepared(options, of_films=False)
    photographs = listing.photographs
    if options.all_faces:
        photographs = with_all_faces(predictor.face_square, photographs)
    _say_what_is_looked_at(table, photographs, "image without a box")
    try:
        predict_photographs(predictor, photographs, table, options.pictures, options.resume)
    except (KeyboardInterrupt, OSError):
        _say_how_to_go_on(table, f"of {len(photographs)} {'rows' if options.all_faces else 'images'}")
        raise
    return report(table, options.pictures, listing)


def _say_how_to_go_on(table: "FoundTable", what: str) -> None:
    if table.summary.rows:
        kept = f"{table.summary.rows} {what} are in {table.output}"
        print(f"\n{kept}: the same command with --resume goes on", file=sys.stderr)


def report(table: "FoundTable", pictures: Path | None, listing: "Listing") -> int:
    """Say what a table holds and what it lacks; the exit status.

    listing: the images that were asked for.
    """
    summary, drawn = table.summary, f", pictures in {pictures}/" if pictures else ""
    found, with_faces = summary.rows - len(summary.failed), summary.rows > len(summary.images)
    faces = f"{found} face{'s' * (found != 1)} on " if with_faces else ""
    of_images = f" of {len(summary.images)}" if summary.failed else ""
    print(f"{faces}{len(summary.usable)}{of_images} image{'s' * (len(summary.images) != 1)}: {table.output}{drawn}")
    if listing.skipped:
        print(listing.sentence(sum(table.name(photograph) in summary.usable for photograph in listing.photographs)))
    if summary.crowded:
        print(f"several faces on {some(summary.crowded, 'image')}: the largest was taken; --all-faces takes all")
    if summary.outside:
        print(f"landmarks outside their images: {summary.outside} (their cells are empty, their peaks are kept)")
    if summary.flagged:
        print(f"to be looked at first: {summary.flagged} (column flags)")
    if not summary.failed:
        return 0
    sys.stdout.flush()
    told = f"{len(summary.failed)} of {summary.rows} {'rows' if with_faces else 'images'} without landmarks"
    print(f"{told} (the column error of {table.output} says why): {few(summary.failed)}", file=sys.stderr)
    return 1


def make_parser() -> Parser:
    parser = Parser(
        prog="predict.py",
        description="Find landmarks on photographs, or on the frames of films, with a trained detector.",
        epilog="The table has a row for each image: the square that was looked at, landmarks in px of the image, and "
        "the height of each heatmap's peak (near 1 = sure). With a subject column added, train.py --data reads it. "
        "Exit status 1: some images could not be used, the column error says why; 2: nothing was begun.",
        allow_abbrev=False,
    )
    parser.add_argument("model", type=Path, metavar="MODEL", help="run folder of train.py, or an exported file")
    parser.add_argument(
        "images", type=Path, nargs="*", metavar="IMAGE",
        help="files or folders; the largest face of each is found and looked at, or the central square where training "
        "images showed no faces. Or films (mp4, mov, ...): the table then has a row for each frame",
    )  # fmt: skip
    parser.add_recursive()
    frames = parser.add_mutually_exclusive_group()
    frames.add_argument("--every", type=int, metavar="N", help="of a film, every Nth frame [1]")
    frames.add_argument("--frames-per-second", type=float, metavar="N", help="of a film, so many frames a second")
    tables = parser.add_mutually_exclusive_group()
    tables.add_argument(
        "--table", type=Path, metavar="FILE",
        help="CSV with the column image and, where the squares around the faces are known, box_left, box_top, box_side "
        "and mirrored; a column face keeps the numbers of a photograph's faces",
    )  # fmt: skip
    tables.add_argument("--boxes", type=Path, metavar="FILE", help="the same, of a table that has to have the squares")
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
