"""Measurements by hand: right triangles, a line, norms between two ages; intervals against what they shall cover."""

from dataclasses import replace

import numpy as np
import pytest
from fake_runs import make_predictions

from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.clinic.measured import Yardsticks, measure_faces
from rtl_tf.clinic.scales import Scale
from rtl_tf.clinic.sights import Sight
from rtl_tf.exceptions import InputError
from rtl_tf.measurement import Measurement
from rtl_tf.measuring.criteria import named_criteria, read_criteria, shipped_criteria
from rtl_tf.measuring.face_size import MeanFace, face_size
from rtl_tf.measuring.intervals import intervals
from rtl_tf.measuring.landmark_covariance import (
    LandmarkCovariance,
    _without_negative,
    read_covariance,
    write_covariance,
)
from rtl_tf.measuring.norms import named_norms, norm_for, read_norms, refusal, sex_of, shipped_norms
from rtl_tf.measuring.quantities import measure
from rtl_tf.schema import load_schema, parse_schema

NAMES = ("a", "b", "c", "d")
SQUARE = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 0.0], [0.0, 10.0]])
DISTANCE = Measurement("m", "distance", ("a", "b"), "")
HEADER = "measurement,source,doi,sex,ethnicity,photo_or_3d,n,age,mean,sd\n"


def value(kind, points, places=SQUARE, mm_per_px=0.5):
    return float(measure(Measurement("m", kind, tuple(points), ""), places, NAMES, mm_per_px))


def test_values_by_hand():
    assert value("distance", "ab") == 2.5
    assert value("angle", "abc") == pytest.approx(36.8699, abs=1e-4)  # at b, between the legs of 4 and the side of 5
    assert value("angle", "bac") == pytest.approx(53.1301, abs=1e-4)
    assert value("ratio", "abad") == 0.5
    assert value("point_to_line", "bad") == 1.5  # 3 px from the line x = 0
    assert value("point_to_line", "bad", mm_per_px=np.nan) != value("point_to_line", "bad", mm_per_px=np.nan)
    assert value("angle", "abc", mm_per_px=np.nan) == pytest.approx(36.8699, abs=1e-4)


def test_a_line_through_three_points_has_the_least_squares_to_them():
    places = np.array([[5.0, 2.0], [0.0, 0.0], [10.0, 0.0], [5.0, 3.0]])  # the line is y = 1
    assert value("point_to_line", "abcd", places, 1.0) == pytest.approx(1.0)
    upright = places[:, ::-1]
    assert value("point_to_line", "abcd", upright, 1.0) == pytest.approx(1.0)


def test_values_in_space_are_those_of_the_plane_that_the_points_lie_in():
    rng = np.random.default_rng(5)
    flat = rng.normal(size=(200, 6, 2))
    turned, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    space = flat @ turned[:2] + [30.0, -20.0, 90.0]
    for kind, count in (("distance", 2), ("angle", 3), ("ratio", 4), ("point_to_line", 6)):
        one = Measurement("m", kind, tuple("abcdef"[:count]), "made up")
        np.testing.assert_allclose(measure(one, space, "abcdef", 2.0), measure(one, flat, "abcdef", 2.0), rtol=1e-8)


def test_a_line_in_space_by_hand():
    line = Measurement("m", "point_to_line", ("a", "b", "c", "d"), "made up")
    points = np.array([[3.0, 4, 50], [0, 0, -9], [0, 0, 2], [0, 0, 31]])
    assert measure(line, points, "abcd", 1.0) == pytest.approx(5)
    points[2] = np.nan
    assert np.isnan(measure(line, points, "abcd", 1.0))
    points[1:] = 7
    assert np.isnan(measure(line, points, "abcd", 1.0))  # no line


