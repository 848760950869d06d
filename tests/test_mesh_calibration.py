"""From the points of a mesh to landmarks: which stand for them, and what few labels correct."""

import json

import numpy as np
import pytest

from rtl_tf.documents import parse_json
from rtl_tf.exceptions import InputError
from rtl_tf.inference.mesh_calibration import MESH_POINTS, Calibration, MeshLandmarks, nearest_points

NAN = np.nan
PEOPLE = [f"s{index // 2}" for index in range(20)]


def meshes(count=20, noise=0.02):
    """Of faces that differ, in the view of their square."""
    rng = np.random.default_rng(0)
    return rng.uniform(0.1, 0.9, (MESH_POINTS, 2)) + rng.normal(0, noise, (count, MESH_POINTS, 2))


def test_the_nearest_point_is_that_of_the_smallest_mean_square():
    points = np.array([[[0.0, 0], [10, 0], [4, 3]], [[0.0, 0], [10, 0], [4, 3]]])
    labels = np.array([[[9.0, 0], [1, 1]], [[8.0, 0], [4, 2]]])
    assert nearest_points(points, labels) == (1, 2)  # of the second 2 and 20, or 13 and 1: 22 against 14


def test_missing_labels_have_no_say_and_one_that_is_never_seen_has_any_point():
    points = np.array([[[0.0, 0], [10, 0]], [[0.0, 0], [10, 0]]])
    labels = np.array([[[1.0, 0], [NAN, NAN]], [[NAN, 9.0], [NAN, NAN]]])
    assert nearest_points(points, labels) == (0, 0)
    labels[1, 1] = 9.0, 1.0
    assert nearest_points(points, labels) == (0, 1)


def test_flipped_views_have_points_of_their_own():
    """A mirrored face's mesh has each point of a pair where the other one was."""
    plain, swapped = meshes(), np.random.default_rng(1).permutation(MESH_POINTS)
    flipped = np.empty_like(plain)
    flipped[:, swapped] = plain  # point i of a plain view is point swapped[i] of a flipped one
    labels = plain[:, [7, 300]] + 0.0005
    chosen = MeshLandmarks.fit(plain, flipped, labels)
    assert chosen == MeshLandmarks((7, 300), (int(swapped[7]), int(swapped[300])))
    views = np.stack([plain[0], flipped[0] + 0.03, plain[0] + 0.01, flipped[0]])
    np.testing.assert_allclose(chosen.of(views), plain[0, [7, 300]] + 0.01)
    np.testing.assert_allclose(chosen.of(views[:1]), plain[0, [7, 300]])


def test_the_point_of_a_flipped_view_is_the_plain_ones_whatever_the_label():
    """The label lies 0.4 from its mesh point; flipped points lie 0.1 from that, and 0.05 from the label."""
    plain, flipped = np.array([[[0.0, 0], [1, 0]]]), np.array([[[0.45, 0], [0.1, 0]]])
    assert MeshLandmarks.fit(plain, flipped, np.array([[[0.4, 0]]])) == MeshLandmarks((0,), (1,))


def test_a_calibration_learns_offset_and_scale():
    found = meshes(noise=0.05)[:, [3, 50, 400]]
    labels = 0.9 * found + (0.06, 0.04)
    chosen = MeshLandmarks((3, 50, 400), (3, 50, 400))
    calibration, unseen = Calibration.fit(chosen, found, labels, PEOPLE)
    np.testing.assert_allclose(calibration(found), labels, atol=1e-4)
    np.testing.assert_allclose(unseen, labels, atol=1e-3)
    np.testing.assert_allclose(calibration(found[0]), labels[0], atol=1e-4)


def test_points_without_a_person_are_those_of_a_fit_without():
    rng = np.random.default_rng(2)
    found = np.repeat(rng.uniform(0, 1, (1, 1, 2)), 20, axis=0)  # nothing to tell faces by: the mean offset is all
    offsets = rng.normal(0.02, 0.01, (20, 1, 2))
    _, unseen = Calibration.fit(MeshLandmarks((0,), (0,)), found, found + offsets, PEOPLE)
    np.testing.assert_allclose(unseen[:2], found[:2] + offsets[2:].mean(axis=0), atol=1e-9)


def test_a_missing_label_pulls_nowhere():
    found = meshes(noise=0.0)[:, [3, 50]]
    labels = found + 0.02
    labels[4, 1] = NAN
    labels[:, 0, 1] = NAN  # of the first one nobody marked where it lies along y
    calibration, unseen = Calibration.fit(MeshLandmarks((3, 50), (3, 50)), found, labels, PEOPLE)
    np.testing.assert_allclose(calibration(found[4]) - found[4], [[0.02, 0], [0.02, 0.02]], atol=1e-9)
    np.testing.assert_allclose((unseen - found)[4], [[0.02, 0], [0.02, 0.02]], atol=1e-9)


def test_a_landmark_is_learned_from_the_faces_that_have_it():
    found = meshes(noise=0.05)[:, [3, 50, 400]]
    labels = 0.9 * found + (0.06, 0.04)
    gaps = labels.copy()
    gaps[::2, 1] = NAN
    calibration, unseen = Calibration.fit(MeshLandmarks((3, 50, 400), (3, 50, 400)), found, gaps, PEOPLE)
    np.testing.assert_allclose(calibration(found), labels, atol=1e-3)
    np.testing.assert_allclose(unseen, labels, atol=2e-3)


def described(calibration):
    return json.loads(json.dumps(calibration.to_json()))


@pytest.fixture(scope="module")
def calibration():
    found = meshes()[:, [3, 50, 400]]
    return Calibration.fit(MeshLandmarks((3, 50, 400), (4, 51, 467)), found, 0.9 * found, PEOPLE)[0]


def test_a_calibration_is_kept_as_it_is(calibration):
    again = Calibration.from_json(parse_json(json.dumps(described(calibration)), "a.json"), 3)
    assert again.landmarks == calibration.landmarks
    found = meshes()[5, [3, 50, 400]]
    np.testing.assert_array_equal(again(found), calibration(found))


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("landmarks",), 3, "landmarks: expected an object, there is 3"),
        (("landmarks", "plain"), [3, 50], "landmarks.plain: expected 3 mesh points, there are 2"),
        (("landmarks", "flipped"), None, "landmarks: 'flipped' is missing"),
        (("landmarks", "flipped", 2), 468, r"landmarks.flipped\[2\]: expected a whole number from 0 to 467, .* 468"),
        (("landmarks", "plain", 0), -1, r"landmarks.plain\[0\]: expected a whole number from 0 to 467, there is -1"),
        (("correction", "mean", 1), float("nan"), r"correction.mean\[1\]: expected a number, there is NaN"),
        (("correction", "weights"), [[0.0] * 6] * 5, "correction.weights: expected 6 elements, there are 5"),
    ],
)
def test_a_damaged_one_is_named(calibration, place, value, message):
    content = described(calibration)
    part = content
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    with pytest.raises(InputError, match=f"^a.json: {message}"):
        Calibration.from_json(parse_json(json.dumps(content), "a.json"), 3)
