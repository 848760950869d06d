"""The figure of shapes: from predictions or labels with known shapes to the panels, the lines and the CSV."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_runs import make_predictions, make_run
from PIL import Image
from test_figures import titles, untidy
from toy_table import write_table

from rtl_tf.cli.evaluate import main
from rtl_tf.evaluation.procrustes import superimpose
from rtl_tf.evaluation.shape_study import placement_terms
from rtl_tf.evaluation.specimens import labelled_specimens
from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample
from rtl_tf.reports.figures.writing import draw_runs
from rtl_tf.runs.attributes import write_attributes
from rtl_tf.runs.finding import find_runs
from rtl_tf.runs.predictions import write_predictions
from rtl_tf.schema import load_schema

SCHEMA = load_schema("fas14")
HALF = np.array(  # of a face, px: no line of it is one of symmetry
    [[10, 30], [22, 31], [35, 30], [46, 52], [31, 54], [37, 58], [33, 64], [36, 66], [39, 65], [27, 72], [36, 75],
     [34, 92], [2, 62], [4, 50]], float,
)  # fmt: skip
PEOPLE = 12


def faces(noise=0.5, seed=0):
    """(N, K, 2): two images of each of PEOPLE, the same but for a little noise."""
    rng = np.random.default_rng(seed)
    people = HALF + noise * 3 * rng.normal(size=(PEOPLE, len(HALF), 2))
    return np.repeat(people, 2, axis=0) + noise * rng.normal(size=(2 * PEOPLE, len(HALF), 2))


def columns(**more):
    """Attributes of each image: sex by person, age, side by image."""
    plain = {
        "sex": ["female" if index // 2 < PEOPLE // 2 else "male" for index in range(2 * PEOPLE)],
        "age": [str(3 + index // 2) for index in range(2 * PEOPLE)],
        "yaw": [str(30 + index % 5) for index in range(2 * PEOPLE)],
    } | more
    return [dict(zip(plain, cells, strict=True)) for cells in zip(*plain.values(), strict=True)]


def run_with(tmp_path, points, attributes, truth=None, method="ft", data="clinic", settings=None, **more):
    """A run whose detector found `points` (N, K, 2), px of 0.5 mm; `more` of its predictions."""
    settings = {"landmarks": SCHEMA.names} | (settings or {})
    folder = make_run(tmp_path, method, 0, np.zeros((len(points), 14)), data=data, **settings)
    usual = make_predictions(np.zeros((len(points), 14)), landmarks=SCHEMA.names)
    truth = points if truth is None else truth
    in_heatmaps = usual.heatmap_truth + 0 * truth.astype(np.float32)  # NaN where the truth is
    told = replace(
        usual, points=points.astype(np.float32), truth=truth.astype(np.float32), heatmap_truth=in_heatmaps, **more
    )
    write_predictions(folder / "predictions.csv", told)
    write_attributes(folder / "test.csv", told.images, attributes)
    return tmp_path


def draw(root, **flags):
    return draw_runs("shape", find_runs(root)[0], root, own={"adjust": (), "only": (), "by": None} | flags)


def text_of(figure):
    return " ".join([figure.get_suptitle(), figure.get_supxlabel()]).replace("\n", " ")


@pytest.fixture
def clinic(tmp_path):
    return run_with(tmp_path, faces(), columns())


def test_the_panels_say_what_they_show(clinic):
    drawing = draw(clinic, by="sex")
    assert not untidy(drawing.figure)
    people = drawing.figure.axes[0]
    assert [text.get_text() for text in people.get_legend().texts] == ["female (6)", "male (6)"]
    assert "found by FT, seed 0, in the test images of clinic" in text_of(drawing.figure)
    assert "centroid size of images, mm" in titles(drawing.figure)
    (grid,) = [title for title in titles(drawing.figure) if title.startswith("female (rings) to male (dots)")]
    lines = "\n".join(drawing.lines)
    distance = f"Procrustes distance {float(lines.split('Procrustes distance ')[1].split(',')[0]):.4f}, p "
    assert distance in lines and distance in grid
    assert "999 permutations of people, each one the mean of the person's images." in lines
    assert "\nResearch use, no diagnosis.\n" in lines and "research use, no diagnosis" in text_of(drawing.figure)


def test_the_distance_is_that_of_the_means_of_people(tmp_path):
    """Two people alike in each group, so that all is known: what lies between the shapes of the groups."""
    other = HALF + np.eye(14)[3][:, None] * (4, 0)
    points = np.repeat(np.stack([HALF, other]), 4, axis=0)
    drawing = draw(run_with(tmp_path, points, [{"group": name} for name in "aaaabbbb"]), by="group")
    laid = superimpose(points).points
    assert f"a (2 people) - b (2 people): Procrustes distance {np.linalg.norm(laid[0] - laid[-1]):.4f}" in "\n".join(
        drawing.lines
    )


def test_the_numbers_beside_the_figure_are_of_images_in_mm(clinic, tmp_path):
    header, rows = draw(clinic, by="sex").numbers
    assert header[:7] == ["image", "subject", "sex", "centroid_size", "unit", "use", "PC1"]
    assert header[-2:] == [f"{SCHEMA.names[-1]}_x", f"{SCHEMA.names[-1]}_y"] and len(rows) == 2 * PEOPLE
    assert rows[2][:3] == ["face002.png", "person1", "female"] and rows[0][4:6] == ["mm", "research use, no diagnosis"]
    points = faces().astype(np.float32).astype(float)
    sizes = 0.5 * np.sqrt(((points - points.mean(axis=1, keepdims=True)) ** 2).sum(axis=(1, 2)))
    assert [float(row[3]) for row in rows] == pytest.approx(sizes, rel=1e-5)
    found = np.array([row[-28:] for row in rows], float).reshape(-1, 14, 2)
    assert found == pytest.approx(superimpose(points).points, abs=1e-6)


def test_mirrored_images_count_as_the_others(tmp_path):
    points = faces()
    mirrored = points.copy()
    mirrored[::3] = points[::3] * (-1, 1) + (200, 0)
    mirrored[::3] = mirrored[::3][:, SCHEMA.mirror_permutation]
    plain = draw(run_with(tmp_path / "plain", points, columns()), by="sex")
    both = draw(run_with(tmp_path / "both", mirrored, columns()), by="sex")
    first, second = (np.array([row[-28:] for row in one.numbers[1]], float) for one in (plain, both))
    assert second == pytest.approx(first, abs=1e-5)
    assert "8 images of the other side of the face, mirrored" in text_of(both.figure)
    assert "mirrored" not in text_of(plain.figure)


def test_images_that_the_network_saw_mirrored_are_turned_however_few_they_are(tmp_path):
    """Two of 24: too few for their points to tell, which could as well be wrong."""
    points, flags = faces(), np.zeros(2 * PEOPLE, np.float32)
    flags[[3, 10]] = 1
    other = points.copy()
    for index in (3, 10):
        other[index] = [(200 - x, y) for x, y in points[index]]
        left, right = (SCHEMA.index(f"crista_philtri_{side}") for side in ("left", "right"))
        other[index, [left, right]] = other[index, [right, left]]
    plain = draw(run_with(tmp_path / "plain", points, columns(), mirrored=np.zeros_like(flags)))
    both = draw(run_with(tmp_path / "both", other, columns(), mirrored=flags))
    first, second = (np.array([row[-28:] for row in one.numbers[1]], float) for one in (plain, both))
    assert second == pytest.approx(first, abs=1e-5)
    assert "2 images of the other side of the face, mirrored" in text_of(both.figure)
    assert "mirrored" not in text_of(plain.figure)


@pytest.mark.parametrize(("name", "said"), [("age", "age"), ("yaw", "yaw (how the head is turned)")])
def test_view_and_age_are_said_and_can_be_regressed_out(tmp_path, name, said):
    """Shapes that age makes, or yaw: the first component is nothing else."""
    attributes, points = columns(), faces(0.2)
    points[:, 3, 0] += [2 * float(row[name]) for row in attributes]
    root = run_with(tmp_path, points, attributes)
    plain = draw(root)
    assert f"PC1 correlates with {said} +0.9" in text_of(plain.figure) or f"{said} +1.00" in text_of(plain.figure)
    assert "not regressed out" in text_of(plain.figure) and "\nPC1 correlates over images" in "\n".join(plain.lines)
    assert "PC2: the mean (rings), and 2 standard deviations off it (dots)" in text_of(plain.figure)
    for row in attributes:
        row[name] = f"-{row[name]}"
    negative = draw(run_with(tmp_path / "negative", points, attributes))
    assert f"PC1 correlates with {said} −0.9" in text_of(negative.figure) or f"{said} −1.00" in text_of(negative.figure)
    freed = draw(root, adjust=["age", "yaw"])
    assert "regressed out: age, yaw" in text_of(freed.figure) and "PC1 correlates with" not in text_of(freed.figure)
    assert "given age, yaw" in "\n".join(draw(root, by="sex", adjust=["age", "yaw"]).lines)
    assert not untidy(freed.figure)


def test_mixed_views_and_unknown_ones_are_said(tmp_path):
    views = ["frontal", "lateral"] * PEOPLE
    attributes = columns(view=views)
    root = run_with(tmp_path / "views", faces(), attributes)
    assert "views frontal, lateral are mixed" in text_of(draw(root).figure)
    one = draw(root, only=["view=frontal"], by="sex")
    assert "12 images whose view is not frontal are left out" in text_of(one.figure) and "mixed" not in text_of(
        one.figure
    )
    assert len(one.numbers[1]) == 12
    some = run_with(tmp_path / "some", faces(), columns(view=["frontal", ""] * PEOPLE))  # as the page exports them
    assert "views frontal, unknown are mixed" in text_of(draw(some).figure)
    silent = run_with(tmp_path / "silent", faces(), [{"sex": row["sex"]} for row in attributes])
    assert "no column yaw or view: on oblique heads the first component is half how" in text_of(draw(silent).figure)


def test_groups_that_a_person_has_both_of_have_no_test(tmp_path):
    drawing = draw(run_with(tmp_path, faces(), columns(side=["left", "right"] * PEOPLE)), by="side")
    lines = "\n".join(drawing.lines)
    assert f"No test: {PEOPLE} people have images in several groups" in lines and " p 0" not in lines
    assert any("no test" in title for title in titles(drawing.figure))
    assert "side " in lines and "Repeatability" in lines


def test_the_anova_has_the_detectors_placements_beside_the_labels(tmp_path):
    """The detector is 1 px off in one landmark of every image: that is all that placements differ in."""
    truth = faces()
    points = truth.copy()
    points[:, 3, 0] += 1
    lines = "\n".join(draw(run_with(tmp_path, points, columns(), truth)).lines)
    assert "placement" in lines and "Placements on one image: the detector's and the label's." in lines


def test_landmarks_that_were_never_learnt_are_left_out(tmp_path):
    """predictions.csv has places of them, wherever a heatmap had its maximum."""
    truth = faces()
    truth[:, 12:] = np.nan
    points = faces(seed=0) + np.eye(14)[3][:, None] * (1, 0)
    points[:, 12:] = np.random.default_rng(5).uniform(0, 128, (len(points), 2, 2))
    never = {"unlabelled_landmarks": list(SCHEMA.names[12:])}
    drawing = draw(run_with(tmp_path, points, columns(), truth, settings=never), by="sex")
    lines = "\n".join(drawing.lines)
    assert f"Without {SCHEMA.names[12]}, {SCHEMA.names[13]}, which no image has." in lines
    distance = np.linalg.norm(np.subtract(*(superimpose(points[:, :12]).points[chosen].mean(axis=0)
                                            for chosen in (slice(0, PEOPLE), slice(PEOPLE, None)))))  # fmt: skip
    assert f"Procrustes distance {distance:.4f}" in lines
    assert "Placements on one image: the detector's and the label's." in lines


def test_labels_that_lack_a_landmark_take_no_part_and_are_not_named(tmp_path):
    truth = faces()
    truth[:, 12:] = np.nan
    lines = "\n".join(draw(run_with(tmp_path, faces(), columns(), truth)).lines)
    assert "individual" in lines and "the label's" not in lines


def test_a_number_sign_in_the_name_of_a_file_makes_no_placement():
    """Two photographs of each person, whose names differ behind the #; then two faces marked on one photograph."""
    apart = [replace(one, image=Path(f"/faces/{one.subject}#{side}.jpg"))
             for one, side in zip(samples(faces()), ["front", "left"] * PEOPLE, strict=True)]  # fmt: skip
    terms, _, _ = placement_terms(labelled_specimens(apart, SCHEMA, "clinic"))
    assert [term.name for term in terms] == ["individual", "image"]
    twice = [replace(one, image=Path(f"/faces/{one.subject}#front.jpg"), face=face)
             for one, face in zip(samples(faces()), "12" * PEOPLE, strict=True)]  # fmt: skip
    terms, _, _ = placement_terms(labelled_specimens(twice, SCHEMA, "clinic"))
    assert [term.name for term in terms] == ["individual", "placement"]


