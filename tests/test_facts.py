"""Facts of photographs from a table of their own: joined by the image, a row's own cells first."""

import csv
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from rtl_tf.cli import run
from rtl_tf.cli.measure import main
from rtl_tf.clinic import marked_faces, sights
from rtl_tf.clinic.facts import read_facts, with_facts
from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.clinic.scales import RULER
from rtl_tf.exceptions import InputError
from rtl_tf.schema import load_schema


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (8, 8)).save(tmp_path / "images" / f"{name}.png")
    return tmp_path


@pytest.fixture
def measure(folder, monkeypatch, capsys):
    """Run the command on a table of a.png and b.png, fissure 50 px, with more cells; what it said on stderr, and the
    fissure's value by image."""
    monkeypatch.chdir(folder)
    places = {"exocanthion": (1, 1), "endocanthion": (1, 5)}

    def call(cells=("", ""), *flags):
        names = load_schema("fas14").names
        header = ["image", "sex", "age", *(f"{name}_{axis}" for name in names for axis in "xy")]
        points = [str(value) for name in names for value in places.get(name, ("", ""))]
        rows = [[f"images/{n}.png", "M", age, *points] for n, age in zip("ab", cells, strict=True)]
        (folder / "found.csv").write_text("\n".join(map(",".join, [header, *rows])) + "\n")
        with pytest.raises(SystemExit):
            run(main, ["found.csv", "--facts", "facts.csv", "--view", "frontal", *flags])
        said = capsys.readouterr().err
        if said.startswith("error"):
            return said, {}
        with open("measurements.csv", encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["measurement"] == "palpebral_fissure_length"]
        return said, {row["image"]: row["value"] for row in rows}

    return call


def face(folder, name, **more) -> MarkedFace:
    return MarkedFace(folder / "images" / f"{name}.png", f"{name}.png", "", np.zeros((2, 2)), **more)


def table(folder, *lines):
    file = folder / "facts.csv"
    file.write_text("\n".join(["image,subject,mm_per_px,age,nasion_x,nasion_y", *lines]) + "\n")
    return file


def test_a_face_gets_what_the_table_tells_and_keeps_its_own(folder):
    file = table(folder, "images/a.png,P1,0.25,7,1,2")
    known, other, own = with_facts(
        [face(folder, "a"), face(folder, "b"), face(folder, "a", mm_per_px=0.5, cells={"age": "9", "sex": ""})],
        read_facts(file),
    )
    assert (known.subject, known.mm_per_px, known.number("age")) == ("P1", 0.25, 7)
    assert "nasion_x" not in known.cells
    assert other.subject == "" and math.isnan(other.mm_per_px)
    assert (own.mm_per_px, own.number("age")) == (0.5, 9)


def test_a_subject_that_is_made_up_of_the_images_name_goes_behind_the_tables(folder):
    """As `rtl-app --export` and many formats have it where nobody has told the person."""
    facts = read_facts(table(folder, "images/a.png,P1,,7,,"))
    for made_up, number in (("a.png", ""), ("images/a", ""), ("a_2", ""), ("a_2", "2"), ("a#2", "2"), ("P0", "2")):
        own = replace(face(folder, "a", face=number), subject=made_up)
        (told,) = with_facts([own], facts)
        assert told.subject == ("P1" if made_up != "P0" and (number or "2" not in made_up) else made_up)
        (other,) = with_facts([own], read_facts(table(folder, "images/a.png,,,7,,")))
        assert other.subject == made_up


def test_what_an_older_table_of_a_detector_says_is_no_fact(folder):
    """A copy of found.csv with a column more: the flags of its landmarks are not those of the new ones."""
    header = (
        "image,subject,age,yaw,box_left,box_top,box_side,detector,error,coverage,flags,nasion_x,nasion_y,nasion_peak"
    )
    (folder / "facts.csv").write_text(f"{header}\nimages/a.png,P1,7,3,0,0,50,sha256:0,lost,0.9,unsure,1,2,0.9\n")
    facts = read_facts(folder / "facts.csv")
    (told,) = with_facts([face(folder, "a", cells={"flags": ""})], facts)
    assert {name for name, cell in told.cells.items() if cell} == {"image", "subject", "age", "yaw"}
    assert facts.columns == {"image", "subject", "age", "yaw"}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["images/a.png,P1,0.25,7,,", "./images/a.png,P2,0.25,7,,"], "row 3: ./images/a.png has another row, 2"),
        (["images/a.png,P1,-1,7,,"], "facts.csv row 2: mm_per_px -1 is not above 0"),
        (
            ["images/b.png,P1,0.25,7,,"],
            "facts.csv: has none of the images; the first one's name is, from this table, images/a.png$",
        ),
    ],
)  # fmt: skip
def test_bad_facts(folder, lines, message):
    with pytest.raises(InputError, match=message):
        with_facts([face(folder, "a")], read_facts(table(folder, *lines)))


