import numpy as np
import pytest
from fake_runs import add_examples, make_run
from PIL import Image

from rtl_tf.exceptions import InputError
from rtl_tf.reports import examples, figures
from rtl_tf.reports.layout import Grid, as_latex, as_markdown, as_text
from rtl_tf.reports.runs import find_runs, read_run
from rtl_tf.reports.single_run import run_text


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
    assert ["paper", "heatmap", "px", "4", "1.12", "0.22", "1.00", "1.42"] in lines
    assert ["clinical", "4.8", "input", "px", "25.00%", "0.12"] in lines
    assert ["endocanthion", "1.25±0.43", "5.00±1.73", "1.25±0.43", "0.90"] in lines


# Figures


def is_drawn(paths):
    png, pdf = paths
    picture = np.asarray(Image.open(png).convert("L"))
    return picture.std() > 5 and pdf.read_bytes().startswith(b"%PDF")


def test_curves_pool_the_seeds_in_the_papers_order(runs_folder):
    curves = examples.error_curves(find_runs(runs_folder)[0])
    assert list(curves) == ["FT", "RTL-SAM"]
    np.testing.assert_allclose(np.sort(curves["FT"]), [1, 1, 1, 1, 1, 1, 1, 1.5])


def test_ced_figure_draws_ten_distinct_lines(tmp_path, monkeypatch):
    figure_of = {}
    monkeypatch.setattr(figures, "save", lambda figure, path: figure_of.update(last=figure))
    figures.ced_figure({f"method {index}": np.linspace(0, 1 + index / 5, 50) for index in range(10)}, tmp_path / "ced")
    axes = figure_of["last"].axes[0]
    grey_styles = {(str(line._unscaled_dash_pattern), line.get_marker()) for line in axes.lines}
    assert len(grey_styles) == 10
    assert "heatmap px" in axes.get_xlabel() and "%" in axes.get_ylabel()
    np.testing.assert_allclose(axes.lines[0].get_ydata()[[0, 200]], [2, 100])  # 1 of 50 at 0, all at 1 heatmap px
    monkeypatch.undo()
    assert is_drawn(figures.ced_figure({"FT": np.array([0.5, 1.0])}, tmp_path / "ced"))


def test_faces_figure(runs_folder, tmp_path):
    folder = runs_folder / "synthetic/ft/seed0"
    add_examples(folder, ["a.png"], [0.5])
    kept = examples.read_examples(read_run(folder))
    assert is_drawn(figures.faces_figure(kept, tmp_path / "one"))


def test_methods_figure_shows_the_same_best_median_and_worst_face_for_all(runs_folder, tmp_path, monkeypatch):
    add_examples(runs_folder / "synthetic/ft/seed0", ["a.png", "b.png", "c.png", "only-ft.png"], [0.9, 0.1, 0.5, 0.0])
    add_examples(runs_folder / "synthetic/rtl-sam/seed0", ["c.png", "b.png", "a.png"], [0.4, 0.2, 0.6])
    kept, warnings = examples.method_examples(find_runs(runs_folder)[0])
    assert list(kept) == ["FT", "RTL-SAM"] and warnings == []
    figure_of = {}
    monkeypatch.setattr(figures, "save", lambda figure, path: figure_of.update(last=figure))
    figures.methods_figure(kept, tmp_path / "figure7")
    titles = [axes.get_title().replace("\n", " ") for axes in figure_of["last"].axes if axes.get_title()]
    assert titles[:3] == ["best: b 0.10 heatmap px", "median: c 0.50 heatmap px", "worst: a 0.90 heatmap px"]
    assert titles[3:] == ["0.20 heatmap px", "0.40 heatmap px", "0.60 heatmap px"]


def test_heatmaps_lie_where_their_landmarks_are(runs_folder, monkeypatch):
    """Heatmap px (3, 4) is input px (12, 16): the centre of that cell must be drawn there."""
    add_examples(runs_folder / "synthetic/ft/seed0", ["a.png"], [0.5])
    kept, _ = examples.method_examples(find_runs(runs_folder)[0])
    figure_of = {}
    monkeypatch.setattr(figures, "save", lambda figure, path: figure_of.update(last=figure))
    figures.methods_figure(kept, "unused")
    left, right, bottom, top = figure_of["last"].axes[1].images[1].get_extent()
    assert left + (3 + 0.5) * (right - left) / 8 == 12
    assert top + (4 + 0.5) * (bottom - top) / 8 == 16


def test_examples_that_cannot_be_compared_or_read(runs_folder):
    runs = find_runs(runs_folder)[0]
    with pytest.raises(InputError, match="no run has examples"):
        examples.method_examples(runs)
    add_examples(runs_folder / "synthetic/ft/seed0", ["a.png"], [0.5])
    add_examples(runs_folder / "synthetic/rtl-sam/seed0", ["b.png"], [0.5])
    with pytest.raises(InputError, match="no test face was kept by all of FT, RTL-SAM"):
        figures.methods_figure(examples.method_examples(runs)[0], "unused")
    (runs_folder / "synthetic/ft/seed0/examples.npz").write_bytes(b"PK\x03\x04 cut off")
    kept, warnings = examples.method_examples(runs)
    assert list(kept) == ["RTL-SAM"] and "ft/seed0/examples.npz" in warnings[0]


def test_history_figure_marks_the_best_epoch(tmp_path, monkeypatch):
    rows = [
        {"epoch": str(epoch), "loss": "0.1", "val_loss": "0.2", "val_error": str(error)}
        for epoch, error in ((1, 2.0), (2, 0.7), (3, 0.9))
    ]
    assert is_drawn(figures.history_figure(rows, tmp_path / "history"))
    figure_of = {}
    monkeypatch.setattr(figures, "save", lambda figure, path: figure_of.update(last=figure))
    figures.history_figure(rows, tmp_path / "history")
    assert figure_of["last"].axes[1].lines[1].get_label() == "best: 0.70 heatmap px, epoch 2"
