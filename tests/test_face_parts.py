"""Parts of a face in the photograph's own pixels: their squares, the way back, their training crops, a whole run."""

import dataclasses
import json

import keras
import numpy as np
import pytest
from skimage.transform import SimilarityTransform, warp
from toys import SCHEMA, toy_samples

from rtl_tf.coordinates import Crop
from rtl_tf.documents import Node
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.data import fit_parts
from rtl_tf.images import crop_image, read_image
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.face_parts import LEAST, WIDENED, FacePart, FaceParts
from rtl_tf.inference.part_crops import load_part_crops
from rtl_tf.inference.recipe import Recipe
from rtl_tf.inference.views import VIEWS
from rtl_tf.records import Prediction
from rtl_tf.schema import Part

WITH_PARTS = dataclasses.replace(SCHEMA, parts=(Part("pair", ("left", "right")), Part("single", ("middle",))))
SIZE = 64


def prediction(points) -> Prediction:
    count = len(points)
    return Prediction(np.float32(points), np.full(count, 0.5, np.float32), np.zeros((count, 2), np.float32))


def test_squares_are_as_large_as_the_landmarks_of_training_faces_reach():
    squares = [Crop(0, 0, 100, 64), Crop(0, 0, 200, 64, mirrored=True, angle=0.5)]
    points = np.array([[[40, 50], [60, 50], [50, 90]], [[80, 100], [120, 100], [np.nan, np.nan]]], np.float32)
    points[1, :2] = squares[1].from_shares(np.array([[0.35, 0.5], [0.65, 0.5]]))
    parts = FaceParts.fit(WITH_PARTS, squares, points, 96)
    assert [part.landmarks for part in parts.parts] == [(0, 1), (2,)]
    reach = np.percentile([0.1, 0.15], 98)
    np.testing.assert_allclose([part.side for part in parts.parts], [WIDENED * 2 * reach, LEAST], rtol=1e-4)
    never = points.copy()
    never[:, 1:] = np.nan
    assert FaceParts.fit(WITH_PARTS, squares, never, 96).parts == (FacePart((0,), LEAST),)


def test_a_part_is_as_large_as_faces_tell_that_have_all_of_it_and_no_larger_than_the_face():
    """The pair reaches 0.125 sides from its middle on the first face; the second has its left half alone."""
    square = Crop(0, 0, 80, 64)
    points = np.array([[[30, 40], [50, 40], [40, 70]], [[0, 40], [np.nan, np.nan], [40, 70]]], np.float32)
    parts = FaceParts.fit(WITH_PARTS, [square, square], points, 96).parts
    assert parts[0] == FacePart((0, 1), pytest.approx(WIDENED * 2 * 0.125))
    points[0, :2, 0] = 0, 80  # from edge to edge
    assert FaceParts.fit(WITH_PARTS, [square, square], points, 96).parts[0].side == 1


def test_a_square_lies_around_what_was_found_as_the_faces_does():
    parts = FaceParts(96, (FacePart((0, 1), 0.5), FacePart((2,), 0.25)))
    square = Crop(10, 20, 200, 64, mirrored=True, angle=0.3)
    points = np.array([[100, 60], [120, 80], [-1, 50]])
    (((part, crop),)) = parts.squares(square, points, (300, 300))  # the third landmark is outside the image
    assert part == parts.parts[0]
    assert crop == Crop(60, 20, 100, 96, mirrored=True, angle=0.3)
    assert len(parts.squares(square, points + 1, (300, 300))) == 2
    assert parts.squares(square, np.full((3, 2), np.nan), (300, 300)) == []
    right = points + np.array([240, 0])  # in an image that is wider than high
    assert len(parts.squares(square, right, (400, 100))) == 2 and parts.squares(square, right, (100, 400)) == []
    last, middle = np.array([299.0, 299.0]), FaceParts(96, (FacePart((0,), 0.5),))
    assert [len(middle.squares(square, (last + more)[None], (300, 300))) for more in (0, 0.25)] == [1, 0]
    # As many pixels as the network has seen, or fewer: a second look shows nothing new.
    assert parts.squares(Crop(0, 0, 64, 64), points + 1, (300, 300)) == []


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("angle", [0.0, 0.4])
def test_points_go_back_to_where_an_independent_warp_has_them(mirrored, angle):
    """A dot at a known place, seen in crops that scikit-image's warp makes too, and found there by its centroid."""
    place, (height, width) = np.array([203.3, 141.8]), (300, 400)
    y, x = np.mgrid[0:height, 0:width]
    dot = np.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / (2 * 3.0**2))
    image = np.repeat((20 + 200 * dot)[..., None], 3, axis=-1).astype(np.uint8)
    parts = FaceParts(96, (FacePart((0,), 0.2),), views=len(VIEWS))
    square = Crop(60, 10, 280, 64, mirrored, angle)

    def locate(pixels, crops):
        found = []
        for seen, crop in zip(pixels, crops, strict=True):
            to_original = own_transform(crop)
            expected = warp(image, to_original, output_shape=(96, 96), order=1, mode="edge", preserve_range=True)
            assert np.abs(seen - expected).max() < 8 and expected.max() - expected.min() > 150
            weights = np.clip(seen[..., 0].astype(float) - 40, 0, None)
            rows, columns = np.mgrid[0:96, 0:96]
            centroid = np.array([(columns * weights).sum(), (rows * weights).sum()]) / weights.sum()
            np.testing.assert_allclose(crop.to_original(centroid), to_original(centroid)[0], atol=1e-3)
            found.append(prediction(crop.to_original(centroid)[None]))
        return found

    found = parts.look(image, square, prediction([place + (4.2, -3.1)]), locate, views=VIEWS, shift=0.0)
    np.testing.assert_allclose(found.points[0], place, atol=0.1)
    moved = parts.look(image, square, prediction([place + (4.2, -3.1)]), locate, views=VIEWS[:1], shift=2.5)
    np.testing.assert_allclose(moved.points[0], place + (2.5, 0), atol=0.1)


