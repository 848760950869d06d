"""environment.json: versions and hardware, and under "continued" those with which a run went on."""

from pathlib import Path
from typing import Any

from rtl_tf.documents import read_json, write_json

Environment = dict[str, Any]


def write_environment(path: Path, environment: Environment) -> None:
    write_json(path, environment)


def continue_environment(path: Path, environment: Environment) -> None:
    """Add what a run goes on with."""
    record, continued = _read(path)
    write_json(path, record | {"continued": [*continued, environment]})


def last_environment(path: Path) -> Environment:
    """What a run had last; empty where the file is missing or damaged: no result depends on it."""
    record, continued = _read(path)
    return continued[-1] if continued else record


def versions_of(environment: Environment) -> dict[str, str | None]:
    """Of rtl_tf, Python and the packages."""
    return {name: environment.get(name) for name in ("rtl_tf", "python")} | dict(environment.get("packages", {}))


def _read(path: Path) -> tuple[Environment, list[Environment]]:
    """The record, and the list of what the run went on with."""
    try:
        document = read_json(path)
        record, kept = document.object(), document.get("continued")
        continued = kept.list() if kept else []
        versions_of((continued or [record])[-1])
    except (AttributeError, TypeError, ValueError):
        return {}, []
    return record, continued
