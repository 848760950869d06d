"""The recipes of CONTRIBUTING.md do what they say, in a copy of the package."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = {
    title: re.findall(r"^```(\w+)\n(.*?)^```$", body, re.M | re.S)
    for title, body in re.findall(r"^## Add (.*?)\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)
}
# Runs the checks that stand in a JSON file and writes what went wrong with each, "" for nothing, into another one.
CHECKER = """
import json, sys, traceback
problems = {}
for title, code in json.load(open(sys.argv[1], encoding="utf-8")).items():
    try:
        exec(compile(code, title, "exec"), {})
        problems[title] = ""
    except BaseException:
        problems[title] = traceback.format_exc()
json.dump(problems, open(sys.argv[2], "w", encoding="utf-8"))
"""


def change(folder: Path, block: str) -> None:
    """Apply a diff block: what its lines without a sign and with `-` say stands in the file once."""
    first, *lines = block.splitlines()
    file = folder / first.removeprefix("--- ")
    text = file.read_text(encoding="utf-8")
    assert all(line[:1] in " +-" for line in lines), block
    old, new = ("".join(f"{line[1:]}\n" for line in lines if not line.startswith(sign)) for sign in "+-")
    assert text.count(old) == 1, f"{first} has this {text.count(old)} times:\n{old}"
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def problems(tmp_path_factory) -> dict[str, str]:
    """Of each recipe's last block, after all recipes' changes."""
    folder = tmp_path_factory.mktemp("contributing")
    shutil.copytree(ROOT / "rtl_tf", folder / "rtl_tf", ignore=shutil.ignore_patterns("__pycache__"))
    for blocks in RECIPES.values():
        for language, block in blocks[:-1]:
            if language == "diff":
                change(folder, block)
            else:
                name = re.match(r"# (rtl_tf/\S+\.py)\n", block).group(1)
                (folder / name).write_text(block, encoding="utf-8")
    checks, found = folder / "checks.json", folder / "problems.json"
    checks.write_text(json.dumps({title: blocks[-1][1] for title, blocks in RECIPES.items()}), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", CHECKER, str(checks), str(found)]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return json.loads(found.read_text(encoding="utf-8"))


@pytest.mark.parametrize("title", ["a method", "a regularizer", "a data format", "a source network"])
def test_recipe(title, problems):
    assert not problems[title], problems[title]


def test_files_that_it_names_exist():
    for name in re.findall(r"\]\(([^)#]+)\)|`(tests/\w+\.py)`", TEXT):
        assert (ROOT / "".join(name)).exists(), name
