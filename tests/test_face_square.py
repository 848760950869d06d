"""From a face to the network's square: what is learned from training images, and its file."""

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from rtl_tf.coordinates import Crop
from rtl_tf.exceptions import InputError
from rtl_tf.experiments import training_faces
from rtl_tf.inference.face_finder import SWAPPED, Face
from rtl_tf.inference.face_square import FaceSquare, Side, fit, read_face_square, turn
from rtl_tf.inference.ridge import Ridge
from rtl_tf.inference.squares import face_around, is_held
from rtl_tf.records import Sample

NOTHING = Ridge(np.zeros(12), np.zeros(3), np.zeros((12, 3)))
WIDTH = 1000  # px of the photographs


def make_face(rng, scale=100.0, towards=0.2) -> Face:
    """A face anywhere; the tip of its nose `towards` the left eye, in distances of the eyes."""
    shape = np.array([(0.3, 0.35), (0.7, 0.35), (0.5 + 0.4 * towards, 0.55), (0.5, 0.75), (0.05, 0.4), (0.95, 0.4)])
    corner = rng.uniform(100, 600, 2)
    points = (shape + rng.normal(0, 0.02, (6, 2)) * (np.arange(6) != 2)[:, None]) * scale + corner
    points[:2, 1] = points[:2].mean(axis=0)[1]
    points[2, 0] = points[:2, 0].mean() + towards * (points[1, 0] - points[0, 0])
    return Face((*corner.tolist(), scale), points, 0.9)


def square_of(face: Face) -> tuple[float, float, float]:
    """A square that follows from the key points without an error."""
    eye, mouth, side = face.key_points[0], face.key_points[3], face.box[2]
    centre = face.centre + 0.5 * (eye - face.centre) + 0.2 * (mouth - face.centre) + (0.1 * side, 0.05 * side)
    return (*(centre - 0.75 * side).tolist(), 1.5 * side)


def mirror(face: Face, square):
    left, top, side = face.box
    points = (face.key_points * (-1, 1) + (WIDTH - 1, 0))[SWAPPED]
    box = WIDTH - 1 - left - side, top, side
    return replace(face, box=box, key_points=points), (WIDTH - 1 - square[0] - square[2], *square[1:])


def training(rng, count=40, mirrored=lambda index: index % 3 == 0):
    """Faces, squares, flags, people: images that shall be seen mirrored show the mirrored faces."""
    faces, squares = [], []
    for index in range(count):
        face = make_face(rng, rng.uniform(50, 300), rng.uniform(0.1, 0.4))
        pair = face, square_of(face)
        pair = mirror(*pair) if mirrored(index) else pair
        faces.append(pair[0])
        squares.append(pair[1])
    return faces, squares, [mirrored(index) for index in range(count)], [f"s{index // 2}" for index in range(count)]


def test_the_square_follows_the_key_points_in_any_place_size_and_mirrored():
    rng = np.random.default_rng(0)
    learned = fit(*training(rng))
    for scale in (30.0, 800.0):
        face = make_face(rng, scale)
        expected = square_of(face)
        box, mirrored = learned.apply(face)
        np.testing.assert_allclose(box, expected, atol=1e-3 * scale)
        assert not mirrored
        other, expected = mirror(face, expected)
        box, mirrored = learned.apply(other)
        np.testing.assert_allclose(box, expected, atol=1e-3 * scale)
        assert mirrored
        assert learned.apply(other, mirrored=False)[1] is False  # what is given wins


def test_where_all_training_images_have_one_side_that_is_the_side():
    rng = np.random.default_rng(1)
    for flag in (True, False):
        learned = fit(*training(rng, mirrored=lambda index, flag=flag: flag))
        assert learned.side is flag
        assert [learned.is_mirrored(make_face(rng, towards=towards)) for towards in (-0.3, 0.3)] == [flag, flag]


def test_the_side_is_where_the_nose_points():
    rng = np.random.default_rng(2)
    assert turn(make_face(rng, towards=0.25)) == pytest.approx(0.25)
    faces = [make_face(rng, towards=towards) for towards in (-0.4, -0.3, -0.05, 0.15, 0.2, 0.5, 0.1)]
    flags = [True, True, True, False, False, False, True]  # the last one against all others
    for above, labels in ((False, flags), (True, [not flag for flag in flags])):
        side = fit(faces, [square_of(face) for face in faces], labels, ["a"] * 7).side
        assert side.above is above and side.threshold == pytest.approx(0.125)


def test_the_strength_of_the_ridge_keeps_noise_out():
    rng, off = np.random.default_rng(3), []
    for _ in range(10):
        faces = [make_face(rng) for _ in range(15)]
        squares = [(*(face.centre - 75 + rng.normal(0, 8, 2)).tolist(), 150.0) for face in faces]
        learned = fit(faces, squares, [False] * 15, [str(index) for index in range(15)])
        off += [learned.apply(face)[0][:2] - (face.centre - 75) for face in (make_face(rng) for _ in range(20))]
    assert np.sqrt(np.mean(np.square(off))) < 6  # px; hardly any shrinkage: 12.7


