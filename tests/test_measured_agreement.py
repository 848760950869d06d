"""`evaluate.py --measurements`: runs and tables against manual measurements, and raters against each other."""

import csv
from pathlib import Path

import numpy as np
import pytest
from fake_runs import make_run

from rtl_tf import cli
from rtl_tf.cli.evaluate import main
from rtl_tf.clinic.marked_faces import MarkedFace, full_name
from rtl_tf.clinic.scales import RULER
from rtl_tf.reports.figures.bland_altman import bland_altman_figure
from rtl_tf.reports.measured_agreement import COLUMNS, Readings, compare, values_of
from rtl_tf.schema import load_schema, parse_schema

FAS14 = load_schema("fas14")
NAMES = FAS14.names
EXOCANTHION = NAMES.index("exocanthion")
# Fissures of 50 to 90 px and 0.5 mm a pixel; the detector is off by 2, 4, 0, 2 px and 4 px, the second rater by 2 px.
FISSURES = np.array([50.0, 60, 70, 80, 90])
OFF, RATER = np.array([2.0, 4, 0, 2, 4]), 2.0


def faces(more=0.0):
    points = np.tile(np.arange(28.0).reshape(14, 2) ** 1.5, (5, 1, 1))
    points[:, EXOCANTHION] = points[:, EXOCANTHION + 1] + np.stack([FISSURES + more, np.zeros(5)], axis=1)
    return points


def write(path, points, subjects=None, scale="0.5", folder="images"):
    header = [
        "image",
        *(["subject"] if subjects else []),
        "mm_per_px",
        *(f"{name}_{axis}" for name in NAMES for axis in "xy"),
    ]
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for index, face in enumerate(points):
            who = [subjects[index]] if subjects else []
            writer.writerow([f"{folder}/{index}.jpg", *who, scale, *face.ravel()])
    return path


@pytest.fixture
def tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "found.csv", faces(OFF), scale="")
    write(tmp_path / "labels.csv", faces(), "abcde")
    write(tmp_path / "second.csv", faces(RATER)[::-1], "edcba")


def rows_of(folder):
    with open(folder / "measurements.csv", encoding="utf-8", newline="") as file:
        return {(row["measurement"], row["between"]): row for row in csv.DictReader(file)}


def test_tables_by_hand(tables, tmp_path, capsys):
    assert main(["--measurements", "found.csv", "--manual", "labels.csv"]) == 0
    row = rows_of(tmp_path / "reports")["palpebral_fissure_length", "detector"]
    assert tuple(row) == COLUMNS and (row["images"], row["people"]) == ("5", "5")
    assert float(row["bias"]) == pytest.approx(1.2) and float(row["mae"]) == pytest.approx(1.2)
    assert float(row["sd"]) == pytest.approx(0.83666, abs=1e-4)  # of 1, 2, 0, 1, 2 mm
    assert float(row["upper"]) == pytest.approx(1.2 + 1.96 * 0.83666, abs=1e-4)
    assert 0.9 < float(row["icc_2_1"]) < float(row["icc_3_1"]) < 1
    said = capsys.readouterr().out
    assert said.startswith("found.csv: measurements against manual ones\n") and "Bias: measured - manual" in said
    assert "detector" not in said  # whose the table is nobody has told
    assert "1.20 [0.16, 2.24]" in said  # t of 4 degrees of freedom: 2.776 * 0.83666 / sqrt(5)
    assert max(map(len, said.splitlines())) < 112
    assert {path.name for path in (tmp_path / "reports").iterdir()} == {
        *("measurements.csv", "bland-altman.png", "bland-altman.pdf")
    }


def test_raters_stand_beside_the_detector(tables, tmp_path, capsys):
    write(tmp_path / "second.csv", faces(RATER)[:4], "abcd", folder="elsewhere")
    flags = ["--manual", "labels.csv", "--second", "second.csv", "--output", "out"]
    assert main(["--measurements", "found.csv", *flags]) == 0
    rows = rows_of(tmp_path / "out")
    raters = rows["palpebral_fissure_length", "raters"]
    assert (raters["images"], float(raters["bias"])) == ("4", 1.0) and float(raters["sd"]) < 1e-9
    assert rows["nasal_height", "raters"]["bias"] == "0" and "raters" in capsys.readouterr().out


def test_images_that_do_not_meet_are_told(tables, tmp_path, capsys):
    write(tmp_path / "labels.csv", faces()[:4], "abcd", folder="photos")
    write(tmp_path / "second.csv", faces(RATER)[:2], "ab", folder="photos")
    with open(tmp_path / "second.csv", "a") as file:
        file.write(f"photos/9.jpg,z,0.5{',1,2' * 14}\n")
    assert main(["--measurements", "found.csv", "--manual", "labels.csv", "--second", "second.csv"]) == 0
    joined = ", ".join(f"images/{n}.jpg with photos/{n}.jpg" for n in range(4))
    assert capsys.readouterr().err == (
        f"warning: found.csv and labels.csv: 4 images ({joined}) joined by the ends of their paths alone\n"
        "warning: found.csv: 1 image (images/4.jpg) not in labels.csv, left out\n"
        "warning: the first labels: 2 images (photos/2.jpg, photos/3.jpg) not in second.csv, left out\n"
        "warning: second.csv: 1 image (photos/9.jpg) not in the first labels, left out\n"
    )
    write(tmp_path / "labels.csv", faces(), "abcde")
    assert main(["--measurements", "found.csv", "--manual", "labels.csv"]) == 0
    assert capsys.readouterr().err == ""


