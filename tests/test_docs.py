"""What docs/ shows is what the code is: the picture of the layers, and the notebook with its outputs."""

import json
import os
import re
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

from rtl_tf.schema import load_schema

DOCS = Path(__file__).resolve().parents[1] / "docs"
sys.path.insert(0, str(DOCS))
import layers  # noqa: E402

NOTEBOOK = DOCS / "tutorial.ipynb"


def test_the_picture_of_the_layers_is_that_of_the_imports():
    assert layers.PICTURE.read_text(encoding="utf-8") == layers.picture(), "run `python docs/layers.py`"


def test_arrows_point_downward_and_none_is_lost():
    graph = layers.edges()
    rows, reduced = layers.heights(graph), layers.reduced(graph)
    assert all(rows[box] > rows[other] for box, others in graph.items() for other in others)
    assert all(layers.below(reduced, box) == layers.below(graph, box) for box in graph)
    assert graph["api"] >= {"cli", "runs"} and not graph["api"] & reduced["cli"]


def test_modules_that_pages_run_by_name_are_the_packages_or_lie_in_tests():
    """By the name `tests` alone another project's folder is found, where that is installed."""
    root = DOCS.parent
    named = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md")
    pages = [root / name for name in named] + list(DOCS.glob("*.md"))
    run = [found for page in pages for found in re.findall(r"(cd tests && )?python -m\s([\w.]+)", page.read_text())]
    known = {("", "pip"), ("", "pytest"), *((place, name) for place, name in run if name.startswith("rtl_tf"))}
    for place, name in set(run) - known:
        assert place and (root / "tests" / name / "__main__.py").is_file(), f"{place}python -m {name}"
    assert ("cd tests && ", "strength") in run


def test_the_landmarks_of_the_formats_page_are_the_schemas_and_its_example_is_one(tmp_path):
    page = (DOCS / "formats.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (L\d+) \| `(\w+)` \| (.+) \|$", page, re.MULTILINE)
    landmarks = load_schema("fas14").landmarks
    assert rows == [(landmark.label, landmark.name, landmark.anatomy) for landmark in landmarks]
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "ours.toml").write_text(example, encoding="utf-8")
    ours = load_schema(tmp_path / "ours.toml")
    assert ours.names == ("eye_left", "eye_right") and ours.mirror_permutation.tolist() == [1, 0]


def test_all_extras_are_told():
    page = (DOCS / "photographs.md").read_text(encoding="utf-8")
    table = page[page.index("| extra | for |") : page.index("## 1.")]
    told = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    setup = (DOCS.parent / "setup.py").read_text(encoding="utf-8")
    extras = setup[setup.index("extras_require={") : setup.index("entry_points={")]
    assert told == set(re.findall(r'^        "(\w+)":', extras, re.MULTILINE))


def test_the_notebook_was_executed_in_order_without_a_fault():
    cells = [cell for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert sum("image/png" in output.get("data", ()) for output in outputs) == 4
    assert "error" not in {output["output_type"] for output in outputs}
    assert NOTEBOOK.stat().st_size < 500_000 and not re.search(r"/(home|root|tmp|Users)/", NOTEBOOK.read_text())


@pytest.mark.skipif("RTL_TF_TEST_TUTORIAL" not in os.environ, reason="takes minutes; .ci/run sets RTL_TF_TEST_TUTORIAL")
def test_the_notebook_runs(tmp_path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=900, resources={"metadata": {"path": str(tmp_path)}}).execute()
    (table,) = [
        output["data"]["text/plain"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "text/html" in output.get("data", ())
    ]
    errors = [float(value) for value in re.search(r"paper.heatmap_px.mre.mean +(\S+) +(\S+)", table).groups()]
    assert all(error < 2 for error in errors), table
