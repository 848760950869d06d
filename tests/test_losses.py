import numpy as np
import pytest
import tensorflow as tf

from rtl_tf import losses

TRUTH = np.array([[[[0.0], [1.0]], [[2.0], [np.nan]]]], np.float32)  # (1, 2, 2, 1)
PREDICTED = np.array([[[[1.0], [1.0]], [[0.0], [9.0]]]], np.float32)


def test_mean_and_sum_worked_by_hand():
    # Squared differences 1, 0, 4; the fourth entry is missing.
    assert float(losses.heatmap(TRUTH, PREDICTED, "mean")) == pytest.approx(5 / 3)
    assert float(losses.heatmap(TRUTH, PREDICTED, "sum")) == pytest.approx(5.0)


def test_sum_is_the_mean_over_images_of_frobenius_norms():
    rng = np.random.default_rng(1)
    truth, predicted = rng.normal(size=(2, 3, 4, 4, 5)).astype(np.float32)
    expected = np.mean([np.sum((t - p) ** 2) for t, p in zip(truth, predicted, strict=True)])
    assert float(losses.heatmap(truth, predicted, "sum")) == pytest.approx(expected, rel=1e-5)
    assert float(losses.heatmap(truth, predicted)) == pytest.approx(np.mean((truth - predicted) ** 2), rel=1e-5)


def test_both_hourglasses_are_supervised():
    outputs = {"heatmaps": PREDICTED, "intermediate_heatmaps": np.full_like(PREDICTED, 2.0)}
    # The intermediate maps' squared differences: 4, 1, 0.
    for reduction, expected in (("mean", 5 / 3 + 5 / 3), ("sum", 5.0 + 5.0)):
        assert float(losses.of_both_stacks({"heatmaps": TRUTH}, outputs, reduction)) == pytest.approx(expected)
    outputs["intermediate_heatmaps"] = np.full_like(PREDICTED, 3.0)  # 9, 4, 1
    assert float(losses.of_both_stacks({"heatmaps": TRUTH}, outputs)) == pytest.approx(5 / 3 + 14 / 3)
    assert float(losses.of_heatmaps({"heatmaps": TRUTH}, outputs)) == pytest.approx(5 / 3)


def test_missing_landmarks_carry_no_gradient_and_the_rest_carries_the_right_one():
    predicted = tf.Variable(PREDICTED)
    with tf.GradientTape() as tape:
        loss = losses.heatmap(TRUTH, predicted)
    gradient = tape.gradient(loss, predicted).numpy().ravel()
    np.testing.assert_allclose(gradient, [2 / 3, 0.0, -4 / 3, 0.0], rtol=1e-6)


def test_nothing_labelled_gives_zero():
    missing = np.full((2, 3, 3, 4), np.nan, np.float32)
    assert float(losses.heatmap(missing, np.ones_like(missing))) == 0.0


def test_unknown_reduction_is_refused():
    with pytest.raises(ValueError, match="unknown reduction"):
        losses.heatmap(TRUTH, PREDICTED, "median")


def test_radial_errors_agree_with_the_judging_side():
    from rtl_tf.evaluation.errors import radial_errors

    truth = np.array([[[1.0, -2.0], [np.nan, np.nan]]])
    predicted = np.array([[[4.0, 2.0], [1.0, 1.0]]])
    np.testing.assert_allclose(losses.radial_errors(truth, predicted), [[5.0, np.nan]])
    np.testing.assert_allclose(losses.radial_errors(truth, predicted), radial_errors(truth, predicted))


def test_the_mean_of_one_value_is_that_value_and_of_none_zero():
    values = np.array([4.0, 9.0], np.float32)
    assert float(losses.masked_mean(values, np.array([1.0, 0.0], np.float32))) == 4.0
    assert float(losses.masked_mean(values, np.zeros(2, np.float32))) == 0.0
