import numpy as np
import pytest
from fake_runs import make_run

from rtl_tf.reports.grid import Grid, as_latex, as_markdown, as_text
from rtl_tf.reports.single_run import run_text
from rtl_tf.runs.run import read_run


@pytest.fixture
def runs_folder(tmp_path):
    """ft with errors 1.0 and 1.1 in two seeds, rtl-sam with 0.5; four images, two landmarks."""
    make_run(tmp_path, "ft", 0, np.full((4, 2), 1.0))
    make_run(tmp_path, "ft", 1, np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 2.0]]))
    make_run(tmp_path, "rtl-sam", 0, np.full((4, 2), 0.0))
    return tmp_path


GRID = Grid("Caption & 5 %", ["Name", "A_b"], [["x", "1.0"], ["long|", "12.0"]], best=frozenset({(1, 1)}), notes=["n"])


def test_text_layout():
    assert as_text(GRID).splitlines() == [
        "Caption & 5 %",
        "",
        "Name    A_b",
        "-----  -----",
        "x       1.0",
        "long|  12.0*",
        "",
        "n",
    ]


def test_a_terminal_shows_bold_instead_of_stars():
    assert as_text(GRID, bold=True).splitlines()[4:6] == ["x       1.0", "long|  \033[1m12.0\033[0m"]


def test_a_star_stands_before_the_blank_that_keeps_daggers_in_line():
    grid = Grid("c", ["", "A"], [["x", "1.0†"], ["y", "1.5 "], ["z", "9.0 "]], best=frozenset({(1, 1)}))
    assert as_text(grid).splitlines()[4:] == ["x  1.0†", "y  1.5*", "z  9.0"]
    assert "**1.5** |" in as_markdown(grid)


def test_markdown_layout():
    assert as_markdown(GRID).splitlines()[2:6] == [
        "| Name | A_b |",
        "| :-- | --: |",
        "| x | 1.0 |",
        "| long\\| | **12.0** |",
    ]


def test_latex_layout():
    latex = as_latex(GRID)
    assert r"\caption{Caption \& 5 \%}" in latex
    assert r"\begin{tabular}{lr}" in latex
    assert r"long| & \textbf{12.0} \\" in latex
    assert r"Name & A\_b \\" in latex


def test_a_single_run_shows_both_protocols_and_every_landmark(runs_folder):
    text = run_text(read_run(runs_folder / "synthetic" / "ft" / "seed1"))
    lines = [line.split() for line in text.splitlines()]
    assert ["paper", "heatmap", "px", "4", "1.12", "0.22", "1.00", "1.43"] in lines
    assert ["clinical", "4.8", "input", "px", "25.00%", "0.12"] in lines
    assert ["endocanthion", "1.25±0.43", "5.00±1.73", "1.25±0.43", "0.90"] in lines


def test_a_landmark_that_was_never_labelled_is_named(tmp_path):
    folder = make_run(tmp_path, "ft", 0, np.ones((4, 2)), unlabelled_landmarks=["endocanthion"])
    assert "In no training image, so that nothing is predicted for it: endocanthion." in run_text(read_run(folder))
    assert "In no training image" not in run_text(read_run(make_run(tmp_path, "ft", 1, np.ones((4, 2)))))
