"""Names of run folders: <runs>/<data>/<configuration>/seed<seed>. Names only: a run is what its config.json says."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rtl_tf.runs.finding import holds_run
from rtl_tf.runs.settings import defaults


def unlike_preset(settings: dict[str, Any], preset: str) -> dict[str, Any]:
    """Those of a configuration's settings, under their JSON names, that are not the preset's, and not its method."""
    usual = defaults(preset, settings["method"])
    return {name: value for name, value in settings.items() if name != "method" and value != usual.get(name)}


def configuration_name(settings: dict[str, Any], preset: str, title: str = "") -> str:
    """`rtl-sam`, `rtl-sam-imagenet`, `ft-skip_connections`, `rtl-eo-lambda-0.02`: the method and what is unusual.

    `ft-six-views`: the method and the words of the title, where a study gives one.
    """
    if title:
        return "-".join([str(settings["method"]), *re.findall(r"\w+", title.lower())])
    unusual = unlike_preset(settings, preset).items()
    return "-".join([str(settings["method"]), *(_in_a_name(name, value) for name, value in unusual)])


def free_folder(folder: Path, name: str, seeds: Iterable[int]) -> Path:
    """`folder`/`name`, or with a number behind it, so that none of the seeds' folders in it holds a run."""
    number, free = 1, folder / name
    while any(holds_run(free / f"seed{seed}") for seed in seeds):
        number += 1
        free = folder / f"{name}-{number}"
    return free


def _in_a_name(name: str, value: object) -> str:
    """The value if it is a word, else with its setting."""
    return Path(value).name if isinstance(value, str) else name if value is True else f"{name}-{value}"
