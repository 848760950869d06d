"""`rtl-measure`: its table, its text, what it refuses."""

import csv
import hashlib
import json
import re

import numpy as np
import pytest
from fake_runs import make_predictions, make_run
from PIL import Image

from rtl_tf.cli import run as run_command
from rtl_tf.cli.measure import main
from rtl_tf.clinic.half_seen import half_seen
from rtl_tf.clinic.measured import BY_HAND
from rtl_tf.clinic.measured_table import COLUMNS, FIRST
from rtl_tf.clinic.sights import Sight, tell_unused
from rtl_tf.coordinates import turned
from rtl_tf.runs import layout
from rtl_tf.runs.predictions import write_predictions
from rtl_tf.schema import load_schema

NAMES = load_schema("fas14").names
POINTS = dict(zip(NAMES, [(10 * index, 5 * (index % 3)) for index in range(1, 15)], strict=True))
POINTS |= {"exocanthion": (100, 50), "endocanthion": (130, 90)}  # 50 px
POINTS |= {"nasion": (10, 10), "subnasale": (10, 110), "gnathion": (10, 190)}  # 100 and 180 px


@pytest.fixture
def measure(tmp_path, monkeypatch, capsys):
    """Write rows to faces.csv, and run the command: status, what it said, and the rows it wrote by image and name."""
    monkeypatch.chdir(tmp_path)

    def call(rows, *arguments):
        write(tmp_path / "faces.csv", rows)
        with pytest.raises(SystemExit) as ended:
            run_command(main, ["faces.csv", *arguments])
        said = capsys.readouterr()
        written = {}
        if ended.value.code == 0:
            with open(tmp_path / "measurements.csv", encoding="utf-8", newline="") as file:
                written = {(row["image"], row["measurement"], row["norm"]): row for row in csv.DictReader(file)}
        return ended.value.code, said.out or said.err, written

    return call


def write(path, rows):
    """Faces with POINTS, unless a row has others."""
    points = {
        f"{name}_{axis}": value for name, place in POINTS.items() for axis, value in zip("xy", place, strict=True)
    }
    rows = [{**points, **row} for row in rows]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)


GIRL = {"image": "a.jpg", "subject": "p1", "view": "frontal", "mm_per_px": 0.5, "age": 8, "sex": "F"}


def test_values_and_z_scores_by_hand(measure):
    status, said, rows = measure([GIRL], "--norm", "clarren 2010", "--norm", "Weinberg 2016")
    fissure = rows["a.jpg", "palpebral_fissure_length", "Clarren 2010, Canadian"]
    assert status == 0 and tuple(fissure) == COLUMNS
    assert (fissure["value"], fissure["unit"], fissure["view"], fissure["scale"]) == (
        "25.000",
        "mm",
        "frontal",
        "mm_per_px",
    )
    assert fissure["z"] == "-0.36"  # (25 - 25.44) / 1.22
    assert (fissure["citation"], fissure["low"], fissure["z_low"]) == ("PMID 20147771", "", "")
    surfaces = rows["a.jpg", "palpebral_fissure_length", "Weinberg 2016, European"]
    assert (surfaces["z"], surfaces["note"]) == ("", "Weinberg 2016 was measured on 3D surfaces: no z-score")
    height = rows["a.jpg", "nasal_height", "Weinberg 2016, European"]
    assert height["z"] == "1.02"  # 50 mm; at 8 years 47.015 of 2.935
    assert rows["a.jpg", "fissure_to_nose", ""]["value"] == "0.5000"
    said_of = "\n  1 x palpebral_fissure_length: Weinberg 2016 was measured on 3D surfaces: no z-score\n"
    assert said_of in said and "\n  6 x frontal view; stands for the head's in" in said
    protrusion = rows["a.jpg", "nasal_protrusion", ""]
    assert protrusion["note"] == "frontal view; stands for the head's in a lateral view alone: no z-score"
    assert {row["use"] for row in rows.values()} == {"research use, no diagnosis"}
    assert "Heads are taken to be upright: no view tells of nodding." in said
    assert "1 face. Research use, no diagnosis." in said and "written: measurements.csv" in said


