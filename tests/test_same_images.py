"""Which faces of two tables are the same: by where their photographs lie, by names, by the ends of paths."""

import re
from pathlib import Path

import numpy as np
import pytest
import test_measured_agreement
from test_measured_agreement import FAS14, OFF, faces, rows_of, write

from rtl_tf import cli
from rtl_tf.cli.evaluate import main
from rtl_tf.clinic.hands import Hand
from rtl_tf.clinic.pairing import _places
from rtl_tf.clinic.same_images import Picture, meet

tables = test_measured_agreement.tables  # the fixture


def test_an_image_that_is_there_twice_has_no_place():
    """Whatever the format: of a table the rows are named before."""
    known = "second", FAS14, ["a.jpg", "b.jpg", "a.jpg"], ["", "", ""], np.ones(3), np.ones((3, 14, 2))
    twice = Hand(*known, pictures=[Picture(Path(name), name) for name in known[2]])
    with pytest.raises(cli.InputError, match="^second: image a.jpg is there twice; remove one$"):
        _places(twice, twice)


def places(own, others):
    """Where `meet` finds them, and which by the ends of their paths; `own` and `others`: (path, face), in no folder."""
    own = [Picture(Path("a") / name, name, face) for name, face in own]
    return meet(own, [Picture(Path("b") / name, name, face) for name, face in others], "b.csv")


@pytest.mark.parametrize(
    ("own", "others", "at", "by_end"),
    [
        (["x/anna/1.jpg", "x/ben/1.jpg"], ["ben/1.jpg", "anna/1.jpg"], [1, 0], {0, 1}),
        (["x/anna/1.jpg", "x/ben/1.jpg"], ["anna/1.jpg", "cleo/1.jpg"], [0, None], {0}),  # Ben is nobody else
        (["1.jpg", "anna/1.jpg"], ["1.jpg", "anna/1.jpg"], [0, 1], set()),  # called alike
        (["x/1.jpg", "x/2.jpg"], ["y/2.jpg", "y/3.jpg"], [None, 0], {1}),
        (["\u00e4.jpg"], ["a\u0308.jpg"], [0], set()),  # in Unicode's two forms
        (["1.jpg#1"], ["1.jpg"], [0], set()),  # the only face there
        (["1.jpg"], ["1.jpg#2"], [0], set()),
        (["1.jpg#1"], ["1.jpg#2"], [None], set()),
        (["1.jpg#2", "1.jpg#1"], ["1.jpg#1", "1.jpg#3"], [None, 0], set()),
        (["1.jpg#1", "1.jpg#2"], ["1.jpg"], [None, None], set()),
    ],
)
def test_the_same_faces_of_two_tables_by_hand(own, others, at, by_end):
    assert places(*([(*name.split("#"), "")[:2] for name in names] for names in (own, others))) == (at, by_end)


def test_photographs_that_lie_in_one_place_are_the_same_however_they_are_named(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.jpg").write_text("")
    (tmp_path / "2.jpg").symlink_to("a/1.jpg")
    own = [Picture(tmp_path / name, name) for name in ("a/1.jpg", "1.jpg")]
    assert meet(own, [Picture(tmp_path / "2.jpg", "1.jpg")], "b.csv") == ([0, None], set())


def test_names_that_do_not_tell_which_photograph_is_meant_are_refused():
    message = "^b.csv: several images are called 1.jpg, and none has the name a/x/1.jpg$"
    with pytest.raises(cli.InputError, match=message):
        places([("x/1.jpg", "")], [("anna/1.jpg", ""), ("ben/1.jpg", "")])


def test_folders_of_patients_beside_each_other_are_told_apart(tables, tmp_path, capsys):
    """found.csv beside the photographs, the labels in a folder of their own."""
    for table, folder in (("found.csv", "photos"), ("labels/landmarks.csv", "../photos")):
        (tmp_path / table).parent.mkdir(exist_ok=True)
        write(tmp_path / table, faces(OFF if "found" in table else 0), "abcde", folder=folder)
        text = (tmp_path / table).read_text()
        (tmp_path / table).write_text(re.sub(r"photos/(\d).jpg", r"photos/person\1/front.jpg", text))
    assert main(["--measurements", "found.csv", "--manual", "labels", "--output", "out"]) == 0
    row = rows_of(tmp_path / "out")["palpebral_fissure_length", "detector"]
    assert (row["images"], float(row["bias"]), capsys.readouterr().err) == ("5", pytest.approx(1.2), "")


def test_other_people_under_the_same_names_are_told(tables, tmp_path, capsys):
    write(tmp_path / "found.csv", faces(OFF), ["A", "b", "x", "", "4.jpg"], scale="")
    assert main(["--measurements", "found.csv", "--manual", "labels.csv", "--output", "out"]) == 0
    assert capsys.readouterr().err == (
        "warning: found.csv and labels.csv: 1 image (images/2.jpg: x and c) whose subjects differ: "
        "are they photographs of the same people?\n"
    )
