"""Packs runs: many folders become one file, or two where their predictions are wanted. `packed` reads them."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from rtl_tf.csv_rows import as_line, read_own_rows
from rtl_tf.documents import read_json, read_text, repeated
from rtl_tf.exceptions import InputError
from rtl_tf.runs import layout
from rtl_tf.runs.compressed import LARGEST_TABLE, compressed
from rtl_tf.runs.packed import FOLDS, KEY, PREDICTED, RUN, RUNS, Packed
from rtl_tf.runs.predictions import COLUMNS, Predictions, prediction_rows, read_predictions
from rtl_tf.runs.run import Run
from rtl_tf.system.atomic import write_bytes

SHARED = (layout.CONFIG, layout.ENVIRONMENT, layout.SCHEMA, layout.HISTORY, layout.SEARCH, layout.METRICS)
NAMING = (layout.SPLIT, layout.ATTRIBUTES)  # they name people's images, as predictions do
BESIDE = (layout.RECIPE, layout.CONFIDENCE)  # by which predictions are judged: of no use without them


def trained(runs: Sequence[Run]) -> tuple[list[Run], list[str]]:
    """Those of the runs that have trained all of their epochs, and a line for each other one."""
    whole, problems = [], []
    for run in runs:
        try:
            _ = run.history
            whole.append(run)
        except InputError as problem:
            problems.append(str(problem))
    return whole, problems


def write_pack(runs: Sequence[Run], root: Path, output: Path, predictions: bool) -> list[Path]:
    """Write the files of a pack into the folder `output`; say which.

    Args:
        runs: trained ones, from below `root`; their names are the paths from there.
        predictions: whether predictions, splits and attributes of images, all of which name people's images, go in,
            and what belongs to these.
    Raises:
        InputError: a file of a run cannot be read, or a name cannot stand in a line of the pack, or two runs have the
            same; predictions lie in `output` that are not to be there; the pack would be larger than can be read.
    """
    pack, table = output / layout.PACK, output / layout.PACKED_PREDICTIONS
    if table.exists() and not predictions:
        raise InputError(f"{table} is there and names images: remove it, choose another --output or --predictions")
    names = [_name(run, root) for run in runs]
    if (name := repeated(names)) is not None:
        both = " and ".join(str(run.folder) for run, one in zip(runs, names, strict=True) if one == name)
        raise InputError(f"two runs would be called '{name}' in a pack: {both}; move one out of {root}")
    kept = (*SHARED, *((*NAMING, *BESIDE) if predictions else ()))
    entries = [{RUN: name, **_contents(run, kept)} for name, run in zip(names, runs, strict=True)]
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
    files = {pack: compressed(pack, [f'{{"{RUNS}":[\n{lines}\n]}}\n'])}
    if predictions:
        rows = chain([",".join((*KEY, *COLUMNS))], _interleaved(names, runs))
        files[table] = compressed(table, (f"{row}\n" for row in rows), LARGEST_TABLE)
    output.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        write_bytes(path, content)
    return list(files)


def _name(run: Run, root: Path) -> str:
    """`ft/seed0`."""
    folder = run.folder.unpacked if isinstance(run.folder, Packed) else run.folder
    name = folder.relative_to(root).as_posix() if folder != root else folder.resolve().name
    if any(mark in name for mark in ',"\r\n'):
        raise InputError(f"{run.folder}: a name with a comma, a quote or a line break cannot be packed; rename it")
    return name


def _contents(run: Run, names: Sequence[str]) -> dict[str, object]:
    """Name -> content of those of the files that the run has."""
    present = [name for name in names if (run.folder / name).is_file()]
    return {name: _content(run, name) for name in present}


def _content(run: Run, name: str) -> object:
    path = run.folder / name
    if name == layout.HISTORY:
        return {column: [row[column] for row in run.history] for column in run.history[0]}
    if name.endswith(".csv"):
        rows = read_own_rows(path)
        return {column: [row.cells[column] for row in rows] for column in (rows[0].cells if rows else ())}
    if name == layout.CONFIG:
        return _as_typed(read_json(path).value)
    return read_json(path).value if name.endswith(".json") else read_text(path)


def _as_typed(config: dict) -> dict:
    """Settings with the data as it was typed: a run keeps where it lies, which may tell of more than the data."""
    typed = config["asked"].get("data")
    return config | {"resolved": config["resolved"] | ({"data": typed} if typed else {})}


def _interleaved(names: Sequence[str], runs: Sequence[Run]) -> Iterator[str]:
    """Lines of all predictions. All runs' answers for an image and landmark follow each other: the truth, which they
    share, takes no room then."""
    alike: dict[tuple, dict[str, Predictions]] = defaultdict(dict)  # what was predicted -> run -> its predictions
    for name, run in zip(names, runs, strict=True):
        for file, part in PREDICTED.items():
            if (run.folder / file).is_file():
                predictions = read_predictions(run.folder / file) if part == FOLDS else run.predictions_of(part)
                alike[part, predictions.images, predictions.subjects, predictions.landmarks][name] = predictions
    for (part, *_), of_run in alike.items():
        for lines in zip(*map(_lines, of_run.values()), strict=True):
            for name, line in zip(of_run, lines, strict=True):
                yield f"{name},{part},{line}"


def _lines(predictions: Predictions) -> list[str]:
    """A line of CSV for each image and landmark."""
    lines = [as_line(cells).removesuffix("\r\n") for cells in prediction_rows(predictions)]
    if any("\n" in line for line in lines):
        raise InputError("an image, a person or a landmark has a line break in its name, which cannot be packed")
    return lines