def test_facts_of_several_faces_of_a_photograph(folder, capsys):
    two = [face(folder, "a", face=number) for number in ("1", "2")]
    known = ["image,face,subject,mm_per_px,age", "images/a.png,2,mother,,35", "images/a.png,,child,0.25,7"]
    (folder / "facts.csv").write_text("\n".join(known))
    child, mother = with_facts(two, read_facts(folder / "facts.csv"))
    assert (child.subject, child.mm_per_px, child.cells) == ("", 0.25, {"mm_per_px": "0.25"})
    assert (mother.subject, mother.mm_per_px, mother.number("age")) == ("mother", 0.25, 35)
    assert capsys.readouterr().err == (
        f"warning: {folder}/facts.csv: 1 photograph (a.png) with several faces here, of which a row tells the scale "
        "alone: add a column 'face'\n"
    )
    (alone,) = with_facts(two[:1], read_facts(folder / "facts.csv"))
    assert (alone.subject, alone.number("age")) == ("child", 7)
    said = f"warning: {folder}/facts.csv: 1 row (row 2: images/a.png#2) of no photograph here\n"
    assert capsys.readouterr().err == said
    (folder / "facts.csv").write_text("\n".join(known[:2]))
    child, mother = with_facts(two, read_facts(folder / "facts.csv"))
    assert (child.subject, child.cells, mother.number("age")) == ("", {}, 35)
    assert capsys.readouterr().err == f"warning: {folder}/facts.csv: 1 photograph (a.png#1) without a row here\n"


def test_a_face_without_a_number_is_the_tables_only_one(folder, capsys):
    """Numbers are of photographs with several faces: somebody wrote 1 where there is one."""
    (folder / "facts.csv").write_text("image,face,age\nimages/a.png,1,7\nimages/b.png,,8\n")
    told = with_facts([face(folder, "a"), face(folder, "b")], read_facts(folder / "facts.csv"))
    assert [one.number("age") for one in told] == [7, 8] and capsys.readouterr().err == ""
    (folder / "facts.csv").write_text("image,face,age\nimages/a.png,1,7\nimages/a.png,2,35\nimages/b.png,2,8\n")
    with pytest.raises(InputError, match="has none of the images"):
        with_facts([face(folder, "a"), face(folder, "b")], read_facts(folder / "facts.csv"))


def test_rows_and_photographs_that_do_not_meet_are_warned_of(folder, measure):
    (folder / "facts.csv").write_text("image,mm_per_px\nimages/a.png,0.30\nimages/B.png,0.50\n")
    said, values = measure(("", ""), "--mm-per-px", "0.25")
    assert said == (
        "warning: facts.csv: 1 row (row 3: images/B.png) of no photograph here\n"
        "warning: facts.csv: 1 photograph (images/b.png) without a row here\n"
    )
    assert values == {"images/a.png": "1.200", "images/b.png": "1.000"}
    (folder / "facts.csv").write_text("image,mm_per_px\nimages/a.png,0.30\nimages/b.png,0.50\n")
    assert measure() == ("", {"images/a.png": "1.200", "images/b.png": "2.000"})


def test_many_rows_are_counted_and_five_named(folder, capsys):
    file = table(folder, "images/a.png,,1,,,", *(f"{n}.png,,1,,," for n in range(7)))
    with_facts([face(folder, "a")], read_facts(file))
    some = ", ".join(f"row {n + 3}: {n}.png" for n in range(5))
    said = f"warning: {folder}/facts.csv: 7 rows ({some}, ...) of no photograph here\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    ("column", "good", "bad", "message"),
    [
        ("age", "7", "eight", "age 'eight' is not a number"),
        ("age", "7", "-8", "age -8 is below 0"),
        ("view", "frontal", "side", "view 'side' is none of frontal, oblique, lateral"),
        ("yaw", "7", "left", "yaw 'left' is not a number"),
        ("ruler_mm", "", "50", "a ruler needs all of ruler_x1, ruler_y1, ruler_x2, ruler_y2, ruler_mm"),
        ("mm_per_px", "0.3", "0", "mm_per_px 0 is not above 0; leave it empty where unknown"),
        ("sex", "girl", "child", "sex 'child' is neither male nor female; leave it empty where unknown"),
    ],
)
def test_a_bad_cell_is_of_the_table_that_it_stands_in(folder, measure, column, good, bad, message):
    (folder / "facts.csv").write_text(f"image,{column}\nimages/b.png,{good}\n\nimages/a.png,{bad}\n")
    assert measure(("", ""), "--norm", "Clarren 2010")[0] == f"error: facts.csv row 4: {message}\n"


@pytest.mark.parametrize(("column", "bad"), [("age", "eight"), ("sex", "child"), ("view", "side"), ("yaw", "left")])
def test_cells_are_looked_through_before_any_photograph(folder, measure, monkeypatch, column, bad):
    """Also those that no norm asks for: of no photograph's pixels, nor of its header, is anything known yet."""

    def opened(*arguments):
        raise AssertionError("a photograph was opened")

    monkeypatch.setattr(marked_faces, "read_size", opened)
    monkeypatch.setattr(sights, "read_image", opened)
    (folder / "facts.csv").write_text(f"image,mm_per_px,{column}\nimages/a.png,0.3,\nimages/b.png,0.3,{bad}\n")
    assert measure(("", ""))[0].startswith(f"error: facts.csv row 3: {column} '{bad}' is n")


