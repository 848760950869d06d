import json

import numpy as np
import pytest
from fake_runs import make_predictions
from hypothesis import given
from hypothesis import strategies as st

from rtl_tf.evaluation.metrics import (
    auc,
    ced,
    failure_rate,
    mean_radial_error,
    per_image,
    per_landmark,
    summarize,
)

NAN = np.nan
# Means of images: 1, 3, no vote. Means of landmarks: (0 + 3) / 2, 2.
ERRORS = np.array([[0.0, 2.0], [3.0, NAN], [NAN, NAN]])


def test_means_by_hand():
    np.testing.assert_array_equal(per_image(ERRORS), [1.0, 3.0, NAN])
    assert mean_radial_error(ERRORS) == 2.0
    means, stds = per_landmark(ERRORS)
    np.testing.assert_allclose(means, [1.5, 2.0])
    np.testing.assert_allclose(stds, [1.5, 0.0])


def test_an_image_counts_once_however_many_landmarks_it_has():
    errors = np.array([[1.0, 1.0, 1.0], [4.0, NAN, NAN]])
    assert mean_radial_error(errors) == 2.5  # and not 7 / 4


def test_failure_is_above_the_threshold_not_at_it():
    errors = np.array([0.5, 1.0, 1.5, 2.0, NAN])
    assert failure_rate(errors, 1.0) == 0.5
    np.testing.assert_allclose(ced(errors, [0.0, 0.5, 1.0, 1.2, 2.0]), [0.0, 0.25, 0.5, 0.5, 1.0])


def test_auc_by_hand():
    assert auc(np.array([0.0, 0.5, 1.0, 3.0, NAN]), 1.0) == pytest.approx((1 + 0.5 + 0 + 0) / 4)


def test_auc_reproduces_table_1_from_its_mean_and_standard_deviation():
    """RTL-SAM: 0.78 ± 0.22 gives 0.238, 0.352, 0.443 if errors are normal; the paper prints 0.24, 0.35, 0.44."""
    errors = 0.78 + 0.22 * np.random.default_rng(0).standard_normal(400_000)
    found = [auc(errors, threshold) for threshold in (1.0, 1.2, 1.4)]
    np.testing.assert_allclose(found, [0.238, 0.352, 0.443], atol=1e-3)


@given(st.lists(st.floats(0, 5), min_size=1, max_size=20), st.floats(0.1, 4))
def test_auc_is_the_area_under_the_ced(errors, threshold):
    errors = np.array(errors)
    middles = (np.arange(4000) + 0.5) / 4000 * threshold
    assert auc(errors, threshold) == pytest.approx(ced(errors, middles).mean(), abs=1 / 4000)


def test_metrics_of_nothing_are_nan():
    nothing = np.array([NAN, NAN])
    assert np.isnan([failure_rate(nothing, 1.0), auc(nothing, 1.0), mean_radial_error(nothing[:, None])]).all()
    assert np.isnan(ced(nothing, [1.0, 2.0])).all()


def test_summary_by_hand():
    predictions = make_predictions(np.array([[0.0, 1.0], [1.0, 2.0], [3.0, 2.0]]))  # images: 0.5, 1.5, 2.5
    summary = summarize(predictions)
    expected = {
        "images": 3,
        "landmarks": 2,
        "paper.heatmap_px.images": 3,
        "paper.heatmap_px.mre.mean": 1.5,
        "paper.heatmap_px.mre.std": np.sqrt(2 / 3),  # of the population
        "paper.heatmap_px.mre.median": 1.5,
        "paper.heatmap_px.mre.p95": 2.4,
        "paper.heatmap_px.fr@1.2": 2 / 3,
        "paper.heatmap_px.auc@1.0": 0.5 / 3,
        "paper.heatmap_px.landmark.exocanthion.mean": 4 / 3,
        "clinical.input_px.mre.mean": 6.0,
        "clinical.input_px.fr@4.8": 2 / 3,
        "clinical.mm.mre.mean": 1.5,
        "clinical.mm.fr@2.0": 1 / 3,
    }
    assert {key: summary[key] for key in expected} == pytest.approx(expected)
    # the same thresholds in another unit say the same
    for heatmap_px, input_px in ((1.0, 4.0), (1.2, 4.8), (1.4, 5.6)):
        for metric in ("fr", "auc"):
            assert summary[f"paper.heatmap_px.{metric}@{heatmap_px}"] == pytest.approx(
                summary[f"clinical.input_px.{metric}@{input_px}"]
            )


def test_summary_says_none_where_nothing_is_labelled_and_stays_valid_json():
    predictions = make_predictions(np.ones((2, 2)), mm_per_px=NAN)
    predictions.truth[:, 1] = predictions.heatmap_truth[:, 1] = NAN
    summary = summarize(predictions)
    assert summary["paper.heatmap_px.landmark.endocanthion.mean"] is None
    assert summary["paper.heatmap_px.mre.mean"] == 1.0
    assert not any(key.startswith("clinical.mm") for key in summary)
    json.dumps(summary, allow_nan=False)
