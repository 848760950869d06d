"""Hostile files for every reader: each is read, or refused in one line. `python -m fuzz` reads thousands."""

import csv
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .campaign import case_tree, make_seeds, shares
from .child import FAULTS, READ, REFUSED
from .sandbox import Sandbox
from .strategies import changed_json, csv_texts, json_texts, toml_texts
from .targets import TARGETS
from .trees import damageable

CASES = 500
FEW = settings(derandomize=True, deadline=None, max_examples=20)
TARGET = {target.name: target for target in TARGETS}
NAMES = pytest.mark.parametrize("name", TARGET)
# Target -> pattern of the file that is made up.
JSON = {"coco": "*.json", "label studio": "*.json", "run config": "*config.json", "run metrics": "*metrics.json"}
TOML = {"schema": "own.toml", "study": "*.toml"}
CSV = {"table": "*.csv", "boxes": "*.csv", "run predictions": "*/predictions.csv", "run history": "*history.csv"}


@pytest.fixture(scope="module")
def sandboxes():
    """One process for what needs no TensorFlow, one for the rest."""
    with Sandbox() as plain, Sandbox() as with_tensorflow:
        yield plain, with_tensorflow


@pytest.fixture(scope="module")
def seeds(sandboxes):
    return make_seeds(TARGETS, *sandboxes)


@pytest.fixture(scope="module")
def judge(seeds, sandboxes):
    """(target, tree) -> outcome."""
    return lambda target, tree: sandboxes[target.tensorflow].judge(target, tree, seeds[target.name])


@NAMES
def test_a_valid_input_is_read(name, seeds, judge):
    """Or all that follows would show nothing."""
    outcome = judge(TARGET[name], seeds[name])
    assert outcome.kind == TARGET[name].valid, f"{outcome.said}\n{outcome.story}"


@NAMES
def test_damaged_inputs_are_read_or_refused_in_one_line(name, seeds, judge):
    target, faulty = TARGET[name], []
    for index in range(shares(TARGETS, CASES)[target]):
        outcome = judge(target, case_tree(target, seeds, 0, index))
        if outcome.kind in FAULTS:
            faulty.append(f"{name}:{index} {outcome.kind}, {outcome.where}: {outcome.said[:300]}")
    assert not faulty, "\n".join(faulty)


@pytest.mark.parametrize("name", JSON)
def test_any_json_is_read_or_refused(name, seeds, judge):
    file = damageable(seeds[name], (JSON[name],))[0]
    made_up(json_texts() | changed_json(json.loads(seeds[name][file])), judge, seeds, name, file)


@pytest.mark.parametrize("name", TOML)
def test_any_toml_is_read_or_refused(name, seeds, judge):
    made_up(toml_texts(), judge, seeds, name, damageable(seeds[name], (TOML[name],))[0])


@pytest.mark.parametrize("name", CSV)
def test_any_table_is_read_or_refused(name, seeds, judge):
    file = damageable(seeds[name], (CSV[name],))[0]
    header = next(csv.reader(seeds[name][file].decode().splitlines()))
    made_up(csv_texts(header), judge, seeds, name, file)


def made_up(contents: st.SearchStrategy[bytes], judge, seeds, name: str, file: str) -> None:
    """Judge what Hypothesis makes up for a file; a fault is shown with the smallest content that causes it."""

    @FEW
    @given(contents)
    def every(content):
        outcome = judge(TARGET[name], {**seeds[name], file: content})
        assert outcome.kind in (READ, REFUSED), f"{outcome.kind}: {outcome.said}\n{outcome.story}"

    every()
