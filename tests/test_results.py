"""The tables that the repository shows are what `evaluate.py` makes of the predictions beside them."""

import csv
import re
from pathlib import Path

import pytest

from rtl_tf.cli.evaluate import main
from rtl_tf.runs.config_file import from_json
from rtl_tf.runs.finding import read_runs
from rtl_tf.runs.layout import ATTRIBUTES, PREDICTIONS, SPLIT, VALIDATION

ALL = Path(__file__).resolve().parents[1] / "results"
RESULTS = Path(__file__).resolve().parents[1] / "results" / "synthetic-quick"
SHOWN = sorted(RESULTS.glob("reports/table*.csv"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("shown", SHOWN, ids=lambda path: path.stem)
def test_a_shown_table_comes_from_the_stored_predictions(shown, tmp_path):
    name = shown.stem.removeprefix("table").removeprefix("-")
    main(["--table", name, "--runs", str(RESULTS), "--output", str(tmp_path)])
    made, stored = rows(tmp_path / shown.name), rows(shown)
    assert len(made) == len(stored) > 0
    for ours, theirs in zip(made, stored, strict=True):
        assert ours.keys() == theirs.keys()
        for column, value in theirs.items():
            try:
                assert float(ours[column]) == pytest.approx(float(value), rel=1e-6, abs=1e-9), (column, theirs)
            except ValueError:
                assert ours[column] == value, (column, theirs)
    assert (tmp_path / f"{shown.stem}.md").read_text("utf-8") == shown.with_suffix(".md").read_text("utf-8")


def test_the_results_are_a_few_files_that_a_person_can_read():
    """A file a person looks at, or one a study that programs read."""
    files = [path for path in ALL.rglob("*") if path.is_file()]
    assert len(files) <= 120 and sum(path.stat().st_size for path in files) <= 8_000_000
    assert len((ALL / "README.md").read_text("utf-8").splitlines()) <= 250
    assert all((folder / "README.md").is_file() for folder in filter(Path.is_dir, ALL.iterdir()))


def test_every_stored_run_still_reads():
    runs, warnings = [], []
    for folder in filter(Path.is_dir, ALL.iterdir()):
        found, problems = read_runs(folder)
        runs, warnings = runs + found, warnings + problems
    assert len(runs) == 576 and not warnings
    for run in runs:
        assert from_json(run.asked).method == run.method
        assert len(run.history) == run.resolved["epochs"]
        assert not run.ended or run.metrics["images"] > 0
        assert run.tested or run.resolved["data_name"] != "synthetic" or run.validated


@pytest.mark.parametrize("name", ["photographs", "detector"])
def test_runs_on_photographs_name_nobody(name):
    runs = read_runs(ALL / name)[0]
    assert runs and not any(
        (run.folder / file).exists() for run in runs for file in (PREDICTIONS, VALIDATION, ATTRIBUTES, SPLIT)
    )


@pytest.mark.parametrize("page", sorted(ALL.rglob("*.md")), ids=lambda page: str(page.relative_to(ALL)))
def test_files_that_a_page_links_to_exist(page):
    """As tests/test_readme.py has it for README.md and docs/."""
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8")):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", sorted(ALL.rglob("README.md")), ids=lambda page: page.parent.name)
def test_commands_on_a_page_are_of_scripts_that_exist(page):
    for script in re.findall(r"python ((?:[\w-]+/)*[\w-]+\.py)", page.read_text("utf-8")):
        assert (ALL.parent / script).is_file(), script
