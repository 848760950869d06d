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
    points = np.random.default_rng(0).uniform(6, 25, (40, 3, 2))  # farther from the border than any method looks
    decoded = np.asarray(heatmaps.decode(heatmaps.encode(points, 32, 1.5), method))
    worst = np.abs(decoded - points).max()
    assert worst <= tolerance + 1e-5
    if method in ("dark", "soft-argmax"):
        argmax = np.asarray(heatmaps.decode(heatmaps.encode(points, 32, 1.5)))
        assert worst < np.abs(argmax - points).max() / 5


@pytest.mark.parametrize("width", [0.8, 1.0, 1.25])
@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.5])
def test_dark_is_exact_up_to_the_edge_for_gaussians_of_any_width(sigma, width):
    size = 24
    points = np.random.default_rng(1).uniform(-0.5, size - 0.5, (300, 4, 2))
    points[:4, 0] = [(-0.5, -0.5), (size - 0.5, -0.5), (-0.5, size - 0.5), (size - 0.5, size - 0.5)]
    decoded = np.asarray(heatmaps.decode(heatmaps.encode(points, size, sigma * width), "dark", sigma))
    np.testing.assert_allclose(decoded, points, atol=6e-3)  # a sixth of it for the wider ones


def test_dark_in_noise_by_distance_from_the_border():
    bounds = {
        -0.5: 0.12,
        0.0: 0.07,
        0.5: 0.04,
        1.0: 0.04,
        2.0: 0.03,
        3.0: 0.02,
        4.0: 0.02,
    }  # zeros beyond: 0.91 ... 0.01
    rng = np.random.default_rng(2)
    for distance, bound in bounds.items():
        points = np.stack([rng.uniform(distance, distance + 0.5, (400, 1)), rng.uniform(8, 24, (400, 1))], axis=-1)
        maps = np.asarray(heatmaps.encode(points, 32, 1.5)) + rng.normal(0, 0.02, (400, 32, 32, 1)).astype(np.float32)
        for turned, column in ((maps, points), (maps[:, :, ::-1], [31, 0] + points * [-1, 1])):
            error, by_argmax = (
                np.abs(np.asarray(heatmaps.decode(turned, method)) - column)[..., 0].mean()
                for method in ("dark", "argmax")
            )
            assert error < bound < by_argmax / 2


def dark_by_loops(image, sigma):
    """DARK of one map as a person would write it down: the same as `heatmaps.decode`, without its gathering."""
    radius, start, centre, smooth = int(np.ceil(2 * sigma)), [], [], image.astype(np.float64)
    for axis, position in enumerate(np.unravel_index(image.argmax(), image.shape)):
        middle = min(max(position, 1), image.shape[axis] - 2)
        reach = min(radius, middle - 1, image.shape[axis] - 2 - middle)
        start.append(position)
        centre.append(middle)
        taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) * radius / (max(reach, 1) * sigma)) ** 2)
        smooth = np.apply_along_axis(np.convolve, axis, smooth, taps / taps.sum(), "same")
    y, x = centre
    log = np.log(np.maximum(smooth[y - 1 : y + 2, x - 1 : x + 2], 1e-10))
    gradient = np.array([log[1, 2] - log[1, 0], log[2, 1] - log[0, 1]]) / 2
    mixed = (log[2, 2] - log[2, 0] - log[0, 2] + log[0, 0]) / 4
    hessian = np.array([[log[1, 2] - 2 * log[1, 1] + log[1, 0], mixed], [mixed, log[2, 1] - 2 * log[1, 1] + log[0, 1]]])
    if not (np.linalg.det(hessian) > 1e-10 and hessian[0, 0] < 0):
        return np.array(start[::-1], float)
    step = np.subtract(centre, start)[::-1] - np.linalg.solve(hessian, gradient)
    return np.clip(start[::-1] + np.clip(step, -1, 1), -0.5, np.array(image.shape[::-1]) - 0.5)


def test_dark_is_what_loops_over_one_map_give_everywhere():
    rng = np.random.default_rng(3)
    points = rng.uniform(-0.5, 15.5, (200, 1, 2))
    maps = np.asarray(heatmaps.encode(points, 16, 1.7)) + rng.uniform(0, 0.08, (200, 16, 16, 1)).astype(np.float32)
    maps = maps[:, :12]  # no square, and some maxima now lie beyond
    expected = [dark_by_loops(each[..., 0], 1.5) for each in maps]
    np.testing.assert_allclose(np.asarray(heatmaps.decode(maps, "dark"))[:, 0], expected, atol=2e-3)


def test_smoothing_leaves_a_flat_map_as_it_is():
    kernels = heatmaps._smoothing_kernels(3, 1.5)
    assert kernels.shape == (4, 3, 9)
    np.testing.assert_allclose(kernels.sum(axis=-1), 1, rtol=1e-6)


def test_no_method_takes_what_lies_beyond_the_border_for_zero():
    points = np.array([[[0.0, 12.0]], [[12.0, 23.0]], [[23.0, 0.0]]])
    for method in heatmaps.DECODINGS:
        np.testing.assert_allclose(heatmaps.decode(heatmaps.encode(points, 24, 1.5), method), points, atol=1e-3)


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


def test_a_rival_is_the_highest_value_far_from_the_peak():
    """Maps of sigma 1.5, whose peaks are left alone up to 4.5 px around them."""
    points = np.array([[[5.0, 20.0], [5.0, 20.0], [5.0, 20.0]]])
    far, near = (np.asarray(heatmaps.encode(np.array([[other] * 3]), 32, 1.5)) for other in ([25.0, 8.0], [8.0, 20.0]))
    maps = np.asarray(heatmaps.encode(points, 32, 1.5)) * np.float32([1, 0.8, 0.3])
    second = maps + 0.5 * far
    found = np.asarray(heatmaps.rivals(second, 1.5))
    np.testing.assert_allclose(found[0], [0.5, 0.5, 0.3], rtol=1e-5)  # the third's peak is the other one
    alone = np.asarray(heatmaps.rivals(maps, 1.5))[0]
    np.testing.assert_allclose(alone, np.exp(-(5**2) / 4.5) * np.float32([1, 0.8, 0.3]), rtol=1e-4)
    beside = np.asarray(heatmaps.rivals(np.asarray(heatmaps.encode(points, 32, 1.5)) + 0.1 * near, 1.5))
    assert (beside < 0.1).all()


def test_unknown_decoding_is_refused():
    with pytest.raises(ValueError, match="unknown decoding"):
        heatmaps.decode(np.zeros((4, 4, 1)), "best")
