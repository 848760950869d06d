"""`evaluate.py --measurements`: who is who, tables with a row a person, views in which a value is not the head's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_runs import make_predictions, make_run
from test_measured_agreement import FISSURES, OFF, RATER, faces, rows_of, write

from rtl_tf import cli
from rtl_tf.cli import measure
from rtl_tf.cli.evaluate import main
from rtl_tf.clinic.hands import means_by_person
from rtl_tf.runs.predictions import write_predictions
from rtl_tf.schema import load_schema, schema_text

FAS14 = load_schema("fas14")
FISSURE = "palpebral_fissure_length"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Fissures of 25, 30, 35, 40 and 45 mm on photographs of three people, a, b and c: 27.5, 37.5 and 45 in the mean;
    their caliper's are 0.5, 1 and 0.5 mm shorter."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "found.csv", faces(), "aabbc")
    (tmp_path / "caliper.csv").write_text(f"subject,side,{FISSURE}\nc,left,44.5\nb,left,36.5\na,left,27\nd,left,30\n")
    return tmp_path


def agree(capsys, *arguments):
    """Status and what is said: on both streams, or of an error."""
    try:
        assert main(["--measurements", *arguments]) == 0
    except cli.InputError as problem:
        return 2, str(problem)
    said = capsys.readouterr()
    return said.out, said.err


def fissure_of(folder, between="detector"):
    return rows_of(folder / "reports")[FISSURE, between]


def is_by_hand(row):
    assert (row["images"], row["people"], float(row["bias"])) == ("3", "3", pytest.approx(2 / 3, abs=1e-6))
    assert float(row["sd"]) == pytest.approx(np.sqrt(1 / 12), abs=1e-6)
    assert row["note"] == "Compared by person: each counts once, with the mean over the images."


def test_a_caliper_s_table_by_person(folder, capsys):
    said, warned = agree(capsys, "found.csv", "--manual", "caliper.csv")
    is_by_hand(fissure_of(folder))
    assert "\nCompared by person: each counts once, with the mean over the images.\n" in said
    assert warned == "warning: caliper.csv: 1 subject (d) not in found.csv, left out\n"
    rows = ["subject,measurement,value,unit", f"a,{FISSURE},27,mm", f"b,{FISSURE},36.5,mm", f"c,{FISSURE},44.5,mm"]
    (folder / "caliper.csv").write_text("\n".join(rows))
    assert agree(capsys, "found.csv", "--manual", "caliper.csv")[1] == ""
    is_by_hand(fissure_of(folder))
    assert float(agree(capsys, "caliper.csv", "--manual", "found.csv") and fissure_of(folder)["bias"]) < -0.66


def test_photographs_of_nobody_are_left_out_of_people(folder, capsys):
    write(folder / "found.csv", faces(), ["a", "", "b", "b", "c"])
    (folder / "caliper.csv").write_text(f"subject,{FISSURE}\nc,44\nb,36.5\na,24\n")
    assert agree(capsys, "found.csv", "--manual", "caliper.csv")[1] == (
        "warning: found.csv: 1 image (images/1.jpg) without a subject, left out\n"
    )
    row = fissure_of(folder)
    assert (row["images"], float(row["bias"]), float(row["sd"])) == ("3", pytest.approx(1), pytest.approx(0, abs=1e-9))
    write(folder / "found.csv", faces())
    problem = "no image has a subject, and the other table is by person (without image): add a column subject"
    assert agree(capsys, "found.csv", "--manual", "caliper.csv") == (
        *(2, f"found.csv: {problem} (rtl-measure --facts writes it)"),
    )
    write(folder / "found.csv", faces(), "vwxyz")
    assert agree(capsys, "found.csv", "--manual", "caliper.csv") == (
        *(2, "caliper.csv: none of its subjects is one of found.csv (v, ...)"),
    )


def test_a_second_rater_by_person_makes_all_of_it_by_person(folder, capsys):
    """The detector is off by 1, 2, 0, 1 and 2 mm: by 1.5, 0.5 and 2 mm in the mean of a person."""
    write(folder / "labels.csv", faces(), "aabbc")
    write(folder / "found.csv", faces(OFF))
    agree(capsys, "found.csv", "--manual", "labels.csv", "--second", "caliper.csv")
    detector, raters = fissure_of(folder), fissure_of(folder, "raters")
    assert (detector["images"], float(detector["bias"])) == ("3", pytest.approx(4 / 3, abs=1e-5))
    assert (raters["images"], float(raters["bias"])) == ("3", pytest.approx(-2 / 3, abs=1e-5))
    write(folder / "labels.csv", faces(RATER), "aabbc", folder="elsewhere")
    write(folder / "found.csv", faces(), "aabbc")
    agree(capsys, "found.csv", "--manual", "caliper.csv", "--second", "labels.csv")
    is_by_hand(fissure_of(folder))
    assert float(fissure_of(folder, "raters")["bias"]) == pytest.approx(1 + 2 / 3, abs=1e-5)


def test_means_leave_out_what_is_missing():
    values = np.array([[1, np.nan], [3, np.nan], [5, 6], [7, np.nan]])
    people, means = means_by_person(["a", "a", "b", ""], values)
    assert people == ["a", "b"]
    np.testing.assert_array_equal(means, [[2, np.nan], [5, 6]])


def test_one_person_s_code_in_two_ways_is_refused_and_two_people_s_may_be_asked_for(folder, capsys):
    labels = ["007", "7", "8", "8", "9"]
    write(folder / "labels.csv", faces(OFF), labels)
    alike = (
        "differ in nothing but case, zeros, blanks or the form of letters: write one person's alike; if they are two"
    )
    advice = f"{alike} people, give --subjects-as-written"
    assert agree(capsys, "found.csv", "--manual", "labels.csv") == (
        *(2, f"subjects '007' (image images/0.jpg) and '7' (image images/1.jpg) {advice}"),
    )
    agree(capsys, "found.csv", "--manual", "labels.csv", "--subjects-as-written")
    assert fissure_of(folder)["people"] == "4"
    write(folder / "found.csv", faces(), ["007", "007", "8", "8", "9"])
    (folder / "caliper.csv").write_text(f"subject,{FISSURE}\n7,24\n8,36\n9,44\n")
    assert agree(capsys, "found.csv", "--manual", "caliper.csv") == (
        *(2, f"subjects '007' (found.csv) and '7' (caliper.csv) {advice}"),
    )
    agree(capsys, "found.csv", "--manual", "caliper.csv", "--subjects-as-written")
    assert fissure_of(folder)["people"] == "2"
    with pytest.raises(SystemExit):
        cli.run(main, ["--table", "1", "--subjects-as-written"])
    assert (
        capsys.readouterr().err
        == "error: --subjects-as-written goes with --measurements, or --figure shape --data TABLE.csv\n"
    )


def with_column(path, name, cells):
    lines = path.read_text().splitlines()
    path.write_text("\n".join(f"{cell},{line}" for cell, line in zip([name, *cells], lines, strict=True)))


def test_a_value_in_a_view_that_does_not_show_the_head_s_is_left_out(folder, capsys):
    """As rtl-measure flags it; and of landmarks whose table tells the yaw. Of 1, 2, 0, 1, 2 mm the first is lost."""
    write(folder / "found.csv", faces(OFF))
    images = "".join(f"{index}.jpg,{fissure / 2}\n" for index, fissure in enumerate(FISSURES))
    (folder / "caliper.csv").write_text(f"image,{FISSURE}\n{images}")
    with_column(folder / "found.csv", "view", ["oblique", *["frontal"] * 4])
    assert measure.main(["found.csv"]) == 0
    capsys.readouterr()
    lost = f"left out ({FISSURE}): oblique view; stands for the head's in a frontal view alone\n"
    for table in ("measurements.csv", "found.csv"):
        said, warned = agree(capsys, table, "--manual", "caliper.csv")
        assert fissure_of(folder)["images"] == "4" and float(fissure_of(folder)["bias"]) == pytest.approx(1.25)
        assert f"warning: {table}: 1 value of 1 image (images/0.jpg) {lost}" in warned and warned.count("left out") == 1
        assert "Those of other views are left out where their table tells the view." in said
    (folder / "found.csv").write_text((folder / "found.csv").read_text().replace("view,", "yaw,", 1))
    (folder / "found.csv").write_text((folder / "found.csv").read_text().replace("oblique,", "-6,"))
    (folder / "found.csv").write_text((folder / "found.csv").read_text().replace("frontal,", "4,"))
    warned = agree(capsys, "found.csv", "--manual", "caliper.csv")[1]
    turned = "turned by more than 5 degrees, up to which it stands for the head's"
    assert turned in warned and fissure_of(folder)["images"] == "4"


def test_views_are_of_no_account_between_photographs(folder, capsys):
    write(folder / "labels.csv", faces(), "aabbc")
    with_column(folder / "labels.csv", "view", ["oblique"] * 5)
    assert measure.main(["labels.csv", "--output", "manual.csv"]) == 0
    write(folder / "found.csv", faces(OFF))
    said = agree(capsys, "found.csv", "--manual", "manual.csv")[0]
    assert "Views are of no account" in said and fissure_of(folder)["images"] == "5"


def test_a_view_that_rtl_measure_could_not_tell_is_none(folder, capsys):
    assert measure.main(["found.csv"]) == 0  # there are no photographs
    reason = "view unknown (not told); stands for the head's in a frontal view alone"
    problem = agree(capsys, "measurements.csv", "--manual", "caliper.csv")[1]
    assert problem.startswith("no measurement of schema fas14 is there twice") and reason in capsys.readouterr().err


def of_run(folder, yaw, **settings):
    """Fissures of 25 to 45 mm in the labels and 1 to 2 mm more as found, on heads turned by `yaw` degrees."""
    run = make_run(folder / "runs", "ft", 0, np.zeros((5, 14)), landmarks=FAS14.names, **settings)
    usual = make_predictions(np.zeros((5, 14)), landmarks=FAS14.names)
    points, truth = (faces(more).astype(np.float32) for more in (OFF, 0))
    names = tuple(f"images/{index}.jpg" for index in range(5))
    told = replace(usual, images=names, points=points, truth=truth, yaw=np.full(5, yaw, np.float32))
    write_predictions(run / "predictions.csv", told)
    (folder / "cal.csv").write_text(
        f"image,{FISSURE}\n" + "".join(f"{name},{30 + number}\n" for number, name in enumerate(names))
    )
    return str(run)


def test_a_run_against_a_caliper_leaves_out_views_as_its_table_would(folder, capsys):
    run = of_run(folder, yaw=40)
    said, warned = agree(capsys, run)
    assert FISSURE in said and warned == ""  # both measure one image
    said, warned = agree(capsys, run, "--second", "cal.csv")
    assert FISSURE not in said and "nasal_height" in said
    assert [line.split(":")[1] for line in warned.splitlines()] == [f" {run}", f" labels of {run}"]
    assert warned.count("5 values of 5 images") == 2 and warned.count("oblique view") == 2


def test_a_run_with_a_schema_of_its_own_has_a_second_rater(folder, capsys):
    own = schema_text("fas14").replace('name = "fas14"', 'name = "ours"')
    run = of_run(folder, yaw=0, schema="ours.toml", schema_hash="0" * 64)
    (Path(run) / "schema.toml").write_text(own, encoding="utf-8")
    said, warned = agree(capsys, run, "--second", "cal.csv")
    assert warned == "" and float(fissure_of(folder, "raters")["bias"]) == pytest.approx(32 - 35)
    assert float(fissure_of(folder)["bias"]) == pytest.approx(1.2)


def test_where_only_raters_can_be_compared_it_is_said_why(folder, capsys):
    write(folder / "found.csv", faces(), "aabbc", scale="")
    (folder / "second.csv").write_text((folder / "caliper.csv").read_text())
    told = agree(capsys, "found.csv", "--manual", "caliper.csv", "--second", "second.csv")
    assert told[0] == 2 and told[1].startswith("no measurement of schema fas14 is there twice: no labels, or no scale")
    assert not (folder / "reports").exists()


def test_another_table_of_the_name_is_not_replaced(folder, capsys):
    (folder / "reports").mkdir()
    (folder / "reports" / "measurements.csv").write_text("image,measurement,value\n")
    assert agree(capsys, "found.csv", "--manual", "caliper.csv") == (
        *(2, "--output reports: reports/measurements.csv is no such table of an earlier call; name another folder"),
    )
    (folder / "reports" / "measurements.csv").unlink()
    for _ in range(2):  # its own it does replace
        agree(capsys, "found.csv", "--manual", "caliper.csv")
        is_by_hand(fissure_of(folder))
