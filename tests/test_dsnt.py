"""DSNT: the transform and its losses, against numbers worked by hand and SciPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.spatial.distance import jensenshannon

from rtl_tf import heatmaps, losses
from rtl_tf.heatmaps import read
from rtl_tf.networks import dsnt


def one_map(*rows):
    """Rows of numbers -> one image's one map, float32 (1, h, w, 1)."""
    return np.array(rows, np.float32)[None, :, :, None]


def gradient(function, value):
    variable = tf.Variable(value)
    with tf.GradientTape() as tape:
        result = function(variable)
    return tape.gradient(result, variable).numpy()


def test_softmax_over_positions_by_hand():
    np.testing.assert_allclose(dsnt.spatial_softmax(one_map([np.log(3), 0.0])), one_map([0.75, 0.25]), rtol=1e-6)


def test_softmax_normalises_each_map_of_its_own():
    scores = np.random.default_rng(0).normal(scale=5, size=(3, 6, 4, 2)).astype(np.float32)
    maps = np.asarray(dsnt.spatial_softmax(scores))
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), 1, rtol=1e-5)
    expected = np.exp(scores[1, ..., 1].astype(np.float64))
    np.testing.assert_allclose(maps[1, ..., 1], expected / expected.sum(), rtol=1e-4)


def test_expectation_by_hand():
    # Half the mass at (0, 0), a quarter at (2, 0) and at (1, 2).
    points = dsnt.expectation(one_map([0.5, 0, 0.25], [0, 0, 0], [0, 0.25, 0]))
    np.testing.assert_allclose(points, [[[0.75, 0.5]]], rtol=1e-6)


def test_expectation_is_linear_in_the_positions():
    maps = one_map([0.5, 0, 0.25], [0, 0.25, 0])
    np.testing.assert_array_equal(gradient(lambda m: dsnt.expectation(m)[0, 0, 0], maps), one_map([0, 1, 2], [0, 1, 2]))
    np.testing.assert_array_equal(gradient(lambda m: dsnt.expectation(m)[0, 0, 1], maps), one_map([0, 0, 0], [1, 1, 1]))


def test_gradient_through_the_softmax_by_hand():
    # dx / ds_j = p_j (j - x), with p = (3/4, 1/4) and x = 1/4
    found = gradient(lambda s: dsnt.expectation(dsnt.spatial_softmax(s))[0, 0, 0], one_map([np.log(3), 0.0]))
    np.testing.assert_allclose(found, one_map([-3 / 16, 3 / 16]), rtol=1e-5)


def test_expectation_of_a_gaussian_is_its_centre():
    points = np.array([[[9.3, 14.8], [16.0, 11.5]]], np.float32)
    maps = np.asarray(heatmaps.encode(points, 32, 1.5))
    np.testing.assert_allclose(dsnt.expectation(maps / maps.sum(axis=(1, 2), keepdims=True)), points, atol=1e-4)


TRUTH = np.array([[[1.0, 1.0], [2.0, 2.0], [np.nan, np.nan]]], np.float32)
PREDICTED = np.array([[[4.0, 5.0], [2.0, 2.0], [3.0, 3.0]]], np.float32)


def test_euclidean_by_hand():
    # 5 heatmap px are 2.5 halves of a map of 4 px; the second is met exactly; the third is missing.
    values, mask = losses.euclidean(TRUTH, PREDICTED, size=4)
    np.testing.assert_allclose(values, [[2.5, 0, 0]], rtol=1e-6)
    np.testing.assert_array_equal(mask, [[1, 1, 0]])


def test_half_a_landmark_is_none():
    assert np.asarray(losses.euclidean(np.array([[[1.0, np.nan]]]), np.ones((1, 1, 2)), size=4)[1]) == 0
    assert np.asarray(losses.jensen_shannon(one_map([1.0, np.nan]), one_map([0.5, 0.5]))[1]) == 0


def test_gradient_of_euclidean_by_hand():
    found = gradient(lambda p: losses.euclidean(TRUTH, p, size=4)[0], PREDICTED)
    np.testing.assert_allclose(found, [[[0.3, 0.4], [0, 0], [0, 0]]], rtol=1e-6)


def test_jensen_shannon_by_hand():
    # Truth (1, 0), whatever its height, and (1/2, 1/2): their middle is (3/4, 1/4).
    values, mask = losses.jensen_shannon(one_map([7.0, 0.0]), one_map([0.5, 0.5]))
    np.testing.assert_allclose(values, [[0.75 * np.log(4 / 3)]], rtol=1e-6)
    assert float(mask[0, 0]) == 1


def test_gradient_of_jensen_shannon_by_hand():
    # half the logarithm of predicted over middle
    found = gradient(lambda p: losses.jensen_shannon(one_map([7.0, 0.0]), p)[0], one_map([0.5, 0.5]))
    np.testing.assert_allclose(found, one_map([np.log(2 / 3) / 2, np.log(2) / 2]), rtol=1e-5)


