"""`rtl-measure --corrected`: what people placed counts instead of the detector's, is exact, and is said."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rtl_tf.cli import run as run_command
from rtl_tf.cli.measure import main
from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.clinic.measured_table import COLUMNS, is_measured_table
from rtl_tf.clinic.same_face import is_of
from rtl_tf.exceptions import InputError
from rtl_tf.schema import load_schema

NAMES = load_schema("fas14").names
FISSURE, HEIGHT = "palpebral_fissure_length", "nasal_height"
POINTS = {name: (10 * index, 5 * (index % 3)) for index, name in enumerate(NAMES, 1)}
POINTS |= {"exocanthion": (100, 50), "endocanthion": (130, 90), "nasion": (10, 10), "subnasale": (10, 110)}


def cells(**placed):
    """The cells of POINTS, of which `placed` are elsewhere, or missing (None)."""
    points = POINTS | placed
    return {
        f"{name}_{axis}": "" if points[name] is None else points[name][place]
        for name in NAMES
        for place, axis in enumerate("xy")
    }


def write(path, rows):
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)


FOUND = [{"image": f"photos/{name}.png", "mm_per_px": "", **cells()} for name in "abc"]
PERSON = {"image": "../photos/a.png", "subject": "p1", "mm_per_px": 0.5, "labelled_by": "me", "checked": "no"}
ALL = PERSON | cells(exocanthion=(100, 40), endocanthion=(130, 80), nasion=(10, 20))
FEW = PERSON | cells(**dict.fromkeys(NAMES)) | {"image": "../photos/b.png", "nasion_x": 10, "nasion_y": 30}


@pytest.fixture
def measure(tmp_path, monkeypatch, capsys):
    """Write both tables, and run the command: status, what it said, and rows by image and measurement."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("rtl_tf.clinic.scales.with_doubts", lambda faces, *_: faces)  # these make no face in mm
    (tmp_path / "errors.csv").write_text("landmark,xx,xy,yy\n" + "".join(f"{name},1e-4,0,1e-4\n" for name in NAMES))

    def call(corrected, *flags, found=FOUND):
        write(tmp_path / "found.csv", found)
        write(tmp_path / "labelled" / "landmarks.csv", corrected)
        flags = ["--view", "frontal", "--errors", "errors.csv", *map(str, flags)]
        with pytest.raises(SystemExit) as ended:
            run_command(main, ["found.csv", "--corrected", "labelled/landmarks.csv", *flags])
        said, rows = capsys.readouterr(), {}
        if ended.value.code == 0:
            with open("measurements.csv", encoding="utf-8", newline="") as file:
                rows = {(row["image"][7:8], row["measurement"]): row for row in csv.DictReader(file)}
        return ended.value.code, said.out + said.err, rows

    return call


def test_a_persons_landmarks_count_and_are_exact(measure, tmp_path):
    status, said, rows = measure([ALL, FEW], "--mm-per-px", 0.25)
    assert status == 0 and tuple(rows["a", FISSURE]) == (*COLUMNS, "placed_by")
    assert is_measured_table(tmp_path / "measurements.csv")
    values = {key: (row["value"], row["placed_by"]) for key, row in rows.items() if key[1] == HEIGHT}
    assert values == {
        ("a", HEIGHT): ("45.000", "person"),  # 90 px of the person's 0.5 mm
        ("b", HEIGHT): ("40.000", "both"),  # 80 px
        ("c", HEIGHT): ("25.000", "detector"),  # the scale of all photographs
    }
    by_hand = rows["a", HEIGHT]
    assert (by_hand["low"], by_hand["note"]) == ("", "placed by a person, whose own error is not known: no interval")
    size = [(x, 30 if name == "nasion" else y) for name, (x, y) in POINTS.items()]
    size = np.sqrt(np.square(size - np.mean(size, axis=0)).sum(axis=1).mean())
    half = (float(rows["b", HEIGHT]["high"]) - float(rows["b", HEIGHT]["low"])) / 2
    assert half == pytest.approx(1.96 * 0.01 * size * 0.5, rel=0.05)  # of the detector's subnasale alone
    alone = (float(rows["c", HEIGHT]["high"]) - float(rows["c", HEIGHT]["low"])) / 2 / 0.25
    assert alone == pytest.approx(half / 0.5 * np.sqrt(2), rel=0.1)
    assert rows["b", FISSURE]["placed_by"] == "detector" and rows["b", FISSURE]["value"] == "25.000"
    assert (rows["a", FISSURE]["subject"], rows["c", FISSURE]["subject"]) == ("p1", "")
    assert "Landmarks placed by: 1 person, 1 both, 1 detector.\n" in said


