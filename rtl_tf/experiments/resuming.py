"""A run that goes on: from the inputs it began with, and from files that are whole. Looked at before it trains."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rtl_tf.config import Settings
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.outputs import environment
from rtl_tf.inference.recipe import Recipe, read_recipe
from rtl_tf.networks.archive_check import require_safe
from rtl_tf.networks.families import find_source
from rtl_tf.records import Sample, Split
from rtl_tf.runs import layout
from rtl_tf.runs.config_file import read_config, to_json
from rtl_tf.runs.environment import continue_environment, last_environment, versions_of
from rtl_tf.runs.history import read_history
from rtl_tf.runs.parts import read_split
from rtl_tf.runs.run import Run, read_run
from rtl_tf.runs.settings import IMMATERIAL, PUBLISHED, SOURCE_HASH, setting
from rtl_tf.schema import Schema, load_schema
from rtl_tf.system.atomic import UNFINISHED
from rtl_tf.training.state import last_state, require_whole_state

# Between begin and end; data, landmarks and the weights of a source are known by their content.
MAY_CHANGE = IMMATERIAL - {"method", "seed"} | {"schema"}
COUNTS, ALL = ("train_images", "validation_images"), "all"  # what they are where no number is given
HASHES = {"dataset_hash": "data", "images_hash": "images", SOURCE_HASH: "weights of --source"}
# Files that a killed process of a run was writing.
OURS = re.compile(UNFINISHED + rf"\d+-({'|'.join(map(re.escape, layout.FILES))}|state-.+|.+\.(png|pdf))")


def check_folder(folder: Path, settings: Settings, resume: bool) -> None:
    """A new run wants a free folder; a resumed one the folder of an unfinished run with the same settings."""
    if layout.is_ended(folder):
        raise InputError(f"{folder} holds a finished run: give another --output or --seed, or remove the folder")
    if not layout.is_begun(folder):
        if resume:
            raise InputError(f"--resume: {folder} holds no run that could go on")
        folders = (layout.FIGURES, layout.FACE_PARTS, layout.FOLDS, layout.SEARCH_RUNS)
        require_nothing_of_others(folder, layout.INPUTS, (*layout.RESULTS, *folders))
        return
    if not resume:
        raise InputError(f"{folder} holds an unfinished run: go on with --resume, or give another --output")
    begun, now = read_run(folder), Run(folder, {}, to_json(settings))
    may_change = MAY_CHANGE
    if SOURCE_HASH in begun.resolved:
        may_change |= {"source_weights"} if find_source(settings.source) else {"source", "source_weights"}
    for name, value in now.resolved.items():
        decided = value is not None or name in COUNTS
        if name not in may_change and decided and (before := setting(begun, name)) != setting(now, name):
            shown = [ALL if name in COUNTS and one is None else one for one in (before, value)]
            raise InputError("--resume: the run in {} has {} = {}, now it is {}".format(folder, name, *shown))
    _require_same_schema(folder, begun, settings.schema)


def require_nothing_of_others(folder: Path, inputs: Sequence[str], results: Sequence[str]) -> None:
    """InputError where a new run would write over a file that is no run's.

    Args:
        inputs: what a run that is killed early leaves; the first of them always, so with it the others are a run's.
        results: what it leaves only where the folder is known for a run's by other signs.
    """
    inputs = [] if (folder / inputs[0]).exists() else inputs
    there = next((name for name in (*inputs, *results) if (folder / name).exists()), None)
    if there:
        raise InputError(f"--output {folder}: {there} is there already, and of no run; name another folder")


def _require_same_schema(folder: Path, begun: Run, name_or_path: str) -> None:
    copy = folder / layout.SCHEMA
    try:
        _require_there(copy)
        kept = load_schema(copy).fingerprint
    except InputError as problem:
        raise _lost(copy, str(problem)) from problem
    if begun.resolved.get("schema_hash", kept) != kept:
        raise _lost(copy, f"{copy}: changed since the run began")
    if load_schema(name_or_path).fingerprint != kept:
        raise InputError(
            f"--resume: {name_or_path} has other landmarks or mirrored pairs than the run in {folder} "
            f"began with: give --schema {copy}"
        )


def require_same_inputs(folder: Path, facts: Mapping[str, object]) -> None:
    """A run that goes on must go on with the data and the source network it began with.

    Args:
        facts: `resolving.found_out` of now, which says nothing of weights that were not given as a file: they are the
            published ones. What an older run does not tell is not compared.
    """
    before = read_config(folder / layout.CONFIG)["resolved"]
    for name, what in HASHES.items():
        now = facts.get(name, PUBLISHED if name == SOURCE_HASH else None)
        if before.get(name, now) != now:
            raise InputError(f"--resume: the {what} are not those that the run in {folder} began with; start it anew")


def require_whole(folder: Path, samples: list[Sample], split: Split, epochs: int) -> None:
    """Raise InputError unless everything is whole that training or what follows will need of the folder."""
    path = folder / layout.SPLIT
    try:
        _require_there(path)
        kept = read_split(path, samples)
    except InputError as problem:
        raise _lost(path, str(problem)) from problem
    if any(set(kept.parts[part]) != set(indices) for part, indices in split.parts.items()):
        raise _lost(path, f"{path}: not the parts that the run's settings give")
    for place in (folder, folder / layout.FACE_PARTS):
        _require_whole_training(place, epochs)


def _require_whole_training(folder: Path, epochs: int) -> None:
    try:
        rows = read_history(folder / layout.HISTORY)
        done, state = last_state(folder, len(rows))
        if len(rows) > epochs:
            raise InputError(f"{folder / layout.HISTORY}: {len(rows)} epochs, the run has {epochs}")
        if state is not None and len(rows) < epochs:
            require_whole_state(state)
        if done or len(rows) == epochs:
            require_safe(folder / layout.NETWORK)
    except InputError as problem:
        remedy = f"remove {layout.HISTORY} and {layout.STATES} from {folder}, and --resume trains from the first epoch"
        raise InputError(f"{problem}; the run cannot go on from there: {remedy}") from problem


def require_recipe(folder: Path, fitted: Recipe, schema: Schema) -> None:
    """Raise InputError unless the recipe that the run predicts by is there and whole.

    Args:
        fitted: of the training part, now: only a plain one has no file.
    """
    path = folder / layout.RECIPE
    try:
        if not fitted.plain:
            _require_there(path)
        if path.exists():
            read_recipe(path, len(schema))
    except InputError as problem:
        raise _lost(path, str(problem)) from problem


def _require_there(file: Path) -> None:
    if not file.is_file():
        raise InputError(f"{file}: missing")


def _lost(file: Path, problem: str) -> InputError:
    return InputError(
        f"{problem}; the run cannot go on: put {file.name} back, or remove {file.parent} and start it anew"
    )


def clear_leftovers(folder: Path) -> None:
    """Remove the files that a killed process was writing. Only for who holds the folder."""
    for place in (folder, folder / layout.FIGURES, folder / layout.FACE_PARTS):
        for file in place.glob(f"{UNFINISHED}*"):
            if OURS.fullmatch(file.name) and file.is_file():
                file.unlink()


def note_versions(folder: Path) -> None:
    """Say which versions are not those that the run has had so far, and keep them in environment.json, `continued`."""
    path, now = folder / layout.ENVIRONMENT, environment()
    before = last_environment(path)
    versions = versions_of(before)
    changed = [
        f"{name} {version} (before: {versions[name]})"
        for name, version in versions_of(now).items()
        if versions.get(name) not in (None, version)
    ]
    if changed:
        print(f"goes on with {', '.join(changed)}: the result may differ from an uninterrupted run's")
    if changed or not before:
        continue_environment(path, now)
