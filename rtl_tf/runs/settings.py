"""The settings by which runs are told apart, whatever version wrote them and wherever they lie."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from rtl_tf.config import KINDS, PRESETS, Asked
from rtl_tf.exceptions import InputError
from rtl_tf.methods import METHODS
from rtl_tf.runs.config_file import FIELDS, to_json
from rtl_tf.runs.run import Run
from rtl_tf.schema import load_schema

NAMES = tuple(FIELDS)
# Settings of one run, of its computer, or told by others: equal results may differ in them.
IMMATERIAL = {
    *("method", "preset", "data", "seed", "output", "subjects_as_written"),
    *("include_faces", "memory_gb", "cache_gb", "jit_compile", "steps_per_execution"),
}
# Settings whose default depends on the method: runs of different methods need not agree in them.
BY_METHOD = {"width"}
ALIGNED = "youtube_faces"  # the source of the paper's Table III that has to be trained first
ALIGNMENT_SOURCE = r"youtube_faces.*-alignment-"  # how `rtl_tf.cli.pretrain` names its folder

PYTHONS_WORDS = {"True": "true", "False": "false", "None": "null"}
# Of the weights of a source of one's own, of which many may lie in folders of one name, or of --source-weights.
SOURCE_HASH = "source_hash"
PUBLISHED = "published"  # its value where the file of --source-weights is the published one
OWN = "own"  # what a --source-weights file is called whose SOURCE_HASH is known

# What runs did that are older than a setting, where the setting's default may become another one.
BEFORE = {
    **{"decoder": "deconvolution", "augment": "paper", "aligned": False, "label_shift": False},
    **{"views": 1, "calibrated": False, "mesh_share": "auto", "parts": False, "source_frame": "zeros", "flips": True},
    **{"source_decoder": False, "face_boxes": "given", "folds": 0, "fold": 0, "test_part": True},
}

# Where these differ, errors are of other images or mean something else, and no table may hold both. What an older run
# does not tell (images_hash) cannot differ.
COMPARED = ("dataset_hash", "images_hash", "schema", "image_size", "crop_margin", "split_by", "split_seed", "test_part")

Condition = frozenset[tuple[str, object]]


def applies(name: str, method: str) -> bool:
    """Whether a setting has any effect on a method: FT has no lambda, a U-Net from random weights no source."""
    if method not in METHODS:
        return name != "lambda"
    if name == "lambda":
        return bool(METHODS[method].regularizers)
    return ("source" if name == SOURCE_HASH else name) not in METHODS[method].foreign


@cache
def defaults(preset: str, method: str) -> dict[str, object]:
    """A preset's settings for a method under their JSON names."""
    known = {"preset": preset if preset in PRESETS else None, "method": method if method in METHODS else None}
    return to_json(Asked(**known).resolved())


def setting(run: Run, name: str) -> object:
    """A run's setting; where the run is older than the setting, what runs did then, or today's default.

    A schema is called by its content, see `Run.schema`. A source of one's own is called by its folder's name, the
    paper's alignment network `youtube_faces`, and told from others of that name by SOURCE_HASH, as is a weights file;
    a lambda that the run chose by itself is `auto`.
    """
    if name == "schema":
        return run.schema
    value = run.resolved.get(name, _usual(run, name))
    if name == "lambda" and run.asked.get(name) == "auto":
        return "auto"
    if name == "source" and isinstance(value, str):
        path = Path(value)
        value = path.parent.name if path.suffix == ".keras" else path.name
        return ALIGNED if re.match(ALIGNMENT_SOURCE, value) else value
    if name == "source_weights" and value is not None and SOURCE_HASH in run.resolved:
        return None if run.resolved[SOURCE_HASH] == PUBLISHED else OWN
    return _hashable(value)


def _hashable(value: object) -> object:
    """A setting's value as JSON gives it, lists and objects as their text."""
    return json.dumps(value) if isinstance(value, list | dict) else value


def _usual(run: Run, name: str) -> object:
    return BEFORE.get(name, defaults(run.resolved.get("preset", "quick"), run.method).get(name))