def own_transform(crop: Crop) -> SimilarityTransform:
    """Crop px -> original px by scikit-image's transforms."""
    middle, scale = (crop.size - 1) / 2, crop.side / crop.size
    to_middle = SimilarityTransform(translation=(-middle, -middle))
    flip = SimilarityTransform(np.diag([-1.0 if crop.mirrored else 1.0, 1.0, 1.0]))
    turned = SimilarityTransform(scale=scale, rotation=crop.angle)
    return to_middle + flip + turned + SimilarityTransform(translation=crop.centre)


def test_what_no_part_has_stays_as_it_was_found_first():
    parts = FaceParts(96, (FacePart((1,), 0.2),), views=2)
    first = prediction([[50, 50], [80, 80], [120, 100]])
    image = np.zeros((200, 200, 3), np.uint8)

    def locate(pixels, crops):
        assert pixels.shape == (2, 96, 96, 3)  # of three that the recipe shows
        answers = prediction([[1, 1], [70, 70], [3, 3]]), prediction([[1, 1], [72, 74], [3, 3]])
        return [dataclasses.replace(one, peaks=np.full(3, peak)) for one, peak in zip(answers, (0.6, 0.8), strict=True)]

    found = parts.look(image, Crop(0, 0, 200, 64), first, locate, views=VIEWS[:3], shift=0.0)
    np.testing.assert_array_equal(found.points, [[50, 50], [71, 72], [120, 100]])
    np.testing.assert_allclose(found.peaks, [first.peaks[0], 0.7, first.peaks[2]])
    np.testing.assert_array_equal(found.heatmap_points, first.heatmap_points)
    small = parts.look(image, Crop(0, 0, 60, 64), first, None, views=VIEWS[:2], shift=0.0)
    np.testing.assert_array_equal(small.points, first.points)


def test_each_part_is_the_mean_of_its_own_views():
    """Two parts in two views, whose answers count up: 0 and 1 are of the first, 2 and 3 of the second."""
    parts = FaceParts(96, (FacePart((0,), 0.2), FacePart((2,), 0.2)), views=2)
    first = prediction([[50, 50], [80, 80], [120, 100]])

    def locate(pixels, crops):
        return [prediction(np.full((3, 2), number)) for number in range(len(crops))]

    found = parts.look(np.zeros((200, 200, 3), np.uint8), Crop(0, 0, 200, 64), first, locate, VIEWS, shift=0.25)
    np.testing.assert_array_equal(found.points, [[0.75, 0.5], [80, 80], [2.75, 2.5]])


