"""The corrections of MediaPipe's mesh in benchmarks/, by meshes whose errors are known."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from face_mesh import MESH_POINTS, OUTER_EYE_CORNERS, find_meshes, landmarks, mean_offsets, ridge  # noqa: E402

from rtl_tf.exceptions import InputError  # noqa: E402
from rtl_tf.schema import load_schema  # noqa: E402


def meshes(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(20, 100, (count, 468, 2))


def test_mesh_points_are_in_the_order_of_the_schema():
    assert tuple(MESH_POINTS) == load_schema("fas12").names


def test_offsets_turn_and_grow_with_the_face():
    mesh = meshes(3)
    mesh[:, OUTER_EYE_CORNERS] = [[[0, 0], [10, 0]], [[0, 0], [20, 0]], [[5, 5], [5, 15]]]
    moves = np.array([[1.0, 2.0], [2.0, 4.0], [-2.0, 1.0]])  # one offset, seen at once, twice, and a quarter turn
    truth = landmarks(mesh) + moves[:, None]
    np.testing.assert_allclose(mean_offsets(mesh[:1], truth[:1])(mesh), truth, atol=1e-9)


def test_offsets_are_means_and_missing_points_and_faces_have_no_vote():
    mesh = meshes(4)
    mesh[:, OUTER_EYE_CORNERS] = [[0, 0], [10, 0]]
    truth = landmarks(mesh) + np.array([1.0, 3.0, 90.0, 90.0])[:, None, None]
    truth[2], mesh[3] = np.nan, np.nan
    moved = mean_offsets(mesh, truth)(mesh)
    np.testing.assert_allclose(moved[:3] - landmarks(mesh[:3]), 2.0, atol=1e-9)
    assert np.isnan(moved[3]).all()


def test_ridge_learns_a_linear_error_and_leaves_faces_without_a_mesh_out():
    mesh, unseen = meshes(200), meshes(20, seed=1)

    def linear(mesh: np.ndarray) -> np.ndarray:
        return 0.5 * landmarks(mesh) + 0.25 * landmarks(mesh)[:, ::-1] + 3

    truth = linear(mesh)
    mesh[5], truth[6, 0] = np.nan, np.nan
    np.testing.assert_allclose(ridge(mesh, truth)(unseen), linear(unseen), atol=0.01)


def test_ridge_finds_nothing_in_noise():
    mesh, unseen = meshes(60), meshes(20, seed=1)
    truth = landmarks(mesh) + np.random.default_rng(2).normal(4, 10, landmarks(mesh).shape)
    moved = ridge(mesh, truth)(unseen) - landmarks(unseen)
    assert np.abs(moved - 4).max() < 6  # without a penalty 25


@pytest.mark.parametrize("python", ["no/such/python", sys.executable])
def test_a_python_without_mediapipe_is_named(python):
    with pytest.raises(InputError, match="--peer-python"):
        find_meshes(python, np.zeros((1, 8, 8, 3), np.uint8))