@pytest.mark.parametrize(
    ("subject", "told", "noted"),
    [
        ("p9", "p9", "a person's code counts, p9, which contradicts p07 (facts.csv row 2)"),
        ("P7", "p07", ""),  # the same code
        ("a.png", "p07", ""),  # nobody has told it
        ("photos/a", "p07", ""),
    ],
)
def test_a_persons_code_goes_before_that_of_the_facts_which_the_note_names(measure, tmp_path, subject, told, noted):
    write(tmp_path / "facts.csv", [{"image": "photos/a.png", "subject": "p07"}])
    row = measure([ALL | {"subject": subject}], "--facts", "facts.csv", "--mm-per-px", 1)[2]["a", HEIGHT]
    assert row["subject"] == told
    assert row["note"].startswith(noted) and ("code" in row["note"]) == bool(noted)


def test_one_person_is_written_in_one_way_after_corrections_too(measure, tmp_path):
    write(tmp_path / "facts.csv", [{"image": "photos/a.png", "subject": "1"}])
    rows = [ALL | {"subject": "001"}, FEW | {"subject": "001"}]
    status, said, _ = measure(rows, "--facts", "facts.csv")
    alike = "error: subjects '1' (image photos/a.png) and '001' (image photos/b.png) differ in nothing but"
    assert status == 2 and alike in said
    told = measure(rows, "--facts", "facts.csv", "--subjects-as-written")[2]
    assert [told[name, HEIGHT]["subject"] for name in "ab"] == ["001", "001"]
    assert "a person's code counts, 001, which contradicts 1 (facts.csv row 2)" in told["a", HEIGHT]["note"]


def test_a_code_that_is_made_up_of_the_name_and_the_face_is_nobodys(measure, tmp_path):
    """LabelMe's of a photograph with two faces; and a name whose accents are in the other of Unicode's forms."""
    two = [row | {"face": number} for row, number in ((FOUND[0], 1), (FOUND[0], 2))]
    write(tmp_path / "facts.csv", [{"image": "photos/a.png", "face": "1", "subject": "p07"}])
    row = measure([ALL | {"face": 1, "subject": "a_1"}], "--facts", "facts.csv", found=two)[2]["a", HEIGHT]
    composed, decomposed = "photos/\u00e4.png", "photos/a\u0308.png"
    write(tmp_path / "facts.csv", [{"image": decomposed, "subject": "p07"}])
    corrected = ALL | {"image": f"../{decomposed}", "subject": composed[7:-4]}
    row = measure([corrected], "--facts", "facts.csv", found=[FOUND[0] | {"image": decomposed}])[2]["a", HEIGHT]
    assert (row["subject"], "code" in row["note"]) == ("p07", False)


def test_without_a_corrected_table_the_columns_are_as_ever(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "found.csv", FOUND)
    assert main(["found.csv", "--view", "frontal"]) == 0
    with open("measurements.csv", encoding="utf-8", newline="") as file:
        assert tuple(next(csv.reader(file))) == COLUMNS


def test_the_error_of_the_scale_is_left_to_what_a_person_placed(measure):
    _, _, rows = measure([ALL, FEW], "--scale-error", 1)
    row = rows["a", HEIGHT]
    assert float(row["high"]) - float(row["low"]) == pytest.approx(2 * 1.96 * 0.01 * 45, rel=0.05)
    assert rows["a", "nose_to_face"]["low"] == "" and row["note"] == ""


