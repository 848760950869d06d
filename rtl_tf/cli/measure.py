"""`rtl-measure`: distances, angles and ratios of faces with landmarks. Needs no TensorFlow."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rtl_tf.cli import Parser, run
from rtl_tf.cli.yardstick_flags import (
    add_yardsticks,
    all_criteria,
    all_norms,
    check_names,
    check_yardsticks,
    read_yardsticks,
    with_finders,
)
from rtl_tf.exceptions import InputError

if TYPE_CHECKING:
    from rtl_tf.clinic.frame_means import FrameMean
    from rtl_tf.clinic.measured import Measured


def main(arguments: list[str]) -> int:
    options = make_parser().parse_args(arguments)
    if options.list_norms:
        return _list_norms(options)
    if options.data is None:
        raise InputError("give a table of landmarks, or --list-norms (see --help)")
    from rtl_tf.clinic.corrections import with_corrections
    from rtl_tf.clinic.facts import read_facts, with_facts
    from rtl_tf.clinic.marked_faces import read_faces
    from rtl_tf.clinic.measured import measure_faces
    from rtl_tf.clinic.measured_table import require_keepable, write_measured
    from rtl_tf.clinic.measured_text import measured_text
    from rtl_tf.clinic.scales import with_doubts
    from rtl_tf.clinic.sights import sight_of, tell_unused
    from rtl_tf.clinic.told_cells import require_all_told
    from rtl_tf.system.progress import progress

    _check(options)
    yardsticks = read_yardsticks(options)
    facts = read_facts(options.facts, options.subjects_as_written) if options.facts else None
    schema, faces = read_faces(options.data, options.schema, options.subjects_as_written)
    check_names(options, yardsticks, schema)
    own = {name for face in faces for name in face.cells}
    require_keepable(options.keep, own | facts.columns if facts else own)
    if facts:
        faces = with_facts(faces, facts)
    if options.corrected:
        told = (options.corrected, options.schema or schema.name, options.scale_error / 100)
        faces = with_corrections(faces, *told, options.subjects_as_written)
    faces = with_finders(options, faces, options.data)
    require_all_told(faces, compared=bool(yardsticks.norms))
    if options.frame_means and not any(face.frame for face in faces):
        raise InputError(f"--frame-means: {options.data} is not of films: give what predict.py wrote of them")
    scales = [_scale(options, face, schema.names) for face in progress(faces, len(faces), "looking for scales")]
    faces = with_doubts(faces, scales, schema.names)
    sights = [sight_of(face, options.view) for face in progress(faces, len(faces), "looking at the views")]
    tell_unused(options.view, sights)
    measured = measure_faces(faces, sights, scales, schema, yardsticks)
    means = _frame_means(options, measured) if options.frame_means else []
    options.output.parent.mkdir(parents=True, exist_ok=True)
    write_measured(options.output, measured, schema, options.keep)
    print(f"{options.data}: {measured_text(measured, yardsticks.level)}\n\nwritten: {options.output}")
    if options.frame_means:
        _write_frame_means(options, means, measured)
    return 0


def _frame_means(options, measured: "Sequence[Measured]") -> "list[FrameMean]":
    """InputError where no frame is left for one."""
    from rtl_tf.clinic.frame_means import frame_means, left_out

    if means := frame_means(measured, options.level):
        return means
    raise InputError(f"--frame-means: {options.data}: {left_out(measured)}")


def _write_frame_means(options, means: "Sequence[FrameMean]", measured: "Sequence[Measured]") -> None:
    from rtl_tf.clinic.frame_means import left_out
    from rtl_tf.clinic.frame_means_table import frame_means_text, write_frame_means

    options.frame_means.parent.mkdir(parents=True, exist_ok=True)
    write_frame_means(options.frame_means, means)
    print(f"\n{frame_means_text(means, options.level, left_out(measured))}\n\nwritten: {options.frame_means}")


def _check(options) -> None:
    """InputError for flags that make no sense, before anything is read."""
    from rtl_tf.clinic.frame_means_table import is_frame_means_table
    from rtl_tf.clinic.measured_table import is_measured_table
    from rtl_tf.datasets.table import MM_PER_PX

    low, high = MM_PER_PX
    if options.mm_per_px is not None and not low <= options.mm_per_px <= high:
        raise InputError(f"--mm-per-px {options.mm_per_px:g}: not between {low:g} and {high:g}")
    if options.sticker_mm is not None and not 1 <= options.sticker_mm <= 100:
        raise InputError(f"--sticker-mm {options.sticker_mm:g}: not between 1 and 100")
    if not 0 <= options.scale_error < 50:
        raise InputError(f"--scale-error {options.scale_error:g}: a percentage from 0 to below 50")
    check_yardsticks(options)
    outputs = (
        ("--output", options.output, is_measured_table),
        ("--frame-means", options.frame_means, is_frame_means_table),
    )
    for flag, file, is_ours in outputs:
        if file and file.exists() and not is_ours(file):
            raise InputError(f"{flag} {file}: there already, and not written by rtl-measure; name another file")


def _scale(options, face, landmarks):
    from rtl_tf.clinic.scales import scale_of, sticker_scale

    sticker = None
    if options.sticker_mm is not None:
        sticker = partial(sticker_scale, mm=options.sticker_mm, landmarks=landmarks)
    return scale_of(face, options.mm_per_px, options.scale_error / 100, sticker)


def _list_norms(options) -> int:
    """Sources, what they have, and their citations."""
    from rtl_tf.reports.grid import Grid, as_text

    rows = []
    for norm in all_norms(options):
        ages = f"{norm.ages[0]:g}-{norm.ages[-1]:g}"
        rows.append([norm.name, norm.measurement, norm.sex, norm.kind, ages, norm.n, norm.doi])
    limits = [[one.source, one.measurement, one.limit, one.doi] for one in all_criteria(options)]
    print(as_text(Grid("Norms (--norm)", ["Name", "Measurement", "Sex", "Of", "Years", "People", "Citation"], rows, 7)))
    print("\n" + as_text(Grid("Criteria (--criterion)", ["Name", "Measurement", "z", "Citation"], limits, 4)))
    return 0


def make_parser() -> Parser:
    parser = Parser(
        prog="rtl-measure",
        description="Measure faces with landmarks: distances in mm, angles, ratios, each with an interval; z-scores "
        "against norms that are named. Research use, no diagnosis.",
        epilog="A value is held against a norm only in a view in which the photograph's value stands for the head's. "
        "The view is that of the columns view or yaw, else that of the face on the photograph; the scale is that of "
        "the columns mm_per_px or ruler_x1, ruler_y1, ruler_x2, ruler_y2, ruler_mm. Age and sex are columns, too.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "data", metavar="TABLE", nargs="?", help="what predict.py wrote, or labelled data as train.py --data takes it"
    )
    parser.add_argument(
        "--schema", metavar="NAME", help="landmarks and measurements: fas14, fas12 or a .toml file [by the table]"
    )
    parser.add_argument(
        "--corrected", type=Path, metavar="TABLE",
        help="labelled data of some of the images, as rtl-app --export writes it: what a person placed counts instead",
    )  # fmt: skip
    add_yardsticks(
        parser,
        "what is known of the images beside their landmarks: a CSV with image and any of subject, mm_per_px, age, sex, "
        "view, ruler_x1, ...",
    )
    scale = parser.add_mutually_exclusive_group()
    scale.add_argument("--mm-per-px", type=float, metavar="MM", help="scale of photographs whose row tells none")
    scale.add_argument(
        "--sticker-mm", type=float, metavar="MM",
        help="such photographs show a round sticker of this diameter: it is found and measured",
    )  # fmt: skip
    parser.add_argument(
        "--scale-error",
        type=float,
        default=0.0,
        metavar="PERCENT",
        help="standard deviation of scales that are told [0]",
    )
    parser.add_argument(
        "--view", choices=("frontal", "oblique", "lateral"), help="of photographs whose row tells none [by the face]"
    )
    parser.add_argument("--list-norms", action="store_true", help="print the norms and criteria that there are")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", default=Path("measurements.csv"),
        help="table; one of an earlier measuring is replaced, no other file [measurements.csv]",
    )  # fmt: skip
    parser.add_argument(
        "--keep", action="append", default=[], metavar="COLUMN",
        help="write this column of the table or of --facts, as group, beside each value; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--frame-means", type=Path, metavar="FILE",
        help="of films: a table of the mean over the frames of each film and view, with its interval",
    )  # fmt: skip
    return parser


def entry() -> None:
    """`rtl-measure`."""
    run(main)


if __name__ == "__main__":
    entry()