def test_what_z_depends_on_and_what_speaks_against_a_value_stand_beside_it(measure, tmp_path):
    """The outer corner of the eye lies to the right of the inner one in the photograph of a left half."""
    turned = {"exocanthion_x": 130, "exocanthion_y": 90, "endocanthion_x": 100, "endocanthion_y": 50}
    flagged = GIRL | turned | {"flags": "low peak: nasion; two peaks", "gnathion_y": 150, "gnathion_x": 10}
    eyeless = GIRL | {"image": "b.jpg", "endocanthion_x": "", "endocanthion_y": "", "age": "", "sex": "", "side": "=R"}
    old = GIRL | {"image": "c.jpg", "age": "8.5", "sex": "boy", "gnathion_y": 150, "gnathion_x": 10}
    _, _, rows = measure([flagged, eyeless, old], "--norm", "Weinberg 2016")
    about = ("side", "age", "sex", "flags")
    told = {image: [row[name] for name in about] for (image, name, _), row in rows.items() if name == "nasal_height"}
    assert told == {
        "a.jpg": ["left", "8", "female", "low peak: nasion; two peaks"],
        "b.jpg": ["'=R", "", "", ""],
        "c.jpg": ["right", "8.5", "male", ""],
    }
    status, _, rows = measure([GIRL | {"age": "eight", "sex": "child"}])
    row = rows["a.jpg", "nasal_height", ""]
    assert status == 0 and (row["age"], row["sex"]) == ("eight", "child")  # nobody asked for a z-score
    (tmp_path / "measurements.csv").write_text(",".join(FIRST) + ",placed_by\n")  # of an earlier version
    assert measure([GIRL])[0] == 0


def test_columns_of_ones_own_are_kept_where_they_are_named(measure, tmp_path):
    (tmp_path / "facts.csv").write_text("image,age,group,site\na.jpg,8,=FAS,\n")
    facts = ["--facts", "facts.csv"]
    _, _, rows = measure([GIRL | {"ward": "7"}], *facts, "--keep", "group", "--keep", "ward", "--keep", "site")
    row = rows["a.jpg", "nasal_height", ""]
    assert tuple(row) == (*COLUMNS, "group", "ward", "site") and [row[name] for name in ("group", "ward", "site")] == [
        "'=FAS", "7", "",
    ]  # fmt: skip
    assert tuple(measure([GIRL | {"ward": "7"}], *facts)[2]["a.jpg", "nasal_height", ""]) == COLUMNS
    for name, problem in (
        ("grup", "no such column in the table, nor in --facts"),
        ("value", "a column of the table is called so"),
    ):
        assert measure([GIRL], *facts, "--keep", name)[:2] == (2, f"error: --keep {name}: {problem}\n")


@pytest.mark.parametrize(
    ("turn", "eye", "half"), [(0, 1, "left"), (0, -1, "right"), (180, 1, "left"), (90, -1, "right"), (0, 0, "")]
)
def test_the_half_that_is_seen_by_hand(turn, eye, half):
    """Chin down at 0 degrees; the eye's outer corner 30 px from the inner one, to the right of the image for 1."""
    names = ["nasion", "gnathion", "endocanthion", "exocanthion"]
    points = turned(np.array([(0.0, 0), (0, 100), (eye * 10, 10), (eye * 40, 20)]), np.radians(turn), (0, 0))
    assert half_seen(points, names) == half
    assert half_seen(points[[0, 2, 3, 1]], ["nasion", "endocanthion", "exocanthion", "subnasale"]) == half
    chinless = np.vstack([points, points[1]])  # in whose place the nose's foot tells what is down
    chinless[1] = np.nan
    assert half_seen(chinless, [*names, "subnasale"]) == half
    points[3] = np.nan
    assert half_seen(points, names) == half_seen(points[:3], names[:3]) == ""


def test_without_a_name_there_is_no_norm(measure):
    _, said, rows = measure([GIRL])
    assert {row["z"] for row in rows.values()} == {""} and "Z-scores" not in said and "upright" not in said