def test_a_persons_number_goes_before_every_other_scale_which_the_note_names(measure, tmp_path):
    """What somebody typed on the page counts there, so it counts in the table, too: 90 px of 0.5 mm."""
    note, alone = (
        "a person's mm_per_px counts, 0.5 mm in a px, which contradicts ",
        "placed by a person, whose own error",
    )
    write(tmp_path / "facts.csv", [{"image": f"photos/{n}.png", "mm_per_px": mm} for n, mm in (("a", 0.3), ("b", ""))])
    _, _, rows = measure([ALL, FEW], "--facts", "facts.csv", "--mm-per-px", 0.1)
    assert [rows[name, HEIGHT]["value"] for name in "abc"] == ["45.000", "40.000", "10.000"]
    assert rows["a", HEIGHT]["note"].startswith(f"{note}mm_per_px 0.3 (facts.csv row 2); {alone}")
    ruler = {"ruler_x1": 0, "ruler_y1": 0, "ruler_x2": 100, "ruler_y2": 0, "ruler_mm": 20}
    write(tmp_path / "facts.csv", [{"image": "photos/a.png"} | ruler])
    row = measure([ALL, FEW], "--facts", "facts.csv")[2]["a", HEIGHT]
    assert (row["value"], row["scale"]) == ("45.000", "mm_per_px")
    assert row["note"].startswith(f"{note}ruler 0.2 (facts.csv row 2); ")
    for written, said in ((0.2, f"{note}mm_per_px 0.2 (found.csv row 2); "), (0.5004, alone)):  # rounded
        row = measure([ALL], found=[FOUND[0] | {"mm_per_px": written}])[2]["a", HEIGHT]
        assert row["value"] == "45.000" and row["note"].startswith(said)


RULER = {"ruler_x1": 0, "ruler_y1": 0, "ruler_x2": 60, "ruler_y2": 80, "ruler_mm": 20}  # 100 px, 0.2 mm each


def scale_in(row):
    return row["value"], row["scale"], row["mm_per_px"], row["scale_error"]


def test_a_persons_ruler_keeps_its_error_and_goes_before_every_other_scale(measure, tmp_path):
    """Two clicks of 1 px at 100 px: 1.414 %. The person's nose is 90 px long."""
    by_ruler, note = ALL | RULER | {"mm_per_px": 0.2}, "a person's ruler counts, 0.2 mm in a px, which contradicts "
    expected = ("18.000", "ruler", "0.20000", "0.01414")
    _, _, rows = measure([by_ruler])
    row = rows["a", HEIGHT]
    assert scale_in(row) == expected and row["note"] == ""
    half = (float(row["high"]) - float(row["low"])) / 2
    assert half == pytest.approx(1.96 * 0.01414 * 18, rel=0.05)  # of the scale alone: the points are a person's
    write(tmp_path / "facts.csv", [{"image": "photos/a.png", "mm_per_px": 0.3}])
    status, said, rows = measure([by_ruler], "--facts", "facts.csv")
    row = rows["a", HEIGHT]
    assert scale_in(row) == expected and row["note"] == f"{note}mm_per_px 0.3 (facts.csv row 2)"
    assert rows["a", "fissure_to_nose"]["note"] == "placed by a person, whose own error is not known: no interval"
    assert status == 0 and f"11 x {note}mm_per_px 0.3 (facts.csv row 2)\n" in said
    assert measure([by_ruler], "--facts", "facts.csv", "--scale-error", 17)[2]["a", HEIGHT]["note"] == ""  # 3 x 17 %
    other = RULER | {"ruler_mm": 30}
    _, _, rows = measure([by_ruler], found=[FOUND[0] | other])
    assert scale_in(rows["a", HEIGHT]) == expected and rows["a", HEIGHT]["note"] == f"{note}ruler 0.3 (found.csv row 2)"
    write(tmp_path / "facts.csv", [{"image": "photos/a.png", "mm_per_px": 0.205}])  # 2.5 %, within 3 x 1.4 %
    _, _, rows = measure([by_ruler], "--facts", "facts.csv")
    assert scale_in(rows["a", HEIGHT]) == expected and rows["a", HEIGHT]["note"] == ""


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"mm_per_px": 0.3}, "mm_per_px 0.3, but the ruler says 0.2: empty the cells of the wrong one"),
        ({"ruler_mm": ""}, "a ruler needs all of ruler_x1, ruler_y1, ruler_x2, ruler_y2, ruler_mm"),
    ],
)
def test_a_persons_scale_that_is_none_is_of_their_table(measure, cells, problem):
    status, said, _ = measure([ALL | RULER | cells])
    assert (status, said) == (2, f"error: labelled/landmarks.csv row 2: {problem}\n")