def test_landmarks_outside_their_photographs_are_told(tables, tmp_path, capsys):
    points = faces(OFF)
    points[3, EXOCANTHION] = (-500, 4)
    write(tmp_path / "found.csv", points, scale="")
    assert main(["--measurements", "found.csv", "--manual", "labels.csv"]) == 0
    said = "warning: found.csv: 1 image (images/3.jpg: exocanthion) with landmarks outside, which are left out\n"
    assert capsys.readouterr().err == said
    assert rows_of(tmp_path / "reports")["palpebral_fissure_length", "detector"]["images"] == "4"


def test_a_ruler_is_a_scale_as_a_number_is(tables, tmp_path, capsys):
    """100 px of 50 mm: what is told in `mm_per_px` elsewhere."""
    ruler = dict(zip(RULER, (10, 10, 110, 10, 50), strict=True))
    for table, more in (("found.csv", OFF), ("labels.csv", 0.0)):
        header, *rows = write(tmp_path / table, faces(more), "abcde", scale="").read_text().splitlines()
        told = [",".join([header, *ruler]), *(",".join([row, *map(str, ruler.values())]) for row in rows)]
        (tmp_path / table).write_text("\n".join(told))
    assert main(["--measurements", "found.csv", "--manual", "labels.csv", "--output", "out"]) == 0
    row = rows_of(tmp_path / "out")["palpebral_fissure_length", "detector"]
    assert (row["unit"], float(row["bias"])) == ("mm", pytest.approx(1.2))


def test_frames_of_a_film_are_images_of_their_own():
    faces = [MarkedFace(Path("a.mp4"), "a.mp4", "", np.zeros((14, 2)), cells={"frame": str(n)}) for n in (3, 12)]
    assert [full_name(face) for face in faces] == ["a.mp4 frame 3", "a.mp4 frame 12"]


@pytest.mark.parametrize(
    ("subjects", "people", "note"),
    [
        ([""] * 5, 5, "No image has a subject: each counts as a person."),
        (["a", "a", "", "", "b"], 4, "Each image without a subject counts as a person of its own."),
        (["a", "a", "b", "c", "b"], 3, ""),
    ],
)
def test_an_image_without_a_subject_is_a_person(tables, tmp_path, capsys, subjects, people, note):
    write(tmp_path / "labels.csv", faces(), subjects)
    assert main(["--measurements", "found.csv", "--manual", "labels.csv", "--output", "out"]) == 0
    row = rows_of(tmp_path / "out")["palpebral_fissure_length", "detector"]
    assert (row["people"], row["note"], float(row["bias"])) == (str(people), note, pytest.approx(1.2))
    said = capsys.readouterr().out
    assert said.count("subject") == bool(note) and note in said


def test_a_subject_made_up_of_the_images_name_goes_behind_that_of_the_other_table(tables, tmp_path, capsys):
    write(tmp_path / "found.csv", faces(OFF), "aabbc", scale="")
    write(tmp_path / "labels.csv", faces(), ["0.jpg", "1", "images/2.jpg", "3.jpg", "4.jpg"])
    assert main(["--measurements", "found.csv", "--manual", "labels.csv", "--output", "out"]) == 0
    assert rows_of(tmp_path / "out")["palpebral_fissure_length", "detector"]["people"] == "3"
    write(tmp_path / "found.csv", faces(OFF), scale="")
    assert main(["--measurements", "found.csv", "--manual", "labels.csv", "--output", "out"]) == 0
    assert rows_of(tmp_path / "out")["palpebral_fissure_length", "detector"]["people"] == "5"


def test_of_fewer_than_three_people_it_is_said_why_nothing_is(tables, tmp_path, capsys):
    write(tmp_path / "labels.csv", faces(), "aabbb")
    assert main(["--measurements", "found.csv", "--manual", "labels.csv"]) == 0
    few = "Of fewer than 3 images or people there is no bias, limit or correlation (–)."
    row = rows_of(tmp_path / "reports")["palpebral_fissure_length", "detector"]
    assert (row["bias"], row["sd"], row["icc_2_1"], row["people"], row["note"]) == ("", "", "", "2", few)
    said = capsys.readouterr().out
    assert "– [–, –]" in said and said.count(f"\n{few}\n") == 1
    write(tmp_path / "labels.csv", faces()[:2], ["", ""])
    assert main(["--measurements", "found.csv", "--manual", "labels.csv"]) == 0
    row = rows_of(tmp_path / "reports")["palpebral_fissure_length", "detector"]
    assert row["note"] == f"No image has a subject: each counts as a person. {few}"