def test_points_that_no_line_fits_best_have_none_in_the_plane_and_in_space():
    """The corners of a square: each line through its middle has the same squares to them."""
    line = Measurement("m", "point_to_line", tuple("abcde"), "made up")
    points = np.array([[5.0, 4, 0], [0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    assert np.isnan([measure(line, points[:, :dimensions], "abcde", 1.0) for dimensions in (2, 3)]).all()


def test_angles_do_not_turn_with_the_image_and_reach_180_degrees():
    turned = SQUARE @ np.array([[0.6, 0.8], [-0.8, 0.6]]) * 7 + 100
    assert value("angle", "abc", turned) == pytest.approx(value("angle", "abc"))
    assert value("angle", "abc", np.array([[0.0, 0], [1, 0], [2, 0], [0, 0]])) == 180
    assert value("angle", "abc", np.array([[0.0, 0], [1, 0], [1, 1], [0, 0]])) == 90


@pytest.mark.parametrize(
    ("kind", "points", "places"),
    [
        ("distance", "ab", np.where(np.arange(4)[:, None] == 1, np.nan, SQUARE)),
        ("ratio", "abcd", SQUARE[[0, 1, 2, 2]]),
        ("angle", "abc", SQUARE[[1, 1, 2, 3]]),
        ("angle", "abc", SQUARE[[0, 1, 1, 3]]),
        ("point_to_line", "abc", SQUARE[[0, 1, 1, 3]]),
    ],
)
def test_what_cannot_be_measured_is_missing(kind, points, places):
    assert np.isnan(value(kind, points, places))


def test_images_and_draws_at_once():
    points = np.stack([SQUARE, 2 * SQUARE])
    found = measure(DISTANCE, np.stack([points] * 3), NAMES, np.array([0.5, 0.1]))
    assert found.tolist() == [[2.5, 1.0]] * 3


def test_the_size_of_a_face():
    assert face_size(np.array([[[0.0, 0], [6, 8]], [[1.0, 1], [np.nan, np.nan]]])).tolist()[0] == 5
    assert face_size(np.array([[0.0, 0], [6, 8], [np.nan, np.nan]])) == 5  # of those that are there
    assert np.isnan(face_size(np.full((2, 2), np.nan)))


OBLONG = np.array([[0.0, 0], [6, 0], [6, 8], [0, 8]])  # all corners are 5 from the middle


def test_a_face_is_no_smaller_for_landmarks_that_are_missing():
    """Of two corners alone the size would be 3. One that no mean face knows says nothing of it."""
    mean = MeanFace.of(NAMES, np.stack([OBLONG, 3 * OBLONG]))
    without = OBLONG.copy()
    without[2:] = np.nan
    assert face_size(without) == 3
    assert mean.sizes(NAMES, np.stack([OBLONG, without, 2 * without])) == pytest.approx([5, 5, 10])
    assert mean.sizes((*NAMES, "e"), np.vstack([without, [[90.0, 90.0]]])) == pytest.approx(5)
    assert mean.sizes("edcba", np.vstack([np.full((1, 2), 90.0), without[::-1]])) == pytest.approx(5)
    assert MeanFace().sizes(NAMES, without) == 3
    assert np.isnan(mean.sizes(NAMES, np.full((4, 2), np.nan)))


def test_intervals_are_as_wide_where_other_landmarks_are_missing(tmp_path):
    """As of a person's who says that the ear is not to be seen; by a run's errors, or by the file of them."""
    predictions = make_predictions(np.zeros((10, 4)), landmarks=NAMES)  # of five people
    predictions.points[:] = OBLONG
    predictions.truth[:] = OBLONG
    predictions.truth[::2, 0, 0] += 0.1
    fitted = LandmarkCovariance.fit(predictions, np.arange(4))
    write_covariance(tmp_path / "errors.json", fitted)
    without = np.where(np.arange(4)[:, None] < 2, OBLONG, np.nan)
    for covariance in (fitted, read_covariance(tmp_path / "errors.json")):
        low, high = intervals([DISTANCE], np.stack([OBLONG, without]), covariance, NAMES, np.ones(2))
        assert (high - low)[1] == pytest.approx((high - low)[0], rel=1e-9)


def test_the_covariance_is_of_errors_as_shares_of_the_faces_size():
    rng = np.random.default_rng(0)
    predictions = make_predictions(np.zeros((4000, 3)))
    size = face_size(predictions.points[0])
    drawn = rng.multivariate_normal(np.zeros(2), [[0.04, 0.01], [0.01, 0.09]], size=4000)
    predictions.truth[:, 0] += size * drawn
    predictions.truth[::2, 1] = np.nan
    predictions.truth[:, 1] += 0.5 * size  # always the same error: it counts
    predictions.truth[8:, 2] = np.nan  # in eight images, of four people, alone
    found = LandmarkCovariance.fit(predictions, np.arange(3))
    assert found.landmarks == predictions.landmarks[:2] and (found.images, found.people) == (4000, (2000, 2000))
    np.testing.assert_allclose(found.blocks[0], [[0.04, 0.01], [0.01, 0.09]], atol=0.005)
    np.testing.assert_allclose(found.blocks[1], 0.25, atol=1e-6)
    turned = replace(predictions, mirrored=np.ones(4000, np.float32))
    mirrored = LandmarkCovariance.fit(turned, np.arange(3))
    np.testing.assert_allclose(mirrored.blocks[0], found.blocks[0] * [[1, -1], [-1, 1]])
    swapped = LandmarkCovariance.fit(turned, np.array([1, 0, 2]))
    np.testing.assert_allclose(swapped.blocks[1], mirrored.blocks[0])
    nowhere = replace(predictions, points=predictions.points.copy())
    predictions.truth[:, 2], nowhere.points[:, 2] = np.nan, 9000  # of which the network knows nothing
    there = LandmarkCovariance.fit(replace(nowhere, points=predictions.points), np.arange(3))
    np.testing.assert_array_equal(LandmarkCovariance.fit(nowhere, np.arange(3)).covariance, there.covariance)
    with pytest.raises(InputError, match="landmarks' errors need one that 5 people have labelled, at most 4 have$"):
        LandmarkCovariance.fit(make_predictions(np.zeros((8, 2))), np.arange(2))


def test_products_that_make_no_covariance_become_the_nearest_that_is_one():
    """[[1, 2], [2, 1]] has the values 3 and -1; without the negative one 1.5 of each product is left."""
    np.testing.assert_allclose(_without_negative(np.array([[1.0, 2], [2, 1]])), 1.5)


def test_people_count_not_images():
    """Of eleven people the first has ten images. Six have the second landmark and six the third; the first alone has
    both, too few to tell that they err together."""
    predictions = make_predictions(np.zeros((20, 3)))
    people = [0] * 10 + list(range(1, 11))
    predictions = replace(predictions, subjects=tuple(f"p{person}" for person in people))
    size, person = face_size(predictions.points[0]), np.array(people)
    predictions.truth[:, 0, 0] += size * np.where(person == 0, 1.0, 0.1)
    predictions.truth[:, 1, 1] += size * 0.2
    predictions.truth[:, 2, 1] += size * np.where(person == 0, -0.2, 0.2)
    predictions.truth[person > 5, 1] = predictions.truth[(person > 0) & (person < 6), 2] = np.nan
    found = LandmarkCovariance.fit(predictions, np.arange(3))
    assert found.images == 20 and found.people == (11, 6, 6)
    assert found.blocks[0, 0, 0] == pytest.approx((1 + 10 * 0.01) / 11, rel=1e-5)  # of images it would be 10.1 / 20
    assert found.blocks[1:, 1, 1] == pytest.approx(0.04, rel=1e-5)
    assert found.covariance[3, 5] == pytest.approx(0, abs=1e-9)
    assert found.covariance[0, 3] == pytest.approx((0.2 + 5 * 0.1 * 0.2) / 6, rel=1e-5)  # of six people with both
    assert found.covariance[0, 5] == pytest.approx((-0.2 + 5 * 0.1 * 0.2) / 6, rel=1e-5)
    predictions.truth[1:10, 1], predictions.truth[person > 3, 1] = predictions.points[0, 1], np.nan
    assert LandmarkCovariance.fit(predictions, np.arange(3)).people == (11, 6)  # 13 images of four people are too few


def test_five_people_are_enough_for_a_landmark_and_for_two_that_err_together():
    """Errors of 0.1 and 0.2 of the face's size: their product, 0.02, is that of the five people who have both."""
    predictions = replace(make_predictions(np.zeros((6, 3))), subjects=tuple("abcdef"))
    size = face_size(predictions.points[0])
    predictions.truth[:, 0, 0] += 0.1 * size
    predictions.truth[:, 1, 0] += 0.2 * size
    predictions.truth[5:, 1] = predictions.truth[4:, 2] = np.nan
    found = LandmarkCovariance.fit(predictions, np.arange(3))
    assert found.people == (6, 5)
    assert found.covariance[0, 2] == pytest.approx(0.02, rel=1e-5)


@pytest.mark.parametrize(("people", "student"), [((0, 5), 2.5706), ((5, 0), 1.96), ((5, 24), 2.0639)])
def test_few_people_make_wider_intervals(people, student):
    """The second point errs, by as many people as it has itself: Student's t of five people, 2.571, not 1.960."""
    blocks = 1e-4 * np.stack([np.zeros((2, 2)), np.diag([1.0, 0.0])])
    points = np.array([[[0.0, 0.0], [30.0, 0.0]]])
    covariance = replace(LandmarkCovariance.of_blocks(("a", "b"), blocks), people=people)
    low, high = intervals([DISTANCE], points, covariance, ("a", "b"), np.ones(1), draws=200_000)
    assert (high - low)[0, 0] / 2 == pytest.approx(student * 15 * 0.01, rel=0.01)


def test_intervals_of_a_landmark_that_few_people_label_hold():
    """24 people, of whom six have the second end labelled: of 100 such trainings, 100 new faces each."""
    rng, held = np.random.default_rng(3), []
    shape = np.array([[0.0, 0.0], [60.0, 0.0], [0.0, 80.0]])
    for _ in range(100):
        predictions = replace(make_predictions(np.zeros((24, 3))), subjects=tuple(f"p{index}" for index in range(24)))
        predictions.points[:], predictions.truth[:] = shape, shape + rng.normal(0, 1, (24, 3, 2))
        predictions.truth[6:, 2] = np.nan
        covariance, names = LandmarkCovariance.fit(predictions, np.arange(3)), predictions.landmarks
        between = Measurement("m", "distance", names[1:], "")
        low, high = intervals([between], shape[None], covariance, names, np.ones(1), draws=1000)
        values = measure(between, shape + rng.normal(0, 1, (100, 3, 2)), names, 1.0)
        held.append(((low[0] <= values) & (values <= high[0])).mean())
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("name", ["errors.json", "errors.csv"])
def test_covariances_are_read_as_written(tmp_path, name):
    blocks = np.array([[[0.4, 0.1], [0.1, 0.9]], [[0.2, -0.1], [-0.1, 0.3]]])
    written = replace(LandmarkCovariance.of_blocks(("a", "b"), blocks, images=7), people=(6, 5))
    write_covariance(tmp_path / name, written)
    read = read_covariance(tmp_path / name)
    assert read.landmarks == ("a", "b")
    assert (read.images, read.people) == ((7, (6, 5)) if name.endswith("json") else (0, ()))
    assert (read.blocks == blocks).all() and read.covariance[0, 2] == 0


@pytest.mark.parametrize(("told", "people"), [("24", (24, 24)), ("0", (0, 0)), ("[]", ()), ("null", ())])
def test_people_of_older_files_have_all_landmarks(tmp_path, told, people):
    text = f'{{"landmarks": ["a", "b"], "people": {told}, "covariance": {np.eye(4).tolist()}}}'
    (tmp_path / "a.json").write_text(text)
    assert read_covariance(tmp_path / "a.json").people == people


def test_a_variance_is_negative_beyond_a_billionth_of_the_largest(tmp_path):
    """Less is what rounding leaves of a covariance."""
    (tmp_path / "a.csv").write_text("landmark,xx,xy,yy\nx,1,0,-0.9e-9\n")
    assert read_covariance(tmp_path / "a.csv").blocks[0, 1, 1] == -0.9e-9
    (tmp_path / "a.csv").write_text("landmark,xx,xy,yy\nx,1,0,-1.1e-9\n")
    with pytest.raises(InputError, match="some variance is negative$"):
        read_covariance(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "landmark,xx,xy\nx,1,2\n", "a.csv row 1: no column yy$"),
        ("a.csv", "landmark,xx,xy,yy\nx,1,0,\n", "a.csv row 2: xx, xy or yy is empty$"),
        ("a.csv", "landmark,xx,xy,yy\nx,1,0,?\n", "a.csv row 2: '[?]' is not a number$"),
        ("a.csv", "landmark,xx,xy,yy\nx,1,2,1\n", "a.csv: no covariance: not symmetric, or some variance is negative$"),
        ("a.csv", "landmark,xx,xy,yy\nx,1,0,1\nx,1,0,1\n", "a.csv: landmark 'x' is there twice$"),
        (
            "a.json",
            '{"landmarks": ["x"], "covariance": [[1, 0]]}',
            "a.json: covariance: expected 2 elements, there are 1$",
        ),
        ("a.json", '{"landmarks": ["x"], "covariance": [[1, 1], [0, 1]]}', "a.json: no covariance: not symmetric"),
        (
            "a.json",
            '{"landmarks": ["x"], "people": [5, 6], "covariance": [[1, 0], [0, 1]]}',
            "a.json: people: expected 1 elements, there are 2$",
        ),
        ("a.json", '{"landmarks": [], "covariance": []}', "a.json: landmarks: name one landmark at least$"),
        (
            "a.json",
            '{"landmarks": ["x"], "covariance": [[1, 0], [0, 1]], "face": {"landmarks": ["x"], "products": []}}',
            "a.json: face.products: expected 1 elements, there are 0$",
        ),
    ],
)
def test_what_is_no_covariance_is_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        read_covariance(tmp_path / name)


def test_intervals_by_hand():
    """Along x alone the one end errs by 1 % of the face's size, which is 5 px: the distance of 10 px errs by 0.05."""
    points = np.array([[[0.0, 0.0], [10.0, 0.0]]])
    covariance = LandmarkCovariance.of_blocks(("a", "b"), [[[1e-4, 0], [0, 0]], np.zeros((2, 2))])
    low, high = intervals([DISTANCE], points, covariance, ("a", "b"), np.array([2.0]))
    assert (low[0, 0] + high[0, 0]) / 2 == pytest.approx(20, abs=0.01)
    assert (high[0, 0] - low[0, 0]) / 2 == pytest.approx(1.96 * 0.1, rel=0.05)
    both = intervals([DISTANCE], points, covariance, ("a", "b"), np.array([2.0]), scale_error=0.01)
    assert (both[1] - both[0])[0, 0] / 2 == pytest.approx(1.96 * np.hypot(0.1, 0.2), rel=0.05)
    unknown = intervals(
        [DISTANCE], points, LandmarkCovariance.of_blocks(("a",), np.zeros((1, 2, 2))), ("a", "b"), [2.0]
    )
    assert np.isnan(unknown).all()


def test_what_a_person_placed_has_no_error():
    """Both ends err by 0.05 px along x: the distance by 0.0707, by 0.05 once one is placed, by nothing once both are.
    The second image, which nobody has touched, keeps its interval, and where errors are not known a placed end needs
    none."""
    points = np.array([[[0.0, 0.0], [10.0, 0.0]]] * 2)
    covariance = LandmarkCovariance.of_blocks(("a", "b"), np.tile(np.diag([1e-4, 0]), (2, 1, 1)))

    def half(covariance, *exact):
        low, high = intervals([DISTANCE], points, covariance, ("a", "b"), np.ones(2), exact=np.array(exact))
        return (high - low)[:, 0] / 2

    untouched = [False, False]
    halves = [half(covariance, exact, untouched) for exact in (untouched, [False, True], [True, True])]
    assert halves[0] == pytest.approx([1.96 * 0.0707] * 2, rel=0.05)
    assert halves[1] == pytest.approx([1.96 * 0.05, halves[0][1]], rel=0.05)
    assert halves[2].tolist() == [0, halves[0][1]]
    one = LandmarkCovariance.of_blocks(("a",), [np.diag([1e-4, 0])])
    assert half(one, [False, True], [True, False])[0] == pytest.approx(1.96 * 0.05, rel=0.05)
    assert np.isnan(half(one, untouched, untouched)).all()


def test_errors_that_go_together_cancel():
    """Both ends shift alike: the distance is certain."""
    covariance = LandmarkCovariance(("a", "b"), np.tile(np.diag([0.01, 0.01]), (2, 2)))
    low, high = intervals([DISTANCE], np.array([[[0.0, 0], [10, 0]]]), covariance, ("a", "b"), np.array([1.0]))
    np.testing.assert_allclose([low[0, 0], high[0, 0]], 10, atol=1e-6)


def test_mirrored_faces_have_mirrored_errors():
    """The end errs towards the lower right; of a mirrored face, the lower left, across this distance."""
    covariance = LandmarkCovariance.of_blocks(("a", "b"), [[[1e-4, 1e-4], [1e-4, 1e-4]], np.zeros((2, 2))])
    points = np.array([[[0.0, 0.0], [30.0, 40.0]]] * 2) * [[[1, -1]]]
    low, high = intervals([DISTANCE], points, covariance, ("a", "b"), np.ones(2), mirrored=np.array([False, True]))
    halves = (high - low)[:, 0] / 2
    assert halves[1] / halves[0] == pytest.approx(7.0, rel=0.02)  # |(1, 1) . (3, -4)| = 1, |(-1, 1) . (3, -4)| = 7


def test_of_a_mirrored_face_the_partner_errs():
    """Of a, b and c in (0, 0), (0, 10) and (30, 10) a alone errs, by 0.01 of the face's size, 14.907 px; of a mirrored
    face it is b, so that the distance from b to c is off by 1.96 * 0.149 px."""
    names, order = ("a", "b", "c"), np.array([1, 0, 2])
    covariance = LandmarkCovariance.of_blocks(names, [1e-4 * np.eye(2), np.zeros((2, 2)), np.zeros((2, 2))])
    points, mirrored = np.array([[[0.0, 0.0], [0.0, 10.0], [30.0, 10.0]]] * 2), np.array([False, True])
    across = [Measurement("m", "distance", ("b", "c"), "")]
    low, high = intervals(across, points, covariance, names, np.ones(2), mirrored=mirrored, order=order)
    assert ((high - low) / 2)[:, 0] == pytest.approx([0, 0.2922], rel=0.03)


def test_faces_that_are_mirrored_are_measured_with_the_errors_of_the_other_half(tmp_path):
    """The same three points, of a face as it is and of a mirrored one, through the table's own function."""
    landmarks = "".join(f'[[landmarks]]\nname = "{name}"\nlabel = "{name}"\nanatomy = "x"\n' for name in "abc")
    measured = '[[measurements]]\nname = "m"\nkind = "distance"\npoints = ["b", "c"]\nmeaning = "x"\nunit = "mm"\n'
    schema = parse_schema(f'name = "s"\nsource = "x"\nmirrored_pairs = [["a", "b"]]\n{landmarks}{measured}', "s")
    covariance = LandmarkCovariance.of_blocks(schema.names, [1e-4 * np.eye(2), np.zeros((2, 2)), np.zeros((2, 2))])
    points = np.array([[0.0, 0.0], [0.0, 10.0], [30.0, 10.0]])
    faces = [MarkedFace(tmp_path, "f", "", points, mirrored=mirrored) for mirrored in (False, True)]
    found = measure_faces(faces, [Sight("frontal")] * 2, [Scale(1.0)] * 2, schema, Yardsticks(covariance))
    assert [(one.high - one.low) / 2 for one in found] == pytest.approx([0, 0.2922], rel=0.03)


def test_intervals_do_not_depend_on_other_images():
    rng = np.random.default_rng(1)
    points = rng.uniform(0, 100, (60, 4, 2))
    covariance = LandmarkCovariance.of_blocks(NAMES, np.tile(1e-3 * np.eye(2), (4, 1, 1)))
    scales, scale_error = rng.uniform(0.1, 1, 60), rng.uniform(0, 0.1, 60)
    mirrored, exact = np.arange(60) % 2 == 0, rng.random((60, 4)) < 0.5
    found = intervals([DISTANCE], points, covariance, NAMES, scales, scale_error, mirrored, exact=exact)
    for index in (7, 55):  # more than are drawn for at once
        own = slice(index, index + 1)
        given = scales[own], scale_error[own], mirrored[own]
        alone = intervals([DISTANCE], points[own], covariance, NAMES, *given, exact=exact[own])
        assert [ends[index, 0] for ends in found] == [ends[0, 0] for ends in alone]


def test_intervals_cover_as_they_promise():
    """Errors of 2 % of the face's size, correlated; the covariance as it is, and fitted on 400 other faces."""
    rng = np.random.default_rng(2)
    schema = load_schema("fas14")
    shape = rng.uniform(0, 200, (len(schema), 2))
    mixing = rng.normal(size=(28, 28)) * 0.02 / np.sqrt(28)
    found = np.tile(shape, (2400, 1, 1)) * rng.uniform(0.8, 1.2, (2400, 1, 1))
    truth = found + face_size(found)[:, None, None] * (rng.normal(size=(2400, 28)) @ mixing.T).reshape(-1, 14, 2)
    predictions = make_predictions(np.zeros((400, 14)), landmarks=schema.names)
    predictions.truth[:], predictions.points[:] = truth[:400], found[:400]
    values = np.stack([measure(each, truth[400:], schema.names, 0.3) for each in schema.measurements], axis=1)

    def covered(covariance):
        low, high = intervals(schema.measurements, found[400:], covariance, schema.names, np.full(2000, 0.3))
        return ((low <= values) & (values <= high)).mean(axis=0)

    assert (np.abs(covered(LandmarkCovariance(schema.names, mixing @ mixing.T)) - 0.95) < 0.015).all()
    fitted = covered(LandmarkCovariance.fit(predictions, schema.mirror_permutation))
    assert abs(fitted.mean() - 0.95) < 0.01 and (np.abs(fitted - 0.95) < 0.04).all()


def test_the_shipped_norms_are_the_published_numbers():
    norms = shipped_norms()
    (clarren,) = [norm for norm in named_norms(norms, "clarren 2010") if norm.sex == "male"]
    assert (clarren.doi, clarren.kind, clarren.n) == ("PMID 20147771", "photo", "903")
    assert clarren.z(np.array([25.10, 25.10 + 1.27]), 6).tolist() == pytest.approx([0, 1])
    stromland = norm_for(named_norms(norms, "Stromland 1999"), "palpebral_fissure_length", "female")
    assert stromland.z(np.array([19.10 - 0.99]), 0).tolist() == pytest.approx([-1])
    assert all(norm.doi and norm.n for norm in norms)


def test_between_ages_norms_are_straight_lines_and_end_with_their_people():
    norm = norm_for(named_norms(shipped_norms(), "Clarren 2010"), "palpebral_fissure_length", "female")
    # at 9 years: (25.44 + 26.03) / 2 = 25.735, sd (1.22 + 1.27) / 2 = 1.245
    assert norm.z(np.array([25.735 - 2 * 1.245]), 9).tolist() == pytest.approx([-2])
    assert np.isfinite([norm.z(np.array([25.0]), age) for age in (6, 16)]).all()
    for age in (5.99, 16.01, 40):
        with pytest.raises(InputError, match="^Clarren 2010 has people of 6 to 16 years, none of this age$"):
            norm.z(np.array([25.0]), age)


def test_a_photographs_fissure_is_compared_with_norms_of_photographs_alone():
    fissure, height = (load_schema("fas14").measurements[index] for index in (0, 1))
    of_photographs = named_norms(shipped_norms(), "Clarren 2010")[0]
    of_surfaces = named_norms(shipped_norms(), "Weinberg 2016")[0]
    assert refusal(fissure, of_photographs) == refusal(height, of_surfaces) == ""
    assert refusal(fissure, of_surfaces) == "Weinberg 2016 was measured on 3D surfaces: no z-score"


def test_norms_of_ones_own(tmp_path):
    rows = [
        "width,Mine,,both,Black,photo,,10,20,2",
        "width,Mine,,both,Black,photo,,0,10,1",
        "width,Mine,,F,Blue,3D,,0,9,1",
    ]
    rows.append("width,Mine,,both,Blue,photo,,0,30,1")
    (tmp_path / "norms.csv").write_text(HEADER + "\n".join(rows))
    norms = read_norms(tmp_path / "norms.csv")
    assert [norm.name for norm in norms] == ["Mine, Black", "Mine, Blue", "Mine, Blue"]
    assert norms[0].z(np.array([15.0 + 1.5]), 5).tolist() == [1]
    with pytest.raises(InputError, match="^--norm mine: of several people; name one of Mine, Black; Mine, Blue$"):
        named_norms(norms, "mine")
    blue = named_norms(norms, "mine, blue")
    assert norm_for(blue, "width", "female").sex == "female" and norm_for(blue, "width", "").sex == "both"
    assert norm_for(blue, "height", "female") is None
    with pytest.raises(InputError, match="^--norm Hall: no such source; there are Mine$"):
        named_norms(norms, "Hall")
    twice = "^--norm mine, black: has width of both twice; call its source otherwise in one's own file, or by kind$"
    with pytest.raises(InputError, match=twice):  # in two files; or of photographs and of surfaces in one
        named_norms([*norms, *norms], "mine, black")


def test_people_of_each_age_make_no_norm_of_its_own(tmp_path):
    """As norms are mostly published; the citation may stand in the first row alone."""
    rows = ["w,S,PMID 1,male,,photo,61,10,20,2", "w,S,,male,,photo,40,0,10,1", "w,S,,male,,photo,55,5,14,1"]
    rows += ["h,S,,male,,photo,about 40,0,10,1", "h,S,,male,,photo,7,5,14,1"]
    (tmp_path / "norms.csv").write_text(HEADER + "\n".join(rows))
    width, height = named_norms(read_norms(tmp_path / "norms.csv"), "S")
    assert (width.n, width.doi, width.ages.tolist()) == ("40 to 61", "PMID 1", [0, 5, 10])
    assert width.z(np.array([12.0 + 3]), 2.5).tolist() == [3]
    assert height.n == "about 40; 7"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("w,S,,male,,photo,,1,0,1", "row 2: age must be at least 0, mean and sd above 0$"),
        ("w,S,,male,,photo,,1,1,0", "row 2: age must be at least 0, mean and sd above 0$"),
        ("w,S,,male,,photo,,-1,1,1", "row 2: age must be at least 0, mean and sd above 0$"),
        ("w,S,,male,,photo,,1,x,1", "row 2: 'x' is not a number$"),
        ("w,S,,male,,photo,,,2,1", "row 2: age is empty$"),
        ("w,S,,x,,photo,,1,2,1", "row 2: sex 'x' is none of male, female, both$"),
        ("w,S,,male,,mri,,1,2,1", "row 2: photo_or_3d 'mri' is none of photo, 3d$"),
        ("w,S,,male,,photo,,1,2,1\nw,S,,m,,photo,,1,3,1", "row 3: age 1 is there twice for one norm$"),
    ],
)
def test_bad_norms_are_named_by_row(tmp_path, row, message):
    (tmp_path / "n.csv").write_text(HEADER + row + "\n")
    with pytest.raises(InputError, match="n.csv " + message):
        read_norms(tmp_path / "n.csv")