def test_a_photograph_on_which_no_face_was_found_is_measured_where_a_person_placed_it(measure):
    lost = FOUND[0] | cells(**dict.fromkeys(NAMES)) | {"error": "no face"}
    _, _, rows = measure([PERSON | cells(gnathion=None)], found=[lost])
    assert (rows["a", HEIGHT]["value"], rows["a", HEIGHT]["placed_by"]) == ("50.000", "person")
    height = rows["a", "facial_height"]
    assert (height["value"], height["note"], height["placed_by"]) == ("", "no gnathion", "person")


def test_an_unknown_error_is_of_no_account_where_a_person_placed_the_landmark(measure, tmp_path):
    (tmp_path / "few.csv").write_text("landmark,xx,xy,yy\nsubnasale,1e-4,0,1e-4\n")
    _, _, rows = measure([FEW], "--errors", "few.csv")
    assert rows["b", HEIGHT]["low"] and rows["b", FISSURE]["note"] == "no error known for exocanthion, endocanthion"


def test_the_view_that_a_person_said_goes_before_all_others(measure, tmp_path):
    """The yaw of the found face, too: at 40 degrees no fissure stands for the head's, at 2 no angle of the nose."""
    told = [{"view": "oblique", "yaw": 40}, {"view": "", "yaw": 2}, {"view": "frontal", "yaw": 2}]
    found = [row | view for row, view in zip(FOUND, told, strict=True)]
    write(tmp_path / "facts.csv", [{"image": "photos/a.png", "view": "lateral"}])
    _, _, rows = measure([ALL | {"view": "Frontal"}, FEW | {"view": "lateral"}], "--facts", "facts.csv", found=found)
    assert [(rows[name, FISSURE]["view"], rows[name, FISSURE]["yaw"]) for name in "abc"] == [
        ("frontal", ""), ("lateral", ""), ("frontal", "2.0"),
    ]  # fmt: skip
    withheld = {name: "stands for the head's" in rows[name, FISSURE]["note"] for name in "abc"}
    assert withheld == {"a": False, "b": True, "c": False}
    assert "stands for" not in rows["b", "facial_angle"]["note"] and "stands for" in rows["c", "facial_angle"]["note"]
    assert measure([ALL], found=found[:1])[2]["a", FISSURE]["view"] == "oblique"  # nobody said another
    problem = "labelled/landmarks.csv row 2: view 'above' is none of frontal, oblique, lateral"
    assert measure([ALL | {"view": "above"}])[:2] == (2, f"error: {problem}\n")