def test_why_a_z_score_or_a_value_is_missing(measure):
    boy = GIRL | {"image": "b.jpg", "sex": "", "mm_per_px": ""}
    old = GIRL | {"image": "c.jpg", "age": 17, "nasion_x": "", "nasion_y": ""}
    ageless = GIRL | {"image": "d.jpg", "age": ""}
    failed = GIRL | {"image": "e.jpg", "error": "no face", **{f"{n}_{a}": "" for n in NAMES for a in "xy"}}
    _, _, rows = measure([boy, old, ageless, failed], "--norm", "Clarren 2010")
    notes = {key: row["note"] for key, row in rows.items()}
    assert notes["b.jpg", "palpebral_fissure_length", ""] == "no scale: give mm_per_px, a ruler or a sticker"
    assert rows["b.jpg", "fissure_to_nose", ""]["value"] == "0.5000"
    norm = "Clarren 2010, Canadian"
    assert notes["c.jpg", "palpebral_fissure_length", norm].endswith("6 to 16 years, none of this age: no z-score")
    assert notes["c.jpg", "nasal_height", ""] == "no nasion"
    assert notes["d.jpg", "palpebral_fissure_length", norm] == "no age: no z-score"
    assert notes["e.jpg", "nasal_height", ""] == "no face"
    _, _, rows = measure([boy], "--mm-per-px", "0.5", "--norm", "Clarren 2010")
    row = rows["b.jpg", "palpebral_fissure_length", norm]
    assert (row["value"], row["note"]) == ("25.000", "no sex (male, female), by which the norm differs: no z-score")


def test_a_norm_of_boys_alone_says_that_it_has_no_girls(measure, tmp_path):
    header = "measurement,source,sex,photo_or_3d,age,mean,sd\n"
    rows = "".join(f"palpebral_fissure_length,Boys,male,photo,{age},25,1\n" for age in (0, 20))
    (tmp_path / "boys.csv").write_text(header + rows)
    _, _, found = measure([GIRL], "--norms", str(tmp_path / "boys.csv"), "--norm", "Boys")
    note = found["a.jpg", "palpebral_fissure_length", "Boys"]["note"]
    assert note == "the norm has no female people: no z-score"


def test_a_point_outside_the_photograph_is_no_landmark(measure, tmp_path):
    Image.new("RGB", (200, 200)).save(tmp_path / "a.jpg")
    far = {"exocanthion_x": -500, "nasion_y": 199.4, "subnasale_y": 199.6}
    _, said, rows = measure([GIRL | far, GIRL | {"image": "gone.jpg"} | far], "--norm", "Clarren 2010")
    for image in ("a.jpg", "gone.jpg"):  # to the left of a photograph that is not there is outside, too
        fissure = rows[image, "palpebral_fissure_length", ""]
        assert (fissure["value"], fissure["z"], fissure["note"]) == ("", "", "outside the photograph: exocanthion")
    height = rows["a.jpg", "nasal_height", ""]
    assert (height["value"], height["note"]) == ("", "outside the photograph: subnasale")
    assert rows["gone.jpg", "nasal_height", ""]["value"] == "0.100"
    assert "3 x palpebral_fissure_length, fissure_to_nose: outside the photograph: exocanthion\n" in said
    _, _, rows = measure([GIRL | far | {"subnasale_x": "", "subnasale_y": ""}])
    assert rows["a.jpg", "fissure_to_nose", ""]["note"] == "no subnasale; outside the photograph: exocanthion"


def test_frames_of_a_film_are_rows_of_their_own(measure):
    film = GIRL | {"image": "a.mp4"}
    assert measure([film | {"frame": 1}, film | {"frame": 2}])[0] == 0
    assert measure([film | {"frame": 1}, film | {"frame": 2}, film | {"frame": 1}])[1] == (
        "error: faces.csv row 4: frame 1 of a.mp4 is already in row 2; remove one, or tell its faces apart in a column "
        "'face'\n"
    )
    assert measure([GIRL | {"face": 1}, GIRL | {"face": 2}])[0] == 0
    assert measure([GIRL, GIRL | {"image": "./a.jpg"}])[1] == (
        "error: faces.csv row 3: ./a.jpg is already in row 2; remove one, or tell its faces apart in a column 'face'\n"
    )


