"""What is no sticker on a face with landmarks, by hand."""

import csv

import numpy as np
import pytest
from PIL import Image
from test_sticker import SKIN, a_face, disc, photograph, share

from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.clinic.measured import Yardsticks, measure_faces
from rtl_tf.clinic.measured_table import is_measured_table, write_measured
from rtl_tf.clinic.scales import NO_FACE, Scale, _doubt, sticker_scale, with_doubts
from rtl_tf.clinic.sights import Sight
from rtl_tf.clinic.sticker import Sticker, _one_sided
from rtl_tf.clinic.sticker_place import feature_at
from rtl_tf.measuring.face_lengths import wrong_length
from rtl_tf.schema import load_schema

NAMES = load_schema("fas14").names
# The midline is x = 120; a px is a mm.
PLACES = {
    "exocanthion": (75, 100),
    "endocanthion": (103, 100),
    "nasion": (120, 98),
    "pronasale": (120, 135),
    "alare": (104, 140),
    "subnasale": (120, 146),
    "crista_philtri_left": (114, 160),
    "labiale_superius": (120, 162),
    "crista_philtri_right": (126, 160),
    "cheilion": (97, 168),
    "labiale_inferius": (120, 178),
    "gnathion": (120, 210),
    "upper_lobule": (45, 140),
    "triangular_fossa": (35, 100),
}
POINTS = np.array([PLACES[name] for name in NAMES], float)


@pytest.mark.parametrize(
    ("place", "feature"),
    [
        ((89, 100), "an eye"),
        ((151, 100), "an eye"),  # the half without landmarks
        ((89, 92), "an eye"),  # 8 px off; a fifth of the face's size is 8.6
        ((89, 88), ""),  # 12 px off: a sticker on the lid's fold is none, on the brow it may be
        ((120, 60), ""),  # the forehead
        ((70, 140), ""),  # the cheek
        ((140, 168), "the mouth"),
        ((136, 140), "a nostril"),
        ((40, 120), "an ear"),
        ((200, 120), "an ear"),
        ((89, 190), ""),
    ],
)
def test_what_of_a_face_lies_at_a_place(place, feature):
    assert feature_at(np.array(place, float), POINTS, NAMES) == feature


def test_missing_and_unknown_landmarks_are_of_no_account():
    eye = np.array([89.0, 100.0])
    points = POINTS.copy()
    points[[NAMES.index("gnathion"), NAMES.index("exocanthion")]] = np.nan
    assert feature_at(np.array([103.0, 100.0]), points, NAMES) == "an eye"  # of its inner corner alone
    assert feature_at(np.array([151.0, 100.0]), points, NAMES) == ""  # no midline
    assert feature_at(eye, POINTS, [f"p{index}" for index in range(14)]) == ""
    assert feature_at(eye, np.full((14, 2), np.nan), NAMES) == ""


@pytest.mark.parametrize(
    ("mm_per_px", "said"),
    [
        (1, ""),  # 112 mm
        (0.54, ""),  # 60.5 mm; 25.9 mm of the nose
        (0.53, "59 mm from nasion to gnathion"),
        (1.6, "77 mm from nasion to subnasale"),  # 179 mm of the face would do
        (1.7, "190 mm from nasion to gnathion"),
        (float("nan"), ""),
    ],
)
def test_a_scale_makes_a_face_of_it(mm_per_px, said):
    assert wrong_length(mm_per_px, POINTS, NAMES) == said


def with_disc(tmp_path, centre, radius=9.5):
    Image.fromarray(disc(centre, (radius, radius))).save(tmp_path / "a.png")
    return MarkedFace(tmp_path / "a.png", "a.png", "p", POINTS)


def test_a_disc_counts_by_where_it_lies_and_what_it_makes_of_the_face(tmp_path):
    found = sticker_scale(with_disc(tmp_path, (120, 60)), 19, NAMES)
    assert found.mm_per_px == pytest.approx(1, rel=0.01)
    assert found.sticker == pytest.approx((120, 60, 19), abs=0.2)
    none = "no scale: no round sticker was found in the photograph; the disc at "
    eye = sticker_scale(with_disc(tmp_path, (89, 100)), 19, NAMES)
    assert eye.problem == f"{none}(89, 100) lies on an eye" and np.isnan(eye.mm_per_px) and eye.sticker is None
    large = sticker_scale(with_disc(tmp_path, (120, 60)), 40, NAMES)  # 2.1 mm a px
    assert large.problem.startswith(f"{none}(120, 60) would make 23") and large.problem.endswith("nasion to gnathion")


