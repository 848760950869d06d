import numpy as np
import pytest

from rtl_tf import heatmaps


def test_encode_is_equation_1_worked_by_hand():
    maps = np.asarray(heatmaps.encode(np.array([[1.0, 2.0]]), size=5, sigma=1.0))
    assert maps.shape == (5, 5, 1)
    assert maps[2, 1, 0] == pytest.approx(1.0)  # row y = 2, column x = 1
    assert maps[2, 2, 0] == pytest.approx(np.exp(-0.5))
    assert maps[3, 2, 0] == pytest.approx(np.exp(-1.0))
    assert maps[0, 4, 0] == pytest.approx(np.exp(-(3**2 + 2**2) / 2))


def test_encode_keeps_leading_axes_and_marks_missing_landmarks():
    points = np.array([[[1.5, 2.25], [np.nan, np.nan]], [[0.0, 0.0], [7.0, 3.0]]])
    maps = np.asarray(heatmaps.encode(points, size=8, sigma=1.5))
    assert maps.shape == (2, 8, 8, 2)
    assert np.isnan(maps[0, :, :, 1]).all()
    assert np.isfinite(maps[0, :, :, 0]).all() and np.isfinite(maps[1]).all()
    y, x = np.mgrid[0:8, 0:8]
    expected = np.exp(-((x - 1.5) ** 2 + (y - 2.25) ** 2) / (2 * 1.5**2))
    np.testing.assert_allclose(maps[0, :, :, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("method", heatmaps.DECODINGS)
def test_decode_returns_grid_points_exactly(method):
    points = np.array([[[5.0, 9.0], [10.0, 6.0]]])
    decoded = heatmaps.decode(heatmaps.encode(points, 16, 1.5), method)
    np.testing.assert_allclose(decoded, points, atol=1e-3)


@pytest.mark.parametrize(
    ("method", "tolerance"), [("argmax", 0.5), ("quarter", 0.26), ("dark", 1e-3), ("soft-argmax", 0.08)]
)
def test_decode_inverts_encode_within_the_bound_of_each_method(method, tolerance):
    points = np.random.default_rng(0).uniform(6, 25, (40, 3, 2))
    decoded = np.asarray(heatmaps.decode(heatmaps.encode(points, 32, 1.5), method))
    worst = np.abs(decoded - points).max()
    assert worst <= tolerance + 1e-5
    if method in ("dark", "soft-argmax"):
        argmax = np.asarray(heatmaps.decode(heatmaps.encode(points, 32, 1.5)))
        assert worst < np.abs(argmax - points).max() / 5


def test_quarter_moves_towards_the_higher_neighbour():
    maps = np.zeros((5, 5, 1), np.float32)
    maps[2, 2], maps[2, 3], maps[1, 2] = 1.0, 0.5, 0.25
    np.testing.assert_allclose(heatmaps.decode(maps, "quarter"), [[2.25, 1.75]])


def test_decode_at_the_border_and_on_a_flat_map_stays_finite():
    maps = np.zeros((2, 8, 8, 1), np.float32)
    maps[0, 0, 7] = 1.0
    for method in heatmaps.DECODINGS:
        decoded = np.asarray(heatmaps.decode(maps, method))
        assert np.isfinite(decoded).all()
        np.testing.assert_allclose(decoded[0, 0], [7, 0], atol=1.0)


def test_decode_of_a_scaled_and_shifted_map():
    points = np.array([[[8.3, 7.6]]])
    maps = 0.4 * np.asarray(heatmaps.encode(points, 16, 1.5))
    np.testing.assert_allclose(heatmaps.decode(maps, "dark"), points, atol=1e-3)
    np.testing.assert_allclose(
        heatmaps.peaks(maps), 0.4 * np.exp(-(0.3**2 + 0.4**2) / 4.5) * np.ones((1, 1)), rtol=1e-5
    )


def test_unknown_decoding_is_refused():
    with pytest.raises(ValueError, match="unknown decoding"):
        heatmaps.decode(np.zeros((4, 4, 1)), "best")
