"""From crops back to original pixels, names included, with a network that sees the toy images' coloured spots."""

import dataclasses

import keras
import numpy as np
import pytest
from toys import SCHEMA, toy_samples

from rtl_tf.coordinates import round_to_grid
from rtl_tf.experiments.outputs import UnseenImages, collect
from rtl_tf.inference.detector import Detector
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
def test_predictions_return_to_original_pixels_under_their_own_names(tmp_path, mirrored):
    samples = [dataclasses.replace(sample, mirrored=mirrored) for sample in toy_samples(tmp_path)]
    crops = load_crops(samples, SCHEMA, size=SIZE, margin=0.25)
    answers = spots(mirrored).predict_crops(crops.plain, crops.crops, batch_size=5)
    predictions = collect(UnseenImages([s.image.name for s in samples], samples, crops), answers, SCHEMA.names)
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
    for boxes in (None, [sample.box for sample in samples]):  # the images are square: both are the whole image
        answers = detector.predict([sample.image for sample in samples], boxes)
        for answer, other in zip(answers, expected, strict=True):
            np.testing.assert_allclose(answer.points, other.points, atol=1e-4)
    assert detector.predict([]) == []