def test_deeplabcuts_table_is_read_as_what_it_is(measure, tmp_path):
    Image.new("RGB", (200, 200)).save(tmp_path / "a.png")
    lines = [["scorer", *["me"] * 28], ["bodyparts", *(name for name in NAMES for _ in "xy")], ["coords", *"xy" * 14]]
    lines.append(["a.png", *(value for name in NAMES for value in POINTS[name])])
    (tmp_path / "CollectedData_me.csv").write_text("\n".join(",".join(map(str, line)) for line in lines) + "\n")
    assert main(["CollectedData_me.csv", "--view", "frontal", "--mm-per-px", "0.5"]) == 0
    with open("measurements.csv", encoding="utf-8", newline="") as file:
        fissure = next(csv.DictReader(file))
    assert (fissure["image"], fissure["measurement"], fissure["value"]) == (
        *("a.png", "palpebral_fissure_length", "25.000"),
    )


def test_where_nothing_has_a_scale_angles_are_left(measure):
    _, said, rows = measure([GIRL | {"mm_per_px": ""}])
    assert rows["a.jpg", "nasal_height", ""]["value"] == "" and rows["a.jpg", "nose_to_face", ""]["value"] != ""
    assert re.search(r"^nasal_height +mm +0 +- +- +- +- +- +0$", said, re.M)
    assert "Views: 1 frontal. Scales: 1 none." in said


def test_intervals_and_criteria(measure, tmp_path):
    small = GIRL | {"image": "b.jpg", "mm_per_px": 0.4}
    blocks = "".join(f"{name},{'1e-4,0,1e-4' if name == 'exocanthion' else '0,0,0'}\n" for name in NAMES)
    (tmp_path / "errors.csv").write_text("landmark,xx,xy,yy\n" + blocks)
    flags = ["--norm", "Clarren 2010", "--criterion", "4-Digit Code", "--criterion", "Hoyme 2016"]
    near = GIRL | {"image": "c.jpg", "mm_per_px": 0.48}  # 24 mm: z -1.18
    _, said, rows = measure([GIRL, small, near], *flags, "--errors", "errors.csv", "--scale-error", "1")
    row = rows["b.jpg", "palpebral_fissure_length", "Clarren 2010, Canadian"]
    assert float(row["z"]) == pytest.approx((20 - 25.44) / 1.22, abs=0.01)
    assert row["criterion"] == (
        "meets the criterion of 4-Digit Code (z <= -2 on Clarren 2010, Canadian); "
        "meets the criterion of Hoyme 2016 (z <= -1.2816 on Clarren 2010, Canadian)"
    )
    size = np.sqrt(
        np.square(np.array(list(POINTS.values())) - np.mean(list(POINTS.values()), axis=0)).sum(axis=1).mean()
    )
    half = 1.96 * np.hypot(0.01 * size * 0.4, 0.01 * 20)
    assert (float(row["high"]) - float(row["low"])) / 2 == pytest.approx(half, rel=0.06)
    assert float(row["z_high"]) == pytest.approx((float(row["high"]) - 25.44) / 1.22, abs=0.01)
    assert "\npalpebral_fissure_length: 1 value meets the criterion of 4-Digit Code" in said and "HP:" not in said
    wide = rows["c.jpg", "palpebral_fissure_length", "Clarren 2010, Canadian"]
    assert (wide["criterion"], wide["note"]) == ("", "the interval of z reaches across the limit of Hoyme 2016")
    mean = GIRL | {"image": "d.jpg", "mm_per_px": 25.44 / 50}  # and a third of it as its error: from low to high
    flags = ["--norm", "Clarren 2010", "--criterion", "Elements of Morphology", "--scale-error", "33"]
    row = measure([mean], *flags, "--errors", "errors.csv")[2][
        "d.jpg", "palpebral_fissure_length", "Clarren 2010, Canadian"
    ]
    assert float(row["z_low"]) < -2 and float(row["z_high"]) > 2
    assert row["note"] == "the interval of z reaches across the limit of Elements of Morphology"