def test_of_several_faces_the_one_that_is_named(measure):
    several = [FOUND[0] | {"face": face} for face in "12"]
    assert measure([ALL], found=several)[:2] == (
        2, "error: labelled/landmarks.csv row 2: ../photos/a.png has 2 faces here; tell which one in a column 'face'\n"
    )  # fmt: skip
    assert measure([ALL | {"face": 2}], found=several)[0] == 0
    with open("measurements.csv", encoding="utf-8", newline="") as file:
        told = {row["face"]: row["placed_by"] for row in csv.DictReader(file)}
    assert told == {"1": "detector", "2": "person"}
    rows = [ALL | {"face": face, "mm_per_px": scale, "subject": f"p{face}"} for face, scale in (("1", 0.5), ("2", 0.2))]
    assert measure(rows, found=several)[0] == 0  # each has its own
    with open("measurements.csv", encoding="utf-8", newline="") as file:
        told = {row["face"]: row["value"] for row in csv.DictReader(file) if row["measurement"] == HEIGHT}
    assert told == {"1": "45.000", "2": "18.000"}


AWAY = {name: (x + 400, y) for name, (x, y) in POINTS.items()}


def test_another_face_than_the_persons_is_not_mixed_with_it(measure):
    """The detector found the parent, 400 px beside the child, of which a person placed eye, nasion and subnasale."""
    eye = {"exocanthion": (450, 50), "endocanthion": (480, 90), "nasion": (410, 10), "subnasale": (410, 90)}
    child = PERSON | cells(**dict.fromkeys(NAMES) | eye)
    found = FOUND[0] | {"flags": "two peaks", "yaw": 40, "subject": "parent"}
    status, said, rows = measure([child], "--mm-per-px", 1, found=[found])
    note = "the detector found another face here: of a person's landmarks alone"
    assert status == 0 and (rows["a", FISSURE]["value"], rows["a", FISSURE]["placed_by"]) == ("25.000", "person")
    assert rows["a", HEIGHT]["value"] == "40.000" and note in rows["a", HEIGHT]["note"]
    bridge = rows["a", "nasal_bridge_length"]
    code = "a person's code counts, p1, which contradicts parent (found.csv row 2)"
    assert (bridge["value"], bridge["note"]) == ("", f"no pronasale; {note}; {code}")
    assert (bridge["view"], bridge["yaw"]) == ("frontal", "")  # of the flag: the yaw is the parent's
    warned = "1 image (../photos/a.png) on which the detector found another face, which is left out\n"
    assert f"warning: labelled/landmarks.csv: {warned}" in said


def test_the_squares_of_a_found_face_by_hand():
    """100 px around the landmarks and half of that on each side: -50 to 150 px; and the box, -0.5 to 199.5 px."""
    plain = MarkedFace(Path("a.png"), "a.png", "", np.array([(0, 0), (100, 100), (np.nan, np.nan)]))
    boxed = replace(plain, cells={"box_left": "-0.5", "box_top": "-0.5", "box_side": "200"})
    lost = [replace(face, points=np.full((3, 2), np.nan)) for face in (plain, boxed)]
    places = {(149, 50): "yyyy", (151, 50): "nnyy", (50, -40): "ynyn", (50, 201): "nnyn"}
    for place, expected in places.items():
        one = np.array([place, (np.nan, np.nan), (np.nan, np.nan)])
        assert "".join("ny"[is_of(face, one)] for face in (plain, boxed, *lost)) == expected
    assert is_of(plain, np.array([(0, 0), (500, 0), (np.nan, np.nan)]))  # one of two
    assert not is_of(plain, np.array([(0, 0), (500, 0), (500, 9)]))  # one of three
    assert is_of(boxed, np.full((3, 2), np.nan))
    with pytest.raises(InputError, match=r"^found.csv row 2: column box_side: 'wide' is not a number"):
        is_of(replace(boxed, cells=boxed.cells | {"box_side": "wide"}, place="found.csv row 2"), np.zeros((3, 2)))


def test_of_several_faces_the_one_that_lies_there(measure):
    several = [FOUND[0] | {"face": 1}, FOUND[0] | {"face": 2} | cells(**AWAY)]
    assert measure([PERSON | cells(**AWAY | {"nasion": (410, 20)})], found=several)[0] == 0
    with open("measurements.csv", encoding="utf-8", newline="") as file:
        told = {row["face"]: row for row in csv.DictReader(file) if row["measurement"] == HEIGHT}
    assert [(told[face]["placed_by"], told[face]["note"][:8]) for face in "12"] == [
        ("detector", ""), ("person", "placed b"),
    ]  # fmt: skip
    assert told["2"]["value"] == "45.000"


