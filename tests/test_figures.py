"""What figures show: drawn from runs with known errors, and held to the data that the curves and texts must have."""

import re
from pathlib import Path

import numpy as np
import pytest
from fake_runs import add_examples, add_history, add_split, add_validation, make_run
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from rtl_tf.exceptions import InputError
from rtl_tf.reports.figures import curves, faces, style
from rtl_tf.reports.figures.anatomy import anatomy_figure
from rtl_tf.reports.figures.histories import history_figure
from rtl_tf.reports.figures.registry import FIGURES, get_figure
from rtl_tf.reports.figures.writing import draw_runs, write_figure
from rtl_tf.reports.tables import method_titles
from rtl_tf.runs.finding import find_runs
from rtl_tf.schema import load_schema

FACES = ["a.png", "b.png", "c.png"]


def draw(name, root):
    return draw_runs(name, find_runs(root)[0], Path(root))


def titles(figure):
    return [axes.get_title().replace("\n", " ") for axes in figure.axes if axes.get_title()]


def legend(figure):
    """Texts of the legend below the axes, its title last."""
    (below,) = figure.legends
    return [*(text.get_text() for text in below.get_texts()), below.get_title().get_text()]


def lines(axes):
    return {line.get_label(): line.get_xydata() for line in axes.lines}


def text_boxes(figure):
    """Bounding boxes of all texts that can be seen, in px."""
    FigureCanvasAgg(figure).draw()  # lays everything out
    axes = [one for one in figure.axes if one.get_visible()]
    texts = [text for text in figure.findobj(Text) if text.axes is None or text.axes in axes]
    axis_of = {
        axis: limits for one in axes for axis, limits in ((one.xaxis, one.get_xlim()), (one.yaxis, one.get_ylim()))
    }
    outside = {
        label
        for axis, limits in axis_of.items()
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks())
        for label in (tick.label1, tick.label2)
        if not min(limits) <= tick.get_loc() <= max(limits)
    }
    seen = [text for text in texts if text.get_visible() and text.get_text().strip() and text not in outside]
    return [text.get_window_extent() for text in seen]


def untidy(figure):
    """Texts that touch each other or leave the figure."""
    boxes = text_boxes(figure)
    left, right, bottom, top = *(0, figure.bbox.width), *(0, figure.bbox.height)
    outside = [box for box in boxes if box.x0 < left or box.x1 > right or box.y0 < bottom or box.y1 > top]
    return outside + [
        (first, second)
        for index, first in enumerate(boxes)
        for second in boxes[:index]
        if min(first.x1, second.x1) - max(first.x0, second.x0) > 1
        and min(first.y1, second.y1) - max(first.y0, second.y0) > 1
    ]


# Curves over test images


@pytest.fixture
def two_seeds(tmp_path):
    """ft with errors 1 and, of one image in its second seed, 2; rtl-sam without errors; four images."""
    make_run(tmp_path, "ft", 0, np.full((4, 2), 1.0))
    make_run(tmp_path, "ft", 1, np.array([[1.0, 1.0]] * 3 + [[2.0, 2.0]]))
    make_run(tmp_path, "rtl-sam", 0, np.zeros((4, 2)))
    return tmp_path


def test_figure_6_pools_the_seeds_and_orders_as_the_paper(two_seeds):
    drawing = draw("6", two_seeds)
    assert legend(drawing.figure) == [
        "FT: 1.12, 0.15",  # mean of seven 1 and one 2; mean of max(0, 1 - error/1.2)
        "RTL-SAM: 0.00, 1.00",
        "mean error, AUC up to 1.2 heatmap px",
    ]
    ft = lines(drawing.figure.axes[0])["FT: 1.12, 0.15"]
    at = {threshold: share for threshold, share in ft.round(6).tolist()}
    assert at[0.995] == 0 and at[1.0] == 87.5 and at[1.995] == 87.5 and at[2.0] == 100
    assert "heatmap px" in drawing.figure.axes[0].get_xlabel()
    assert any("python train.py --method fe" in line for line in drawing.lines)


def test_figure_8_is_the_area_up_to_each_threshold(two_seeds):
    drawing = draw("8", two_seeds)
    assert legend(drawing.figure) == ["FT: 0.146", "RTL-SAM: 1.000", "AUC up to 1.2 heatmap px"]
    at = dict(lines(drawing.figure.axes[0])["FT: 0.146"].round(6).tolist())
    assert at[0.0] == 0 and at[1.0] == 0
    assert at[2.0] == pytest.approx(7 / 8 * 0.5)  # seven images of error 1 have an area of a half


