"""The mesh of a face: found on built-in heads, however its square lies."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from rtl_tf import images
from rtl_tf.coordinates import crop_around
from rtl_tf.images import crop_image, read_image
from rtl_tf.inference.face_meshes import OUTER_EYE_CORNERS, find_mesh, mesh_in
from rtl_tf.inference.views import View
from rtl_tf.schema import load_schema

NAMES = load_schema("fas14").names
NOSE_TIP, CHIN = 1, 152


@pytest.fixture(scope="module")
def faces(heads):
    """(image, landmarks by name, box) of each head."""
    boxes = [crop_around(head.points, 128, 0.4) for head in heads]
    points = [dict(zip(NAMES, head.points, strict=True)) for head in heads]
    return list(zip([read_image(head.image) for head in heads], points, boxes, strict=True))


def apart(one, other):
    """Mean over the mesh, original px."""
    return np.linalg.norm(one.points - other.points, axis=1).mean()


def test_a_head_is_found_where_it_is(faces):
    for image, points, box in faces:
        mesh = find_mesh(image, box)
        assert mesh.score > 5 and mesh.points.shape == (468, 2)
        assert np.linalg.norm(mesh.points[NOSE_TIP] - points["pronasale"]) < 0.06 * box.side
        eyes = mesh.points[list(OUTER_EYE_CORNERS)]
        assert np.linalg.norm(eyes - points["exocanthion"], axis=1).min() < 0.06 * box.side
        up, down = points["nasion"] - points["pronasale"], mesh.points[CHIN] - mesh.points[NOSE_TIP]
        assert up @ down < 0
        assert abs(mesh.square.angle) < math.radians(20)


@pytest.mark.parametrize("degrees", [20, -20])
def test_a_head_is_found_alike_in_a_turned_square(faces, degrees):
    """The same pixels of the photograph, whether they are looked at upright or turned."""
    image, _, box = faces[2]
    upright = find_mesh(image, box)
    other = find_mesh(image, replace(box, angle=math.radians(degrees)))
    assert apart(upright, other) < 1.5
    assert other.square.angle == pytest.approx(upright.square.angle, abs=math.radians(2))


def test_a_turned_photograph_has_a_turned_mesh(faces):
    image, _, box = faces[2]
    view = replace(box, left=-0.5, top=-0.5, side=256.0, size=256, angle=math.radians(-20))
    photograph = crop_image(image, view)
    x, y = view.to_input(np.array(box.centre)).tolist()
    turned = find_mesh(photograph, replace(box, left=x - box.side / 2, top=y - box.side / 2))
    expected = find_mesh(image, box)
    assert apart(replace(turned, points=view.to_original(turned.points)), expected) < 1.5
    assert turned.square.angle - expected.square.angle == pytest.approx(math.radians(20), abs=math.radians(2))


def test_a_mirrored_photograph_seen_mirrored_is_the_same(faces):
    image, _, box = faces[1]
    width = image.shape[1]
    mirrored = replace(box, left=width - 1 - box.left - box.side, mirrored=True)
    plain, other = find_mesh(image, box), find_mesh(np.ascontiguousarray(image[:, ::-1]), mirrored)
    np.testing.assert_allclose(other.points, (plain.points - (width - 1, 0)) * (-1, 1), atol=0.5)
    assert other.square.angle == pytest.approx(-plain.square.angle, abs=0.01)
    assert other.square.mirrored


def test_threads_find_the_same(faces):
    alone = [find_mesh(image, box) for image, _, box in faces]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda face: find_mesh(face[0], face[2]), faces * 4))
    for mesh, expected in zip(found, alone * 4, strict=True):
        np.testing.assert_array_equal(mesh.points, expected.points)
        assert (mesh.score, mesh.crop) == (expected.score, expected.crop)


def test_nothing_is_no_face(faces):
    image, _, box = faces[0]
    assert find_mesh(np.full_like(image, 90), box).score < 0
    assert mesh_in(np.full_like(image, 90), box).score < 0


def test_a_square_that_is_led_out_of_the_image_is_no_face():
    """Noise at the border: where the points lie beside the image, they cannot be looked at again."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    box = crop_around(np.array([[0.0, 0.0], [40.0, 40.0]]), 128, 0.0)
    scores = []
    for left, top in rng.uniform(-39, 63, (60, 2)):
        mesh = find_mesh(noise, replace(box, left=left, top=top))
        scores.append(mesh.score)
        x, y = mesh.square.centre
        assert (mesh.score == -math.inf) == (not (-0.5 < x < 63.5 and -0.5 < y < 63.5))
    assert -math.inf in scores and max(scores) > -math.inf


def test_a_square_that_grows_too_large_is_no_face(faces, monkeypatch):
    image, _, box = faces[0]
    square = find_mesh(image, box).square
    smaller = View(zoom=0.8).of(square)
    assert find_mesh(image, smaller).score > 5
    monkeypatch.setattr(images, "MAX_PIXELS", (0.9 * square.side / images.DERIVED) ** 2)
    assert find_mesh(image, smaller).score == -math.inf