def test_sexes_as_people_write_them():
    assert [sex_of(text) for text in ("M", "girl", "Female ", "unknown", "")] == ["male", "female", "female", "", ""]


def test_criteria_are_limits_of_z():
    hoyme, digits = (named_criteria(shipped_criteria(), name)[0] for name in ("Hoyme 2016", "4-digit code"))
    assert hoyme.meets(-1.3) and not digits.meets(-1.3)
    strict = named_criteria(shipped_criteria(), "Elements of Morphology")[0]
    assert digits.meets(-2) and not strict.meets(-2) and strict.meets(-2.01)
    large = named_criteria(shipped_criteria(), "Elements of Morphology")[1]
    assert large.limit == "> 2" and not large.meets(2) and large.meets(2.01) and not large.meets(-2.01)
    fissure = load_schema("fas14").measurements[0]
    said = "meets the criterion of 4-Digit Code (z <= -2 on Clarren 2010)"
    assert digits.sentence(fissure, "Clarren 2010") == said
    said = "meets the criterion of Elements of Morphology (z < -2 on Clarren 2010) for HP:0012745"
    assert strict.sentence(fissure, "Clarren 2010") == said
    with pytest.raises(InputError, match="^--criterion x: no such source; there are Elements of Morphology, 4-Digit"):
        named_criteria(shipped_criteria(), "x")