def test_names_in_files_of_ones_own_are_those_of_a_schema(measure, tmp_path):
    """A misspelt one is refused with its row; one of another shipped schema says nothing here."""
    (tmp_path / "errors.csv").write_text("landmark,xx,xy,yy\nexocanthion,1e-4,0,1e-4\nendocanthon,1e-4,0,1e-4\n")
    assert measure([GIRL], "--errors", "errors.csv")[1] == (
        "error: errors.csv row 3: landmark 'endocanthon' is none of schema fas14: did you mean 'endocanthion'?\n"
    )
    (tmp_path / "errors.json").write_text('{"landmarks": ["nasin"], "covariance": [[1, 0], [0, 1]]}')
    assert measure([GIRL], "--errors", "errors.json")[1] == (
        "error: errors.json: landmark 'nasin' is none of schema fas14: did you mean 'nasion'?\n"
    )
    (tmp_path / "criteria.csv").write_text(
        "source,doi,measurement,side,z,or_equal\nA,,nasal_height,low,-2,true\nA,,palpebral_fissure_lenght,low,-2,true\n"
    )
    flags = ["--norm", "Clarren 2010", "--criterion", "A", "--criteria", "criteria.csv"]
    assert measure([GIRL], *flags)[1] == (
        "error: criteria.csv row 3: measurement 'palpebral_fissure_lenght' is none of schema fas14: did you mean "
        "'palpebral_fissure_length'?\n"
    )
    (tmp_path / "errors.csv").write_text("landmark,xx,xy,yy\nexocanthion,1e-4,0,1e-4\npoint_9,1e-4,0,1e-4\n")
    status, said, _ = measure([GIRL], "--errors", "errors.csv")
    assert status == 2 and said.startswith(
        "error: errors.csv row 3: landmark 'point_9' is none of schema fas14: it has "
    )
    fas12 = [name for name in NAMES if name not in ("upper_lobule", "triangular_fossa")]
    ear = {f"{name}_{axis}": None for name in NAMES if name not in fas12 for axis in "xy"}
    (tmp_path / "errors.csv").write_text("landmark,xx,xy,yy\n" + "".join(f"{n},1e-4,0,1e-4\n" for n in NAMES))
    status, _, rows = measure([GIRL | ear], "--errors", "errors.csv", "--schema", "fas12")
    assert status == 0 and rows["a.jpg", "palpebral_fissure_length", ""]["low"]


def test_why_a_value_has_no_interval(measure, tmp_path):
    (tmp_path / "errors.csv").write_text("landmark,xx,xy,yy\nexocanthion,1e-4,0,1e-4\nnasion,1e-4,0,1e-4\n")
    _, said, rows = measure([GIRL | {"subnasale_x": "", "subnasale_y": ""}], "--errors", "errors.csv")
    fissure = rows["a.jpg", "palpebral_fissure_length", ""]
    assert (fissure["value"], fissure["low"], fissure["note"]) == ("25.000", "", "no error known for endocanthion")
    assert rows["a.jpg", "nasal_height", ""]["note"] == "no subnasale"
    assert "1 x palpebral_fissure_length: no error known for endocanthion\n" in said
    assert "no error" not in measure([GIRL])[1]


def test_a_norm_may_have_more_measurements_than_the_schema(measure, tmp_path, capsys):
    header = "measurement,source,sex,photo_or_3d,age,mean,sd\n"
    (tmp_path / "norms.csv").write_text(f"{header}nasal_heigth,A,both,photo,8,40,4\nnasal_height,A,both,photo,8,40,4\n")
    flags = ["--norms", "norms.csv", "--norm", "A"]
    write(tmp_path / "faces.csv", [GIRL])
    assert main(["faces.csv", *flags]) == 0
    assert capsys.readouterr().err == (
        "warning: norms.csv row 2: measurement 'nasal_heigth' is none of schema fas14: did you mean 'nasal_height'?\n"
    )
    _, _, rows = measure([GIRL], *flags)
    assert rows["a.jpg", "nasal_height", "A"]["z"] == "2.50"
    (tmp_path / "norms.csv").write_text(f"{header}nasal_heigth,A,both,photo,8,40,4\n")
    assert measure([GIRL], *flags)[1] == (
        "error: norms.csv row 2: measurement 'nasal_heigth' is none of schema fas14: did you mean 'nasal_height'?\n"
    )


def test_errors_of_a_run(measure, tmp_path):
    run = make_run(tmp_path / "runs", "ft", 0, np.tile([[0.5, -0.5, 0, 0]], (12, 1)))
    found = GIRL | {"nasion_peak": 0.9}
    _, _, rows = measure([found], "--errors", "runs/synthetic/ft/seed0")
    row = rows["a.jpg", "palpebral_fissure_length", ""]
    assert float(row["low"]) < 25 < float(row["high"]) and rows["a.jpg", "nasal_height", ""]["low"] == ""
    write_predictions(
        run / layout.OUT_OF_FOLD, make_predictions(np.zeros((12, 4)))
    )  # of people left out: they come first
    _, _, rows = measure([found], "--errors", "runs/synthetic/ft/seed0")
    assert rows["a.jpg", "palpebral_fissure_length", ""]["low"] == "25.000"


