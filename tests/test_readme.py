"""The README's commands are those that are tested, and what it points to is there."""

import re
from pathlib import Path

from rtl_tf.cli.train import make_parser
from rtl_tf.methods import METHODS
from rtl_tf.networks.catalogue import SOURCES

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


def test_every_method_and_source_is_listed():
    for name in (*METHODS, *SOURCES):
        assert f"`{name}`" in README, name


def test_files_that_it_names_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