@pytest.mark.parametrize("degrees", [-90, -30, 30, 90])
@pytest.mark.parametrize("other_half", [False, True])
def test_the_square_of_a_tilted_face_is_the_upright_ones_turned_about_it(degrees, other_half):
    rng = np.random.default_rng(6)
    learned = fit(*training(rng))
    face = make_face(rng, towards=0.3)
    if other_half:
        face = mirror(face, (0, 0, 1))[0]
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[cosine, sine], [-sine, cosine]])  # of rows (x, y), clockwise on the screen
    turned = replace(face, key_points=face.centre + (face.key_points - face.centre) @ turn)
    (upright, flag), (found, same) = learned.apply(face), learned.apply(turned)
    assert math.degrees(turned.tilt - face.tilt) == pytest.approx(degrees)
    assert flag == same == other_half and found[2] == pytest.approx(upright[2])
    middle, expected = (np.array(box[:2]) + box[2] / 2 - face.centre for box in (found, upright))
    np.testing.assert_allclose(middle, expected @ turn, atol=1e-6)


@pytest.mark.parametrize(("degrees", "offset"), [(19, (50.0, 0.0)), (-19, (50.0, 0.0)), (30, (43.301, 25.0))])
def test_only_faces_that_are_tilted_by_more_than_20_degrees_are_seen_as_if_upright(degrees, offset):
    """The square lies half a face to the right of the face's middle; of 30 degrees, to the right of the tilted face."""
    eyes = np.zeros((6, 2))
    eyes[1] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    learned = FaceSquare(replace(NOTHING, mean=np.array([0.5, 0.0, 0.0])), False)
    box, _ = learned.apply(Face((0.0, 0.0, 100.0), eyes, 0.9))
    assert box == pytest.approx((*offset, 100.0), abs=1e-3)


@pytest.mark.parametrize(("times", "side"), [(1000.0, 1000.0), (9.0, 900.0), (0.2, 20.0), (0.001, 10.0)])
def test_a_square_is_a_tenth_to_ten_times_as_large_as_the_face(times, side):
    """Whatever a ridge makes of key points that lie like none it has seen."""
    learned = FaceSquare(replace(NOTHING, mean=np.array([0.0, 0.0, np.log(times)])), False)
    box, _ = learned.apply(Face((0.0, 0.0, 100.0), np.zeros((6, 2)), 0.9))
    assert box == pytest.approx((50 - side / 2, 50 - side / 2, side))


@pytest.mark.parametrize("flag", [False, True])
def test_who_was_trained_on_one_half_sees_the_other_mirrored_where_the_face_clearly_shows_it(flag):
    """All turn by 0.1 to 0.4 one way: who turns the other way by less than 0.1 may still show that half."""
    rng = np.random.default_rng(7)
    told = training(rng, mirrored=lambda index: False)
    told = (*told[:2], [flag] * 40, told[3])
    learned, of_both_halves = fit(*told, one_sided=True), fit(*told)
    for towards, other in ((0.3, False), (0.02, False), (-0.05, False), (-0.2, True), (-0.4, True)):
        face = make_face(rng, towards=towards)
        assert learned.is_mirrored(face) == (flag != other)
        assert of_both_halves.is_mirrored(face) == flag
    frontal = [make_face(rng, towards=rng.uniform(-0.1, 0.1)) for _ in range(40)]
    squares = [square_of(face) for face in frontal]
    assert fit(frontal, squares, told[2], told[3], one_sided=True).side is flag


def test_fewer_than_five_faces_teach_nothing():
    faces, squares, flags, people = training(np.random.default_rng(4), count=5)
    assert fit(faces, squares, flags, people) is not None
    assert fit(faces[1:], squares[1:], flags[1:], people[1:]) is None


@pytest.mark.parametrize("mirrored", [lambda index: index % 2 == 0, lambda index: True])
def test_its_file_is_read_as_it_was_written(tmp_path, mirrored):
    file = tmp_path / "face_square.json"
    assert read_face_square(file) is None
    learned = fit(*training(np.random.default_rng(5), mirrored=mirrored))
    file.write_text(json.dumps(learned.to_json()))
    again = read_face_square(file)
    for name in ("centre", "mean", "weights"):
        np.testing.assert_array_equal(getattr(again.ridge, name), getattr(learned.ridge, name))
    assert again.side == learned.side


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ridge": NOTHING.to_json() | {"weights": [[0, 0, 0]] * 11}}, r"ridge\.weights: expected .*12"),
        ({"ridge": NOTHING.to_json() | {"mean": ["a", 0, 0]}}, r"ridge\.mean"),
        ({"ridge": 3}, "ridge: expected an object"),
        ({"mirrored": None}, "'mirrored' is missing"),
        ({"mirrored": {"threshold": 0.1}}, "mirrored: 'above' is missing"),
        ({"mirrored": {"threshold": float("nan"), "above": True}}, "mirrored.threshold: expected a number"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, change, message):
    file = tmp_path / "face_square.json"
    file.write_text(json.dumps(FaceSquare(NOTHING, Side(0.0, True)).to_json() | change))
    with pytest.raises(InputError, match=f"face_square.json: .*{message}"):
        read_face_square(file)