@pytest.mark.parametrize("name", ["fas12", "fas14"])
def test_a_term_goes_with_a_criterion_that_the_measurement_alone_decides(name):
    told = {(one.measurement, one.side) for one in shipped_criteria() if one.hpo}
    terms = {
        (one.name, side)
        for one in load_schema(name).measurements
        for side, term in (("low", one.hpo_low), ("high", one.hpo_high))
        if term
    }
    assert told == terms
    assert {one.source for one in shipped_criteria() if one.hpo} == {"Elements of Morphology"}
    assert {one.z for one in shipped_criteria() if one.hpo} == {-2, 2}  # by which the terms are defined
    assert "facial_height" not in {name for name, _ in terms}  # short and long faces are defined by their width, too


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("S,,w,short,-2,true", "row 2: side 'short' is neither low nor high$"),
        ("S,,w,low,,true", "row 2: z is empty$"),
        ("S,,w,low,-2,maybe", "row 2: or_equal 'maybe' is neither true nor false$"),
    ],
)
def test_bad_criteria_are_named_by_row(tmp_path, row, message):
    (tmp_path / "c.csv").write_text("source,doi,measurement,side,z,or_equal\n" + row + "\n")
    with pytest.raises(InputError, match="c.csv " + message):
        read_criteria(tmp_path / "c.csv")


