"""The README's commands are those that are tested, and what it points to is there."""

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


def test_ci_runs_the_readmes_commands():
    install, train = re.search(r"^    (python -m pip .*) && (python train\.py .*)$", README, re.M).groups()
    test = re.search(r"^    (python -m pytest)$", README, re.M).group(1)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert install in script and test in script
    assert any(line.startswith(train + " ") for line in script)


def test_every_command_line_of_train_parses():
    lines = re.findall(r"^    .*python train\.py (--.*)$", README, re.M)
    assert len(lines) >= 3
    for line in lines:
        make_parser().parse_args(line.split())


@pytest.mark.parametrize(("kind", "registry"), [("table", TABLES), ("figure", FIGURES)])
def test_every_table_and_figure_is_listed_and_made_by_ci(kind, registry):
    listed = README.split(f"| `--{kind}` |", 1)[1].split("\n\n", 1)[0]
    assert re.findall(r"^\| `(\w+)` \|", listed, re.M) == list(registry)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (made,) = re.findall(rf"^for {kind} in (.*); do python evaluate.py --{kind} \"\${kind}\"", script, re.M)
    compared = {"9"}  # needs FT or RTL-SAM, and CI trains RTL-EO alone
    assert set(made.split()) == set(registry) - (compared if kind == "figure" else set())
    for name in re.findall(rf"^    python evaluate.py --{kind} (\w+)", README, re.M):
        assert name in made.split()


def test_every_method_and_source_is_listed():
    for name in (*METHODS, *SOURCES):
        assert f"`{name}`" in README, name


def test_files_that_it_names_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
