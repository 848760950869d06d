"""The face finder: its decoding on answers made by hand, and what it finds on built-in heads."""

import numpy as np
import pytest
from PIL import Image

from rtl_tf import images
from rtl_tf.coordinates import Crop
from rtl_tf.images import read_image
from rtl_tf.inference import face_finder
from rtl_tf.inference.face_finder import (
    KEY_POINTS,
    Face,
    _starts,
    _tiles,
    anchors,
    decode,
    find_faces,
    overlap,
    without_repeats,
)
from rtl_tf.pyramid import Pyramid
from rtl_tf.schema import load_schema

NAMES = load_schema("fas14").names


def canvas(*placed, size=(600, 800)) -> np.ndarray:
    """Grey, uint8 (H, W, 3), with images at their (left, top)."""
    photograph = np.full((*size, 3), 110, np.uint8)
    for image, (left, top) in placed:
        photograph[top : top + image.shape[0], left : left + image.shape[1]] = image
    return photograph


def face(left, top, side, score=0.9):
    return Face((left, top, side), np.full((6, 2), left + side / 2), score)


def test_anchors_are_the_middles_of_cells():
    assert anchors().shape == (896, 2)
    np.testing.assert_allclose(anchors()[[0, 1, 2, 32, 511, 512, 517, 518, 895]] * 128, [
        (4, 4), (4, 4), (12, 4), (4, 12), (124, 124), (8, 8), (8, 8), (24, 8), (120, 120)
    ])  # fmt: skip


@pytest.mark.parametrize("size", [128, 256])
def test_answers_are_decoded_from_their_anchor_to_the_photograph(size):
    regressors, logits = np.zeros((896, 16), np.float32), np.full(896, -200, np.float32)
    chosen = 2 * (16 * 3 + 5)  # fourth row, sixth column: its middle is at (5.5, 3.5) / 16 of the image
    logits[chosen] = np.log(4)
    regressors[chosen, :4] = size / 16 * np.array([0.5, -0.5, 2, 2])
    regressors[chosen, 4:6] = size / 16 * np.array([-1.5, -3.5])  # the right eye: (4, 0) / 16
    crop = Crop(99.5, 49.5, 320, size)  # a cell is 20 px of the photograph
    (found,) = decode(regressors, logits, crop)
    np.testing.assert_allclose(found.box, (99.5 + 5 * 20, 49.5 + 2 * 20, 40), atol=1e-4)
    np.testing.assert_allclose(found.key_points[0], (99.5 + 80, 49.5), atol=1e-4)
    np.testing.assert_allclose(found.key_points[5], (99.5 + 110, 49.5 + 70), atol=1e-4)
    assert found.score == pytest.approx(0.8)
    (twin,) = decode(regressors, logits, Crop(99.5, 49.5, 320, size, mirrored=True))
    np.testing.assert_allclose(twin.key_points[1], (99.5 + 320 - 80, 49.5), atol=1e-4)  # the left eye, then
    logits[chosen] = -0.01
    assert decode(regressors, logits, crop) == []


def test_repeats_are_one_face_and_the_largest_comes_first():
    surest, repeat, other = face(0, 0, 10, 0.9), face(2, 0, 10, 0.6), face(100, 0, 40, 0.7)
    assert overlap(surest.box, repeat.box) == pytest.approx(80 / 120)
    assert overlap(surest.box, other.box) == 0
    largest, second = without_repeats([repeat, other, surest])
    assert (largest.box, largest.score) == (other.box, 0.7)
    np.testing.assert_allclose(second.box, (0.8, 0, 10))  # weighted by the scores
    np.testing.assert_allclose(second.key_points, 5.8)
    assert second.score == 0.9


def test_parts_of_a_photograph_share_half_of_themselves_and_lie_on_the_edges_of_pixels():
    """The first pixel begins at -0.5. Of 200 x 400 px all is seen at once, then three squares of 200 px."""
    tall = np.zeros((400, 200, 3), np.uint8)
    assert list(_tiles(tall, 1)) == [(-100.5, -0.5, 400.0)]
    assert list(_tiles(tall, 2)) == [(-0.5, top, 200.0) for top in (-0.5, 99.5, 199.5)]
    starts = _starts(100, 30)
    assert (starts[0], starts[-1]) == (-0.5, 69.5) and np.diff(starts).max() <= 15
    assert [len(list(_tiles(tall[:height], 2))) for height in (254, 255)] == [0, 9]  # of 127 px none, of 128 px 3 x 3


def test_a_face_is_the_mean_of_a_plain_and_a_mirrored_look(monkeypatch):
    """As far as the network sees it in them: they tell 10 px to the left and to the right of each other."""
    told = {False: face(0, 0, 10), True: face(10, 0, 10)}
    monkeypatch.setattr(face_finder, "_from_near", lambda image, near, mirrored: told[mirrored])
    assert face_finder._confirmed(None, face(0, 0, 10)).box == pytest.approx((5, 0, 10))
    told[True] = None
    assert face_finder._confirmed(None, face(0, 0, 10)).box == (0, 0, 10)
    told[False] = None
    assert face_finder._confirmed(None, face(0, 0, 10)) is None