def test_a_runs_errors_are_of_what_its_detector_found(measure, tmp_path, capsys):
    run = make_run(tmp_path / "runs", "ft", 0, np.tile([[0.5, -0.5, 0, 0]], (12, 1)))
    flags = ["--errors", "runs/synthetic/ft/seed0"]
    _, said, rows = measure([GIRL], *flags)  # labels: no peaks, no detector
    row = rows["a.jpg", "palpebral_fissure_length", ""]
    assert (row["low"], row["placed_by"], row["note"]) == ("", "person", BY_HAND) and "1 person" in said
    (run / layout.NETWORK).write_bytes(b"weights")
    own, other = (f"sha256:{hashlib.sha256(each).hexdigest()[:16]}" for each in (b"weights", b"others"))
    write(tmp_path / "faces.csv", [GIRL | {"detector": own}, GIRL | {"detector": other, "image": "b.jpg"}])
    assert main(["faces.csv", *flags]) == 0
    assert capsys.readouterr().err == (
        "warning: faces.csv: 1 face (b.jpg) found by another detector than that of runs/synthetic/ft/seed0, "
        "whose errors are told\n"
    )
    exported = run / layout.EXPORT / "detector-fp32.onnx"
    exported.parent.mkdir()
    exported.write_bytes(b"others")
    assert main(["faces.csv", *flags]) == 0 and capsys.readouterr().err == ""
    with open(tmp_path / "measurements.csv", encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["measurement"] == "palpebral_fissure_length")
    assert float(row["low"]) < 25 < float(row["high"])


OBLIQUE = "turned by more than 5 degrees, up to which it stands for the head's: no z-score"


def test_the_view_by_yaw_by_flag_and_by_the_photograph(measure, tmp_path, capsys):
    for yaw, z, note in ((-4.9, "-0.36", ""), (7, "", OBLIQUE), (-15, "", OBLIQUE)):
        _, _, rows = measure([GIRL | {"view": "", "yaw": yaw}], "--norm", "Clarren 2010")
        fissure = rows["a.jpg", "palpebral_fissure_length", "" if note else "Clarren 2010, Canadian"]
        assert (fissure["view"], fissure["z"], fissure["note"]) == ("frontal", z, note)
        assert rows["a.jpg", "philtrum_width", ""]["note"] == ""
    turned, told = GIRL | {"view": "", "yaw": -40}, GIRL | {"image": "b.jpg", "view": ""}
    _, _, rows = measure([turned, told], "--view", "lateral")
    assert rows["a.jpg", "nasal_height", ""]["view"] == "oblique"
    assert rows["b.jpg", "nasal_height", ""]["view"] == "lateral"
    sights = [Sight("oblique", -40), Sight("lateral")]
    tell_unused(None, sights)
    tell_unused("lateral", sights[1:])
    assert capsys.readouterr().err == ""
    tell_unused("lateral", sights)
    assert capsys.readouterr().err == (
        "warning: --view lateral: not used, as their rows tell another view or yaw: 1 of 2 photographs\n"
    )
    _, _, rows = measure([told])
    fissure, height = (rows["b.jpg", name, ""] for name in ("palpebral_fissure_length", "nasal_height"))
    said = "view unknown (b.jpg: no such image); stands for the head's in a frontal view alone"  # no z was asked for
    assert (fissure["value"], fissure["note"]) == ("25.000", said)
    assert (height["value"], height["note"]) == ("50.000", "")  # the same in all views
    Image.new("RGB", (200, 200)).save(tmp_path / "b.jpg")
    _, _, rows = measure([told])
    note = rows["b.jpg", "palpebral_fissure_length", ""]["note"]
    assert note.startswith("view unknown (no face was found around the landmarks)")