def test_criteria_of_ones_own_tell_a_term_where_their_table_says_so(tmp_path):
    rows = ["Mine,,palpebral_fissure_length,low,-1,true", "Ours,,palpebral_fissure_length,low,-2,false"]
    (tmp_path / "c.csv").write_text("source,doi,measurement,side,z,or_equal\n" + "\n".join(rows))
    fissure = load_schema("fas14").measurements[0]
    assert [each.term(fissure) for each in read_criteria(tmp_path / "c.csv")] == ["", ""]
    flagged = [f"{rows[0]},", f"{rows[1]},TRUE"]
    (tmp_path / "c.csv").write_text("source,doi,measurement,side,z,or_equal,hpo\n" + "\n".join(flagged))
    assert [each.term(fissure) for each in read_criteria(tmp_path / "c.csv")] == ["", "HP:0012745"]
    (tmp_path / "c.csv").write_text(f"source,doi,measurement,side,z,or_equal,hpo\n{rows[0]},maybe\n")
    with pytest.raises(InputError, match="c.csv row 2: hpo 'maybe' is neither true nor false$"):
        read_criteria(tmp_path / "c.csv")


def test_every_criterion_has_a_norm_that_it_is_of():
    assert {each.measurement for each in shipped_criteria()} <= {norm.measurement for norm in shipped_norms()}