def test_of_two_faces_that_may_be_the_one_looked_for_it_is_the_surer(monkeypatch):
    """Each shares 60 of 140 px with it, and 20 of 180 with the other; a third is elsewhere."""
    near = [face(4, 0, 10, 0.6), face(-4, 0, 10, 0.7), face(40, 0, 10, 0.9)]
    monkeypatch.setattr(face_finder, "_seen", lambda *_: near)
    assert face_finder._from_near(None, face(0, 0, 10), False).box == pytest.approx((-4, 0, 10))


def test_a_head_is_found_where_it_is(heads):
    for sample in heads:
        (found,) = find_faces(read_image(sample.image))
        points = dict(zip(NAMES, sample.points, strict=True))
        left, top, side = found.box
        eyes = (points["exocanthion"] + points["endocanthion"]) / 2
        key_points = dict(zip(KEY_POINTS, found.key_points, strict=True))
        nearest = min(np.linalg.norm(key_points[name] - eyes) for name in ("right eye", "left eye"))
        assert nearest < 0.1 * side and np.linalg.norm(key_points["nose tip"] - points["pronasale"]) < 0.12 * side
        assert left < points["nasion"][0] < left + side and top < points["nasion"][1] < top + side


def test_a_face_is_found_alike_wherever_it_lies(heads):
    image = read_image(heads[0].image)
    (middle,) = find_faces(canvas((image, (272, 172))))
    for place in ((40, 45), (203, 300), (500, 318)):
        (found,) = find_faces(canvas((image, place)))
        np.testing.assert_allclose(found.key_points - place, middle.key_points - (272, 172), atol=3)
        np.testing.assert_allclose(
            np.subtract(found.box, (*place, 0)), np.subtract(middle.box, (272, 172, 0)), atol=2.5
        )


def test_several_faces_are_told_apart(heads):
    images = [read_image(sample.image) for sample in heads[:2]]
    places = [(40, 30), (480, 300)]
    found = find_faces(canvas(*zip(images, places, strict=True)))
    assert len(found) == 2 and found[0].box[2] >= found[1].box[2]
    for image, place in zip(images, places, strict=True):
        (expected,) = find_faces(canvas((image, place)))
        assert max(overlap(one.box, expected.box) for one in found) > 0.9


def test_a_small_face_is_found_on_a_part_of_a_photograph(heads):
    image, place = read_image(heads[1].image), (2200, 1400)
    (near,) = find_faces(canvas((image, (272, 172))))
    (far,) = find_faces(canvas((image, place), size=(2400, 3200)))
    np.testing.assert_allclose(far.key_points - place, near.key_points - (272, 172), atol=0.05 * near.box[2])


def test_a_face_is_found_that_fills_the_largest_photograph(heads, tmp_path, monkeypatch):
    """Looked at again at SECOND_LOOK sides of it, it would be seen in a square that is larger than may be."""
    side = 768
    image = Image.fromarray(read_image(heads[0].image)).resize((side, side))
    image.save(tmp_path / "large.png")
    photographs = [lambda: np.asarray(image), lambda: Pyramid.of_file(tmp_path / "large.png")]

    def boxes():
        return [face.box for photograph in photographs for face in find_faces(photograph())]

    expected = boxes()
    assert len(expected) == 2 and all(face_finder.SECOND_LOOK * box[2] > side for box in expected)
    monkeypatch.setattr(images, "MAX_PIXELS", side**2)
    assert boxes() == expected
    monkeypatch.setattr(images, "DERIVED", 1)
    monkeypatch.setattr(face_finder, "DERIVED", 1)
    assert all(0.8 < overlap(*both) < 1 for both in zip(boxes(), expected, strict=True))


def test_a_pyramid_is_searched_once(heads, monkeypatch):
    pixels = canvas((read_image(heads[0].image), (272, 172)))
    pyramid, asked = Pyramid.of(pixels), []
    ask = face_finder._seen
    monkeypatch.setattr(face_finder, "_seen", lambda network, *given: asked.append(network) or ask(network, *given))
    (found,), looks = find_faces(pyramid), len(asked)
    assert find_faces(pyramid) == [found] and len(asked) == looks > 0
    find_faces(Pyramid.of(pixels))
    assert len(asked) == 2 * looks


@pytest.mark.parametrize("size", [(40, 40), (300, 500), (1, 2000)])
def test_where_no_face_is_none_is_found(size, capfd):
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    assert find_faces(noise) == [] and find_faces(np.zeros_like(noise)) == []
    assert capfd.readouterr().err == ""
