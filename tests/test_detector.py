"""From crops back to original pixels, names included, with a network that sees the toy images' coloured spots."""

import dataclasses
import json

import keras
import numpy as np
import pytest
from PIL import Image
from toys import SCHEMA, toy_samples

from rtl_tf.coordinates import Crop, crop_around, round_to_grid
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.data import UnseenImages
from rtl_tf.experiments.outputs import collect
from rtl_tf.images import crop_image, read_image
from rtl_tf.inference import predictor
from rtl_tf.inference.decoded import pixels_of
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.graph import crop as crop_in_graph
from rtl_tf.inference.recipe import Recipe
from rtl_tf.inference.squares import central_square
from rtl_tf.pipeline import load_crops

SIZE = 64


def spots(swapped: bool) -> Detector:
    """A detector whose heatmaps are the colours: left is red; in a mirrored image what seems left is green."""
    image = keras.Input((SIZE, SIZE, 3))
    maps = keras.layers.Rescaling(1 / 160, -0.5)(keras.layers.AveragePooling2D(4)(image))
    order = [1, 0, 2] if swapped else [0, 1, 2]
    maps = keras.layers.Concatenate()([maps[..., i : i + 1] for i in order])
    return Detector(keras.Model(image, {"heatmaps": maps, "features": maps}), SCHEMA, SIZE, 1.5)


@pytest.mark.parametrize("mirrored", [False, True])
def test_predictions_return_to_original_pixels_under_their_own_names(tmp_path, mirrored, monkeypatch):
    monkeypatch.setattr(predictor, "BATCH", 5)
    samples = [dataclasses.replace(sample, mirrored=mirrored) for sample in toy_samples(tmp_path)]
    crops = load_crops(samples, SCHEMA, size=SIZE, margin=0.25)
    predictions = collect(
        UnseenImages([s.image.name for s in samples], samples, crops, *(2 * [list(crops.squares)])),
        spots(mirrored),
    )
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
    expected = detector.predict_crops(crops.plain, crops.squares)
    files = [sample.image for sample in samples]
    for images in (files, [read_image(file) for file in files]):
        for boxes in (None, [sample.box for sample in samples]):  # the images are square: both are the whole image
            answers = detector.predict(images, boxes)
            for answer, other in zip(answers, expected, strict=True):
                np.testing.assert_allclose(answer.points, other.points, atol=1e-4)
    assert detector.predict([]) == []


def test_a_single_image_and_its_box_are_a_list_of_one(tmp_path):
    file, detector = toy_samples(tmp_path, count=1)[0].image, spots(False)
    box = (-4.5, -2.5, 52.0)
    (expected,) = detector.predict([file], [box], [True])
    for image in (str(file), file, read_image(file), Image.open(file)):
        for boxes in (box, [box], np.array(box)):
            (found,) = detector.predict(image, boxes, True)
            np.testing.assert_array_equal(found.points, expected.points)
    central = detector.predict([file])[0].points
    np.testing.assert_array_equal(detector.predict([file, file], [None, box])[0].points, central)
    np.testing.assert_array_equal(detector.predict(np.stack([read_image(file)] * 2))[1].points, central)


def test_other_kinds_of_images_are_what_a_viewer_shows(tmp_path):
    colours = read_image(toy_samples(tmp_path, count=1)[0].image)
    grey = np.asarray(Image.fromarray(colours).convert("L"))
    alpha = np.random.default_rng(0).integers(0, 256, grey.shape).astype(np.uint8)
    transparent = np.dstack([colours, alpha])
    shown = np.round(colours * (alpha[..., None] / 255) + 255 - alpha[..., None]).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(colours).transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)
    for given, pixels, tolerance in (
        (grey, np.dstack([grey] * 3), 0),
        (grey[..., None], np.dstack([grey] * 3), 0),
        (Image.fromarray(grey), np.dstack([grey] * 3), 0),
        (transparent, shown, 1),
        (Image.fromarray(transparent), shown, 1),
        (Image.open(tmp_path / "turned.png"), colours, 0),
        (colours[::-1][::-1], colours, 0),
    ):
        assert np.abs(pixels_of(given).astype(int) - pixels).max() <= tolerance
        (found,), of_frame = spots(False).predict([given]), spots(False).predict_frame(given)
        expected = spots(False).predict([pixels_of(given)])[0].points
        np.testing.assert_array_equal(found.points, expected)
        np.testing.assert_allclose(of_frame.points, expected, atol=0.3)


def test_what_cannot_be_meant_is_refused(tmp_path):
    detector, image = spots(False), read_image(toy_samples(tmp_path, count=1)[0].image)
    for given in (
        image / 255.0,
        image.astype(np.float32),
        image.astype(int),
        image > 80,
        image[..., :2],
        image[:0],
        image[0, 0],
    ):
        for call in (
            lambda given=given: detector.predict([image, given]),
            lambda given=given: detector.predict_frame(given),
        ):
            with pytest.raises(InputError, match=r"^image.*: expected uint8 \(H, W, 3\), RGB from 0 to 255, there is "):
                call()
    for boxes, words in (
        (
            [(0, 0, 160, 160)],
            r"boxes\[0\]: expected three numbers \(left, top, side\) in px, there is \(0, 0, 160, 160\)",
        ),
        ([(0, np.nan, 5)], r"boxes\[0\]: expected three"),
        (["no"], r"boxes\[0\]: expected three"),
        ([(0, 0, 9), (0, 0, 9)], "boxes: 2 for 1 images; give one for each"),
        ([(0, 0, 0)], r"images\[0\]: cannot crop a square of side 0 px"),
        ([(99, 0, 9)], r"images\[0\]: the square to crop lies outside"),
    ):
        with pytest.raises(InputError, match=words):
            detector.predict([image], boxes)
    with pytest.raises(InputError, match="mirrored: 2 for 1 images"):
        detector.predict([image], mirrored=[True, False])
    for given, words in (([None], "there is NoneType"), (Image.new("F", (9, 9)), "a Pillow image of mode F")):
        with pytest.raises(InputError, match=words):
            detector.predict(given)
    with pytest.raises(InputError, match="box: expected three numbers"):
        detector.predict_frame(image, (0, 0, 9, 9))