def test_a_run_against_the_labels_that_it_kept(tmp_path, capsys):
    errors = np.zeros((6, 14))
    errors[:, EXOCANTHION] = [-1, 0, 1, -1, 0, 1]  # 2 px, which are 1 mm; the fissure lies along the diagonal
    run = make_run(tmp_path / "runs", "ft", 0, errors, landmarks=NAMES)
    assert main(["--measurements", str(run), "--output", str(tmp_path / "out")]) == 0
    row = rows_of(tmp_path / "out")["palpebral_fissure_length", "detector"]
    assert (row["images"], row["people"]) == ("6", "3")
    lengths = np.hypot(2 - np.array([-2, 0, 2]), 2) * 0.5
    assert float(row["bias"]) == pytest.approx(lengths.mean() - np.sqrt(2), abs=1e-4)
    assert abs(float(row["icc_3_1"])) < 1e-6  # the heads are all alike: nothing but error differs
    assert "6  " in capsys.readouterr().out


def test_the_figure_has_a_panel_for_each_measurement(tables):
    values = [values_of(FAS14, faces(more), np.full(5, 0.5)) for more in (0.0, OFF, RATER)]
    figure = bland_altman_figure(compare(Readings(FAS14, list("abcde"), *values)))
    assert len(figure.axes) == len(FAS14.measurements)
    fissure = figure.axes[0]
    assert fissure.get_title() == "palpebral fissure length, mm"
    np.testing.assert_allclose(fissure.collections[0].get_offsets()[:, 1], OFF / 2)
    heights = sorted(float(line.get_ydata()[0]) for line in fissure.lines)
    np.testing.assert_allclose(heights, [1.2 - 1.96 * 0.83666, 0, 1, 1, 1.2, 1.2 + 1.96 * 0.83666], atol=1e-4)


@pytest.mark.parametrize(("count", "grid"), [(1, (1, 1)), (2, (1, 2)), (4, (2, 3))])
def test_the_figure_hides_no_point_and_leaves_no_column_empty(tables, count, grid):
    values = [values_of(FAS14, faces(more), np.full(5, 0.5)) for more in (0.0, OFF, RATER)]
    figure = bland_altman_figure(compare(Readings(FAS14, list("abcde"), *values))[: 2 * count])  # and of the raters
    axes = figure.axes[0]
    assert len(figure.axes) == count and axes.get_gridspec().get_geometry() == grid
    assert axes.collections[0].get_zorder() > max(each.get_zorder() for each in (*axes.lines, *axes.patches))


def test_without_a_scale_angles_and_ratios_are_left():
    values = [values_of(FAS14, faces(more), np.full(5, np.nan)) for more in (0.0, OFF)]
    assert {one.measurement.unit for one in compare(Readings(FAS14, list("abcde"), *values))} == {"deg", "1"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["found.csv"], "--measurements found.csv: a table needs --manual DATA"),
        (["found.csv", "--manual", "labels.csv", "--by", "site"], "--by does not go with --measurements"),
        (
            ["found.csv", "--manual", "other.csv"],
            "other.csv: none of its images is one of found.csv (images/0.jpg, ...)",
        ),
        (["found.csv", "--manual", "twice.csv"], "twice.csv: several images are called 0.jpg, and none has the name"),
        (
            ["found.csv", "--manual", "again.csv"],
            "again.csv row 7: images/0.jpg is already in row 2; remove one, or tell its faces apart",
        ),
        (["runs/a", "--manual", "labels.csv"], "--manual and --schema go with --measurements TABLE.csv"),
        (["runs/a"], "no run folder runs/a"),
    ],
)
def test_what_is_refused(tables, tmp_path, capsys, arguments, message):
    lines = (tmp_path / "labels.csv").read_text().replace("images/", "else/").splitlines()
    (tmp_path / "other.csv").write_text("\n".join(lines).replace(".jpg", ".png"))
    (tmp_path / "twice.csv").write_text("\n".join([*lines, lines[1].replace("else/", "third/")]))
    (tmp_path / "again.csv").write_text("\n".join([*lines, lines[1]]).replace("else/", "images/"))
    with pytest.raises(SystemExit) as stopped:
        cli.run(main, ["--measurements", *arguments])
    error = capsys.readouterr().err
    assert stopped.value.code == 2 and error.startswith(f"error: {message}") and error.count("\n") == 1


def test_labels_need_measurements(capsys):
    with pytest.raises(SystemExit):
        cli.run(main, ["--run", "x", "--manual", "y"])
    assert "--manual goes with --measurements" in capsys.readouterr().err


def test_a_schema_without_measurements(tmp_path):
    schema = parse_schema('name = "s"\nsource = "x"\n[[landmarks]]\nname = "a"\nlabel = "a"\nanatomy = "a"\n', "s")
    values = values_of(schema, np.zeros((1, 1, 2)), np.ones(1))
    with pytest.raises(cli.InputError, match="^no measurement of schema s is there twice: no labels, or no scale$"):
        compare(Readings(schema, ["p"], values, values))
