"""Mutants that no test can notice, since they do the same: equivalents.toml has each with its reason."""

import tomllib
from functools import cache
from pathlib import Path, PurePosixPath

from .mutants import Mutant

FILE = Path(__file__).with_name("equivalents.toml")


def reason(mutant: Mutant) -> str | None:
    """Why the mutant is no error; None if it is one. Modules are known by their file's name: folders change."""
    return entries().get((PurePosixPath(mutant.file).name, mutant.was, mutant.now))


@cache
def entries() -> dict[tuple[str, str, str], str]:
    """(file, was, now) -> reason."""
    listed = tomllib.loads(FILE.read_text("utf-8")).get("equivalent", [])
    return {(entry["file"], entry["was"], entry["now"]): entry["why"] for entry in listed}
