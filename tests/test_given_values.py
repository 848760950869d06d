"""Manual measurements as numbers: a caliper's, or a table of rtl-measure, on either side of the comparison."""

import csv

import numpy as np
import pytest
from test_measured_agreement import FISSURES, OFF, RATER, faces, rows_of, write

from rtl_tf import cli
from rtl_tf.cli import measure
from rtl_tf.cli.evaluate import main
from rtl_tf.clinic.given_values import holds_values, read_values, richest_schema
from rtl_tf.clinic.measured_table import ABOUT, FIRST, STICKER
from rtl_tf.exceptions import InputError
from rtl_tf.schema import load_schema

FAS14 = load_schema("fas14")
NAMES = [measurement.name for measurement in FAS14.measurements]
FISSURE = "palpebral_fissure_length"
KNOWN = f"schema fas14 has {', '.join(NAMES)}"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """found.csv with landmarks, whose fissures are 1, 2, 0, 1 and 2 mm longer than those of caliper.csv."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "found.csv", faces(OFF), scale="0.5")
    wide(tmp_path / "caliper.csv", FISSURES / 2)
    return tmp_path


def wide(path, fissures):
    lines = [f"{index}.jpg,p{index},{fissure}" for index, fissure in enumerate(fissures)]
    path.write_text("\n".join([f"image,subject,{FISSURE}", *lines]) + "\n")


def fissure_of(folder, between="detector"):
    return rows_of(folder / "reports")[FISSURE, between]


def is_by_hand(row):
    """Differences of 1, 2, 0, 1 and 2 mm: their mean, and their standard deviation."""
    assert (row["images"], row["people"], float(row["bias"])) == ("5", "5", pytest.approx(1.2))
    assert float(row["sd"]) == pytest.approx(0.83666, abs=1e-4)


def test_a_caliper_against_landmarks(folder, capsys):
    assert main(["--measurements", "found.csv", "--manual", "caliper.csv"]) == 0
    is_by_hand(fissure_of(folder))
    assert list(rows_of(folder / "reports")) == [(FISSURE, "detector")]
    said = capsys.readouterr()
    assert "Numbers are compared as they are given: a caliper's are of the head" in said.out
    assert "Views are of no account" not in said.out
    assert "5 images (images/0.jpg with 0.jpg, " in said.err and "joined by the ends of their paths alone" in said.err


def test_landmarks_of_a_person_against_numbers_of_a_program(folder):
    assert main(["--measurements", "caliper.csv", "--manual", "found.csv"]) == 0
    row = fissure_of(folder)
    assert (float(row["bias"]), row["people"]) == (pytest.approx(-1.2), "5")


def test_what_rtl_measure_wrote_against_a_caliper(folder, capsys):
    """With its scale, which found.csv lacks, and two norms of the same value."""
    write(folder / "found.csv", faces(OFF), scale="")
    text = (folder / "found.csv").read_text().replace("image,", "age,sex,image,", 1).replace("\nimages", "\n7,F,images")
    (folder / "found.csv").write_text(text)
    norms = ["--norm", "Clarren 2010", "--norm", "Stromland 1999"]
    assert measure.main(["found.csv", "--mm-per-px", "0.5", "--view", "frontal", *norms]) == 0
    with open("measurements.csv", encoding="utf-8", newline="") as file:
        assert sum(row["measurement"] == FISSURE for row in csv.DictReader(file)) == 10
    assert main(["--measurements", "measurements.csv", "--manual", "caliper.csv"]) == 0
    is_by_hand(fissure_of(folder))


def test_what_a_person_placed_is_not_taken_for_the_detectors_unsaid(folder, capsys):
    said = "Some of what is held for the detector's is of landmarks that a person placed (column placed_by)."
    for hands, noted in ((["detector"] * 5, ""), (["detector", "both", "detector", "person", ""], said)):
        rows = [f"{n}.jpg,p{n},{FISSURE},{(f + OFF[n]) / 2},mm,{hands[n]}" for n, f in enumerate(FISSURES)]
        (folder / "corrected.csv").write_text("\n".join(["image,subject,measurement,value,unit,placed_by", *rows]))
        assert main(["--measurements", "corrected.csv", "--manual", "caliper.csv"]) == 0
        is_by_hand(fissure_of(folder))
        assert fissure_of(folder)["note"] == noted and (said in capsys.readouterr().out) == bool(noted)
    assert main(["--measurements", "found.csv", "--manual", "corrected.csv"]) == 0  # as the person's: nothing to say
    assert fissure_of(folder)["note"] == ""


def test_a_table_with_the_places_of_stickers_holds_numbers(folder):
    rows = [f"{n}.jpg,p{n},{FISSURE},{(f + OFF[n]) / 2},mm,9,9,40" for n, f in enumerate(FISSURES)]
    header = "image,subject,measurement,value,unit,sticker_x,sticker_y,sticker_px"
    (folder / "stickers.csv").write_text("\n".join([header, *rows]) + "\n")
    assert main(["--measurements", "stickers.csv", "--manual", "caliper.csv"]) == 0
    is_by_hand(fissure_of(folder))
    beside = dict.fromkeys((*FIRST, *ABOUT, *STICKER, "kept_x"), "")
    cells = beside | {"image": "a.jpg", "measurement": FISSURE, "value": "25.1", "unit": "mm", "sticker_x": "9"}
    (folder / "measured.csv").write_text(f"{','.join(cells)}\n{','.join(cells.values())}\n")
    assert holds_values(folder / "measured.csv")


@pytest.mark.parametrize(("yes", "no"), [("true", "false"), ("TRUE", "FALSE"), ("WAHR", "FALSCH"), ("1.0", "0.0")])
def test_halves_of_a_scan_as_spreadsheets_save_them(folder, yes, no):
    rows = [f"head.obj,{mirrored},p1,{FISSURE},{value}\n" for mirrored, value in ((no, 25.1), (yes, 26.2))]
    (folder / "lifted.csv").write_text(f"mesh,mirrored,subject,measurement,value\n{''.join(rows)}")
    given = read_values(folder / "lifted.csv", FAS14)
    assert given.names == ["head.obj", "head.obj#mirrored"]
    assert given.values[:, NAMES.index(FISSURE)].tolist() == [25.1, 26.2]
    (folder / "lifted.csv").write_text(f"mesh,mirrored,subject,measurement,value\n{rows[0]}head.obj,x,,{FISSURE},2\n")
    with pytest.raises(InputError, match=r"lifted.csv row 3: mirrored 'x' is neither true nor false"):
        read_values(folder / "lifted.csv", FAS14)


def test_raters_as_numbers_and_a_missing_value(folder):
    """The second rater: 1 mm more, and one image not measured; in rows, as spreadsheets in Europe save them."""
    rows = [f"{n}.jpg;{FISSURE};{str(f / 2 + RATER / 2).replace('.', ',')};mm" for n, f in enumerate(FISSURES)]
    rows[3] = f"3.jpg;{FISSURE};;"
    (folder / "second.csv").write_text("\n".join(["image;measurement;value;unit", *rows]))
    assert main(["--measurements", "found.csv", "--manual", "caliper.csv", "--second", "second.csv"]) == 0
    is_by_hand(fissure_of(folder))
    row = fissure_of(folder, "raters")
    assert (row["images"], float(row["bias"])) == ("4", 1.0) and float(row["sd"]) < 1e-9


def test_a_second_rater_with_landmarks_has_a_scale_of_its_own(folder):
    write(folder / "second.csv", faces(RATER), scale="0.25")
    wide(folder / "found.csv", (FISSURES + OFF) / 2)
    assert main(["--measurements", "found.csv", "--manual", "caliper.csv", "--second", "second.csv"]) == 0
    is_by_hand(fissure_of(folder))
    expected = np.mean((FISSURES + RATER) / 4 - FISSURES / 2)
    assert float(fissure_of(folder, "raters")["bias"]) == pytest.approx(expected)


def test_both_forms_hold_the_same(folder):
    (folder / "wide.csv").write_text(
        f"image,face,note,age,{FISSURE},nasal_tip_angle,nose_to_face\n"
        "a.jpg,1,good,7,25.5,,0.4\na.jpg,2,3 x,8,26,91,NA\n"
    )
    lines = [
        f"a.jpg,1,{FISSURE},25.5,mm,A", f"a.jpg,1,{FISSURE},25.5,mm,B", "a.jpg,1,nose_to_face,0.4,ratio,",
        f"a.jpg,2,{FISSURE},26,,", "a.jpg,2,nasal_tip_angle,91,°,", "'=a.jpg,,nose_to_face,0.5,1,",
    ]  # fmt: skip
    (folder / "long.csv").write_text("\n".join(["image,face,measurement,value,unit,norm", *lines]), encoding="utf-8")
    one, two = (read_values(folder / name, FAS14) for name in ("wide.csv", "long.csv"))
    assert one.names == ["a.jpg#1", "a.jpg#2"] and two.names == [*one.names, "=a.jpg"]
    columns = [NAMES.index(name) for name in (FISSURE, "nasal_tip_angle", "nose_to_face")]
    np.testing.assert_array_equal(one.values[:, columns], [[25.5, np.nan, 0.4], [26, 91, np.nan]])
    np.testing.assert_array_equal(two.values[:2], one.values)
    assert np.isnan(one.values).sum() == 2 * len(NAMES) - 4 and two.values[2, columns[2]] == 0.5


def test_which_tables_hold_numbers(folder):
    assert holds_values(folder / "caliper.csv") and not holds_values(folder / "found.csv")
    assert richest_schema() == FAS14


def test_a_measurement_of_another_schema_is_left_out(folder, capsys):
    (folder / "ear.csv").write_text(f"image,{FISSURE},lobule_to_fossa\na.jpg,25,30\n")
    values = read_values(folder / "ear.csv", load_schema("fas12")).values
    assert np.nansum(values) == 25
    said = f"warning: {folder}/ear.csv: 1 measurement (lobule_to_fossa) not of schema fas12, left out\n"
    assert capsys.readouterr().err == said


LONG = "image,measurement,value,unit\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("image,PFL\na.jpg,\nb.jpg,25\n", f"row 3: 'PFL' is no measurement; {KNOWN}"),
        (f"image,{FISSURE},PFL\na.jpg,25,25\n", f"row 2: 'PFL' is no measurement; {KNOWN}"),
        (f"{LONG}a.jpg,PFL,25,mm\n", f"row 2: 'PFL' is no measurement; {KNOWN}"),
        ("image,note\na.jpg,x\n", "row 1: no columns of landmarks (nasion_x, nasion_y), and none named by a measur"),
        (f"{LONG}a.jpg,{FISSURE},2.5,cm\n", f"row 2: {FISSURE} in 'cm': give it in mm"),
        (f"{LONG}a.jpg,nose_to_face,0.5,mm\n", "row 2: nose_to_face in 'mm': give it in ratio"),
        (f"image,{FISSURE}\na.jpg,25 mm\n", f"row 2: {FISSURE} '25 mm' is not a number"),
        (f"image,{FISSURE}\na.jpg,-25\n", f"row 2: {FISSURE} -25: no distance"),
        ("image,nasal_tip_angle\na.jpg,181\n", "row 2: nasal_tip_angle 181: no angle"),
        (f"image,{FISSURE}\n,25\n", "row 2: column image is empty"),
        (f"image,{FISSURE}\na.jpg,25\na.jpg,25\n", f"row 3: {FISSURE} of a.jpg is already in row 2; remove one"),
        (f"{LONG}a.jpg,{FISSURE},25,\na.jpg,{FISSURE},,\n", f"row 3: {FISSURE} of a.jpg is already in row 2; remov"),
        (f"code,{FISSURE}\np1,25\n", "row 1: no column image or subject"),
        (f"subject,{FISSURE}\np1,25\n,26\n", "row 3: column subject is empty, and there is no column image"),
        (f"subject,{FISSURE}\np1,25\np1,25\n", f"row 3: {FISSURE} of p1 is already in row 2; remove one"),
        (f"image,view,{FISSURE}\na.jpg,front,25\n", "row 2: view 'front' is none of frontal, oblique, lateral"),
    ],
)
def test_what_is_refused(folder, capsys, content, message):
    (folder / "caliper.csv").write_text(content)
    with pytest.raises(SystemExit) as stopped:
        cli.run(main, ["--measurements", "found.csv", "--manual", "caliper.csv"])
    said = capsys.readouterr().err
    assert stopped.value.code == 2 and said.startswith(f"error: caliper.csv {message}") and said.count("\n") == 1
    assert not (folder / "reports").exists()


def test_values_beside_two_norms_are_one(folder):
    (folder / "a.csv").write_text(f"image,measurement,value,norm\na.jpg,{FISSURE},25,A\na.jpg,{FISSURE},26,B\n")
    with pytest.raises(InputError, match=f"a.csv row 3: {FISSURE} of a.jpg is already in row 2; remove one$"):
        read_values(folder / "a.csv", FAS14)


def test_landmarks_without_a_scale_against_a_caliper(folder, capsys):
    write(folder / "found.csv", faces(OFF), scale="")
    with pytest.raises(SystemExit):
        cli.run(main, ["--measurements", "found.csv", "--manual", "caliper.csv"])
    advice = "(of landmarks; rtl-measure knows rulers and stickers: give its table)"
    said = f"error: no measurement of schema fas14 is there twice: no labels, or no scale {advice}\n"
    assert capsys.readouterr().err.endswith(said)


def test_what_is_compared_is_not_replaced(folder, capsys):
    (folder / "caliper.csv").rename(folder / "measurements.csv")
    before = (folder / "measurements.csv").read_text()
    with pytest.raises(SystemExit):
        cli.run(main, ["--measurements", "found.csv", "--manual", "measurements.csv", "--output", "."])
    said = "error: --output .: measurements.csv is what is compared; name another folder\n"
    assert capsys.readouterr().err == said and (folder / "measurements.csv").read_text() == before
