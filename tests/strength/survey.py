"""Which tests run which lines of the modules, and how long each takes: measured once, kept for the next time."""

import ast
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from . import PACKAGE, ROOT
from .server import Task, run_all

LIMIT = 40.0  # seconds for a test file; tests that were not reached by then do not count
KEPT = Path(tempfile.gettempdir()) / "rtl-tf-strength"


@dataclass
class Test:
    """A test: seconds it takes, and the lines that it runs of each module."""

    __test__ = False
    name: str
    seconds: float
    lines: dict[str, set[int]] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return self.name.partition("::")[0]


def survey(modules: Sequence[str], places: list[Path]) -> list[Test]:
    """The tests that pass and run a line of a module. What was measured before of the same files is not run again."""
    KEPT.mkdir(exist_ok=True)
    files = test_files(modules)
    helpers = [path for path in (ROOT / "tests").glob("*.py") if not path.name.startswith("test_")]
    state = _hash([*(ROOT / PACKAGE).rglob("*.py"), *helpers], *modules, str(LIMIT))
    stored = {file: KEPT / f"{_hash([ROOT / file])}-{state}.json" for file in files}
    tasks = [
        Task(file, _Survey(file, modules, path), 3 * LIMIT, {}) for file, path in stored.items() if not path.exists()
    ]
    for ending in run_all(tasks, places):
        print(f"{ending.seconds:5.0f} s  {ending.task.key}", flush=True)
        if not stored[ending.task.key].exists():
            print(f"       not measured: {ending.log[-300:]}", flush=True)
    found = [Test(**entry) for path in stored.values() if path.exists() for entry in json.loads(path.read_text())]
    for test in found:
        test.lines = {file: set(lines) for file, lines in test.lines.items()}
    return found


def test_files(modules: Sequence[str]) -> list[str]:
    """Test files that import one of the modules, or a helper among the tests that does."""
    tests = {path.stem: path for path in (ROOT / "tests").glob("*.py")}
    names = {dotted(module) for module in modules}
    reached, before = {name for name, path in tests.items() if names & imports(path)}, set()
    while reached != before:
        before, reached = reached, {name for name, path in tests.items() if (reached | names) & imports(path)} | reached
    return sorted(f"tests/{name}.py" for name in reached if name.startswith("test_"))


def imports(path: Path) -> set[str]:
    """Dotted names of all that a file imports, modules or what is in them."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def dotted(module: str) -> str:
    return module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _hash(paths: Iterable[Path], *more: str) -> str:
    contents = [path.read_bytes() for path in sorted(paths)]
    return hashlib.sha256(b"\0".join([*contents, *(text.encode() for text in more)])).hexdigest()[:16]


class _Survey:
    """In a fork: the tests of a file under coverage, whose context is the test, or the fixture that several share."""

    def __init__(self, file: str, modules: Sequence[str], output: Path):
        self.file, self.modules, self.output = file, modules, output
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self.fixtures: dict[str, list[str]] = {}

    def __call__(self, place: Path) -> int:
        import coverage

        include = [str(place / module) for module in self.modules]
        self.coverage = coverage.Coverage(data_file=None, include=include, config_file=False)
        self.start = time.monotonic()
        self.coverage.start()
        arguments = ["-q", "-p", "no:cacheprovider", "--tb=no", f"--basetemp={place.parent / 'tmp' / 'tests'}"]
        pytest.main([*arguments, self.file], plugins=[self])
        self.coverage.stop()
        self.write(place)
        return 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.coverage.switch_context(item.nodeid)
        self.now, before = item.nodeid, time.monotonic()
        self.fixtures[item.nodeid] = list(item.fixturenames)
        result = yield
        self.seconds[item.nodeid] = time.monotonic() - before
        self.coverage.switch_context("")
        if time.monotonic() - self.start > LIMIT:
            item.session.shouldstop = "its time is up"
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request) -> Iterator[None]:
        """What several tests share is run by all of them."""
        if fixturedef.scope == "function":
            return (yield)
        self.coverage.switch_context(fixturedef.argname)
        result = yield
        self.coverage.switch_context(self.now)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:  # or skipped
            self.failed.add(report.nodeid)

    def write(self, place: Path) -> None:
        data, ran = self.coverage.get_data(), {}
        for path in data.measured_files():
            file = Path(path).relative_to(place).as_posix()
            for line, contexts in data.contexts_by_lineno(path).items():
                for context in contexts:
                    ran.setdefault(context, {}).setdefault(file, set()).add(line)
        tests = []
        for name in self.seconds.keys() - self.failed:
            lines = {}
            for context in (name, *self.fixtures[name]):
                for file, found in ran.get(context, {}).items():
                    lines.setdefault(file, set()).update(found)
            if lines:
                kept = {file: sorted(found) for file, found in lines.items()}
                tests.append({"name": name, "seconds": round(self.seconds[name], 3), "lines": kept})
        partial = self.output.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(sorted(tests, key=lambda test: test["name"])))
        partial.replace(self.output)