def condition_of(run: Run, varied: Iterable[str] = ()) -> Condition:
    """All settings that matter for the run's result, except the `varied` ones and those that no table ever mixes."""
    left_out = {*IMMATERIAL, *COMPARED, *varied}
    names = [name for name in NAMES if name not in left_out and applies(name, run.method)]
    if run.resolved.get(SOURCE_HASH, PUBLISHED) != PUBLISHED and not {"source", SOURCE_HASH} & left_out:
        names.append(SOURCE_HASH)
    return frozenset((name, setting(run, name)) for name in names)


def unusual(condition: Condition, preset: str, methods: Iterable[str] | None = None) -> dict[str, object]:
    """What of a condition is not the preset's default for the methods. What comes with the source has none."""
    usual: dict[str, object] = {}
    for method in methods or METHODS:
        usual |= {name: value for name, value in defaults(preset, method).items() if applies(name, method)}
    of_source = {"encoder_stride", SOURCE_HASH}
    return {name: value for name, value in sorted(condition) if name not in of_source and value != usual.get(name)}


def matches(run: Run, wanted: dict[str, object]) -> bool:
    """Whether the run has these settings, `method` among them perhaps."""
    return all(setting(run, name) == value for name, value in wanted.items())


def agree(run: Run, other: Run, name: str) -> bool:
    """Whether two runs have one value of a setting of COMPARED, as far as both tell it."""
    values = {setting(run, name), setting(other, name)} - {None}
    return len(values) < 2


def require_comparable(runs: list[Run]) -> None:
    """Raise InputError, naming two runs, unless the settings of all say that they were tested on the same images."""
    for key in COMPARED:
        values = Counter(value for run in runs if (value := setting(run, key)) is not None)
        if len(values) > 1:
            usual = values.most_common(1)[0][0]
            first = next(run for run in runs if setting(run, key) == usual)
            other = next(run for run in runs if setting(run, key) not in (None, usual))
            pair = " and ".join(f"{run.folder} ({str(setting(run, key))[:12]})" for run in (first, other))
            choice = f"choose with --where {key}={in_order([usual])[0]}"
            raise InputError(f"runs with different {key} cannot share a table: {pair}; {choice}")


def parse_where(texts: Iterable[str]) -> dict[str, object]:
    """`["lambda=0.02", "skip-connections=true"]` -> settings and values; InputError for an unknown setting."""
    wanted: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip().lstrip("-").replace("-", "_")
        if not equals or name not in (*NAMES, *COMPARED, SOURCE_HASH):
            raise InputError(f"--where {text}: write SETTING=VALUE with one of {', '.join(sorted(NAMES))}")
        wanted[name] = _typed(name, value.strip())
        if name == "schema" and (file := str(wanted[name])).endswith(".toml"):
            wanted[name] = load_schema(file).identity
    return wanted


def _typed(name: str, text: str) -> object:
    """A setting's value; that of a setting which is text stays text, such as the folder `2024` of a source."""
    try:
        value = json.loads(PYTHONS_WORDS.get(text, text))
    except ValueError:
        return text
    is_text = name not in FIELDS or KINDS[FIELDS[name]] is str  # hashes are no fields
    return text if is_text and not isinstance(value, str | None) else _hashable(value)


def where(runs: list[Run], wanted: dict[str, object]) -> list[Run]:
    """The runs that have these settings, as far as they apply to their methods.

    Raises:
        InputError: there is no run of a value, or none of all together.
    """
    found = [
        run
        for run in runs
        if all(setting(run, name) == value for name, value in wanted.items() if applies(name, run.method))
    ]
    for name, value in wanted.items():
        there = {setting(run, name) for run in runs if applies(name, run.method)}
        if runs and value not in there:
            others = f"there are runs with {name} {', '.join(in_order(there))}" if there else "none here has it"
            raise InputError(f"--where {name}: no such runs, {others}")
    if runs and not found:
        raise InputError(f"--where: no runs with all of {', '.join(wanted)} so")
    return found


def in_order(values: Iterable[object]) -> list[str]:
    """Values as `--where` takes them: numbers by size, then words."""

    def key(value: object):
        is_number = isinstance(value, int | float)
        return not is_number, value if is_number else 0, str(value)

    return [value if isinstance(value, str) else json.dumps(value) for value in sorted(values, key=key)]