def test_images_without_a_value_are_left_out_and_counted(tmp_path):
    attributes = columns()
    for index in (0, 1, 5):
        attributes[index]["sex"] = ""
    attributes[9]["age"] = "NA"
    drawing = draw(run_with(tmp_path, faces(), attributes), by="sex", adjust=["age"])
    assert "4 images without sex or age are left out" in text_of(drawing.figure)
    assert len(drawing.numbers[1]) == 2 * PEOPLE - 4


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"by": "height"}, "--by height: no such column of the data table; there are age, sex, yaw"),
        ({"by": "code"}, "--by code: no such column"),
        ({"adjust": ["sex"]}, "--adjust sex: not a column of numbers"),
        ({"only": ["sex"]}, "--only sex: write COLUMN=VALUE"),
        ({"only": ["sex=woman"]}, "--only sex=woman: no image has it; there are female, male"),
        ({"only": ["age=3"]}, "too few people"),
    ],
)
def test_bad_flags_are_named(clinic, flags, message):
    with pytest.raises(InputError, match=f"^--figure shape: {message}"):
        draw(clinic, **flags)


def test_long_names_of_groups_do_not_touch(tmp_path):
    ages = [f"{4.8 + index // 2:.2f}" for index in range(2 * PEOPLE)]
    drawing = draw(run_with(tmp_path, faces(), columns(years=ages)), by="years")
    assert [label.get_text() for label in drawing.figure.axes[-1].get_xticklabels()][0].replace(
        "\n", " "
    ) == "4.80 to 6.80"
    assert not untidy(drawing.figure)