@pytest.mark.parametrize("names", [list(method_titles().values()), [f"RTL-CO-S{index:02d}" for index in range(15)]])
def test_curves_differ_without_colour_and_no_two_texts_touch(names):
    figure = curves.ced_figure({name: np.linspace(0, 1 + index / 5, 50) for index, name in enumerate(names)})
    axes = figure.axes[0]
    assert len({(str(line._unscaled_dash_pattern), line.get_marker()) for line in axes.lines}) == len(names)
    np.testing.assert_allclose(axes.lines[0].get_ydata()[[0, 200]], [2, 100])  # 1 of 50 at 0, all at 1 heatmap px
    assert not untidy(figure)


def test_a_method_looks_the_same_in_every_figure():
    plainest = ["FT", "RTL-EO", "RTL-SAM", "RTL-CAM", "RTL-CO", "RTL-CO-EO", "RTL-CO-SAM", "RTL-CO-CAM", "FTP", "FE"]
    assert style.drawn_methods() == [*plainest, "HG", "U-Net", "DSNT"]
    ones = np.ones(4)
    alone = curves.auc_figure({"RTL-SAM": ones}).axes[0].lines[0]
    among = curves.ced_figure({"FE": ones, "RTL-SAM": ones}).axes[0].lines[1]
    assert alone.get_color() == among.get_color() and alone.get_linestyle() == among.get_linestyle()


def test_the_axis_reaches_the_errors_of_poor_detectors_but_not_of_a_lost_one():
    good, poor, lost = np.full(20, 0.5), np.full(20, 3.2), np.full(20, 30.0)
    assert curves.ced_figure({"FT": good, "RTL": good, "FE": lost}).axes[0].get_xlim() == (0, 2)
    assert curves.ced_figure({"FT": poor}).axes[0].get_xlim() == (0, 3.5)


# Choice of settings, on validation images


def test_figure_10_compares_lambdas_on_validation_images(tmp_path):
    for reg_weight, error in ((2e-4, 0.0), (2e-2, 2.0)):  # a study of lambda leaves their test part closed
        for seed in (0, 1):
            folder = make_run(tmp_path, "rtl-eo", seed, None, name=f"l{reg_weight}", **{"lambda": reg_weight})
            add_validation(folder, np.array([[error, error], [1.0, 1.0]]))
    add_validation(make_run(tmp_path, "ft", 0, np.ones((12, 2))), np.array([[1.0, 1.0], [1.0, 1.0]]))
    drawing = draw("10", tmp_path)
    assert legend(drawing.figure) == [
        "λ = 0: 1.00±0.00",  # FT
        "λ = 0.0002: 0.50±0.50",
        "λ = 0.02: 1.50±0.50",
        "mean±std over images, heatmap px",
    ]
    at = dict(lines(drawing.figure.axes[0])["λ = 0.0002: 0.50±0.50"].round(6).tolist())
    assert at[0.5] == 50 and at[1.0] == 100
    assert "validation" in titles(drawing.figure)[0]
    assert re.search(r"^λ = 0.02 +1.500±0.50 +6.000±2.00$", drawing.lines[0], re.M)
    missing = drawing.lines[-1]
    assert "--lambda 2e-05" in missing and "--method rtl-eo --epochs" in missing.replace("--preset quick ", "")
    assert "--lambda 0.0002" not in missing


def test_figure_10_takes_a_run_at_lambda_0_before_ft_and_leaves_out_runs_without_validation(tmp_path):
    for method in ("rtl-eo", "ft"):
        folder = make_run(tmp_path, method, 0, np.ones((12, 2)), **{"lambda": 0.0})
        add_validation(folder, np.full((2, 2), 2.0 if method == "ft" else 1.0))
    make_run(tmp_path, "rtl-eo", 0, np.ones((12, 2)), name="old")
    drawing = draw("10", tmp_path)
    assert legend(drawing.figure)[:-1] == ["λ = 0: 1.00±0.00"]
    assert "old/seed0/validation-predictions.csv" in drawing.warnings[0] and "train it anew" in drawing.warnings[0]
    (tmp_path / "synthetic/rtl-eo/seed0/validation-predictions.csv").unlink()
    with pytest.raises(
        InputError, match=r"^--figure 10: no finished run of λ = 0, .*\(no file .*csv: .* train it anew\); begin"
    ) as refused:
        draw("10", tmp_path)
    assert "\n" not in str(refused.value)


