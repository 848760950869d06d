"""Frames of reference, by hand: pixel centres on integers, the left edge of a frame at -0.5."""

import math

import numpy as np
import pytest

from rtl_tf.coordinates import Crop, crop_around, heatmap_to_input, input_to_heatmap, round_to_grid, turned

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


def test_a_quarter_turn_is_clockwise_on_the_screen():
    """What lies right of the centre (34.5, 44.5) of an upright square lies below it once the square is turned."""
    np.testing.assert_allclose(turned(np.array([3.0, 5.0]), math.pi / 2, (1.0, 5.0)), [1.0, 7.0], atol=1e-12)
    quarter = Crop(9.5, 19.5, 50.0, 100, angle=math.pi / 2)
    points = np.array([[34.5, 44.5], [34.5, 54.5], [24.5, 44.5]])  # the centre; below it; left of it
    np.testing.assert_allclose(quarter.to_input(points), [[49.5, 49.5], [69.5, 49.5], [49.5, 69.5]], atol=1e-4)
    mirrored = Crop(9.5, 19.5, 50.0, 100, True, math.pi / 2)
    np.testing.assert_allclose(mirrored.to_input(points), [[49.5, 49.5], [29.5, 49.5], [49.5, 69.5]], atol=1e-4)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("angle", [0.0, 0.3, -2.5, math.pi])
def test_a_turned_crop_there_and_back(mirrored, angle):
    crop = Crop(310.2, 95.7, 261.4, 192, mirrored, angle)
    points = np.random.default_rng(0).uniform(-100, 700, (7, 2))
    points[3] = NAN
    np.testing.assert_allclose(crop.to_original(crop.to_input(points)), points, atol=2e-4)
    np.testing.assert_allclose(crop.from_shares(crop.to_shares(points)), points, atol=2e-4)
    seen = crop.to_input(points)
    lengths, originals = (np.linalg.norm(np.diff(each[:3], axis=0), axis=1) for each in (seen, points))
    np.testing.assert_allclose(lengths, originals * 192 / 261.4, rtol=1e-5)


def test_shares_of_a_view_go_from_edge_to_edge():
    corners = np.array([[9.5, 19.5], [59.5, 19.5], [34.5, 69.5]])
    np.testing.assert_allclose(CROP.to_shares(corners), [[0, 0], [1, 0], [0.5, 1]], atol=1e-6)
    mirrored = Crop(9.5, 19.5, 50.0, 100, mirrored=True)
    np.testing.assert_allclose(mirrored.to_shares(corners), [[1, 0], [0, 0], [0.5, 1]], atol=1e-6)
    np.testing.assert_allclose(mirrored.from_shares(np.array([[1.0, 0.0], [0.25, 0.5]])), [[9.5, 19.5], [47, 44.5]])
    for size in (1, 128):  # whatever the view's size in px
        np.testing.assert_allclose(Crop(9.5, 19.5, 50.0, size).to_shares(corners[1:]), [[1, 0], [0.5, 1]], atol=1e-6)


@pytest.mark.parametrize("change", [lambda crop: crop.widened(10), lambda crop: crop.reduced(1)])
def test_a_turned_crop_stays_where_it_is_and_turned(change):
    crop = Crop(9.5, 19.5, 50.0, 100, True, 0.4)
    other = change(crop)
    assert (other.centre, other.angle, other.mirrored) == (crop.centre, 0.4, True)
    border = (other.size - crop.size) / 2
    points = np.array([[12.0, 33.0], [70.0, 41.0]])
    np.testing.assert_allclose(other.to_input(points), crop.to_input(points) + border, atol=1e-4)
