"""Frames of reference, by hand: pixel centres on integers, the left edge of a frame at -0.5."""

import numpy as np
import pytest

from rtl_tf.coordinates import Crop, crop_around, heatmap_to_input, input_to_heatmap, round_to_grid

NAN = np.nan
# Its left edge at 9.5 is that of column 10; 50 px seen at 100: each is two input px wide.
CROP = Crop(left=9.5, top=19.5, side=50.0, size=100)


def test_a_heatmap_px_is_four_input_px():
    np.testing.assert_array_equal(input_to_heatmap(np.array([8.0, 10.0])), [2.0, 2.5])
    np.testing.assert_array_equal(heatmap_to_input(np.array([2.0, 2.5])), [8.0, 10.0])


def test_rounding_takes_halves_upwards_and_leaves_nan():
    np.testing.assert_array_equal(round_to_grid(np.array([1.4, 1.5, 2.5, -0.5, -0.6, NAN])), [1, 2, 3, 0, -1, NAN])


@pytest.mark.parametrize(
    ("mirrored", "expected"), [(False, [[0.5, 0.5], [48.5, 88.5]]), (True, [[98.5, 0.5], [50.5, 88.5]])]
)
def test_original_px_to_input_px_and_back(mirrored, expected):
    """(10, 20) is half an original px, so one input px, from the corner, whose edge is at -0.5."""
    crop = Crop(9.5, 19.5, 50.0, 100, mirrored)
    points = np.array([[10.0, 20.0], [34.0, 64.0]])
    assert crop.input_px_per_px == 2
    for found, wanted in ((crop.to_input(points), expected), (crop.to_original(np.array(expected)), points)):
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, wanted)


def test_a_crop_is_not_mirrored_unless_it_is_said():
    assert CROP.mirrored is False


def test_a_wider_view_has_the_same_scale():
    assert CROP.widened(10) == Crop(4.5, 14.5, 60.0, 120)
    assert Crop(9.5, 19.5, 50.0, 100, mirrored=True).widened(10).mirrored is True


def test_a_crop_around_landmarks_has_a_margin_on_every_side():
    """They extend over 20 px and 8 px around (20, 24); 5 px on every side make 30."""
    points = np.array([[10.0, 20.0], [30.0, 28.0], [NAN, NAN]])
    assert crop_around(points, 64, 0.25) == Crop(5.0, 9.0, 30.0, 64, False)
    assert crop_around(points[:, ::-1], 64, 0.25, mirrored=True) == Crop(9.0, 5.0, 30.0, 64, True)


def test_a_reduced_image_shows_the_same_place():
    small = CROP.reduced(2)
    assert (small.left, small.side, small.size) == (4.5, 25.0, 100)  # column 10 begins where column 5 of the half does
    np.testing.assert_allclose(small.to_input(np.array([[4.75, 9.75]])), CROP.to_input(np.array([[10.0, 20.0]])))