def test_too_many_groups_and_shapes_without_a_difference(tmp_path):
    letters = [chr(97 + index // 2) for index in range(2 * PEOPLE)]
    root = run_with(tmp_path / "many", faces(), columns(site=letters))
    with pytest.raises(InputError, match="--by site: 12 groups; a figure can show 6"):
        draw(root, by="site")
    with pytest.raises(InputError, match="all people have one shape"):
        draw(run_with(tmp_path / "same", np.repeat(HALF[None], 6, axis=0), [{}] * 6))


# Labels


def samples(points, folder=Path("/faces"), **more):
    return [
        Sample(folder / f"{index:03d}.png", one.astype(np.float32), f"p{index // 2}", **more)
        for index, one in enumerate(points)
    ]


def test_images_that_lack_a_landmark_are_left_out_and_a_landmark_that_all_lack_too():
    points = faces()
    points[4, 2] = np.nan
    points[:, 13] = np.nan
    found = labelled_specimens(samples(points), SCHEMA, "clinic")
    assert found.points.shape == (23, 13, 2) and "004.png" not in found.images
    assert found.landmarks == SCHEMA.names[:13] and found.source == "labelled in clinic"
    assert found.notes == (
        "1 image that lack a landmark are left out",
        f"without {SCHEMA.names[13]}, which no image has",
    )
    points[:, 3] = np.nan
    points[:-2, 1] = np.nan
    with pytest.raises(InputError, match="labelled in clinic: fewer than two people have all landmarks"):
        labelled_specimens(samples(points), SCHEMA, "clinic")


def test_flags_say_which_labels_are_mirrored():
    plain = labelled_specimens(samples(faces()), SCHEMA, "clinic")
    turned = faces() * (-1, 1) + (90, 0)
    flagged = labelled_specimens(samples(turned[:, SCHEMA.mirror_permutation], mirrored=True), SCHEMA, "clinic")
    assert superimpose(flagged.points).points == pytest.approx(superimpose(plain.points).points, abs=1e-5)


def test_the_command_writes_the_figure_of_the_labels_and_its_numbers(tmp_path, capsys):
    table = tmp_path / "data"
    labelled = samples(faces()[:, :3], table)
    write_table(table, labelled)
    for sample in labelled:
        Image.new("RGB", (100, 100)).save(sample.image)
    config = make_run(tmp_path / "runs", "ft", 0, np.zeros((4, 3)), data="clinic") / "config.json"
    told = json.loads(config.read_text())
    told["resolved"] |= {"data": str(table), "schema": str(table / "toy.toml")}
    config.write_text(json.dumps(told))
    assert main(["--figure", "shape", "--labels", "--by", "site", "--runs", str(tmp_path / "runs")]) == 0
    folder = tmp_path / "runs/clinic/reports"
    names = {f"figure-shape-by-site.{suffix}" for suffix in ("png", "pdf", "csv")}
    assert {path.name for path in folder.iterdir()} == names
    with open(folder / "figure-shape-by-site.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * PEOPLE and rows[0]["image"] == "000.png" and rows[0]["site"] == "here"
    assert "Shapes labelled in clinic." in capsys.readouterr().out


@pytest.mark.parametrize("flag", [["--adjust", "age"], ["--only", "view=frontal"], ["--labels"]])
def test_flags_of_the_figure_go_with_no_other(flag):
    with pytest.raises(InputError, match=f"{flag[0]} goes with --figure shape"):
        main(["--figure", "6", *flag])
    with pytest.raises(InputError, match=f"{flag[0]} goes with --figure shape"):
        main(["--table", "1", *flag])
