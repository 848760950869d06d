"""From a reader's valid input to a damaged one: which file, which kind of damage."""

import csv
import zlib
from functools import partial
from pathlib import PurePosixPath

import numpy as np

from .containers import repack, unpack
from .mutation import BINARY, TEXT, Mutation, Rng, pick
from .structured import mutate_csv, mutate_json, mutate_toml
from .trees import Odd, Tree, damageable, random_odd

STRUCTURED = {
    ".json": mutate_json,
    ".jsonl": mutate_json,
    ".toml": mutate_toml,
    ".csv": mutate_csv,
}
TEXTUAL = (*STRUCTURED, ".pts", ".xml", ".md")


def case_rng(target: str, seed: int, index: int) -> Rng:
    """The random numbers of one case, the same on every machine."""
    return np.random.default_rng([zlib.crc32(target.encode()), seed, index])


def damaged(rng: Rng, tree: Tree, patterns: tuple[str, ...]) -> Tree:
    """The tree with one file damaged, seldom two, or with something odd in its place."""
    tree = dict(tree)
    for _ in range(1 if rng.random() < 0.85 else 2):
        name = pick(rng, damageable(tree, patterns))
        if isinstance(tree[name], Odd) or rng.random() < 0.02:
            tree[name] = random_odd(rng)
        else:
            tree[name] = damaged_file(rng, name, tree[name])
    return tree


def damaged_file(rng: Rng, name: str, data: bytes) -> bytes:
    """The content of a file with damage of a kind that suits its name, now and then with several."""
    for _ in range(1 if rng.random() < 0.75 else int(rng.integers(2, 5))):
        data = _chosen(rng, name)(rng, data)
    return data


def _chosen(rng: Rng, name: str) -> Mutation:
    suffix = PurePosixPath(name).suffix
    kind = rng.random()
    if suffix in STRUCTURED and kind < 0.6:
        return _or_text(STRUCTURED[suffix])
    if suffix in (".keras", ".npz", ".onnx", ".tflite", ".xml", ".png") and kind < 0.6:
        return partial(_inside, name)
    return pick(rng, TEXT if suffix in TEXTUAL else BINARY)


def _or_text(structured: Mutation) -> Mutation:
    """Where earlier damage has broken the format, damage to the text."""

    def mutate(rng: Rng, data: bytes) -> bytes:
        try:
            return structured(rng, data)
        except (ValueError, RecursionError, OverflowError, csv.Error):
            return pick(rng, TEXT)(rng, data)

    return mutate


def _inside(container: str, rng: Rng, data: bytes) -> bytes:
    """Damage to a member of an archive."""
    try:
        members = unpack(container, data)
        name = pick(rng, list(members))
        return repack(container, data, {**members, name: damaged_file(rng, name, members[name])})
    except Exception:  # what is damaged already raises almost anything
        return pick(rng, BINARY)(rng, data)