def test_a_table_is_looked_through_before_its_photographs(folder, measure, monkeypatch):
    """The last row's age, though a sticker is to be looked for in the first row's photograph."""
    monkeypatch.setattr("rtl_tf.clinic.scales.read_image", lambda image: pytest.fail("a photograph was opened"))
    (folder / "facts.csv").write_text("image,subject\nimages/a.png,p1\nimages/b.png,p2\n")
    said, _ = measure(("7", "eight"), "--sticker-mm", "19", "--norm", "Clarren 2010")
    assert said == "error: found.csv row 3: age 'eight' is not a number\n"


def test_misspelt_columns(folder, measure):
    (folder / "facts.csv").write_text("image,mm,note\nimages/a.png,0.3,x\nimages/b.png,0.5,y\n")
    assert measure()[0] == (
        "error: facts.csv row 1: none of the columns that are known beside image: subject, mm_per_px, age, sex, view, "
        "yaw, ruler_x1, ruler_y1, ruler_x2, ruler_y2, ruler_mm\n"
    )
    (folder / "facts.csv").write_text("image,mm,yaw,Age,sexe\nimages/a.png,0.3,0,7,F\nimages/b.png,0.5,0,7,F\n")
    assert measure()[0] == (
        "warning: facts.csv row 1: column 'mm' says nothing here; did you mean 'mm_per_px'?\n"
        "warning: facts.csv row 1: column 'Age' says nothing here; did you mean 'age'?\n"
        "warning: facts.csv row 1: column 'sexe' says nothing here; did you mean 'sex'?\n"
    )


def test_an_age_below_0_is_refused_where_it_stands(folder, measure):
    (folder / "facts.csv").write_text("image,mm_per_px\nimages/a.png,9\nimages/b.png,9\n")
    assert measure(("", "-8"), "--norm", "Clarren 2010")[0] == "error: found.csv row 3: age -8 is below 0\n"


@pytest.mark.parametrize("own", [{"mm_per_px": 0.7}, {"cells": dict.fromkeys(RULER, "0.7")}])
def test_of_two_tables_scales_one_counts_as_a_whole(folder, own):
    scales = {"mm_per_px": "0.3", **dict(zip(RULER, ("0", "0", "10", "0", "20"), strict=True))}
    (folder / "facts.csv").write_text(f"image,age,{','.join(scales)}\nimages/a.png,7,{','.join(scales.values())}\n")
    mine = face(folder, "a", **own)
    (told,) = with_facts([mine], read_facts(folder / "facts.csv"))
    assert told.cells == {"image": "images/a.png", "age": "7", **mine.cells}
    assert told.mm_per_px == pytest.approx(mine.mm_per_px, nan_ok=True)


def test_a_person_is_written_in_one_way(folder, measure):
    """As in a table that is trained on: else one person would be counted as two."""
    written = "write one person's alike; if they are two people, give --subjects-as-written\n"
    alike = f"differ in nothing but case, zeros, blanks or the form of letters: {written}"
    (folder / "facts.csv").write_text("image,subject\nimages/a.png,007\nimages/b.png,7\n")
    said = f"error: subjects '007' (facts.csv row 2) and '7' (facts.csv row 3) {alike}"
    assert measure()[0] == said
    assert measure(("", ""), "--subjects-as-written")[0] == ""
    (folder / "facts.csv").write_text("image,subject\nimages/a.png,007\nimages/b.png,\n")
    assert measure()[0] == ""
    facts = read_facts(folder / "facts.csv")
    own = replace(face(folder, "b"), subject="7.0")
    with pytest.raises(
        InputError, match=r"^subjects '007' \(image a.png\) and '7.0' \(image b.png\) differ in nothing"
    ):
        with_facts([face(folder, "a"), own], facts)
    as_written = read_facts(folder / "facts.csv", subjects_as_written=True)
    assert [each.subject for each in with_facts([face(folder, "a"), own], as_written)] == ["007", "7.0"]


def test_codes_as_written_are_of_labelled_data_too(tmp_path, monkeypatch):
    """Of a LabelMe file for each of two people, 7 and 007, as its error advises."""
    monkeypatch.chdir(tmp_path)
    for code in ("7", "007"):
        Image.new("RGB", (60, 60)).save(tmp_path / f"{code}.png")
        shapes = [
            {"label": name, "points": [[3 + index, 5 + index]], "shape_type": "point"}
            for index, name in enumerate(load_schema("fas12").names)
        ]
        document = {"flags": {f"subject={code}": True}, "shapes": shapes, "imagePath": f"{code}.png"}
        (tmp_path / f"{code}.json").write_text(json.dumps(document))
    (tmp_path / "facts.csv").write_text("image,age\n7.png,7\n007.png,8\n")
    for facts in ([], ["--facts", "facts.csv"]):
        with pytest.raises(InputError, match="give --subjects-as-written$"):
            main([".", *facts])
        assert main([".", *facts, "--view", "frontal", "--subjects-as-written"]) == 0