def test_a_part_comes_back_from_json_and_damage_is_named():
    recipe = Recipe(parts=FaceParts(96, (FacePart((0, 2), 0.3), FacePart((1,), 0.2))))
    told = json.loads(json.dumps(recipe.to_json()))
    assert Recipe.from_json(Node(told, "recipe.json"), 3) == recipe and not recipe.plain
    assert told["parts"].pop("views") == 1  # earlier files lack it: each part was seen in all views
    assert Recipe.from_json(Node(told, "recipe.json"), 3).parts.views == len(VIEWS)
    del told["parts"]["size"]
    with pytest.raises(InputError, match=r"recipe.json: parts: 'size' is missing"):
        Recipe.from_json(Node(told, "recipe.json"), 3)
    told["parts"] = {"size": 96, "parts": [{"landmarks": [3], "side": 0.3}]}
    with pytest.raises(
        InputError, match=r"recipe.json: parts\.parts\[0\]\.landmarks\[0\]: expected a whole number from 0"
    ):
        Recipe.from_json(Node(told, "recipe.json"), 3)


def test_training_crops_show_each_part_around_its_labels(tmp_path):
    plain, mirrored = toy_samples(tmp_path, count=2, size=200)
    plain.points[2] = np.nan
    mirrored = dataclasses.replace(mirrored, mirrored=True)
    squares = [Crop(-0.5, -0.5, 200, SIZE), Crop(-0.5, -0.5, 200, SIZE, mirrored=True, angle=0.2)]
    recipe = Recipe(label_shift=0.01, parts=FaceParts(96, (FacePart((0, 1), 0.6), FacePart((2,), 0.3))))
    crops = load_part_crops([plain, mirrored], squares, recipe, WITH_PARTS, context=4)
    assert crops.images.shape == (3, 104, 104, 3)
    seen = np.isfinite(crops.points).all(axis=-1).tolist()
    assert seen == [[True, True, False], [True, True, False], [False, False, True]]  # the unlabelled part has no crop
    for points, crop, sample in zip(crops.points, crops.squares, (plain, mirrored, mirrored), strict=True):
        names = [1, 0, 2] if sample.mirrored else [0, 1, 2]
        expected = crop.to_input(sample.points - np.array([0.01 * 200, 0]))[names]
        known = np.isfinite(points)
        np.testing.assert_allclose(points[known], expected[known], atol=1e-3)
    np.testing.assert_array_equal(crops.images[1], crop_image(read_image(mirrored.image), crops.squares[1].widened(4)))
    assert load_part_crops([plain], [Crop(-0.5, -0.5, 60, SIZE)], recipe, WITH_PARTS) is None


def spots() -> keras.Model:
    """Heatmaps that are the colours of the toy images."""
    image = keras.Input((SIZE, SIZE, 3))
    maps = keras.layers.Rescaling(1 / 160, -0.5)(keras.layers.AveragePooling2D(4)(image))
    return keras.Model(image, {"heatmaps": maps, "features": maps})


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_second_look_is_nearer_to_the_truth(tmp_path, mirrored):
    schema = dataclasses.replace(WITH_PARTS, mirrored_pairs=())
    samples = toy_samples(tmp_path, count=6, size=512)
    parts = Detector(spots(), schema, SIZE, 1.5)
    recipe = Recipe(parts=FaceParts(SIZE, tuple(FacePart((landmark,), 0.1) for landmark in range(3))))
    once = Detector(spots(), schema, SIZE, 1.5, recipe=Recipe(views=1))
    twice = dataclasses.replace(once, recipe=recipe, parts=parts)
    images, boxes = [sample.image for sample in samples], [sample.box for sample in samples]
    truth = np.stack([sample.points for sample in samples])
    errors = [
        np.linalg.norm([one.points for one in detector.predict(images, boxes, [mirrored] * 6)] - truth, axis=-1)
        for detector in (once, twice)
    ]
    assert np.median(errors[1]) < np.median(errors[0]) / 2


def test_photographs_without_more_pixels_have_no_parts(tmp_path, capsys):
    samples = toy_samples(tmp_path, count=2, size=60)
    squares = [Crop(*sample.box, SIZE) for sample in samples]
    assert fit_parts(WITH_PARTS, samples, squares) is None
    assert "no training photograph has 2 times as many px in its face" in capsys.readouterr().err
    larger = [squares[0], dataclasses.replace(squares[1], side=2.0 * SIZE)]
    assert fit_parts(WITH_PARTS, samples, larger) is not None
    told = "has 2 times as many px in its face as the network sees and labels of all landmarks of a part"
    samples[1].points[1:] = np.nan  # of the large one half of the pair is labelled; then the pair of neither
    for _ in range(2):
        assert fit_parts(WITH_PARTS, samples, larger) is None
        assert capsys.readouterr().err == (
            f"warning: --parts: no training photograph {told}, so that there is no second look\n"
        )
        samples[0].points[[0, 2]] = np.nan
