"""From a mesh to the square that is looked at: it goes with the face."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from rtl_tf.coordinates import Crop, turned
from rtl_tf.documents import parse_json
from rtl_tf.exceptions import InputError
from rtl_tf.inference.alignment import BORDER, Alignment
from rtl_tf.inference.face_meshes import OUTER_EYE_CORNERS, Mesh

VIEW = Crop(0.0, 0.0, 400.0, 192)


def make_mesh(seed=0, crop=VIEW) -> Mesh:
    """Points in a face's oval, 100 px wide and 120 high, around (200, 200); the eyes on one row."""
    rng = np.random.default_rng(seed)
    phase = np.concatenate([np.arange(0, 360, 10), rng.uniform(0, 360, 432)])
    radius = np.concatenate([np.ones(36), rng.uniform(0, 1, 432)])
    x, y = radius * (50 * np.cos(np.radians(phase)), 60 * np.sin(np.radians(phase)))
    points = np.stack([x, y], axis=1) + 200
    points[list(OUTER_EYE_CORNERS)] = (165, 185), (235, 185)
    return Mesh(points.astype(np.float32), 20.0, crop)


def moved(mesh: Mesh, turn: float, zoom: float, shift) -> Mesh:
    return replace(mesh, points=moved_points(mesh.points, turn, zoom, shift).astype(np.float32))


def moved_points(points, turn, zoom, shift):
    return zoom * turned(np.asarray(points, float), turn, (0.0, 0.0)) + shift


def mirror(mesh: Mesh) -> Mesh:
    """The mirrored photograph of 400 px, seen mirrored: the network sees the same pixels, and says the same."""
    points = (mesh.points - (399, 0)) * (-1, 1)
    left = 399 - mesh.crop.left - mesh.crop.side
    return Mesh(points.astype(np.float32), mesh.score, replace(mesh.crop, left=left, mirrored=True))


def corners(square: Crop) -> np.ndarray:
    return square.from_shares(np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]]))


def test_the_square_of_a_mesh_is_half_as_wide_again_as_the_face():
    """120 px high: 180 px, around the oval's middle."""
    np.testing.assert_allclose(corners(make_mesh().square), [(110, 110), (290, 110), (290, 290), (110, 290)], atol=1e-3)


@pytest.mark.parametrize("alignment", [Alignment((0.0, 0.0), 1.0), Alignment((0.1, -0.05), 1.3)])
@pytest.mark.parametrize("turn", [0.3, -2.0])
def test_the_square_goes_with_the_face(alignment, turn):
    mesh = make_mesh()
    change = (turn, 1.7, np.array([31.0, -420.0]))
    before, after = alignment.square(mesh, 128), alignment.square(moved(mesh, *change), 128)
    np.testing.assert_allclose(corners(after), moved_points(corners(before), *change), atol=0.01)
    assert (after.size, after.angle) == (128, pytest.approx(turn, abs=1e-6))


def test_a_mirrored_photograph_of_the_face_is_looked_at_alike():
    alignment, mesh = Alignment((0.1, -0.05), 1.3), moved(make_mesh(), 0.25, 1.0, np.zeros(2))
    plain, mirrored = alignment.square(mesh, 128), alignment.square(mirror(mesh), 128)
    assert mirrored.mirrored and mirrored.angle == pytest.approx(-0.25, abs=1e-6)
    np.testing.assert_allclose(corners(mirrored), (corners(plain) - (399, 0)) * (-1, 1), atol=0.01)
    shares = plain.to_shares(mesh.points)
    np.testing.assert_allclose(mirrored.to_shares(mirror(mesh).points), shares, atol=1e-4)


def test_the_offset_is_along_the_view():
    """A quarter of a turn: the view's right is down on the photograph, its left edge at the top."""
    mesh = moved(make_mesh(), math.pi / 2, 1.0, np.zeros(2))
    centre, shifted = (np.array(Alignment((x, 0.0), 1.0).square(mesh, 128).centre) for x in (0.0, 0.1))
    np.testing.assert_allclose(shifted - centre, (0, 18), atol=1e-3)


def test_landmarks_inside_leave_the_mesh_its_square():
    meshes = [moved(make_mesh(seed), 0.1 * seed, 1 + seed, np.zeros(2)) for seed in range(4)]
    points = [mesh.square.from_shares(np.array([[0.1, 0.2], [0.9, 0.95], [np.nan, np.nan]])) for mesh in meshes]
    assert Alignment.fit(meshes, points) == Alignment((0.0, 0.0), 1.0)


def test_landmarks_beyond_it_widen_the_square_to_their_side():
    """An ear that lies 0.2 sides left of the mesh's square, in views of faces turned, scaled and mirrored."""
    meshes = [moved(make_mesh(seed), 0.1 * seed, 1 + seed, np.zeros(2)) for seed in range(4)]
    meshes = [*meshes, *map(mirror, meshes)]
    points = [mesh.square.from_shares(np.array([[-0.2, 0.4], [0.7, 0.8]])) for mesh in meshes]
    found = Alignment.fit(meshes, points)
    widened = 0.2 + BORDER
    np.testing.assert_allclose([*found.offset, found.scale], (-widened / 2, 0, 1 + widened), atol=1e-4)
    for mesh, face in zip(meshes, points, strict=True):
        shares = found.square(mesh, 128).to_shares(face)
        np.testing.assert_allclose(shares[0, 0], BORDER / (1 + widened), atol=1e-3)


def test_one_landmark_in_a_thousand_widens_nothing():
    points = np.tile([[0.3, 0.4], [0.7, 0.8]], (500, 1))
    points[7] = -3.0, 5.0
    mesh = make_mesh()
    assert Alignment.fit([mesh], [mesh.square.from_shares(points)]) == Alignment((0.0, 0.0), 1.0)


def test_an_alignment_is_kept_as_it_is():
    alignment = Alignment((-1.25, 1 / 3), 3.7)
    assert Alignment.from_json(parse_json(json.dumps(alignment.to_json()), "a.json")) == alignment


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"offset": [0.1, 0.2, 0.3]}, "offset: expected 2 elements, there are 3"),
        ({"offset": [0.1, "b"]}, r'offset\[1\]: expected a number, there is "b"'),
        ({"offset": 0.1}, "offset: expected a list, there is 0.1"),
        ({"scale": 0}, "scale: expected a number of at least 1, there is 0"),
        ({"scale": None}, "'scale' is missing"),
    ],
)
def test_a_damaged_one_is_named(change, message):
    content = Alignment((0.0, 0.0), 1.0).to_json() | change
    with pytest.raises(InputError, match=f"^a.json: {message}"):
        Alignment.from_json(parse_json(json.dumps(content), "a.json"))
