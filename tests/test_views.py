"""Views of one face: what they are of a square."""

import math

import numpy as np
import pytest

from rtl_tf.coordinates import Crop
from rtl_tf.inference.looked_at import spread_of
from rtl_tf.inference.views import VIEWS, View

SQUARE = Crop(100.0, 50.0, 200.0, 128, angle=0.1)


def test_the_first_view_is_the_square_and_the_second_its_mirror_image():
    assert VIEWS[0].of(SQUARE) == SQUARE
    assert VIEWS[1].of(SQUARE) == Crop(100.0, 50.0, 200.0, 128, True, 0.1)
    assert len(VIEWS) == 6 and sum(view.flipped for view in VIEWS) == 3


def test_a_view_is_moved_zoomed_and_turned_about_its_own_middle():
    seen = View(shift=(0.05, -0.1), zoom=1.2, turn=0.3).of(SQUARE)
    np.testing.assert_allclose(seen.centre, (200 + 10, 150 - 20))
    assert (seen.side, seen.size, seen.angle, seen.mirrored) == (pytest.approx(240), 128, pytest.approx(0.4), False)
    turned = View(turn=math.pi / 2).of(Crop(-0.5, -0.5, 100.0, 100))
    np.testing.assert_allclose(turned.to_original(np.array([[99.0, 49.5]])), [[49.5, 99.0]], atol=1e-4)


def test_a_flipped_view_of_a_mirrored_square_is_plain():
    mirrored = Crop(100.0, 50.0, 200.0, 128, mirrored=True)
    assert View(flipped=True).of(mirrored) == Crop(100.0, 50.0, 200.0, 128)
    assert View().of(mirrored) == mirrored


def test_changes_are_those_of_the_image_whether_the_view_is_flipped_or_not():
    plain, flipped = (View(side, (0.02, 0.03), 0.9, 0.1).of(SQUARE) for side in (False, True))
    assert (plain.left, plain.top, plain.angle) == (flipped.left, flipped.top, flipped.angle)
    points = np.array([[150.0, 80.0], [260.0, 190.0]])
    across, mirrored = plain.to_input(points), flipped.to_input(points)
    np.testing.assert_allclose(mirrored, np.stack([127 - across[:, 0], across[:, 1]], axis=1), atol=1e-4)


def test_how_far_answers_lie_apart_is_the_root_mean_square_from_their_mean():
    assert spread_of([np.array([[0.0, 0.0]]), np.array([[6.0, 8.0]])]).tolist() == [5]
    assert spread_of([np.zeros((1, 2))]) is None
