"""The settings by which runs are told apart, whatever version wrote them and wherever they lie."""

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from rtl_tf.config import PRESETS, Settings, to_json
from rtl_tf.exceptions import InputError
from rtl_tf.method_settings import METHOD_NAMES, foreign_settings
from rtl_tf.reports.runs import COMPARED, Run

NAMES = tuple(to_json(Settings()))
# Settings of one run, of its computer, or told by others: equal results may differ in them.
IMMATERIAL = {
    *("method", "preset", "data", "seed", "output"),
    *("memory_gb", "cache_gb", "jit_compile", "steps_per_execution"),
}
REGULARIZERS_ONLY = {"lambda", "temperature"}
# Settings whose default depends on the method: methods agree in them where each has its own.
BY_METHOD = {"width"}
ALIGNMENT_SOURCE = r"youtube_faces.*-alignment-"  # how `rtl_tf.cli.pretrain` names the source of the paper's Table III

Condition = frozenset[tuple[str, object]]


def applies(name: str, method: str) -> bool:
    """Whether a setting has any effect on a method: FT has no lambda, a U-Net from random weights no source."""
    if name in REGULARIZERS_ONLY and not method.startswith("rtl-"):
        return False
    return name not in foreign_settings(method)


@cache
def defaults(preset: str, method: str) -> dict[str, object]:
    """A preset's settings for a method under their JSON names."""
    known = {"preset": preset} if preset in PRESETS else {}
    return to_json(Settings(**known, **({"method": method} if method in METHOD_NAMES else {})).resolved())


def setting(run: Run, name: str) -> object:
    """A run's setting; today's default where the run is older than the setting.

    A source of one's own is called by its folder's name, the paper's alignment network `youtube_faces`; a lambda that
    the run chose by itself is `auto`.
    """
    value = run.resolved.get(name, _usual(run, name))
    if name == "lambda" and run.asked.get(name) == "auto":
        return "auto"
    if name == "source" and isinstance(value, str):
        path = Path(value)
        value = path.parent.name if path.suffix == ".keras" else path.name
        return "youtube_faces" if re.match(ALIGNMENT_SOURCE, value) else value
    return json.dumps(value) if isinstance(value, list | dict) else value


def _usual(run: Run, name: str) -> object:
    return defaults(run.resolved.get("preset", "quick"), run.method).get(name)


def condition_of(run: Run, varied: Iterable[str] = ()) -> Condition:
    """All settings that matter for the run's result, except the `varied` ones and those that no table ever mixes."""
    left_out = {*IMMATERIAL, *COMPARED, *varied}
    names = [name for name in NAMES if name not in left_out and applies(name, run.method)]
    settings = ((name, setting(run, name)) for name in names)
    return frozenset((name, value) for name, value in settings if name not in BY_METHOD or value != _usual(run, name))


def unusual(condition: Condition, preset: str) -> dict[str, object]:
    """What of a condition is not the preset's default. An encoder's stride has none: it comes with the source."""
    usual = defaults(preset, Settings().method)
    return {name: value for name, value in sorted(condition) if name != "encoder_stride" and value != usual[name]}


def matches(run: Run, wanted: dict[str, object]) -> bool:
    """Whether the run has these settings, `method` among them perhaps."""
    return all(setting(run, name) == value for name, value in wanted.items())


def parse_where(texts: Iterable[str]) -> dict[str, object]:
    """`["lambda=0.02", "skip-connections=true"]` -> settings and values; InputError for an unknown setting."""
    wanted = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip().lstrip("-").replace("-", "_")
        if not equals or name not in NAMES + COMPARED:
            raise InputError(f"--where {text}: write SETTING=VALUE with one of {', '.join(sorted(NAMES))}")
        try:
            wanted[name] = json.loads(value)
        except ValueError:
            wanted[name] = value.strip()
    return wanted


def where(runs: list[Run], wanted: dict[str, object]) -> list[Run]:
    """The runs that have these settings, as far as they apply to their methods; InputError where none has."""
    found = [
        run
        for run in runs
        if all(setting(run, name) == value for name, value in wanted.items() if applies(name, run.method))
    ]
    if runs and not found:
        there = "; ".join(f"{name} {', '.join(in_order({setting(run, name) for run in runs}))}" for name in wanted)
        raise InputError(f"--where: no such runs, there are runs with {there}")
    return found


def in_order(values: Iterable[object]) -> list[str]:
    """Values as text: numbers by size, then words."""

    def key(value: object):
        is_number = isinstance(value, int | float)
        return not is_number, value if is_number else 0, str(value)

    return [f"{value:g}" if isinstance(value, float) else str(value) for value in sorted(values, key=key)]
