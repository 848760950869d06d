"""What every method must do: build, lower its loss, survive saving, predict in original pixels, pass over NaN."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from toys import SCHEMA, toy_samples, toy_source

from rtl_tf import heatmaps
from rtl_tf.config import Asked
from rtl_tf.coordinates import Crop, round_to_grid
from rtl_tf.evaluation.errors import radial_errors
from rtl_tf.evaluation.metrics import mean_radial_error
from rtl_tf.experiments.building import build
from rtl_tf.inference.detector import Detector
from rtl_tf.methods import METHODS, get_method
from rtl_tf.networks import saved
from rtl_tf.training.model import inference_network

SIZE, LANDMARKS = 64, 3
CASES = [(name, None) for name in METHODS] + [("rtl-co", "cross-entropy")]


@pytest.fixture(scope="module", params=CASES, ids=[" ".join(filter(None, case)) for case in CASES])
def case(request):
    return request.param


@pytest.fixture(scope="module")
def trained(case):
    """A detector and its losses in six steps on one batch. Read only."""
    detector, history = make(case), []
    for _ in range(6):
        detector.reset_metrics()
        history.append(detector.train_on_batch(*batch(), return_dict=True)["loss"])
    return detector, history


def make(case):
    """As an experiment builds it, but narrow, or from the toy source."""
    name, distance = case
    method = get_method(name, distance)
    narrow = {"width": 1 / 16} if method.network else {"decoder_filters": 8}
    settings = Asked(method=name, classifier_distance=distance, image_size=SIZE, **narrow)
    settings = settings.resolved(**{} if method.regularizers else {"reg_weight": 0.0})
    networks = None if method.network else (toy_source(SIZE), toy_source(SIZE))
    detector, _ = build(settings, method, networks, np.zeros((2, SIZE, SIZE, 3), np.uint8), LANDMARKS)
    detector.compile(keras.optimizers.Adam(1e-3), run_eagerly=True)
    return detector


def batch(missing=(0, 1), count=4):
    rng = np.random.default_rng(0)
    points = rng.uniform(2, 13, (count, LANDMARKS, 2)).astype(np.float32)
    points[missing] = np.nan
    images = rng.uniform(0, 255, (count, SIZE, SIZE, 3)).astype(np.float32)
    return images, {"points": points, "heatmaps": np.asarray(heatmaps.encode(points, SIZE // 4, 1.5))}


def test_steps_lower_the_loss_on_one_batch(trained):
    _, history = trained
    assert np.isfinite(history).all() and history[-1] < history[0]


def test_saved_and_loaded_it_answers_the_same(trained, tmp_path):
    detector, _ = trained
    images, _ = batch()
    inference_network(detector).save(tmp_path / "best.keras")
    loaded = saved.read(tmp_path / "best.keras")(images, training=False)
    answers = detector(images, training=False)
    assert loaded.keys() == answers.keys() and {"heatmaps", "features"} <= answers.keys()
    for name, answer in answers.items():
        np.testing.assert_allclose(loaded[name], answer, atol=1e-6, err_msg=name)


def test_it_predicts_in_original_pixels(trained, tmp_path):
    """The same pixels in a larger photograph, 40 to the right and 25 down: so is the answer."""
    detector = Detector(inference_network(trained[0]), SCHEMA, SIZE, 1.5)
    sample = toy_samples(tmp_path, count=1, size=SIZE)[0]
    canvas = Image.new("RGB", (150, 120))
    canvas.paste(Image.open(sample.image), (40, 25))
    canvas.save(tmp_path / "canvas.png")
    alone = detector.predict([sample.image])[0]
    within = detector.predict([tmp_path / "canvas.png"], [(39.5, 24.5, SIZE)])[0]
    assert alone.points.shape == (LANDMARKS, 2) and ((alone.points >= -0.5) & (alone.points <= SIZE - 0.5)).all()
    np.testing.assert_allclose(within.points, alone.points + (40, 25), atol=1e-3)
    np.testing.assert_allclose(within.heatmap_points, alone.heatmap_points)
    np.testing.assert_array_equal(alone.heatmap_points, np.round(alone.heatmap_points))


def test_its_validation_error_is_the_paper_protocols_of_its_predictions(trained):
    detector, _ = trained
    images, truth = batch()
    pixels = images.astype(np.uint8)
    detector.reset_metrics()
    found = detector.test_on_batch(pixels.astype(np.float32), truth, return_dict=True)
    crops = [Crop(-0.5, -0.5, SIZE, SIZE)] * len(pixels)
    answers = Detector(inference_network(detector), SCHEMA, SIZE, 1.5).predict_crops(pixels, crops)
    errors = radial_errors(round_to_grid(truth["points"]), np.stack([answer.heatmap_points for answer in answers]))
    assert found["error"] == pytest.approx(mean_radial_error(errors), rel=1e-5)


def test_a_missing_landmark_carries_no_gradient(trained):
    detector, _ = trained
    images, truth = batch()
    # Constants, because the first hourglass's heatmaps go into the second.
    outputs = {name: tf.constant(value) for name, value in detector(images, training=False).items()}
    judged = [value for name, value in outputs.items() if "heatmaps" in name or name == "points"]
    with tf.GradientTape() as tape:
        tape.watch(judged)
        loss = detector.objective.loss(truth, outputs, detector.reduction)
    for value, gradient in zip(judged, tape.gradient(loss, judged), strict=True):
        gradient = np.moveaxis(gradient, -1, 1) if value.ndim == 4 else np.asarray(gradient)  # (N, K, ...)
        assert np.isfinite(gradient).all() and not gradient[0, 1].any()
        assert gradient[0, 0].any() and gradient[1, 1].any()


def test_a_batch_without_any_label_does_no_harm(case):
    detector = make(case)
    logs = detector.train_on_batch(*batch(missing=slice(None)), return_dict=True)
    assert logs["heatmap_loss"] == 0
    assert all(np.isfinite(variable).all() for variable in detector.variables)