def test_only_faces_inside_a_training_square_have_a_vote(tmp_path, monkeypatch, capsys):
    rng = np.random.default_rng(6)
    faces = [make_face(rng) for _ in range(10)]
    samples = [
        Sample(tmp_path / f"{index}.png", np.zeros((2, 2)), f"s{index}", square_of(face))
        for index, face in enumerate(faces)
    ]
    stranger = Face((3000.0, 3000.0, 900.0), faces[0].key_points + 3000, 0.9)
    monkeypatch.setattr(training_faces, "read_image", lambda path: int(path.stem))
    monkeypatch.setattr(training_faces, "find_faces", lambda index: [stranger, faces[index]] if index < 6 else [])
    learned = training_faces.learn_face_square(samples, margin=0.25)
    np.testing.assert_allclose(learned.apply(faces[8])[0], square_of(faces[8]), atol=20)
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(training_faces, "find_faces", lambda index: [stranger] if index else [faces[0]])
    assert training_faces.learn_face_square(samples, margin=0.25) is None
    assert "faces found in 1 of 10 training images, too few: " in capsys.readouterr().out


def test_squares_of_a_part_of_the_face_have_the_vote_of_the_face_around_them(tmp_path, monkeypatch):
    """Labels of the mouth alone: before, no face was in their squares, and the run knew none."""
    rng = np.random.default_rng(6)
    faces = [make_face(rng) for _ in range(12)]
    squares = [(*(face.key_points[3] - 0.1 * face.box[2]).tolist(), 0.2 * face.box[2]) for face in faces]
    samples = [
        Sample(tmp_path / f"{index}.png", np.zeros((2, 2)), f"s{index}", square) for index, square in enumerate(squares)
    ]
    stranger = Face((3000.0, 3000.0, 900.0), faces[0].key_points + 3000, 0.9)
    learned = training_faces.learn_face_square(samples, 0.25, lambda path: [stranger, faces[int(path.stem)]])
    np.testing.assert_allclose(learned.apply(faces[8])[0], squares[8], atol=0.2 * faces[8].box[2])


def test_the_face_that_a_square_is_part_of():
    """Of sides of 10 px: the square of a face's mesh reaches 7.5 px from its middle."""
    left, right = (Face((x, 0.0, 10.0), np.zeros((6, 2)), 0.9) for x in (0.0, 12.0))

    def crop(x, y, side=2.0):
        return Crop(x - side / 2, y - side / 2, side, 1)

    assert face_around([left, right], crop(10.9, 5)) is left
    assert face_around([left, right], crop(11.1, 5)) is right
    assert face_around([left], crop(5, 12.4)) is left
    assert face_around([left], crop(5, 12.6)) is None
    assert face_around([], crop(5, 5)) is None
    assert is_held(left, Crop(0, 0, 7.75, 1)) and not is_held(left, Crop(0, 0, 7.7, 1))  # 60 and 59 % of it
    assert is_held(left, Crop(-9, -9, 30, 1)) and not is_held(left, Crop(20, 20, 30, 1))


def test_a_run_writes_it_once_and_says_where_it_is_damaged(tmp_path, monkeypatch):
    from rtl_tf.experiments import experiment

    learned = fit(*training(np.random.default_rng(7)))
    monkeypatch.setattr(experiment, "learn_face_square", lambda samples, margin, one_sided: learned if one_sided else 0)

    def run_in(folder):
        folder.mkdir(parents=True, exist_ok=True)
        one_sided = SimpleNamespace(is_one_sided=True)
        data = SimpleNamespace(part=lambda name: ([], [name]), boxes=None, schema=one_sided)
        experiment.write_face_square(SimpleNamespace(folder=folder, data=data, settings=SimpleNamespace(crop_margin=1)))
        return folder / "face_square.json"

    file = run_in(tmp_path)
    (tmp_path / "config.json").write_text("{}")  # it is a run
    written = file.read_bytes()
    np.testing.assert_array_equal(read_face_square(file).ridge.weights, learned.ridge.weights)
    monkeypatch.setattr(experiment, "learn_face_square", None)
    assert run_in(tmp_path).read_bytes() == written
    assert not run_in(tmp_path / "lambda_search" / "0.1").exists()
    file.write_text("{}")
    with pytest.raises(InputError, match=r"face_square.json: 'ridge' is missing"):
        run_in(tmp_path)