def test_figures_of_one_setting_can_be_of_another_method(tmp_path):
    for reg_weight, error in ((0.0, 2.0), (2e-4, 1.0)):
        folder = make_run(tmp_path, "rtl-sam", 0, None, name=f"l{reg_weight}", **{"lambda": reg_weight})
        add_validation(folder, np.full((2, 2), error))
    drawing = draw("10", tmp_path)
    assert legend(drawing.figure)[:-1] == ["λ = 0: 2.00±0.00", "λ = 0.0002: 1.00±0.00"]
    assert titles(drawing.figure) == ["RTL-SAM on validation images"]
    assert "--method rtl-sam" in drawing.lines[-1] and "--method ft" not in drawing.lines[-1]


def test_figure_11_compares_sigmas(tmp_path):
    for sigma, error in ((1.5, 0.0), (3.0, 1.0)):
        folder = make_run(tmp_path, "rtl-eo", 0, np.ones((12, 2)), name=f"s{sigma}", sigma=sigma)
        add_validation(folder, np.full((2, 2), error))
    drawing = draw("11", tmp_path)
    assert legend(drawing.figure)[:-1] == ["σ = 1.5: 0.00±0.00", "σ = 3: 1.00±0.00"]
    assert "--sigma 0.5" in drawing.lines[-1] and "--sigma 3" not in drawing.lines[-1]


def test_figure_11_is_of_the_runs_that_tell_their_sigma(tmp_path):
    for name, sigma in (("usual", 1.5), ("untold", None)):
        add_validation(make_run(tmp_path, "rtl-eo", 0, None, name=name, sigma=sigma), np.ones((2, 2)))
    assert legend(draw("11", tmp_path).figure)[:-1] == ["σ = 1.5: 1.00±0.00"]


# Training


def test_figure_12_shows_means_over_seeds_and_each_seeds_best_epoch(tmp_path):
    for seed, errors in enumerate([[2.0, 0.6, 0.8], [4.0, 1.0, 0.8]]):
        add_history(make_run(tmp_path, "ft", seed, np.ones((12, 2)), epochs=3), errors)
    add_history(make_run(tmp_path, "rtl-eo", 0, np.ones((12, 2)), epochs=3), [1.0, 0.5, 0.7])
    drawing = draw("12", tmp_path)
    assert titles(drawing.figure) == ["FT", "RTL-EO", "validation error"]
    ft, _, errors, unused = drawing.figure.axes
    assert not unused.get_visible()
    np.testing.assert_allclose(lines(ft)["training (augmented)"], [[1, 0.3], [2, 0.08], [3, 0.08]])
    np.testing.assert_allclose(lines(ft)["validation"], [[1, 0.6], [2, 0.16], [3, 0.16]])
    assert ft.get_yscale() == "log" and ft.get_xlabel() == "epoch"
    shown = lines(errors)
    np.testing.assert_allclose(shown["FT: best 0.70"], [[1, 3], [2, 0.8], [3, 0.8]])
    assert [[2, 0.6], [3, 0.8]] in [points.tolist() for points in shown.values()]
    assert "RTL-EO: best 0.50" in shown and "heatmap px" in errors.get_ylabel()
    bands = "lines: means over seeds; bands: from the lowest to the highest seed; "
    assert drawing.figure.get_supxlabel() == f"{bands}dots: the best epoch of each seed"
    assert not untidy(drawing.figure)


def test_a_history_that_is_cut_off_is_left_out(tmp_path):
    add_history(make_run(tmp_path, "ft", 0, np.ones((12, 2)), epochs=3), [1.0, 0.9, 0.8])
    add_history(make_run(tmp_path, "ft", 1, np.ones((12, 2)), epochs=3), [1.0])
    (make_run(tmp_path, "rtl-eo", 0, np.ones((12, 2)), epochs=3) / "history.csv").write_text("epoch,loss\n1,x\n")
    drawing = draw("12", tmp_path)
    assert titles(drawing.figure) == ["FT", "validation error"]
    assert [line.split("/")[-1] for line in drawing.warnings] == [
        "history.csv: 1 epochs instead of 3",
        "history.csv: missing column heatmap_loss, val_loss, val_error",
    ]


