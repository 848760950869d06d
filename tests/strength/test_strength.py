"""The measure itself: which errors are put in, where, and that they are told from what is no error."""

import ast
import os
from collections import Counter

import pytest

from . import MODULES, PACKAGE, ROOT
from .equivalents import FILE, entries
from .judging import CAUGHT, SURVIVED, Verdict, chosen
from .mutants import Mutant, candidates, draw, modules, mutant, scope, shares
from .results import Results
from .server import Task, copies, run_all
from .survey import Test


def mutants(text):
    """All of a module's."""
    return [mutant("toy.py", text, *candidate) for candidate in candidates(ast.parse(text))]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = a < b", {"x = a <= b", "x = None"}),
        ("x = a == b != c", {"x = a != b != c", "x = a == b == c", "x = None"}),
        ("x = a - b * c", {"x = a + b * c", "x = a - b / c", "x = None"}),
        ("x = (a + b) * c", {"x = (a - b) * c", "x = (a + b) / c", "x = None"}),
        ("x = a**2", {"x = a * 2", "x = a**3", "x = None"}),
        ("x += y", {"x -= y", "pass"}),
        ("x[0] = True", {"x[1] = True", "x[0] = False", "x[0] = None"}),
        ("f(1.5, -1)", {"f(2.5, -1)", "f(1.5, 0)", "pass"}),
        ("f(1)", {"f(2)", "f(0)", "pass"}),
        ("x = a and not b", {"x = a or not b", "x = a and b", "x = None"}),
        ("x = -y if z else ~y", {"x = y if z else ~y", "x = -y if not z else ~y", "x = -y if z else y", "x = None"}),
        ("x = [y for y in z if not y]", {"x = [y for y in z if y]", "x = None"}),
        ("x = y[a:b]", {"x = y[:b]", "x = y[a:]", "x = None"}),
        ("x = min(y)", {"x = max(y)", "x = None"}),
        ("x = y.any(axis=z)", {"x = y.all(axis=z)", "x = y.any()", "x = None"}),
        ("raise Bad", {"pass"}),
        ("x = 'a' + b", {"x = None"}),  # no arithmetic
        ("x: int = 1", {"x: int = 2", "x: int = 0"}),
        ("x = zip(y, z, strict=True)", {"x = None"}),
        ("x = isinstance(y, int | str)", {"x = None"}),
        ("f(f'{x + 1}')", {"pass"}),
        ("__all__ = [1]", set()),
        ("import x", set()),
        ("'text'", set()),
        ("if TYPE_CHECKING: x = 1", set()),
    ],
)
def test_the_errors_of_a_line(line, expected):
    assert {one.now for one in mutants(line)} == expected
    assert all(one.was == line for one in mutants(line))


def test_the_errors_of_a_function():
    text = "@cache\ndef f(a=None, b='x', c=2):\n    '''Text.'''\n    return a\n"
    head = "def f(a={}, b='{}', c={}):"
    assert [one.now for one in mutants(text)] == [
        *(head.format(0, "x", 2), head.format(None, "xx", 2), head.format(None, "x", 3)),
        "return None",
    ]
    assert [one.text for one in mutants("def f():\n    return é + 1  # ü\n")][1] == "def f():\n    return é - 1  # ü\n"


def test_who_can_notice_an_error():
    text = "x = 1\ndef f(a=1):\n    if a:\n        return (\n            2\n        )\n@cache\ndef g():\n    return 3\n"
    found = {(place.node.lineno, scope(place)) for place, *_ in candidates(ast.parse(text))}
    assert found == {(1, None), (2, (3, 6)), (3, (3, 3)), (4, (4, 6)), (5, (4, 6)), (9, None)}


def test_a_sample_repeats_and_is_shared_out_by_size():
    assert shares({"a": 50, "b": 30, "c": 1}, 8) == {"a": 5, "b": 3, "c": 0}
    assert shares({"a": 2, "b": 1}, 100) == {"a": 2, "b": 1}
    files = modules(ROOT, PACKAGE, ["losses.py", "evaluation"])
    assert f"{PACKAGE}/losses.py" in files and f"{PACKAGE}/evaluation/metrics.py" in files
    first, again, other = (draw(ROOT, files, 30, seed) for seed in (0, 0, 1))
    assert first == again != other and len(set(first)) == 30
    assert {one.file for one in first} >= {f"{PACKAGE}/losses.py", f"{PACKAGE}/evaluation/statistics.py"}