def test_a_ruler_that_was_clicked(measure):
    ends = {"ruler_x1": 10, "ruler_y1": 20, "ruler_x2": 70, "ruler_y2": 100, "ruler_mm": 50}  # 100 px
    _, _, rows = measure([GIRL | {"mm_per_px": ""} | ends])
    row = rows["a.jpg", "palpebral_fissure_length", ""]
    assert (row["value"], row["scale"], row["mm_per_px"], row["scale_error"]) == (
        "25.000",
        "ruler",
        "0.50000",
        "0.01414",
    )


@pytest.mark.parametrize(
    ("row", "flags", "message"),
    [
        ({"view": "side"}, [], "faces.csv row 2: view 'side' is none of frontal, oblique, lateral"),
        ({"age": "eight"}, ["--norm", "Clarren 2010"], "faces.csv row 2: age 'eight' is not a number"),
        ({"nasion_x": ""}, [], "faces.csv row 2: landmark nasion has one of its two coordinates"),
        (
            {"exocanthion_x": 0, "exocanthion_y": "0.0"},
            [],
            "faces.csv row 2: landmark exocanthion lies at exactly (0, 0): if it is not labelled, empty its cells",
        ),
        ({"mm_per_px": "0"}, [], "faces.csv row 2: mm_per_px 0 is not above 0; leave it empty where unknown"),
        ({"mm_per_px": "", "ruler_x1": 1}, [], "faces.csv row 2: a ruler needs all of ruler_x1, ruler_y1, ruler_x2"),
        ({}, ["--norm", "Hall"], "--norm Hall: no such source; there are Clarren 2010, Stromland 1999, Weinberg 2016"),
        ({}, ["--criterion", "Hoyme 2016"], "--criterion goes with --norm: criteria are limits of z-scores"),
        ({}, ["--mm-per-px", "1000"], "--mm-per-px 1000: not between 0.001 and 100"),
        ({}, ["--scale-error", "60"], "--scale-error 60: a percentage from 0 to below 50"),
        ({}, ["--level", "95"], "--level 95: from 0.5 to below 1, as 0.95"),
        ({}, ["--output", "faces.csv"], "--output faces.csv: there already, and not written by rtl-measure"),
        ({}, ["--errors", "none"], "no run folder none"),
        ({}, ["--norms", "mine.csv"], "--norms goes with --norm: there is no default norm"),
        (
            {},
            ["--norm", "Clarren 2010", "--criteria", "mine.csv"],
            "--criteria goes with --criterion: there is no default criterion",
        ),
    ],
)
def test_what_is_refused(measure, row, flags, message):
    status, said, _ = measure([GIRL | row], *flags)
    assert status == 2 and said.startswith(f"error: {message}") and said.count("\n") == 1


def test_norms_are_listed_with_their_citations(tmp_path, capsys):
    (tmp_path / "own.csv").write_text("source,doi,measurement,side,z,or_equal\nOurs,,nasal_height,high,1.5,false\n")
    assert main(["--list-norms", "--criteria", str(tmp_path / "own.csv")]) == 0
    said = capsys.readouterr().out
    assert "Clarren 2010, Canadian" in said and "PMID 20147771" in said and "10.1542/peds.2015-4256" in said
    assert re.search(r"^Ours +nasal_height +> 1.5", said, re.M) and re.search(r"^4-Digit Code .* <= -2 ", said, re.M)


def test_other_formats_and_schemas_without_measurements(tmp_path, capsys):
    def refused(*arguments):
        with pytest.raises(SystemExit) as ended:
            run_command(main, list(arguments))
        return ended.value.code, capsys.readouterr().err

    assert refused() == (2, "error: give a table of landmarks, or --list-norms (see --help)\n")
    (tmp_path / "labels.json").write_text(json.dumps({"images": []}))
    status, said = refused(str(tmp_path / "labels.json"))
    assert status == 2 and "labels.json" in said
    (tmp_path / "s.toml").write_text(
        'name = "s"\nsource = "x"\n[[landmarks]]\nname = "nasion"\nlabel = "n"\nanatomy = "n"\n'
    )
    (tmp_path / "t.csv").write_text("image,nasion_x,nasion_y,view\na.jpg,1,2,frontal\n")
    flags = ["--schema", str(tmp_path / "s.toml"), "--output", str(tmp_path / "m.csv")]
    assert refused(str(tmp_path / "t.csv"), *flags) == (2, "error: schema s has no [[measurements]]\n")
