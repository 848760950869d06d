"""`python -m rtl_tf.cli.pack`: a folder of runs as one file, to be shared and read by evaluate.py. No TensorFlow."""

from pathlib import Path

from rtl_tf.cli import Parser, run
from rtl_tf.system.notes import warn


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    from rtl_tf.exceptions import InputError
    from rtl_tf.runs.finding import read_runs
    from rtl_tf.runs.packing import trained, write_pack

    if not options.runs.is_dir():
        raise InputError(f"no folder {options.runs}")
    if options.output.resolve().is_relative_to(options.runs.resolve()):
        raise InputError(f"--output {options.output} lies in {options.runs}, where each run would be found twice")
    found, warnings = read_runs(options.runs)
    runs, untrained = trained(found)
    for line in warnings + untrained:
        warn(f"left out: {line}")
    if not runs:
        raise InputError(f"no trained runs in {options.runs}")
    paths = write_pack(runs, options.runs, options.output, options.predictions)
    print(f"{len(runs)} runs: {', '.join(f'{path} ({path.stat().st_size / 1000:.0f} kB)' for path in paths)}")
    return 0


def make_parser() -> Parser:
    parser = Parser(
        prog="python -m rtl_tf.cli.pack",
        description="Write all trained runs of a folder into one file, runs.json.gz, that can be shared: settings "
        "(with the paths that were typed), versions and hardware, landmarks, history and metrics of each. "
        "evaluate.py --runs and --run read it as they read run folders. Networks and pictures stay out.",
        epilog="Predictions, splits and the data table's columns (test.csv) name images, and so perhaps people: they "
        "are packed with --predictions alone. Tables, figures of errors and rtl-measure --errors are computed from "
        "predictions.",
        allow_abbrev=False,
    )
    parser.add_argument("runs", metavar="RUNS", type=Path, help="folder that holds runs, at any depth")
    parser.add_argument("--output", metavar="DIR", type=Path, required=True, help="folder for the files")
    parser.add_argument(
        "--predictions",
        action="store_true",
        help="pack what names images too: predictions, those of --folds too, go into predictions.csv.gz, splits, "
        "the data table's columns, and radii and recipe, which belong to predictions, into runs.json.gz",
    )
    return parser


if __name__ == "__main__":
    run(main)
