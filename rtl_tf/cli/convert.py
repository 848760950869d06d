"""`rtl-convert`: a labelled data set, or a detector's predictions, in another program's format. No TensorFlow."""

from pathlib import Path

from rtl_tf.cli import Parser, run

NAMED = 2  # files that were written


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    import numpy as np

    from rtl_tf.datasets.collection import by_image
    from rtl_tf.datasets.converting import WRITERS, collect, convert
    from rtl_tf.system.notes import first_of

    collection = collect(options.data, options.schema, options.subjects_as_written)
    files, lines = convert(collection, options.to, options.output)
    samples, schema = collection.samples, collection.schema
    missing = int(np.isnan([sample.points for sample in samples]).any(axis=-1).sum())
    images = len(by_image(samples))
    faces = f"{len(samples)} face{'s' * (len(samples) != 1)} on {images} image{'s' * (images != 1)}"
    what = "predictions of" if collection.predicted else "labels of"
    print(f"{options.data}: {what} {faces}, {len(schema)} landmarks each ({schema.name}), {missing} missing")
    written = f"{len(files)} files in {options.output}/"
    if WRITERS[options.to].suffix:  # a file, perhaps with copies of all photographs beside it
        files.sort(key=lambda file: file != options.output)
        written = first_of(list(map(str, files)), NAMED)
    print("\n".join([f"written: {written}", *lines]))
    return 0


def make_parser() -> Parser:
    from rtl_tf.datasets.converting import WRITERS

    files = ", ".join(f"{kind} ({writer.suffix or 'folder'})" for kind, writer in WRITERS.items())
    parser = Parser(
        prog="rtl-convert",
        description="Write a labelled data set, or the landmarks that predict.py found, in the format of another "
        "program. Missing landmarks stay missing. What the format cannot hold is said.",
        epilog="Predictions are written as predictions where the format knows them (table, label_studio); elsewhere it "
        "is said that the files hold them. Nothing that is there already is replaced.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "data", metavar="DATA", help="folder or file of labelled images, as train.py --data takes it, or found.csv"
    )
    parser.add_argument("--to", required=True, choices=tuple(WRITERS), metavar="FORMAT", help=files)
    parser.add_argument(
        "--output", type=Path, required=True, metavar="PATH",
        help="file or folder to write; pts, deeplabcut, morphoj and slicer put copies of the photographs there, those "
        "that lie there already apart",
    )  # fmt: skip
    parser.add_argument(
        "--schema", metavar="NAME", help="landmarks: fas14, fas12, ibug68 or a .toml file [by the data]"
    )
    parser.add_subjects_as_written()
    return parser


def entry() -> None:
    """`rtl-convert`."""
    run(main)


if __name__ == "__main__":
    entry()
