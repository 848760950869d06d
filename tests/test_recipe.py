"""How a photograph is looked at, and how answers become landmarks."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from rtl_tf.coordinates import Crop, crop_around
from rtl_tf.documents import parse_json
from rtl_tf.exceptions import InputError
from rtl_tf.images import crop_image, read_image
from rtl_tf.inference import recipe as recipes
from rtl_tf.inference.alignment import Alignment
from rtl_tf.inference.face_finder import find_faces
from rtl_tf.inference.face_meshes import Mesh, find_mesh
from rtl_tf.inference.mesh_calibration import Calibration, MeshLandmarks
from rtl_tf.inference.recipe import Look, Recipe, mesh_views, read_recipe, write_recipe
from rtl_tf.inference.ridge import Ridge
from rtl_tf.inference.squares import face_in, mesh_square
from rtl_tf.inference.views import VIEWS
from rtl_tf.pyramid import Pyramid

ALIGNMENT = Alignment((0.05, -0.02), 1.2)
BOX = Crop(20.0, 10.0, 100.0, 64)


def calibration(offset=(0.0, 0.0)):
    """Of two landmarks: the mesh's points and an offset, shares of the side."""
    correction = Ridge(np.zeros(4), np.tile(offset, 2).astype(float), np.zeros((4, 4)))
    return Calibration(MeshLandmarks((10, 20), (11, 21)), correction)


def test_the_answer_is_the_mean_of_the_views():
    points = np.array([[[10.0, 20], [30, 40]], [[14.0, 20], [30, 44]]])
    answer = Recipe(views=2).answer(BOX, points, None)
    assert answer.dtype == np.float32
    np.testing.assert_array_equal(answer, [[12, 20], [30, 42]])


def test_the_blend_is_the_calibrations_share():
    points, calibrated = np.array([[[10.0, 20], [30, 40]]]), np.array([[20.0, 20], [30, 0]])
    answer = Recipe(calibration=calibration(), blend=0.25).answer(BOX, points, calibrated)
    np.testing.assert_allclose(answer, [[12.5, 20], [30, 30]])
    np.testing.assert_allclose(Recipe(blend=1.0).answer(BOX, points, calibrated), calibrated)
    np.testing.assert_allclose(Recipe(blend=0.25).answer(BOX, points, None), points[0])  # no mesh in the box


def test_the_labels_shift_is_given_back_to_the_right_of_the_image():
    """0.02 of a side of 100 px, and the image's own right, whichever way the face is seen."""
    points = np.array([[[10.0, 20], [30, 40]]])
    for square in (BOX, replace(BOX, mirrored=True), replace(BOX, angle=1.0)):
        shifted = Recipe(label_shift=0.02).answer(square, points, None)
        np.testing.assert_allclose(shifted, [[12, 20], [32, 40]])


def test_only_a_recipe_that_does_nothing_is_plain():
    assert Recipe().plain
    some = (Recipe(ALIGNMENT), Recipe(views=2), Recipe(calibration=calibration()), Recipe(label_shift=-0.001))
    assert not any(recipe.plain for recipe in some)


def test_without_a_face_the_box_is_looked_at(monkeypatch):
    wall = np.full((120, 140, 3), 90, np.uint8)
    recipe = Recipe(ALIGNMENT, views=3, calibration=calibration(), blend=0.5, label_shift=0.01)
    assert recipe.look(wall, BOX) == Look(tuple(view.of(BOX) for view in VIEWS[:3]))
    assert recipe.square(wall, BOX) == BOX
    nothing = Mesh(np.zeros((468, 2), np.float32), recipes.FACE, BOX)
    monkeypatch.setattr(recipes, "find_mesh", lambda image, box: nothing)
    assert recipe.square(wall, BOX) == BOX  # at the threshold, where its square has no extent


def test_a_plain_look_needs_no_mesh(monkeypatch):
    monkeypatch.setattr(recipes, "find_mesh", None)
    assert Recipe(views=2, label_shift=0.1).look(np.zeros((9, 9, 3), np.uint8), BOX).crops == (
        BOX,
        replace(BOX, mirrored=True),
    )


@pytest.fixture(scope="module")
def face(heads):
    image = read_image(heads[2].image)
    box = crop_around(heads[2].points, 64, 0.4)
    return image, box, find_mesh(image, mesh_square(face_in(image, box), box))


def test_a_face_is_looked_at_in_the_square_of_its_mesh(face):
    image, box, mesh = face
    look = Recipe(ALIGNMENT, views=2).look(image, box)
    square = ALIGNMENT.square(mesh, 64)
    assert look == Look((square, replace(square, mirrored=True)))
    assert Recipe(views=2, calibration=calibration()).look(image, box).crops[0] == box  # calibrated, not aligned


def test_the_mesh_is_looked_for_from_the_face_on(face, monkeypatch):
    """That by which the box was found, else the one in the box; without a face, or where its mesh is no mesh, from the
    box on."""
    image, box, mesh = face
    asked, scores = [], {"face": 1.0}

    def listening(photograph, start):
        asked.append(start)
        return mesh if start is box else replace(mesh, score=scores["face"])

    monkeypatch.setattr(recipes, "find_mesh", listening)
    for scores["face"], expected in ((1.0, 1), (recipes.FACE, 2)):
        asked.clear()
        Recipe(ALIGNMENT).look(image, box)
        assert len(asked) == expected and asked[0] is not box and (expected == 1 or asked[1] is box)
    (known,) = find_faces(image)
    monkeypatch.setattr(recipes, "face_in", lambda photograph, where: None)
    scores["face"] = 1.0
    for face_of_box, start in ((known, mesh_square(known, box)), (None, box)):
        asked.clear()
        Recipe(ALIGNMENT).look(image, box, face_of_box)
        assert asked == [start]