@pytest.mark.parametrize("mirrored", [False, True])
def test_nothing_is_predicted_of_landmarks_that_no_training_image_had(tmp_path, mirrored):
    samples = toy_samples(tmp_path, count=2)
    files, flips = [sample.image for sample in samples], [mirrored] * 2
    detector = spots(False)
    partial = dataclasses.replace(detector, unlabelled=("right",))
    for whole, part in zip(detector.predict(files, None, flips), partial.predict(files, None, flips), strict=True):
        np.testing.assert_array_equal(part.points[[0, 2]], whole.points[[0, 2]])
        np.testing.assert_array_equal(part.peaks[[0, 2]], whole.peaks[[0, 2]])
        assert np.isnan(part.points[1]).all() and np.isnan(part.peaks[1]) and np.isnan(part.heatmap_points[1]).all()
    assert np.isnan(partial.predict_frame(read_image(files[0])).points).any(axis=-1).tolist() == [False, True, False]
    crops = load_crops(samples, SCHEMA, size=SIZE, margin=0.25)
    judged = collect(
        UnseenImages(["0", "1"], samples, crops, *(2 * [list(crops.squares)])), partial
    )  # errors of such a landmark count
    np.testing.assert_array_equal(
        judged.points,
        collect(UnseenImages(["0", "1"], samples, crops, *(2 * [list(crops.squares)])), detector).points,
    )


def test_squares_that_were_found_are_nobodys_in_judging_as_in_use(tmp_path):
    """Without a box it is the central square here: the whole of these images."""
    heeding = dataclasses.replace(spots(False), recipe=Recipe(box_evidence=lambda points, box: points + 5))
    samples = toy_samples(tmp_path, count=2)
    crops = load_crops(samples, SCHEMA, size=SIZE, margin=0.25)
    whole = [Crop(*central_square((48, 48)), SIZE)] * 2
    around = [crop_around(sample.points, SIZE, 0.25) for sample in samples]
    found = UnseenImages(["0", "1"], samples, crops, around, whole)
    expected = [answer.points for answer in heeding.predict([sample.image for sample in samples])]
    np.testing.assert_array_equal(collect(found, heeding).points, expected)
    given = UnseenImages(["0", "1"], samples, crops, whole, whole)
    np.testing.assert_allclose(collect(given, heeding).points, np.float32(expected) + 5)
    assert (found.predict_arguments[-1], given.predict_arguments[-1]) == ([True] * 2, [False] * 2)


BOXES = [(-0.5, -0.5, 70.0), (10.2, 3.7, 31.4), (-30.0, -20.0, 150.0), (40.0, 45.5, 300.0)]


@pytest.mark.parametrize("box", BOXES)
def test_cropping_in_the_graph_is_cropping_by_pillow(box):
    image = np.random.default_rng(0).integers(0, 256, (90, 110, 3)).astype(np.uint8)
    found = np.asarray(crop_in_graph(image, np.float32(box), SIZE))
    expected = crop_image(image, Crop(*box, SIZE))
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_what_is_replaced_of_a_detector_compiles_no_network_again():
    """As of a blend, which is chosen among many; another network has its own graph."""
    detector, crop = spots(False), np.zeros((1, SIZE, SIZE, 3), np.uint8)
    crop[0, 8:16, 8:16, 0] = 255
    other = dataclasses.replace(detector, recipe=Recipe(views=2), unlabelled=())
    swapped = dataclasses.replace(detector, network=spots(True).network)
    found = [one.locate(crop).peaks[0].astype(float).round(2).tolist() for one in (detector, other, swapped)]
    assert found == [[1.09, -0.5, -0.5], [1.09, -0.5, -0.5], [-0.5, 1.09, -0.5]]
    graphs = list(detector.graphs.values())
    assert [graph.experimental_get_tracing_count() for graph in graphs] == [1, 1]


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


class Familiar:
    """Of a run with folds."""

    def unlikeness(self, features):
        return features.mean(axis=-1)


def test_a_frame_is_doubted_as_a_photograph_is(heads):
    """By all signs, of which the head's turn chooses the radii."""
    detector = dataclasses.replace(spots(False), familiar=Familiar())
    image = read_image(heads[0].image)
    for box in (None, heads[0].box):
        (expected,), found = detector.predict([image], box and [box]), detector.predict_frame(image, box)
        assert found.yaw == expected.yaw and np.isfinite(found.yaw)
        for sign in ("peaks", "rivals", "unlikeness"):
            np.testing.assert_allclose(getattr(found, sign), getattr(expected, sign), atol=0.02)
        assert found.spread is expected.spread is None and found.mirrored == expected.mirrored


def test_a_network_of_another_kind_is_no_detector(tmp_path):
    image = keras.Input((SIZE, SIZE, 3))
    keras.Model(image, {"heatmaps": keras.layers.AveragePooling2D(4)(image)}).save(tmp_path / "best.keras")
    (tmp_path / "config.json").write_text(json.dumps({"asked": {}, "resolved": {"image_size": SIZE, "sigma": 1.5}}))
    with pytest.raises(InputError, match="best.keras: no detector of this package: it gives no heatmaps and features"):
        Detector.load(tmp_path)