def test_the_history_of_one_run_has_no_band():
    rows = [{"epoch": 1, "heatmap_loss": 0.1, "val_loss": 0.2, "val_error": 2.0}]
    figure = history_figure({"RTL-EO": [rows]})
    assert len(figure.axes) == 2 and not any(axes.collections for axes in figure.axes)
    assert figure.get_supxlabel() == "dots: the best epoch"


def test_the_learning_curve_has_the_tables_means_and_intervals(tmp_path):
    rng = np.random.default_rng(0)
    for fraction, images in ((0.1, 20), (1.0, 200)):
        for method, error in (("ft", 1.0), ("rtl-eo", 0.0)):
            errors = error + rng.gamma(2, 0.5, (12, 1)) + np.zeros((12, 2))
            folder = make_run(tmp_path, method, 0, errors, name=f"{method}{fraction}", train_fraction=fraction)
            add_split(folder, images)
    drawing = draw("samples", tmp_path)
    above, below = drawing.figure.axes
    assert legend(drawing.figure) == ["FT", "RTL-EO", "bars: 95 % interval, for other people, of these trainings"]
    line, _, (segments,) = above.containers[0].lines
    np.testing.assert_allclose(line.get_xdata() * 1.03**0.5, [20, 200])  # set aside a little
    table = {row["row"]: row for row in table_rows(tmp_path)}
    for x, (name, segment) in enumerate(zip(["10% (20) FT", "100% (200) FT"], segments.get_segments(), strict=True)):
        assert line.get_ydata()[x] == pytest.approx(float(table[name]["mean"]))
        np.testing.assert_allclose(segment[:, 1], [float(table[name][end]) for end in ("low", "high")])
    (of_eo,) = below.containers
    points, _, (segments,) = of_eo.lines
    for x, (name, segment) in enumerate(
        zip(["10% (20) RTL-EO", "100% (200) RTL-EO"], segments.get_segments(), strict=True)
    ):
        assert points.get_ydata()[x] == pytest.approx(float(table[name]["difference"]))
        np.testing.assert_allclose(segment[:, 1], [float(table[name][f"difference_{end}"]) for end in ("low", "high")])
    assert [label.get_text() for label in below.get_xticklabels()] == ["20", "200"]
    assert not untidy(drawing.figure)


def test_a_learning_curve_without_ft_has_no_differences(tmp_path):
    add_split(make_run(tmp_path, "rtl-eo", 0, np.ones((12, 2)), train_fraction=0.5), 100)
    (axes,) = draw("samples", tmp_path).figure.axes
    assert len(axes.containers) == 1


def table_rows(root):
    import csv

    from rtl_tf.reports.report import make_report, write_report

    report = make_report("samples", find_runs(root)[0], Path(root))
    path = write_report(report, Path(root) / "out")[-1]
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["metric"] == "mre" and row["unit"] == "heatmap_px"]


def test_the_learning_curve_needs_to_know_the_number_of_images(tmp_path):
    make_run(tmp_path, "ft", 0, np.ones((12, 2)), train_fraction=0.5)
    with pytest.raises(InputError, match="ft/seed0 has no split.csv"):
        draw("samples", tmp_path)


# Faces


@pytest.fixture
def with_faces(tmp_path):
    """Two methods of two people in four images; faces kept in different order."""
    add_examples(make_run(tmp_path, "ft", 0, np.ones((4, 2))), [*FACES, "only-ft.png"], [0.9, 0.1, 0.5, 0.0])
    add_examples(make_run(tmp_path, "rtl-sam", 0, np.zeros((4, 2))), FACES[::-1], [0.4, 0.2, 0.6], drift=0.01)
    return tmp_path


def test_figure_7_shows_the_same_best_median_and_worst_face_for_all(with_faces):
    figure = draw("7", with_faces).figure
    assert titles(figure) == [
        *("best 0.10 heatmap px", "b ", "median 0.50 heatmap px", "c ", "worst 0.90 heatmap px", "a "),
        *("0.20 heatmap px", "0.40 heatmap px", "0.60 heatmap px"),
    ]
    assert [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()] == ["FT", "RTL-SAM"]
    assert not untidy(figure)


def test_heatmaps_lie_where_their_landmarks_are(with_faces):
    """Heatmap px (3, 4) is input px (12, 16): the centre of that cell must be drawn there."""
    left, right, bottom, top = draw("7", with_faces).figure.axes[1].images[1].get_extent()
    assert left + (3 + 0.5) * (right - left) / 8 == 12
    assert top + (4 + 0.5) * (bottom - top) / 8 == 16


