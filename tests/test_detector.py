"""From crops back to original pixels, names included, with a network that sees the toy images' coloured spots."""

import dataclasses

import keras
import numpy as np
import pytest
from toys import SCHEMA, toy_samples

from rtl_tf.coordinates import Crop, round_to_grid
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.outputs import UnseenImages, collect
from rtl_tf.images import crop_image, read_image
from rtl_tf.inference import predictor
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.graph import crop as crop_in_graph
from rtl_tf.pipeline import load_crops

SIZE = 64


def spots(swapped: bool) -> Detector:
    """A detector whose heatmaps are the colours: left is red; in a mirrored image what seems left is green."""
    image = keras.Input((SIZE, SIZE, 3))
    maps = keras.layers.Rescaling(1 / 160, -0.5)(keras.layers.AveragePooling2D(4)(image))
    order = [1, 0, 2] if swapped else [0, 1, 2]
    maps = keras.layers.Concatenate()([maps[..., i : i + 1] for i in order])
    return Detector(keras.Model(image, {"heatmaps": maps}), SCHEMA, SIZE, 1.5)


@pytest.mark.parametrize("mirrored", [False, True])
def test_predictions_return_to_original_pixels_under_their_own_names(tmp_path, mirrored, monkeypatch):
    monkeypatch.setattr(predictor, "BATCH", 5)
    samples = [dataclasses.replace(sample, mirrored=mirrored) for sample in toy_samples(tmp_path)]
    crops = load_crops(samples, SCHEMA, size=SIZE, margin=0.25)
    predictions = collect(UnseenImages([s.image.name for s in samples], samples, crops), spots(mirrored))
    # Pooling shifts by 1.5 input px against p / 4; spots of neighbours blur into each other.
    error = np.linalg.norm(predictions.points - predictions.truth, axis=-1)
    assert np.median(error) < 2.0
    grid = np.linalg.norm(predictions.heatmap_points - round_to_grid(predictions.heatmap_truth), axis=-1)
    assert np.median(grid) <= np.sqrt(2)
    assert (predictions.peaks > 0.3).all()


def test_predicting_from_files_equals_predicting_from_crops(tmp_path):
    samples = toy_samples(tmp_path, count=4)
    crops = load_crops(samples, SCHEMA, size=SIZE, margin=0.25)
    detector = spots(False)
    expected = detector.predict_crops(crops.plain, crops.crops)
    files = [sample.image for sample in samples]
    for images in (files, [read_image(file) for file in files]):
        for boxes in (None, [sample.box for sample in samples]):  # the images are square: both are the whole image
            answers = detector.predict(images, boxes)
            for answer, other in zip(answers, expected, strict=True):
                np.testing.assert_allclose(answer.points, other.points, atol=1e-4)
    assert detector.predict([]) == []


BOXES = [(-0.5, -0.5, 70.0), (10.2, 3.7, 31.4), (-30.0, -20.0, 150.0), (40.0, 45.5, 300.0)]


@pytest.mark.parametrize("box", BOXES)
def test_cropping_in_the_graph_is_cropping_by_pillow(box):
    image = np.random.default_rng(0).integers(0, 256, (90, 110, 3)).astype(np.uint8)
    found = np.asarray(crop_in_graph(image, np.float32(box), SIZE))
    expected = crop_image(image, Crop(*box, SIZE))
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_a_frame_is_one_graph_and_gives_what_predicting_gives(tmp_path):
    detector = spots(False)
    image = read_image(toy_samples(tmp_path, count=1)[0].image)
    for box in (None, (-5.0, -8.0, 70.0)):
        expected = detector.predict([image], box and [box])[0]
        found = detector.predict_frame(image, box)
        np.testing.assert_allclose(found.points, expected.points, atol=0.1)
        np.testing.assert_allclose(found.peaks, expected.peaks, atol=0.02)
    with pytest.raises(InputError, match="outside the image"):
        detector.predict_frame(image, (200.0, 0.0, 50.0))
    with pytest.raises(InputError, match="side 0 px"):
        detector.predict_frame(image, (0.0, 0.0, 0.0))