@pytest.mark.parametrize(("error", "said"), [(0.9, ""), (1.0, "an edge that its sides do not agree on")])
def test_a_disc_whose_edge_tells_less_than_a_twentieth_is_no_scale(error, said):
    doubt = _doubt(Sticker(np.array([120.0, 60.0]), 19.0, error, 0.0), 19, POINTS, NAMES)
    assert doubt == (said and f"the disc at (120, 60) has {said}")


def test_an_eye_beside_a_sticker_is_no_second_one(tmp_path):
    both = photograph(SKIN + 80 * (share((120, 60), (9.5, 9.5)) - share((89, 100), (8, 8))))
    face = MarkedFace(a_face(tmp_path, both).image, "a.png", "p", POINTS)
    assert sticker_scale(face, 19, NAMES).sticker == pytest.approx((120, 60, 19), abs=0.2)
    assert "2 round stickers" in sticker_scale(face, 19).problem


def test_a_told_scale_that_makes_no_face_is_warned_of_and_noted(tmp_path, capsys):
    """Of a px each the face is 112 mm; of 5, a swapped 0.2, more than half a metre."""
    faces = [MarkedFace(tmp_path / f"{name}.png", f"{name}.png", name, POINTS) for name in "abc"]
    scales = [Scale(value, 0, "mm_per_px") for value in (1, 5, np.nan)]
    noted = with_doubts(faces, scales, NAMES)
    assert [face.scale_note for face in noted] == ["", NO_FACE, ""]
    length = "b.png: 560 mm from nasion to gnathion"
    said = f"warning: 1 photograph ({length}) with {NO_FACE}: mm_per_px is millimetres a pixel\n"
    assert capsys.readouterr().err == said


def test_the_table_says_where_the_sticker_was_measured(tmp_path):
    schema = load_schema("fas14")
    faces = [with_disc(tmp_path, (120, 60)), MarkedFace(tmp_path / "b.png", "b.png", "p", POINTS)]
    scales = [Scale(1.0, 0.01, "sticker", sticker=(120.04, 60.0, 19.0)), Scale(1.0, 0.01, "mm_per_px")]
    measured = measure_faces(faces, [Sight("frontal")] * 2, scales, schema, Yardsticks())
    write_measured(tmp_path / "m.csv", measured, schema)
    with open(tmp_path / "m.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = {(row["image"], row["sticker_x"], row["sticker_y"], row["sticker_px"]) for row in rows}
    assert told == {("a.png", "120.0", "60.0", "19.0"), ("b.png", "", "", "")}
    assert is_measured_table(tmp_path / "m.csv")


def test_an_edge_that_one_side_alone_bends_has_an_error_of_its_own():
    """A disc whose rim leaves the circle along a brow: the rest of the fit is small, that without the side is not."""
    angles = np.arange(144) * 2 * np.pi / 144
    disc = 50 + 20 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    centre = np.array([50.0, 50.0])
    assert _one_sided(disc, centre) < 1e-6
    bent = disc + np.where(np.abs(angles - np.pi / 2) < np.pi / 7, 1.5, 0.0)[:, None] * (0, 1)
    assert _one_sided(bent, centre) > 0.3


@pytest.mark.parametrize("turned", [0, 20, 30, 50])
def test_what_a_brow_adds_to_the_diameter_is_its_error_wherever_it_lies(turned):
    """A rim that leaves the circle over 90 degrees, in one sector or at the seam of two: 0.2 px on the half axis."""
    angles = np.arange(144) * 2 * np.pi / 144
    away = np.angle(np.exp(1j * (angles - np.radians(turned))))
    bent = 20 + np.where(np.abs(away) < np.pi / 4, 0.6 * np.cos(2 * away) ** 2, 0.0)
    rim = 50 + bent[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    assert 0.12 < _one_sided(rim, np.array([50.0, 50.0])) < 0.28
