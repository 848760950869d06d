"""Landmark schemas: which points a face has, in which order, and which of them swap when the image is mirrored."""

import hashlib
import json
import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import resources
from pathlib import Path

import numpy as np

from rtl_tf.documents import Node, parse_toml, read_text, repeated
from rtl_tf.exceptions import InputError
from rtl_tf.measurement import KEYS as MEASUREMENT_KEYS
from rtl_tf.measurement import Measurement, parse_measurement

KEYS = {"name", "source", "mirrored_pairs", "landmarks", "measurements", "parts"}
LANDMARK_KEYS = ("name", "label", "anatomy")
# In a run's config.json and in exported files: names of landmarks that no training image had.
UNLABELLED = "unlabelled_landmarks"
ONE_SIDED = 0.5  # share of landmarks in mirrored pairs, below which a schema marks one half of the face
ADVICE = "below [[landmarks]] it belongs to the last landmark: write it above the first one"


@dataclass(frozen=True)
class Landmark:
    """One point: `name` as in column headers, `label` as in figures (L1 ...), `anatomy` in a line."""

    name: str
    label: str
    anatomy: str


@dataclass(frozen=True)
class Part:
    """Landmarks, given by name, that lie near each other and are looked at together in a crop of their own."""

    name: str
    landmarks: tuple[str, ...]


@dataclass(frozen=True)
class Schema:
    """An ordered set of K landmarks. The order is that of every (K, 2) array of the package."""

    name: str
    source: str
    landmarks: tuple[Landmark, ...]
    mirrored_pairs: tuple[tuple[str, str], ...]
    measurements: tuple[Measurement, ...] = ()
    parts: tuple[Part, ...] = ()

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

    @property
    def is_one_sided(self) -> bool:
        """Whether it marks one half of the face: most of its landmarks have no counterpart in the other."""
        return 2 * len(self.mirrored_pairs) < ONE_SIDED * len(self)

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
    if path.suffix.lower() == ".toml":
        if not path.is_file():
            raise InputError(f"no schema file {path}")
        return read_text(path)
    if str(name_or_path) not in available_schemas():
        raise InputError(f"unknown schema '{name_or_path}': use {', '.join(available_schemas())} or a .toml file")
    return (resources.files("rtl_tf") / "schemas" / f"{name_or_path}.toml").read_text(encoding="utf-8")


@lru_cache(maxsize=32)  # an immutable answer, asked for at every turn
def parse_schema(text: str, origin: str) -> Schema:
    """A schema from the text of its TOML file; `origin` names it in messages.

    Raises:
        InputError: the text is no TOML, has keys that mean nothing, two landmarks of one name, or mirrored pairs that
            do not say for each landmark where it lies in a mirrored image, a measurement that there is not, or a
            landmark in two parts.
    """
    document = _toml(text, f"schema {origin}")
    _require_keys(document, KEYS)
    document.require(("name", "source", "landmarks"))
    landmarks = tuple(_landmark(entry) for entry in document["landmarks"].elements())
    if not landmarks:
        raise document["landmarks"].error("a schema needs one landmark at least")
    names = [landmark.name for landmark in landmarks]
    if (name := repeated(names)) is not None:
        raise document["landmarks"].error(f"the name '{name}' appears twice")
    pairs, measurements, parts = (document.get(key) for key in ("mirrored_pairs", "measurements", "parts"))
    return Schema(
        name=document["name"].text(),
        source=document["source"].text(),
        landmarks=landmarks,
        mirrored_pairs=_mirrored_pairs(pairs, names) if pairs else (),
        measurements=_measurements(measurements, names) if measurements else (),
        parts=_parts(parts, names) if parts else (),
    )


def undeclared_sides(schema: Schema) -> list[tuple[str, str]]:
    """Pairs of landmarks whose names differ in left and right alone, and that are in no mirrored pair.

    A flipped image teaches such a landmark the place of its counterpart.
    """
    declared = {name for pair in schema.mirrored_pairs for name in pair}
    pairs = []
    for name in schema.names:
        other = name.replace("left", "right").replace("Left", "Right").replace("LEFT", "RIGHT")
        if other != name and other in schema.names and not {name, other} & declared:
            pairs.append((name, other))
    return pairs


def _toml(text: str, origin: str) -> Node:
    try:
        return parse_toml(text, origin)
    except InputError as problem:
        if "overwrite" in str(problem):  # what the parser says of a second `name` below [[landmarks]]
            raise InputError(f"{problem}; {ADVICE}") from problem
        raise


def _require_keys(node: Node, known: set[str]) -> None:
    for key in node.object():
        if key not in known:
            advice = ADVICE if key in KEYS else f"known are {', '.join(sorted(known))}"
            raise node.error(f"unknown key '{key}': {advice}")


def _landmark(entry: Node) -> Landmark:
    _require_keys(entry, set(LANDMARK_KEYS))
    entry.require(LANDMARK_KEYS)
    name = entry["name"]
    text = name.text()
    if not text or text != text.strip() or not text.isprintable():
        raise name.error(f"the name {text!r} is empty, or has blanks around it or characters that nobody sees")
    label, anatomy = entry["label"].text(), entry["anatomy"].text()
    return Landmark(unicodedata.normalize("NFC", text), label, anatomy)


def _mirrored_pairs(node: Node, names: list[str]) -> tuple[tuple[str, str], ...]:
    """Pairs of different landmarks, none of them in two: else two names are taught one place."""
    pairs: list[tuple[str, str]] = []
    pair_of: dict[str, str] = {}
    for entry in node.elements():
        pair = _two_landmarks(entry, names)
        for name in pair:
            if name in pair_of:
                raise entry.error(f"'{name}' is in a pair with '{pair_of[name]}' already; it can be in one alone")
        pair_of |= {pair[0]: pair[1], pair[1]: pair[0]}
        pairs.append(pair)
    return tuple(pairs)


def _measurements(node: Node, names: list[str]) -> tuple[Measurement, ...]:
    """Measurements of different names."""
    found = []
    for entry in node.elements():
        _require_keys(entry, MEASUREMENT_KEYS)
        found.append(parse_measurement(entry, lambda points: _known(points, names)))
    if (name := repeated(measurement.name for measurement in found)) is not None:
        raise node.error(f"the name '{name}' appears twice")
    return tuple(found)


def _parts(node: Node, names: list[str]) -> tuple[Part, ...]:
    """Parts of one landmark at least, none of them in two: else nobody knows which part's answer counts."""
    parts: list[Part] = []
    for entry in node.elements():
        _require_keys(entry, {"name", "landmarks"})
        entry.require(("name", "landmarks"))
        part = Part(entry["name"].text(), _known(entry["landmarks"], names))
        if not part.landmarks:
            raise entry["landmarks"].error("a part needs one landmark at least")
        parts.append(part)
        if (name := repeated([name for part in parts for name in part.landmarks])) is not None:
            raise entry["landmarks"].error(f"'{name}' is in a part already; it can be in one alone, and there once")
    return tuple(parts)


def _known(node: Node, names: list[str]) -> tuple[str, ...]:
    found = tuple(unicodedata.normalize("NFC", element.text()) for element in node.elements())
    for name in found:
        if name not in names:
            raise node.error(f"unknown landmark '{name}': the schema has {', '.join(names)}")
    return found


def _two_landmarks(node: Node, names: list[str]) -> tuple[str, str]:
    found = _known(node, names)
    if len(set(found)) != 2 or len(found) != 2:
        raise node.error(f"expected two different landmarks, there is {', '.join(found) or 'none'}")
    return found
