"""A given box moves what was found as far as such boxes can be believed."""

import json

import numpy as np
import pytest

from rtl_tf.coordinates import Crop, crop_around
from rtl_tf.documents import parse_json
from rtl_tf.exceptions import InputError
from rtl_tf.inference.box_evidence import BoxEvidence, displaced

MARGIN = 0.4


def faces(count: int, noise: float, jitter: float):
    """Labels; answers that are off by a shift of all landmarks; boxes around the labels, displaced; people."""
    random = np.random.default_rng(0)
    shape = random.uniform(0, 100, (6, 2))
    labels = [shape * random.uniform(0.8, 1.2) + random.uniform(0, 500, 2) for _ in range(count)]
    found = [points + random.normal(0, noise, 2) for points in labels]
    boxes = [displaced(crop_around(points, 64, MARGIN), jitter, random) for points in labels]
    return found, labels, boxes, [str(number) for number in range(count)]


@pytest.mark.parametrize("mirrored", [False, True])
def test_boxes_around_the_labels_tell_the_shift(mirrored):
    found, labels, boxes, people = faces(60, noise=5, jitter=0)
    boxes = [Crop(box.left, box.top, box.side, box.size, mirrored) for box in boxes]
    evidence = BoxEvidence.fit(found, labels, boxes, MARGIN, people)
    (new, *_), (truth, *_), (box, *_), _ = faces(61, noise=5, jitter=0)
    moved = evidence(new, Crop(box.left, box.top, box.side, box.size, mirrored))
    assert np.abs(moved - truth).max() < 0.2 < 1 < np.abs(new - truth).max()


def test_a_landmark_that_nobody_labels_has_no_say():
    """A network that has not learnt it puts it anywhere."""
    found, labels, boxes, people = faces(60, noise=5, jitter=0)
    plain = BoxEvidence.fit(found, labels, boxes, MARGIN, people)
    nowhere, missing = np.array([[9000.0, 0]]), np.full((1, 2), np.nan)
    wide = [[np.concatenate([points, more]) for points in each] for each, more in ((found, nowhere), (labels, missing))]
    fitted = BoxEvidence.fit(*wide, boxes, MARGIN, people)
    again = BoxEvidence.from_json(parse_json(json.dumps(fitted.to_json()), "recipe.json"), 7)
    moved = again(wide[0][3] - (0, 50), boxes[3])
    np.testing.assert_allclose(moved[:6], plain(found[3] - (0, 50), boxes[3]))
    np.testing.assert_allclose(moved[6], (9000, -50))


def test_a_landmark_that_half_the_faces_have_is_moved_as_far_as_the_others():
    found, labels, boxes, people = faces(60, noise=5, jitter=0)
    inner = int(np.abs(labels[0] - labels[0].mean(axis=0)).max(axis=1).argmin())  # no box ends at it
    for points in labels[::2]:
        points[inner] = np.nan
    evidence = BoxEvidence.fit(found, labels, boxes, MARGIN, people)
    (new, *_), (truth, *_), (box, *_), _ = faces(61, noise=5, jitter=0)
    assert np.abs(evidence(new, box) - truth).max() < 0.2


def test_boxes_that_are_far_off_are_not_believed():
    evidence = BoxEvidence.fit(*faces(400, noise=1, jitter=0.3)[:3], MARGIN, [str(number) for number in range(400)])
    found, _, boxes, _ = faces(1, noise=1, jitter=0.3)
    assert np.abs(evidence(found[0], boxes[0]) - found[0]).max() < 1


def test_a_box_that_is_farther_off_than_any_before_tells_nothing():
    found, labels, boxes, people = faces(60, noise=5, jitter=0.05)
    evidence = BoxEvidence.fit(found, labels, boxes, MARGIN, people)
    wrong = Crop(boxes[0].left + 0.4 * boxes[0].side, boxes[0].top, boxes[0].side, 64)
    np.testing.assert_array_equal(evidence(found[0], wrong), found[0])


def test_boxes_are_believed_as_far_as_any_was_off_the_square_around_what_was_found():
    """Points from 0 to 10 px have a square of 20 px around them. One box is that, one lies a fifth of it to the left,
    one is twice as large."""
    points = [np.array([[0.0, 0.0], [10.0, 10.0]])] * 3
    boxes = [Crop(-5.0, -5.0, 20.0, 64), Crop(-9.0, -5.0, 20.0, 64), Crop(-15.0, -15.0, 40.0, 64)]
    evidence = BoxEvidence.fit(points, points, boxes, 0.5, ["a", "b", "c"])
    np.testing.assert_allclose(evidence.believed, (0.2, 0, np.log(2)), atol=1e-6)


def test_a_box_is_displaced_about_its_middle():
    box = Crop(10.0, 20.0, 100.0, 64)

    class Fixed:
        def uniform(self, low, high, size):
            return np.array([0.5, -1.0, 1.0])

    moved = displaced(box, 0.1, Fixed())  # 5 px right, 10 px up, a tenth larger
    assert (moved.left, moved.top, moved.side) == pytest.approx((10.0, 5.0, 110.0))


def test_json_both_ways_and_damaged():
    found, labels, boxes, people = faces(20, noise=5, jitter=0.05)
    evidence = BoxEvidence.fit(found, labels, boxes, MARGIN, people)
    text = json.dumps(evidence.to_json())
    read = BoxEvidence.from_json(parse_json(text, "a.json"), 6)
    np.testing.assert_array_equal(read(found[0], boxes[0]), evidence(found[0], boxes[0]))
    with pytest.raises(InputError, match="a.json: correction.mean: expected 10 elements, there are 12"):
        BoxEvidence.from_json(parse_json(text, "a.json"), 5)