def test_faces_that_cannot_be_compared_or_read(tmp_path):
    for method in ("ft", "rtl-sam"):
        make_run(tmp_path, method, 0, np.ones((4, 2)))
    with pytest.raises(InputError, match="--figure 7: no run has what the figure shows: .*ft/seed0 has no examples"):
        draw("7", tmp_path)
    add_examples(tmp_path / "synthetic/ft/seed0", ["a.png"], [0.5])
    add_examples(tmp_path / "synthetic/rtl-sam/seed0", ["b.png"], [0.5])
    with pytest.raises(InputError, match="--figure 7: no test face was kept by all of FT, RTL-SAM"):
        draw("7", tmp_path)
    (tmp_path / "synthetic/ft/seed0/examples.npz").write_bytes(b"PK\x03\x04 cut off")
    drawing = draw("7", tmp_path)
    assert titles(drawing.figure)[0].startswith("best") and "ft/seed0/examples.npz" in drawing.warnings[0]


def test_figure_3_shows_each_person_once(tmp_path):
    folder = make_run(tmp_path, "fe", 0, np.ones((4, 2)), data="clinic")  # two images of each of two people
    add_examples(folder, ["face000.png", "face001.png", "face002.png"], [1.0, 1.0, 1.0])
    drawing = draw("3", tmp_path)
    assert sum(bool(axes.images) for axes in drawing.figure.axes) == 2
    assert drawing.figure.get_supxlabel() == "test images of 2 people of clinic with their landmarks"
    assert not any("To train" in line for line in drawing.lines)


def test_figure_2_names_every_landmark_and_no_two_lines_cross():
    schema = load_schema("fas14")
    points = np.random.default_rng(3).uniform(60, 580, (14, 2))
    figure = anatomy_figure(np.full((640, 640, 3), 128, np.uint8), points, schema)
    shown = " ".join(text.get_text() for axes in figure.axes for text in axes.texts)
    for landmark in schema.landmarks:
        assert f"{{{landmark.label}}}$ {landmark.name.replace('_', ' ')}" in shown
        assert " ".join(landmark.anatomy.split()) in " ".join(shown.split())
    assert not untidy(figure)
    leaders = list(figure.artists)
    ends = np.array([(640 * line.xy1[0], 640 * (1 - line.xy1[1])) for line in leaders])
    np.testing.assert_array_equal([line.xy2 for line in leaders], points)
    for index in range(14):
        for other in range(index):
            assert not crossing(ends[index], points[index], ends[other], points[other])


def crossing(a, b, c, d):
    def side(p, q, r):
        return np.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) != side(a, b, d) and side(c, d, a) != side(c, d, b)


# Attention


def test_figure_4_shows_maps_beside_the_sources_and_drifts_as_numbers(with_faces):
    second = make_run(with_faces, "ft", 1, np.ones((4, 2)))
    add_examples(second, FACES, [1.0, 1.0, 1.0], drift=0.75)
    drawing = draw("4", with_faces)
    assert titles(drawing.figure) == ["face", "source", "FT drift 0.500", "RTL-SAM drift 0.010"]
    maps = [axes.images[-1].get_array().tolist() for axes in drawing.figure.axes if len(axes.images) == 2]
    assert maps == [[[1, 0], [0, 0]], [[0, 0], [0, 1]], [[0, 0], [0, 1]]] * 3
    assert drawing.figure.axes[1].images[1].get_extent() == [-0.5, 31.5, 31.5, -0.5]
    assert "FT: attention drift from the source 0.5000±0.2500 over images; seeds 0.2500 0.7500" in drawing.lines
    assert not untidy(drawing.figure)
    assert any("--method rtl-eo" in line for line in drawing.lines)


def test_figure_4_says_which_runs_lack_a_drift_or_maps(with_faces):
    (with_faces / "synthetic/ft/seed0/metrics.json").write_text("{}")
    drawing = draw("4", with_faces)
    assert titles(drawing.figure)[2:] == ["FT", "RTL-SAM drift 0.010"]
    assert "ft/seed0/metrics.json has no attention drift" in drawing.warnings[0]
    add_examples(with_faces / "synthetic/ft/seed0", FACES, [1.0, 1.0, 1.0], drift=None)
    drawing = draw("4", with_faces)
    assert titles(drawing.figure) == ["face", "source", "RTL-SAM drift 0.010"]
    assert "ft/seed0/examples.npz: damaged, or no such arrays" in drawing.warnings[0]