def test_a_scale_is_of_all_faces_of_the_photograph(measure, tmp_path):
    """The ruler that a person clicked, 0.2 mm in a px, for the child they corrected and for the parent beside."""
    two = [FOUND[0] | {"face": 1}, FOUND[0] | {"face": 2} | cells(**AWAY)]
    write(tmp_path / "facts.csv", [{"image": "photos/a.png", "mm_per_px": 0.3}])
    alone = (
        PERSON | cells(**dict.fromkeys(NAMES)) | RULER | {"mm_per_px": 0.2, "subject": "a.png", "error": "no points"}
    )
    for person, value in ((ALL | RULER | {"mm_per_px": 0.2}, "18.000"), (alone, "20.000")):
        status, said, _ = measure([person], "--facts", "facts.csv", found=two)
        assert status == 0 and "warning" not in said
        with open("measurements.csv", encoding="utf-8", newline="") as file:
            told = {row["face"]: row for row in csv.DictReader(file) if row["measurement"] == HEIGHT}
        assert [(row["value"], row["scale"]) for row in told.values()] == [(value, "ruler"), ("20.000", "ruler")]
        assert "contradicts mm_per_px 0.3 (facts.csv row 2)" in told["2"]["note"]
    status, said, _ = measure([alone | {"subject": "p1"}], found=two)
    shared = "with several faces here, of which a row tells the scale alone: add a column 'face'"
    assert status == 0 and f"warning: labelled/landmarks.csv: 1 photograph (../photos/a.png) {shared}\n" in said


def test_of_several_labelled_faces_the_one_that_was_found(measure):
    """The child, who was found, and the parent, 400 px beside, who was not."""
    child, parent = ALL | {"face": 1}, PERSON | cells(**AWAY) | {"face": 2, "subject": "p2"}
    for rows in ([child, parent], [parent, child]):
        status, said, told = measure(rows)
        row = told["a", HEIGHT]
        assert (status, row["subject"], row["value"], row["placed_by"]) == (0, "p1", "45.000", "person")
        warned = "1 face (../photos/a.png#2) that the detector did not find, left out\n"
        assert f"warning: labelled/landmarks.csv: {warned}" in said
    twice = "labelled/landmarks.csv row 3: ../photos/a.png#2 is there twice; remove one"
    assert measure([child, child | {"face": 2}])[:2] == (2, f"error: {twice}\n")


def test_what_of_the_table_is_not_used_is_warned_of(measure):
    status, said, _ = measure([ALL, FEW | {"image": "../photos/z.png"}, PERSON | cells(nasion=(-1, 5))
                               | {"image": "../photos/c.png"}])  # fmt: skip
    assert status == 0
    assert "warning: labelled/landmarks.csv: 1 image (../photos/z.png) of no photograph here\n" in said
    outside = "1 image (../photos/c.png: nasion) with landmarks outside, which are left out\n"
    assert f"warning: labelled/landmarks.csv: {outside}" in said


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [ALL, ALL],
            "labelled/landmarks.csv row 3: ../photos/a.png is already in row 2; remove one, or tell its faces",
        ),
        (
            [ALL | {"image": "a.png"}],
            "labelled/landmarks.csv: has none of the images; the first one's name is, from this table, ../photos/a.png",
        ),
        (
            [{"image": "../photos/a.png", "subject": "p", "point_1_x": 1, "point_1_y": 1}],
            "labelled/landmarks.csv row 1: missing landmarks of schema fas14: exocanthion, endocanthion, ",
        ),
        ([ALL, ALL | {"face": 1}], "labelled/landmarks.csv row 3: ../photos/a.png#1 is there twice; remove one"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(measure, rows, message):
    status, said, _ = measure(rows)
    assert status == 2 and said.startswith(f"error: {message}") and said.count("\n") == 1
