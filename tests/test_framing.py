"""Sizes of faces, held against those that are compared."""

import warnings

import numpy as np
import pytest
from PIL import Image

from rtl_tf.audit.framing import Framing, frame_faces, is_odd, odd_sizes
from rtl_tf.records import Sample

NAN = float("nan")


def framing(mm_per_px, has_box):
    count = len(mm_per_px)
    side = np.full(count, 100.0)
    return Framing(side, side, side, side, np.array(mm_per_px), np.array(has_box))


def test_faces_that_are_not_compared_have_no_say_in_what_sizes_are_held_against():
    """Scales are told of the last three alone, which are not compared; boxes of all but one."""
    sizes = np.array([50.0, 50.0, 100.0, NAN, NAN, NAN])
    with warnings.catch_warnings(action="error"):
        odd = odd_sizes(framing([NAN, NAN, NAN, 0.5, 0.5, 0.5], [False] * 6), sizes)
        assert odd[2] == "" and not is_odd(*odd[:2]).any()
        factor, deviations, what = odd_sizes(framing([NAN] * 3 + [0.5] * 3, [True] * 3 + [False] * 3), sizes)
    assert what == "its box" and is_odd(factor, deviations).tolist() == [False, False, True, False, False, False]
    factor, deviations, what = odd_sizes(framing([0.5, 0.5, 0.5, NAN, NAN, NAN], [False] * 6), sizes)
    assert what == "mm" and factor[2] == 2 and is_odd(factor, deviations)[2]


def test_how_a_face_lies_in_its_square_and_this_in_the_image(tmp_path):
    """In an image of 100 px a square of 100 px that begins at row 20, as box columns have it: 20 rows lie below."""
    Image.new("RGB", (100, 100)).save(tmp_path / "a.png")
    points = np.float32([[30, 40], [70, 40], [50, 90], [np.nan, np.nan]])
    found = frame_faces([Sample(tmp_path / "a.png", points, "p", box=(0, 20, 100), mm_per_px=0.5)])
    assert (found.extent[0], found.side[0], found.share[0], found.mm_per_px[0]) == (50, 100, 0.5, 0.5)
    assert found.beyond[0] == pytest.approx(0.2, abs=0.011) and found.is_cut_off[0] and found.has_box[0]
    assert found.is_enlarged[0]  # 100 px are fewer than a network's 256
