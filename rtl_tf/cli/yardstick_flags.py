"""Flags that `rtl-measure` and `rtl-lift` have in common: errors, norms, criteria, and what is known of the people.

`rtl-app` has those of the people and the norms.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rtl_tf.cli import Parser
from rtl_tf.exceptions import InputError

if TYPE_CHECKING:
    from rtl_tf.clinic.marked_faces import MarkedFace
    from rtl_tf.clinic.measured import Yardsticks
    from rtl_tf.measuring.criteria import Criterion
    from rtl_tf.measuring.landmark_covariance import LandmarkCovariance
    from rtl_tf.measuring.norms import Norm
    from rtl_tf.schema import Schema


def add_facts(parser: Parser, facts: str) -> None:
    """--facts, of what `facts` says, and how its people are told apart."""
    parser.add_argument("--facts", type=Path, metavar="TABLE", help=facts)
    parser.add_subjects_as_written()


def add_norms(parser: Parser) -> None:
    parser.add_argument("--norm", action="append", metavar="SOURCE", help="z-scores by this norm; may be repeated")
    parser.add_argument("--norms", action="append", type=Path, metavar="FILE", help="CSV with norms of one's own")


def add_yardsticks(parser: Parser, facts: str) -> None:
    """All flags; `facts` says what the table of --facts is of."""
    add_facts(parser, facts)
    parser.add_argument(
        "--errors", type=Path, metavar="FILE",
        help="covariance of the landmarks' errors (.json, .csv), or a run folder (of its folds, else its "
        "test part); without, there are no intervals",
    )  # fmt: skip
    parser.add_argument("--level", type=float, default=0.95, help="of the intervals [0.95]")
    add_norms(parser)
    parser.add_argument(
        "--criterion", action="append", metavar="SOURCE", help="say which values meet its criteria; may be repeated"
    )
    parser.add_argument("--criteria", action="append", type=Path, metavar="FILE", help="CSV with criteria of one's own")


def check_facts(options) -> None:
    """InputError for a flag of --facts without it."""
    if options.subjects_as_written and not options.facts:
        raise InputError("--subjects-as-written goes with --facts")


def check_norms(options) -> None:
    """InputError for norms of one's own of which none is asked for."""
    if options.norms and not options.norm:
        raise InputError("--norms goes with --norm: there is no default norm")


def check_yardsticks(options) -> None:
    """InputError for such flags that make no sense, before anything is read."""
    if not 0.5 <= options.level < 1:
        raise InputError(f"--level {options.level:g}: from 0.5 to below 1, as 0.95")
    if options.criterion and not options.norm:
        raise InputError("--criterion goes with --norm: criteria are limits of z-scores")
    if options.criteria and not options.criterion:
        raise InputError("--criteria goes with --criterion: there is no default criterion")
    check_norms(options)


def read_yardsticks(options) -> "Yardsticks":
    """InputError for a file that is none, or a name that there is not."""
    from rtl_tf.clinic.measured import Yardsticks
    from rtl_tf.measuring.criteria import named_criteria

    criteria = all_criteria(options)
    return Yardsticks(
        covariance=_covariance(options.errors) if options.errors else None,
        norms=asked_norms(options),
        criteria=[each for name in options.criterion or () for each in named_criteria(criteria, name)],
        level=options.level,
    )


def with_finders(options, faces: "Sequence[MarkedFace]", data: str | Path) -> "list[MarkedFace]":
    """As `held_against`, where --errors is a run; a file's errors are of whoever found or placed the points."""
    from rtl_tf.clinic.finders import held_against

    is_run = options.errors and not options.errors.is_file()
    return held_against(options.errors, faces, data) if is_run else list(faces)


def check_names(options, yardsticks: "Yardsticks", schema: "Schema") -> None:
    """InputError for misspelt landmarks and measurements in the files of one's own; a run has its own schema."""
    from rtl_tf.clinic.known_names import require_known_criteria, require_known_landmarks

    if yardsticks.covariance is not None and options.errors.is_file():
        require_known_landmarks(options.errors, yardsticks.covariance.landmarks, schema)
    for file in options.criteria or ():
        require_known_criteria(file, schema)
    check_norm_names(options, schema)


def check_norm_names(options, schema: "Schema") -> None:
    """InputError for misspelt measurements in the files of --norms."""
    from rtl_tf.clinic.known_names import require_known_norms

    for file in options.norms or ():
        require_known_norms(file, schema)


def asked_norms(options) -> "list[list[Norm]]":
    """Those of each --norm. InputError for a file that is none, or a name that there is not."""
    from rtl_tf.measuring.norms import named_norms

    norms = all_norms(options)
    return [named_norms(norms, name) for name in options.norm or ()]


def all_norms(options) -> "list[Norm]":
    """Those that come with the package, and those of --norms."""
    from rtl_tf.measuring.norms import read_norms, shipped_norms

    return shipped_norms() + [norm for file in options.norms or () for norm in read_norms(file)]


def all_criteria(options) -> "list[Criterion]":
    """Those that come with the package, and those of --criteria."""
    from rtl_tf.measuring.criteria import read_criteria, shipped_criteria

    return shipped_criteria() + [one for file in options.criteria or () for one in read_criteria(file)]


def _covariance(path: Path) -> "LandmarkCovariance":
    """Of a file; or of a run's predictions of people whom the network had not seen: by cross-validation, where it kept
    those, else of its test part."""
    from rtl_tf.measuring.landmark_covariance import errors_in, out_of_fold_errors, read_covariance
    from rtl_tf.runs.run import read_run

    if path.is_file():
        return read_covariance(path)
    run = read_run(path)
    if run.packed_without_folds:
        raise InputError(run.packed_without_folds)
    return out_of_fold_errors(run.folder) or errors_in(run.predictions, run.folder)
