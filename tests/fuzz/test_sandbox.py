"""The fuzzer itself: every kind of fault is found and told apart, and a case can be repeated."""

import numpy as np
import pytest

from . import misbehaving
from .campaign import Tally, judge_cases, shares
from .child import CONNECTION, CRASH, HANG, MEMORY, MESSAGE, READ, REFUSED, TRACEBACK, WRITE
from .damage import case_rng, damaged
from .sandbox import Sandbox
from .targets import TARGETS, Target
from .trees import Odd, read_tree, write_tree

TREE = {"a.txt": b"a"}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(limit=2.0) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("reader", "kind", "said"),
    [
        (misbehaving.well, READ, ""),
        (misbehaving.refuses, REFUSED, "no reason"),
        (misbehaving.raises, TRACEBACK, "KeyError: 777"),
        (misbehaving.exits, TRACEBACK, "SystemExit: 0"),
        (misbehaving.prints_a_traceback, TRACEBACK, "and so on"),
        (misbehaving.sleeps, HANG, "more than 2 s"),
        (misbehaving.takes_memory, MEMORY, "MemoryError"),
        (misbehaving.hides_that_it_takes_memory, MEMORY, "too large"),
        (misbehaving.writes_beside, WRITE, "beside.txt"),
        (misbehaving.changes_its_input, WRITE, "a.txt"),
        (misbehaving.writes_home_past_python, WRITE, "left"),
        (misbehaving.hides_that_it_writes, WRITE, "os.mkdir"),
        (misbehaving.connects, CONNECTION, "socket"),
        (misbehaving.says_two_lines, MESSAGE, "7 characters"),
        (misbehaving.says_too_much, MESSAGE, "5000 characters"),
        (misbehaving.dies, CRASH, "SIGSEGV"),
        (misbehaving.well, READ, ""),  # after all of that
    ],
)
def test_every_fault_is_told_apart(sandbox, reader, kind, said):
    outcome = sandbox.judge(Target("bad", lambda folder: None, reader), TREE)
    assert outcome.kind == kind, outcome
    assert said in outcome.said


def test_an_input_may_be_changed_where_a_cache_is_mended(sandbox):
    target = Target("cache", lambda folder: None, misbehaving.changes_its_input, writes=True)
    assert sandbox.judge(target, TREE).kind == READ


def test_a_campaign_counts_faults_and_groups_them():
    targets = [Target(name, lambda folder: None, getattr(misbehaving, name)) for name in ("refuses", "raises")]
    tally = Tally()
    for case in judge_cases(shares(targets, 6), dict.fromkeys(("refuses", "raises"), TREE), seed=0):
        tally.add(case)
    assert tally.kinds == {"refuses": {REFUSED: 3}, "raises": {TRACEBACK: 3}}
    assert [[case.index for case in group] for group in tally.groups()] == [[0, 1, 2]]


def test_a_case_repeats_and_another_is_another():
    tree = {"a.json": b'{"a": [1, 2, {"b": "c"}]}', "b.csv": b"x,y\n1,2\n", "c.png": bytes(range(256))}
    cases = [damaged(case_rng("any", 0, index), tree, ("*",)) for index in range(300)]
    assert cases == [damaged(case_rng("any", 0, index), tree, ("*",)) for index in range(300)]
    assert len({tuple(case.items()) for case in cases}) > 200
    assert cases != [damaged(case_rng("any", 1, index), tree, ("*",)) for index in range(300)]
    assert any(case["a.json"] != tree["a.json"] for case in cases) and any(
        isinstance(case["c.png"], Odd) for case in cases
    )
    only = [damaged(case_rng("any", 0, index), tree, ("*.csv",)) for index in range(50)]
    assert all(case["a.json"] == tree["a.json"] for case in only)


def test_a_tree_is_written_as_it_is_read(tmp_path):
    write_tree({"x/a.txt": b"1", "b": b"", "pipe": Odd.FIFO, "gone": Odd.MISSING}, tmp_path / "tree")
    assert read_tree(tmp_path / "tree") == {"x/a.txt": b"1", "b": b""}
    assert (tmp_path / "tree/pipe").is_fifo()


def test_names_of_targets_are_unique_and_each_gets_a_case():
    assert len({target.name for target in TARGETS}) == len(TARGETS)
    assert min(shares(TARGETS, 1).values()) == 1
    assert sum(shares(TARGETS, 20_000).values()) == pytest.approx(20_000, rel=0.01)
    assert np.isclose(shares(TARGETS, 20_000)[TARGETS[0]] / TARGETS[0].share, shares(TARGETS, 20_000)[TARGETS[2]] / 2)
