"""What docs/ shows is what the code is: the picture of the layers, and the notebook with its outputs."""

import json
import os
import re
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

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