@pytest.mark.parametrize("degrees", [-90, -45, 45, 90])
def test_a_face_on_a_turned_photograph_is_looked_at_as_if_that_were_upright(heads, degrees):
    """The mesh is looked for along the line of the eyes, whatever square is seen first, here one that is of no use."""
    image, points = read_image(heads[2].image), heads[2].points
    view = Crop(-60.0, -60.0, 376.0, 376, angle=math.radians(-degrees))
    turned = crop_image(image, view)
    (upright,), (face,) = find_faces(image), find_faces(turned)
    squares = []
    for photograph, known in ((image, upright), (turned, face)):
        away = Crop(*known.box, 64)
        squares.append(Recipe(ALIGNMENT).look(photograph, away, known).crops[0])
    shares = [square.to_shares(p) for square, p in zip(squares, (points, view.to_input(points)), strict=True)]
    assert np.linalg.norm(shares[0] - shares[1], axis=1).max() < 0.05
    assert math.degrees(face.tilt - upright.tilt) == pytest.approx(degrees, abs=15)


@pytest.mark.parametrize("mirrored", [False, True])
def test_calibrated_points_lie_where_the_square_says(face, mirrored):
    image, box, _ = face
    box = replace(box, mirrored=mirrored)
    mesh = find_mesh(image, mesh_square(face_in(image, box), box))
    look = Recipe(ALIGNMENT, views=2, calibration=calibration((0.1, 0.05))).look(image, box)
    square, views = look.crops[0], mesh_views(image, mesh, 2)
    middle = (views[0][[10, 20]] + views[1][[11, 21]]) / 2
    moved = square.from_shares(square.to_shares(middle) + (0.1, 0.05))
    np.testing.assert_allclose(look.calibrated, moved, atol=1e-3)
    assert square.mirrored == mirrored


def test_the_mesh_of_a_flipped_view_is_of_the_same_face(face):
    """Its points are named as the view shows the face: 33 and 263, the outer corners of the eyes, are exchanged."""
    image, _, mesh = face
    plain, flipped = mesh_views(image, mesh, 2)
    assert np.linalg.norm(plain[[33, 263, 1]] - flipped[[263, 33, 1]], axis=1).max() < 8
    np.testing.assert_allclose(plain, mesh.points, atol=3)


def test_views_of_a_large_photograph_do_not_depend_on_which_thread_comes_first(monkeypatch):
    """The square of 1,600 px is seen from a quarter of the photograph, those that are zoomed in from a half."""

    class InOrder:
        def __init__(self, step):
            self.step = step

        def map(self, look, crops):
            return [look(crop) for crop in crops[:: self.step]][:: self.step]

    pixels = np.random.default_rng(0).integers(0, 256, (1800, 1800, 3)).astype(np.uint8)
    points = np.full((468, 2), 900.0)
    points[:2], points[[33, 263]] = [(366, 366), (1434, 1434)], [(800, 900), (1000, 900)]
    mesh = Mesh(points, 1.0, Crop(0, 0, 1800, 192))
    assert 0.93 * mesh.square.side < 8 * 192 < mesh.square.side
    found = []
    for step in (1, -1):
        monkeypatch.setattr(recipes, "_threads", lambda step=step: InOrder(step))
        found.append(mesh_views(Pyramid.of(pixels), mesh, 6))
    np.testing.assert_array_equal(*found)


def test_its_file_is_read_as_it_was_written(tmp_path):
    file = tmp_path / "recipe.json"
    recipe = Recipe(ALIGNMENT, views=6, label_shift=-0.0123)
    write_recipe(file, recipe)
    assert read_recipe(file, 2) == recipe
    write_recipe(file, Recipe(calibration=calibration((0.1, 0.2)), blend=0.4))
    again = read_recipe(file, 2)
    assert (again.alignment, again.views, again.blend, again.label_shift) == (None, 1, 0.4, 0.0)
    assert again.calibration.landmarks == calibration().landmarks
    np.testing.assert_array_equal(again.calibration.correction.mean, [0.1, 0.2, 0.1, 0.2])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"views": 7}, "views: expected a whole number from 1 to 6, there is 7"),
        ({"views": None}, "'views' is missing"),
        ({"blend": 1.5}, "blend: expected a number from 0 to 1, there is 1.5"),
        ({"label_shift": float("nan")}, "label_shift: expected a number from -1 to 1, there is NaN"),
        ({"label_shift": "a bit"}, 'label_shift: expected a number, there is "a bit"'),
        ({"alignment": [0, 0, 1]}, "alignment: expected an object, there is a list"),
        ({"alignment": {"offset": [0, 0]}}, "alignment: 'scale' is missing"),
        ({"calibration": {"landmarks": {}}}, "calibration: 'correction' is missing"),
    ],
)
def test_a_damaged_file_is_named(change, message):
    content = json.dumps(Recipe(ALIGNMENT).to_json() | change)
    with pytest.raises(InputError, match=f"^recipe.json: {message}"):
        Recipe.from_json(parse_json(content, "recipe.json"), 2)


def test_a_calibration_of_other_landmarks_is_refused():
    content = json.dumps(Recipe(calibration=calibration()).to_json())
    with pytest.raises(InputError, match=r"recipe.json: calibration\.correction\.centre: expected 6 elements"):
        Recipe.from_json(parse_json(content, "recipe.json"), 3)
