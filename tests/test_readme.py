"""The commands of the README and of docs/ are those that are tested, and what they point to is there."""

import re
from pathlib import Path

import pytest

from rtl_tf.cli.train import make_parser
from rtl_tf.methods import METHODS
from rtl_tf.networks.catalogue import SOURCES
from rtl_tf.reports.figures.registry import FIGURES
from rtl_tf.reports.tables import TABLES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))}
TABLES_PAGE = PAGES[ROOT / "docs" / "tables.md"]


def test_ci_runs_the_readmes_commands():
    install, train = re.search(r"^    (python -m pip .*) && (python train\.py .*)$", README, re.M).groups()
    test = re.search(r"^    (python -m pytest)$", README, re.M).group(1)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert install in script and test in script
    assert any(line.startswith(train + " ") for line in script)


def test_every_command_line_of_train_parses():
    lines = [line for text in PAGES.values() for line in re.findall(r"^    .*python train\.py (--.*)$", text, re.M)]
    assert len(lines) >= 10
    for line in lines:
        make_parser().parse_args(line.split())


@pytest.mark.parametrize(("kind", "registry"), [("table", TABLES), ("figure", FIGURES)])
def test_every_table_and_figure_is_listed_and_made_by_ci(kind, registry):
    listed = TABLES_PAGE.split(f"| `--{kind}` |", 1)[1].split("\n\n", 1)[0]
    assert re.findall(r"^\| `(\w+)` \|", listed, re.M) == list(registry)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (made,) = re.findall(rf"^for {kind} in (.*); do python evaluate.py --{kind} \"\${kind}\"", script, re.M)
    compared = {"9"}  # needs FT or RTL-SAM, and CI trains RTL-EO alone
    others = set(re.findall(rf"^python evaluate.py --{kind} ([a-z]+) ", script, re.M))  # with a run of its own
    assert set(made.split()) | others == set(registry) - (compared if kind == "figure" else set())
    for name in re.findall(rf"^    python evaluate.py --{kind} (\w+)", README + TABLES_PAGE, re.M):
        assert name in made.split()


def test_every_method_and_source_is_listed():
    for name in (*METHODS, *SOURCES):
        assert f"`{name}`" in README, name


def test_it_is_what_a_visitor_needs():
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_it_names_exist(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", PAGES[page]):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_sections_that_it_names_exist(page):
    for target, section in re.findall(r"\]\(([^)#\s]+\.md)#([^)]+)\)", PAGES[page]):
        titles = re.findall(r"^#+ (.*)$", (page.parent / target).read_text(encoding="utf-8"), re.M)
        assert section in {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}, section