def test_the_modules_are_there_and_one_that_is_not_is_named():
    assert modules(ROOT, PACKAGE, MODULES)
    with pytest.raises(FileNotFoundError, match="no module rtl_tf/gone.py: give --modules"):
        modules(ROOT, PACKAGE, ["gone.py"])


def test_what_counts_as_equivalent_is_in_the_code():
    """An entry that fits nothing any more has to go."""
    names = {name for name, *_ in entries()}
    files = [file for file in modules(ROOT, PACKAGE, MODULES) if file.rpartition("/")[2] in names]
    possible = set()
    for file in files:
        text = (ROOT / file).read_text("utf-8")
        for candidate in candidates(ast.parse(text)):
            one = mutant(file, text, *candidate)
            possible.add((file.rpartition("/")[2], one.was, one.now))
    assert entries().keys() <= possible, FILE
    assert all(entries().values())


def error(now, scope=(3, 3)):
    return Mutant(f"{PACKAGE}/losses.py", 3, scope, "constant", "", "x = 1", now)


def test_the_tests_of_a_mutant_are_those_that_run_its_lines_the_nearest_first():
    tests = [
        Test("tests/test_metrics.py::fast", 0.1, {f"{PACKAGE}/losses.py": {2, 3}}),
        Test("tests/test_losses.py::slow", 1.0, {f"{PACKAGE}/losses.py": {3}}),
        Test("tests/test_losses.py::elsewhere", 0.1, {f"{PACKAGE}/losses.py": {4}}),
        Test("tests/test_losses.py::endless", 99.0, {f"{PACKAGE}/losses.py": {3}}),
        Test("tests/test_losses.py::other", 0.1, {f"{PACKAGE}/config.py": {3}}),
    ]
    names = [
        [test.name.partition("::")[2] for test in chosen(one, tests, ROOT)] for one in (error(""), error("", None))
    ]
    assert names == [["slow", "fast"], ["slow", "elsewhere", "fast"]]


def test_results_are_kept_and_survivors_are_tried_again(tmp_path):
    first, second, third = error("x = 2"), error("x = 3"), error("x = 4")
    results = Results(tmp_path / "r.json", seed=0)
    for one, outcome in ((first, CAUGHT), (second, SURVIVED), (third, SURVIVED)):
        results.add(Verdict(one, outcome, "tests/a.py::b" if outcome == CAUGHT else "", 5, 0.1))
    assert results.share == pytest.approx(1 / 3) and results.witnesses == {"tests/a.py::b"}
    assert "losses.py:3 constant (5 tests ran it)\n- x = 1\n+ x = 3\n" in results.text()
    again = Results(tmp_path / "r.json", seed=0)
    assert again.survivors_among([first, second, third]) == [second, third]
    with pytest.raises(ValueError, match="a survivor is not in the sample"):
        Results(tmp_path / "r.json", seed=0).survivors_among([first, second])
    again.add(Verdict(second, CAUGHT, "tests/a.py::c", 6, 0.1))
    assert Counter(entry["outcome"] for entry in again.entries) == {CAUGHT: 2} and again.share == 1


def test_a_fork_works_in_a_copy_and_is_stopped_when_its_time_is_up():
    file = f"{PACKAGE}/numerals.py"
    before = (ROOT / file).read_text("utf-8")

    def read(place):
        os.write(1, (place / file).read_bytes())
        return 3

    def hang(place):
        while True:
            pass

    with copies(1) as (place,):
        tasks = [Task("read", read, 60, {file: "an error"}), Task("hang", hang, 0.2, {}), Task("again", read, 60, {})]
        endings = list(run_all(tasks, [place]))
    assert [(ending.status, ending.log.strip()) for ending in endings] == [
        *((3, "an error"), (None, "")),
        (3, before.strip()),
    ]
    assert (ROOT / file).read_text("utf-8") == before


def test_a_copy_has_every_module_that_errors_go_into():
    with copies(1) as (place,):
        assert [name for name in modules(ROOT, PACKAGE, MODULES) if not (place / name).is_file()] == []
        assert not (place / "runs").exists()
