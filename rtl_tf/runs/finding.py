"""Finds runs, wherever they lie under a folder, behind links too."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TypeVar

from rtl_tf.exceptions import InputError
from rtl_tf.runs import layout
from rtl_tf.runs.packed import Packed, packed_runs
from rtl_tf.runs.run import Run, read_run
from rtl_tf.system.folders import folders_below

FIRST_RUN = "python train.py --method rtl-eo --lambda 0.002"
RUN_FILES = {layout.CONFIG, layout.PREDICTIONS}  # a folder with one of them is a run's
INSIDE = {layout.SEARCH_RUNS, layout.FOLDS}  # folders in a run that hold runs for it
Place = TypeVar("Place")
Found = TypeVar("Found")


def find_runs(root: str | Path, data: str | None = None) -> tuple[list[Run], list[str]]:
    """All runs on one data set, at any depth under `root`, and a line for each that cannot be used.

    Unfinished runs are among them, and have their line, except those that only were to predict the validation part;
    what has ended and lost a file is named by `readable`, those of a pack without predictions by `without_predictions`.
    `data` is the data set's name in the runs' settings; it may be left out when there is only one.
    """
    if not Path(root).is_dir():
        raise InputError(f"no folder {root}: choose with --runs, or train first, for example with {FIRST_RUN}")
    runs, warnings = read_runs(root)
    if not runs:
        problem = f": {warnings[0]}" if warnings else f": train one first, for example with {FIRST_RUN}"
        raise InputError(f"no runs in {root}{problem}")
    names = sorted({run.resolved["data_name"] for run in runs})
    if data is None and len(names) > 1:
        raise InputError(f"{root} has runs on several data sets: choose with --data {' or --data '.join(names)}")
    if data is not None and data not in names:
        raise InputError(f"no runs on '{data}' in {root}: there are runs on {', '.join(names)}")
    runs = [run for run in runs if run.resolved["data_name"] == (data or names[0])]
    unfinished = [run for run in runs if not (run.judged("validation") or run.ended or run.packed_without)]
    return runs, warnings + [run.problem for run in unfinished]


def read_runs(root: str | Path) -> tuple[list[Run], list[str]]:
    """All runs at any depth under `root`, perhaps none, and a line for each whose settings cannot be read.

    Those of a pack are among them, as if their folders lay beside it.
    """
    warnings: list[str] = []
    folders = chain.from_iterable(_each(_places(Path(root)), _folders_of, warnings))
    runs = list(_each(sorted(folders, key=_place_of), read_run, warnings))
    return runs, warnings


def holds_run(folder: Path) -> bool:
    """Whether there is a run in the folder itself, begun or finished."""
    return any((folder / name).is_file() for name in RUN_FILES)


def has_runs(root: str | Path) -> bool:
    """Whether there is any run under `root`, of whatever data and however damaged."""
    return bool(_places(Path(root)))


def readable(runs: list[Run], part: str) -> tuple[list[Run], list[str]]:
    """Those of the runs that predicted a part whose predictions can be read, and a line for each other one of them.

    Those that were packed without have none: `without_predictions` counts them.
    """
    good, warnings = [], []
    for run in runs:
        if run.judged(part) or (run.ended and not run.packed_without):
            try:
                run.predictions_of(part)  # read now, so that damage is found here
                good.append(run)
            except InputError as problem:
                warnings.append(str(problem))
    return good, warnings


def without_predictions(runs: Iterable[Run]) -> list[str]:
    """A line for each pack that holds some of the runs without their predictions."""
    counts = Counter(str(run.folder.pack.path) for run in runs if isinstance(run.folder, Packed) and run.packed_without)
    return [
        f"{count} run{'s' * (count > 1)} in {path} {'have' if count > 1 else 'has'} no predictions (packed without), "
        "which tables and figures are computed from"
        for path, count in counts.items()
    ]


def require_same_images(runs: list[Run], part: str) -> None:
    """Raise InputError, naming two runs, unless all predict the same images and landmarks of a part."""
    for run in runs[1:]:
        for what in ("images", "subjects", "landmarks"):
            if getattr(run.predictions_of(part), what) != getattr(runs[0].predictions_of(part), what):
                numbers = [f"{one.folder} ({len(getattr(one.predictions_of(part), what))})" for one in (runs[0], run)]
                pair = " and ".join(numbers)
                raise InputError(
                    f"runs judged on different {what} cannot share a table: {pair}; move one out of --runs"
                )


def _each(places: Iterable[Place], read: Callable[[Place], Found], warnings: list[str]) -> Iterator[Found]:
    """What can be read; the others' problems go into `warnings`."""
    for place in places:
        try:
            yield read(place)
        except InputError as problem:
            warnings.append(str(problem))


def _places(root: Path) -> list[Path]:
    """Packs, and folders with settings or predictions; nothing inside a run is one.

    Predictions alone are a run's that lost its settings, or of `predict.py`, above runs: these are looked for.
    """
    found = []
    for folder, folders, files in folders_below(root):
        if not RUN_FILES.isdisjoint(files):
            found.append(folder)
            folders[:] = [] if layout.CONFIG in files else [name for name in folders if name not in INSIDE]
        elif layout.PACK in files:
            found.append(folder / layout.PACK)
        if folder == root and layout.SOURCES in folders:
            folders.remove(layout.SOURCES)
    return sorted(found)


def _folders_of(place: Path) -> Sequence[Path | Packed]:
    return packed_runs(place) if place.name == layout.PACK else [place]


def _place_of(folder: Path | Packed) -> Path:
    """Where a run lies, or would lie if it were not packed."""
    return folder.unpacked if isinstance(folder, Packed) else folder