def test_figure_9_has_a_row_a_source(tmp_path):
    for source, methods in (("dlib", ("ft", "rtl-sam")), ("vggface2", ("rtl-sam",))):
        for method in methods:
            folder = make_run(tmp_path, method, 0, np.ones((4, 2)), name=f"{method}-{source}", source=source)
            add_examples(folder, FACES, [1.0, 1.0, 1.0], drift=0.5 if source == "dlib" else 0.25)
    drawing = draw("9", tmp_path)
    cells = drawing.figure.axes[:12]
    assert [axes.get_ylabel() for axes in cells if axes.get_ylabel()] == ["vggface2", "dlib"]
    of_dlib = ["source", "FT drift 0.500", "RTL-SAM drift 0.500"]
    assert titles(drawing.figure) == ["source", "RTL-SAM drift 0.250"] * 2 + of_dlib * 2
    assert [axes.texts[0].get_text() for axes in cells if axes.texts] == ["not trained"] * 2
    assert "FT-dlib: attention drift from the source 0.5000±0.2500 over images; seeds 0.5000" in drawing.lines
    assert not untidy(drawing.figure)


def test_figure_9_leaves_places_empty_for_a_source_of_ones_own(tmp_path):
    for source, methods in (("dlib", ("ft", "rtl-sam")), ("runs/mine/ft/seed0", ("ft",))):
        for method in methods:
            folder = make_run(tmp_path, method, 0, np.ones((4, 2)), name=f"{method}-{source}", source=source)
            add_examples(folder, FACES, [1.0, 1.0, 1.0])
    drawing = draw("9", tmp_path)
    assert [axes.get_ylabel() for axes in drawing.figure.axes if axes.get_ylabel()] == ["dlib", "seed0"]
    assert sum(text.get_text() == "not trained" for axes in drawing.figure.axes for text in axes.texts) == 2


# The registry


def test_unknown_names_and_figures_without_runs_are_one_line(tmp_path):
    with pytest.raises(
        InputError,
        match="unknown figure 5: choose --figure 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, samples, confidence, shape$",
    ):
        get_figure("5")
    make_run(tmp_path, "fe", 0, np.ones((4, 2)))
    for name, figure in FIGURES.items():
        if figure.draw and name not in ("3", "6", "7", "confidence", "shape"):
            with pytest.raises(InputError, match=f"^--figure {name}: no finished run of .*begin with: ") as refused:
                draw(name, tmp_path)
            assert "\n" not in str(refused.value) and "python train.py --method " in str(refused.value)


def test_files_are_the_same_each_time_and_whole(two_seeds, tmp_path, monkeypatch):
    monkeypatch.setattr(Figure, "savefig", Figure.savefig.__wrapped__)  # as fine as a user has them
    first, second = (write_figure("6", draw("6", two_seeds), tmp_path / name) for name in ("one", "two"))
    inches = draw("6", two_seeds).figure.get_size_inches()
    np.testing.assert_allclose(Image.open(first[0]).size, 200 * inches, atol=1)
    assert [path.name for path in first] == ["figure6.png", "figure6.pdf"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert np.asarray(Image.open(first[0]).convert("L")).std() > 5 and first[1].read_bytes().startswith(b"%PDF")
    assert write_figure("samples", draw("6", two_seeds), tmp_path)[0].name == "figure-samples.png"
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="figures cannot be written to .*file/x: Not a directory"):
        style.save(curves.ced_figure({"FT": np.ones(3)}), tmp_path / "file/x/figure6")


def test_a_sheet_of_predictions_says_which_face_has_which_error():
    count = 5
    examples = {
        "image_names": np.array([f"s{index}.png" for index in range(count)]),
        "crops": np.full((count, 32, 32, 3), 128, np.uint8),
        "truth": np.full((count, 2, 2), 14.0),
        "points": np.full((count, 2, 2), 15.0),
        "errors": np.arange(count) / 4,
    }
    figure = faces.faces_figure(examples)
    assert titles(figure) == ["s0: 0.00", "s1: 0.25", "s2: 0.50", "s3: 0.75", "s4: 1.00"]
    assert legend(figure) == ["truth", "prediction", "mean radial error in heatmap px above each face"]
