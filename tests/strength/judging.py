"""Runs, for a mutant, the tests that can notice it, and says which did."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from .mutants import Mutant
from .server import Ending, Task
from .survey import Test, dotted, imports

LONGEST = 4.0  # seconds of a test that is run; those that take longer train whole networks
BUDGET = 40.0  # seconds of all tests of a mutant
START = 30.0  # seconds that a fork may take to begin, on a busy machine
CAUGHT, TIMEOUT, SURVIVED = "caught", "timeout", "survived"
MARK = "caught by: "


class Verdict(NamedTuple):
    """What became of a mutant: CAUGHT, TIMEOUT or SURVIVED; the test that failed first; how many were to run."""

    mutant: Mutant
    outcome: str
    by: str
    tests: int
    seconds: float


def chosen(mutant: Mutant, tests: Sequence[Test], root: Path) -> list[Test]:
    """The tests that run the changed code, those of the files that import the module first, then the fastest."""
    lines = set(range(mutant.scope[0], mutant.scope[1] + 1)) if mutant.scope else None
    able = [test for test in tests if test.seconds <= LONGEST and _runs(test, mutant.file, lines)]
    module, files = dotted(mutant.file), {}
    for test in able:
        files.setdefault(test.file, []).append(test)
    direct = {file: module in imports(root / file) for file in files}
    pace = {file: sum(test.seconds for test in found) for file, found in files.items()}
    ordered = sorted(files, key=lambda file: (not direct[file], pace[file]))
    kept, total = [], 0.0
    for test in (test for file in ordered for test in files[file]):
        if (total := total + test.seconds) > BUDGET:
            break
        kept.append(test)
    return kept


def _runs(test: Test, file: str, lines: set[int] | None) -> bool:
    ran = test.lines.get(file, set())
    return bool(ran) if lines is None else not ran.isdisjoint(lines)


def task(mutant: Mutant, tests: Sequence[Test]) -> Task:
    seconds = START + 5 * sum(test.seconds for test in tests)
    return Task((mutant, tests), Chosen(tests), seconds, {mutant.file: mutant.text})


def control(tests: Sequence[Test], names: set[str]) -> Task:
    """Tests of these names on the package as it is: all have to pass."""
    named = [test for test in tests if test.name in names]
    return Task("control", Chosen(named) if named else lambda place: 0, START + 5 * sum(t.seconds for t in named), {})


class Chosen:
    """In a fork: run just these tests, in this order of files, up to the first that fails."""

    def __init__(self, tests: Sequence[Test]):
        self.names = {test.name for test in tests}
        self.files = list(dict.fromkeys(test.file for test in tests))

    def __call__(self, place: Path) -> int:
        from hypothesis import settings

        settings.register_profile("strength", derandomize=True, database=None)
        settings.load_profile("strength")
        arguments = ["-x", "-q", "-p", "no:cacheprovider", f"--basetemp={place.parent / 'tmp' / 'tests'}"]
        return pytest.main([*arguments, *self.files], plugins=[self])

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self.names]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            print(f"\n{MARK}{report.nodeid}", flush=True)


def verdict(ending: Ending) -> Verdict:
    """A mutant that breaks the import of a test file, or the process, is caught too."""
    mutant, tests = ending.task.key
    outcome = TIMEOUT if ending.status is None else CAUGHT if ending.status else SURVIVED
    by = next((line.removeprefix(MARK) for line in ending.log.splitlines() if line.startswith(MARK)), "")
    return Verdict(mutant, outcome, by, len(tests), ending.seconds)
