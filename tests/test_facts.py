"""Facts of photographs from a table of their own: joined by the image, a row's own cells first."""

import math

import numpy as np
import pytest
from PIL import Image

from rtl_tf.clinic.facts import with_facts
from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.exceptions import InputError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "images").mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (8, 8)).save(tmp_path / "images" / f"{name}.png")
    return tmp_path


def face(folder, name, **more) -> MarkedFace:
    return MarkedFace(folder / "images" / f"{name}.png", f"{name}.png", "", np.zeros((2, 2)), **more)


def table(folder, *lines):
    file = folder / "facts.csv"
    file.write_text("\n".join(["image,subject,mm_per_px,age,nasion_x,nasion_y", *lines]) + "\n")
    return file


def test_a_face_gets_what_the_table_tells_and_keeps_its_own(folder):
    file = table(folder, "images/a.png,P1,0.25,7,1,2")
    known, other, own = with_facts(
        [face(folder, "a"), face(folder, "b"), face(folder, "a", mm_per_px=0.5, cells={"age": "9", "sex": ""})], file
    )
    assert (known.subject, known.mm_per_px, known.number("age")) == ("P1", 0.25, 7)
    assert "nasion_x" not in known.cells
    assert other.subject == "" and math.isnan(other.mm_per_px)
    assert (own.mm_per_px, own.number("age")) == (0.5, 9)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["images/a.png,P1,0.25,7,,", "./images/a.png,P2,0.25,7,,"], "row 3: ./images/a.png has another row, 2"),
        (["images/a.png,P1,-1,7,,"], "facts.csv row 2: mm_per_px -1 is not above 0"),
        (["images/b.png,P1,0.25,7,,"], "facts.csv: has none of the images"),
    ],
)  # fmt: skip
def test_bad_facts(folder, lines, message):
    with pytest.raises(InputError, match=message):
        with_facts([face(folder, "a")], table(folder, *lines))
