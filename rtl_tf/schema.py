"""Landmark schemas: which points a face has, in which order, and which of them swap when the image is mirrored."""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from pathlib import Path

import numpy as np

from rtl_tf.exceptions import InputError


@dataclass(frozen=True)
class Landmark:
    """One point: `name` as in column headers, `label` as in figures (L1 ...), `anatomy` in a line."""

    name: str
    label: str
    anatomy: str


@dataclass(frozen=True)
class Measurement:
    """The distance between two landmarks, given by name."""

    name: str
    between: tuple[str, str]
    meaning: str


@dataclass(frozen=True)
class Schema:
    """An ordered set of K landmarks. The order is that of every (K, 2) array of the package."""

    name: str
    source: str
    landmarks: tuple[Landmark, ...]
    mirrored_pairs: tuple[tuple[str, str], ...]
    measurements: tuple[Measurement, ...] = ()

    def __len__(self) -> int:
        return len(self.landmarks)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(landmark.name for landmark in self.landmarks)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        return tuple(landmark.label for landmark in self.landmarks)

    def index(self, name: str) -> int:
        """Position of a landmark; raises InputError for a name that the schema lacks."""
        if name not in self.names:
            raise InputError(f"unknown landmark '{name}': schema {self.name} has {', '.join(self.names)}")
        return self.names.index(name)

    @cached_property
    def mirror_permutation(self) -> np.ndarray:
        """int (K,): `points[..., mirror_permutation, :]` gives every point its name in the mirrored image."""
        permutation = np.arange(len(self))
        for first, second in self.mirrored_pairs:
            a, b = self.index(first), self.index(second)
            permutation[a], permutation[b] = b, a
        return permutation

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of what training sees: the landmarks' names in order and the mirrored pairs."""
        pairs = sorted(sorted(pair) for pair in self.mirrored_pairs)
        return hashlib.sha256(json.dumps([self.names, pairs]).encode()).hexdigest()

    @property
    def identity(self) -> str:
        """What all schemas of this fingerprint are called: as the package's, or by its first digits."""
        return known_schemas().get(self.fingerprint, self.fingerprint[:12])


@cache
def known_schemas() -> dict[str, str]:
    """Fingerprints of the schemas that come with the package, with their names."""
    return {load_schema(name).fingerprint: name for name in available_schemas()}


def available_schemas() -> list[str]:
    """Names of the schemas that come with the package."""
    folder = resources.files("rtl_tf") / "schemas"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_schema(name_or_path: str | Path) -> Schema:
    """A schema by its name (`fas14`, `fas12`, `ibug68`) or from a TOML file of one's own."""
    return parse_schema(schema_text(name_or_path), str(name_or_path))


def schema_text(name_or_path: str | Path) -> str:
    """The TOML of a schema: a run keeps a copy, so that its detector outlives the user's file."""
    path = Path(name_or_path)
    if path.suffix == ".toml":
        if not path.is_file():
            raise InputError(f"no schema file {path}")
        return path.read_text(encoding="utf-8")
    if str(name_or_path) not in available_schemas():
        raise InputError(f"unknown schema '{name_or_path}': use {', '.join(available_schemas())} or a .toml file")
    return (resources.files("rtl_tf") / "schemas" / f"{name_or_path}.toml").read_text(encoding="utf-8")


def parse_schema(text: str, origin: str) -> Schema:
    """A schema from the text of its TOML file; `origin` names it in messages."""
    try:
        table = tomllib.loads(text)
        schema = Schema(
            name=table["name"],
            source=table["source"],
            landmarks=tuple(Landmark(**entry) for entry in table["landmarks"]),
            mirrored_pairs=tuple((a, b) for a, b in table.get("mirrored_pairs", [])),
            measurements=tuple(
                Measurement(entry["name"], tuple(entry["between"]), entry["meaning"])
                for entry in table.get("measurements", [])
            ),
        )
    except KeyError as problem:
        raise InputError(f"schema {origin}: {problem} is missing") from problem
    except (tomllib.TOMLDecodeError, TypeError, ValueError) as problem:
        raise InputError(f"schema {origin}: {problem}") from problem
    if len(set(schema.names)) != len(schema):
        raise InputError(f"schema {origin}: a landmark name appears twice")
    for name in (*sum(schema.mirrored_pairs, ()), *sum((m.between for m in schema.measurements), ())):
        schema.index(name)
    return schema