def test_jensen_shannon_against_scipy():
    rng = np.random.default_rng(1)
    truth = np.asarray(heatmaps.encode(rng.uniform(0, 8, (2, 3, 2)), 8, 1.5))
    predicted = np.asarray(dsnt.spatial_softmax(rng.normal(size=truth.shape).astype(np.float32)))
    values, _ = losses.jensen_shannon(truth, predicted)
    for image in range(2):
        for landmark in range(3):
            # SciPy normalises both and gives the square root
            expected = jensenshannon(truth[image, ..., landmark].ravel(), predicted[image, ..., landmark].ravel()) ** 2
            assert float(values[image, landmark]) == pytest.approx(expected, rel=1e-4)


def test_jensen_shannon_of_maps_that_share_no_mass_is_ln_2():
    values, _ = losses.jensen_shannon(one_map([1.0, 0.0]), one_map([0.0, 1.0]))
    np.testing.assert_allclose(values, [[np.log(2)]], rtol=1e-6)


def test_a_missing_landmark_has_no_divergence_and_no_gradient():
    truth = np.concatenate([one_map([1.0, 0.0]), one_map([np.nan, np.nan])], axis=-1)
    predicted = np.full((1, 1, 2, 2), 0.5, np.float32)
    values, mask = losses.jensen_shannon(truth, predicted)
    assert float(values[0, 1]) == 0 and float(mask[0, 1]) == 0
    found = gradient(lambda p: losses.jensen_shannon(truth, p)[0], predicted)
    assert np.isfinite(found).all() and not found[..., 1].any() and found[..., 0].any()


def test_a_landmark_far_outside_the_image_pulls_the_coordinates_and_nothing_breaks():
    points = np.array([[[-60.0, 3.0]]], np.float32)
    truth = {"points": points, "heatmaps": np.asarray(heatmaps.encode(points, 8, 1.5))}

    def loss(scores):
        maps = dsnt.spatial_softmax(scores)
        return losses.of_coordinates(truth, {"points": dsnt.expectation(maps), "heatmaps": maps})

    found = gradient(loss, np.zeros((1, 8, 8, 1), np.float32))
    assert np.isfinite(found).all()
    assert found[0, 3, 0, 0] < 0 < found[0, 3, 7, 0]  # mass is drawn to the left border


def test_the_loss_is_the_mean_of_both_terms_over_labelled_landmarks():
    maps = np.full((1, 4, 4, 3), 1 / 16, np.float32)
    truth = {"points": TRUTH, "heatmaps": np.asarray(heatmaps.encode(TRUTH, 4, 1.5))}
    divergences = np.asarray(losses.jensen_shannon(truth["heatmaps"], maps)[0])
    value = losses.of_coordinates(truth, {"points": PREDICTED, "heatmaps": maps})
    assert float(value) == pytest.approx((2.5 + 0 + divergences[0, 0] + divergences[0, 1]) / 2, rel=1e-5)


def test_the_loss_is_lowest_at_the_truth():
    points = np.array([[[9.3, 14.8], [16.0, 11.5]]], np.float32)
    maps = np.asarray(heatmaps.encode(points, 32, 1.5))
    truth = {"points": points, "heatmaps": maps}
    perfect = maps / maps.sum(axis=(1, 2), keepdims=True)

    def loss(shift):
        moved = np.roll(perfect, shift, axis=(1, 2))
        return float(losses.of_coordinates(truth, {"points": dsnt.expectation(moved), "heatmaps": moved}))

    assert loss((0, 0)) < 1e-4 < loss((0, 1)) < loss((1, 2))


def test_the_network_answers_the_expectation_of_its_own_heatmaps():
    network = dsnt.network(64, 3, width=1 / 32)
    images = np.random.default_rng(2).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    outputs = network(images)
    maps = np.asarray(outputs["heatmaps"], np.float64)
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), 1, rtol=1e-5)
    y, x = np.mgrid[0:16, 0:16]
    expected = np.stack([np.einsum("nhwk,hw->nk", maps, x), np.einsum("nhwk,hw->nk", maps, y)], axis=-1)
    np.testing.assert_allclose(outputs["points"], expected, atol=1e-4)


def test_the_transform_survives_saving(tmp_path):
    network = dsnt.network(64, 3, width=1 / 32)
    network.save(tmp_path / "network.keras")
    images = np.random.default_rng(3).uniform(0, 255, (1, 64, 64, 3)).astype(np.float32)
    loaded = keras.saving.load_model(tmp_path / "network.keras")(images)
    np.testing.assert_array_equal(loaded["points"], network(images)["points"])


def test_reading_takes_the_coordinates_and_gives_a_perfect_map_the_peak_1():
    points = np.array([[[9.3, 14.8], [16.4, 11.5]]], np.float32)
    maps = np.asarray(heatmaps.encode(np.round(points), 32, 1.5))
    found = read({"points": points, "heatmaps": maps / maps.sum(axis=(1, 2), keepdims=True)}, sigma=1.5)
    np.testing.assert_array_equal(found.points, points)
    np.testing.assert_array_equal(found.grid_points, [[[9, 15], [16, 12]]])
    np.testing.assert_allclose(found.peaks, [[1, 1]], rtol=1e-4)
    np.testing.assert_allclose(found.heatmaps, maps, atol=1e-4)
