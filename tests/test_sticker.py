"""Stickers of known size, drawn: sharp and blurred, in noise, tilted; and what is none."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.clinic.scales import Scale, ruler_scale, scale_of, sticker_scale
from rtl_tf.clinic.sticker import find_stickers
from rtl_tf.exceptions import InputError

SKIN, WHITE, DARK = 150.0, 230.0, 60.0
SIDE, FINE = 240, 4


def share(centre, axes, angle=0.0):
    """(SIDE, SIDE): how much of each pixel an ellipse covers."""
    y, x = (np.mgrid[: SIDE * FINE, : SIDE * FINE] + 0.5) / FINE - 0.5 - np.array(centre)[::-1, None, None]
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    inside = (along / axes[0]) ** 2 + (across / axes[1]) ** 2 <= 1
    return inside.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))


def photograph(grey, blur=0.8, noise=2.0):
    grey = gaussian_filter(grey, blur) + noise * np.random.default_rng(0).normal(size=grey.shape)
    return np.repeat(np.clip(grey, 0, 255).round().astype(np.uint8)[..., None], 3, axis=2)


def disc(centre=(118.3, 109.6), axes=(30.0, 30.0), angle=0.0, colour=WHITE, **more):
    return photograph(SKIN + (colour - SKIN) * share(centre, axes, angle), **more)


@pytest.mark.parametrize(
    ("drawn", "diameter", "tilt"),
    [
        ({}, 60.0, 0),
        ({"colour": DARK}, 60.0, 0),
        ({"axes": (12.4, 12.4)}, 24.8, 0),
        ({"axes": (45.7, 45.7), "blur": 2.5, "noise": 6.0}, 91.4, 0),
        ({"axes": (14.0, 14.0), "blur": 2.0}, 28.0, 0),  # the steepest place of its edge lies 0.5 % inside
        ({"axes": (34.0, 34.0 * 0.766), "angle": 0.6}, 68.0, 40),  # turned away by 40 degrees
    ],
)
def test_a_sticker_is_measured_by_its_long_axis(drawn, diameter, tilt):
    (found,) = find_stickers(disc(**drawn))
    assert found.diameter == pytest.approx(diameter, rel=0.008)
    assert abs(found.diameter - diameter) < 4 * found.error and found.error < 0.02 * diameter
    assert np.abs(found.centre - (118.3, 109.6)).max() < 0.2
    assert found.tilt == pytest.approx(tilt, abs=8 if tilt == 0 else 2)


def test_its_size_does_not_depend_on_the_photographs():
    large = np.asarray(Image.fromarray(disc(blur=0.5)).resize((1440, 1440), Image.Resampling.BICUBIC))
    (found,) = find_stickers(large)
    assert found.diameter == pytest.approx(360, rel=0.005)


def test_a_hair_across_its_edge_is_no_matter():
    image = disc()
    image[70:95, 116:119] = 90
    (found,) = find_stickers(image)
    assert found.diameter == pytest.approx(60, rel=0.02)


def rings():
    centre = (120, 120)
    return SKIN + 80 * share(centre, (40, 40)) - 160 * share(centre, (20, 20))


def half():
    cover = share((120, 120), (30, 30))
    cover[:, 120:] = 0
    return SKIN + 80 * cover


@pytest.mark.parametrize(
    "grey",
    [
        np.full((SIDE, SIDE), SKIN),
        SKIN + 80 * (share((120, 120), (200, 200)) > 0),
        half(),
        SKIN + 80 * share((120, 120), (40, 15)),  # turned away by 68 degrees, or no disc
        SKIN + 80 * share((5, 120), (30, 30)),  # cut off by the photograph's edge
        SKIN + 6 * share((120, 120), (30, 30)),  # hardly to be seen
        SKIN + 80 * np.kron(np.indices((8, 8)).sum(axis=0) % 2, np.ones((30, 30))),
    ],
    ids=["nothing", "a bright image", "half a disc", "too flat", "cut off", "too pale", "a chessboard"],
)
def test_what_is_no_sticker(grey):
    assert find_stickers(photograph(grey)) == []


def test_an_iris_with_its_pupil_is_no_even_disc():
    found = find_stickers(photograph(rings()))
    assert all(sticker.diameter < 60 for sticker in found)


def a_face(tmp_path, image):
    Image.fromarray(image).save(tmp_path / "a.png")
    return MarkedFace(tmp_path / "a.png", "a.png", "p", np.zeros((14, 2)), place="faces.csv row 2")


def test_the_scale_of_a_photograph_with_a_sticker(tmp_path):
    found = sticker_scale(a_face(tmp_path, disc()), 19)
    assert found.mm_per_px == pytest.approx(19 / 60, rel=0.005) and found.source == "sticker"
    assert 0 < found.error < 0.02
    none = sticker_scale(a_face(tmp_path, photograph(np.full((SIDE, SIDE), SKIN))), 19)
    assert np.isnan(none.mm_per_px) and none.problem == "no scale: no round sticker was found in the photograph"
    two = photograph(SKIN + 80 * (share((60, 60), (25, 25)) + share((170, 170), (35, 35))))
    assert sticker_scale(a_face(tmp_path, two), 19).problem == "no scale: 2 round stickers were found in the photograph"
    (tmp_path / "a.png").unlink()
    face = MarkedFace(tmp_path / "a.png", "a.png", "p", np.zeros((14, 2)))
    assert sticker_scale(face, 19).problem.endswith("a.png: no such image")


def test_what_the_row_tells_comes_first():
    face = MarkedFace(None, "a", "p", np.zeros((14, 2)), mm_per_px=0.2)
    untold = MarkedFace(None, "a", "p", np.zeros((14, 2)))

    def sticker(_):
        return Scale(0.7, 0.01, "sticker")

    assert scale_of(face, 0.5, 0.02, sticker) == Scale(0.2, 0.02, "mm_per_px")
    assert scale_of(untold, 0.5, 0.02, sticker) == Scale(0.5, 0.02, "mm_per_px")
    assert scale_of(untold, None, 0.02, sticker) == Scale(0.7, 0.01, "sticker")
    assert scale_of(untold).problem == "no scale: give mm_per_px, a ruler or a sticker"


def test_a_ruler_by_hand():
    found = ruler_scale(np.array([[0, 0], [60, 80]]), 50)
    assert found.mm_per_px == 0.5 and found.error == pytest.approx(0.01414, abs=1e-5)
    with pytest.raises(InputError, match="^a ruler of 0 px for 50 mm makes no scale between 0.001 and 100 mm/px$"):
        ruler_scale(np.zeros((2, 2)), 50)


def test_a_ruler_in_the_row_comes_before_its_mm_per_px_unless_they_contradict_each_other():
    cells = dict(ruler_x1="0", ruler_y1="0", ruler_x2="60", ruler_y2="80", ruler_mm="50")  # 100 px

    def face(mm_per_px):
        more = {"mm_per_px": mm_per_px, "cells": cells, "place": "faces.csv row 2"}
        return MarkedFace(None, "a", "p", np.zeros((14, 2)), **more)

    for told in (np.nan, 0.5, 0.52):
        assert scale_of(face(told)) == ruler_scale(np.array([[0, 0], [60, 80]]), 50)
    assert scale_of(face(0.6), error=0.1).source == "ruler"
    told = "^faces.csv row 2: mm_per_px 0.6, but the ruler says 0.5: empty the cells of the wrong one$"
    with pytest.raises(InputError, match=told):
        scale_of(face(0.6))
