"""`rtl-frames`: the best frames of films, for a measurement. Needs no TensorFlow."""

from pathlib import Path

from rtl_tf.cli import Parser, run
from rtl_tf.exceptions import InputError


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    from rtl_tf.clinic.best_frames import best_frames, require_replaceable, save_frames, write_best
    from rtl_tf.reports.grid import Grid, as_text

    if options.number < 1:
        raise InputError(f"-n {options.number}: one frame of each view at least")
    if not options.apart >= 0:
        raise InputError(f"--apart {options.apart:g}: seconds, 0 or more")
    output = options.output
    if output:
        require_replaceable(output, options.table)
    header, frames = best_frames(options.table, options.number, options.apart)
    if not frames:
        raise InputError(f"{options.table}: no frame with landmarks and a view of the head")
    if options.frames:
        save_frames(frames, options.frames)
    if output:
        output.parent.mkdir(parents=True, exist_ok=True)
        write_best(output, header, frames, options.frames)
    rows = [
        [frame.film.name, frame.view, str(frame.number), *(f"{value:.{digits}f}" for value, digits in
         ((frame.time_s, 2), (frame.yaw, 1), (frame.sharpness, 2)))]
        for frame in frames
    ]  # fmt: skip
    note = "Sharpness compares frames of one film. Yaw in degrees, 0 from the front, 90 in profile."
    title = "The sharpest frames of each film and view"
    print(as_text(Grid(title, ["Film", "View", "Frame", "Seconds", "Yaw", "Sharpness"], rows, 2, notes=[note])))
    if written := [str(each) for each in (output, options.frames) if each]:
        print(f"\nwritten: {', '.join(written)}")
    return 0


def make_parser() -> Parser:
    parser = Parser(
        prog="rtl-frames",
        description="The best frames of films that predict.py has looked at: the sharpest ones in each view.",
        epilog="Nothing of a film is kept but by --frames, which saves the chosen frames as pictures.",
        allow_abbrev=False,
    )
    parser.add_argument("table", type=Path, metavar="TABLE", help="what predict.py wrote of films")
    parser.add_argument("-n", dest="number", type=int, default=3, metavar="N", help="frames of each film and view [3]")
    parser.add_argument("--apart", type=float, default=0.2, metavar="SECONDS", help="between two of them [0.2]")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="their rows as a table, which rtl-measure takes, with the view"
    )
    parser.add_argument("--frames", type=Path, metavar="DIR", help="save them as PNG; --output then names these")
    return parser


def entry() -> None:
    """`rtl-frames`."""
    run(main)


if __name__ == "__main__":
    entry()
