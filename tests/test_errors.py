import numpy as np
import pytest
from fake_runs import make_predictions

from rtl_tf.evaluation.errors import protocol_errors, radial_errors
from rtl_tf.exceptions import InputError


def test_radial_errors_are_euclidean_distances():
    truth = np.array([[[0.0, 0.0], [10.0, 10.0]]])
    predicted = np.array([[[3.0, 4.0], [10.0, 9.0]]])
    np.testing.assert_allclose(radial_errors(truth, predicted), [[5.0, 1.0]])


def test_a_missing_landmark_has_no_error():
    truth = np.array([[[np.nan, np.nan], [1.0, 1.0]]])
    np.testing.assert_array_equal(radial_errors(truth, np.ones((1, 2, 2))), [[np.nan, 0.0]])


def test_a_prediction_that_is_not_finite_is_refused_rather_than_dropped():
    predicted = np.array([[[np.nan, 1.0]]])
    with pytest.raises(InputError, match="not finite"):
        radial_errors(np.ones((1, 1, 2)), predicted)


def test_shapes_must_agree():
    with pytest.raises(InputError, match=r"\(N, K, 2\)"):
        radial_errors(np.ones((2, 3, 2)), np.ones((2, 1, 2)))


def test_paper_protocol_rounds_the_truth_to_the_grid():
    predictions = make_predictions(np.zeros((1, 2)))
    predictions.heatmap_truth[0] = [[5.4, 9.5], [6.6, 10.0]]  # rounds to (5, 10) and (7, 10)
    predictions.heatmap_points[0] = [[5.0, 10.0], [6.0, 10.0]]
    np.testing.assert_allclose(protocol_errors(predictions, "paper")["heatmap_px"], [[0.0, 1.0]])


def test_clinical_protocol_converts_original_px():
    predictions = make_predictions(np.array([[1.5, 0.0]]))  # 3 original px, magnified twice, 0.5 mm each
    errors = protocol_errors(predictions, "clinical")
    assert list(errors) == ["input_px", "mm"]
    np.testing.assert_allclose(errors["input_px"], [[6.0, 0.0]])
    np.testing.assert_allclose(errors["mm"], [[1.5, 0.0]])


def test_images_of_unknown_scale_have_no_error_in_mm():
    predictions = make_predictions(np.ones((2, 1)))
    predictions.mm_per_px[1] = np.nan
    np.testing.assert_array_equal(protocol_errors(predictions, "clinical")["mm"], [[1.0], [np.nan]])
    assert "mm" not in protocol_errors(make_predictions(np.ones((2, 1)), mm_per_px=np.nan), "clinical")


def test_unknown_protocol():
    with pytest.raises(InputError, match="paper or clinical"):
        protocol_errors(make_predictions(np.ones((1, 1))), "both")
