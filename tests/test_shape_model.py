"""The Gaussian of shapes by hand: what points tell of one another, people left out, and where a face lies."""

import numpy as np
import pytest

from rtl_tf.geometry.point_gaussian import PointGaussian
from rtl_tf.geometry.shape_check import ShapeCheck
from rtl_tf.geometry.shape_model import MEDIAN, SHRINKAGES, ShapeModel, _median_angle, _Moments, _near
from rtl_tf.geometry.similarity import as_complex, as_points, fit

PEOPLE = [f"p{index}" for index in range(30)]


@pytest.fixture(scope="module")
def faces():
    """(30, 6, 2): a shape of root mean square 1 about (0, 0), with noise of 0.01 on each landmark."""
    rng = np.random.default_rng(0)
    shape = rng.normal(size=(6, 2))
    shape -= shape.mean(axis=0)
    return shape / np.sqrt((shape**2).sum(axis=1).mean()) + rng.normal(0, 0.01, (30, 6, 2))


@pytest.fixture(scope="module")
def model(faces):
    return ShapeModel(faces, PEOPLE)


def test_what_one_point_tells_of_another():
    """Their x have variance 1 and covariance 1/2 about 10 and 20, their y variance 1 and nothing in common.

    Points at 11 and 23 lie 1 and 3 off the mean: the other one predicts 1.5 and 0.5, with variance 1 - 1/4. The inverse
    of [[1, 1/2], [1/2, 1]] is [[1, -1/2], [-1/2, 1]] / 0.75, and 1 - 3 + 9 = 7.
    """
    covariance = np.eye(4)
    covariance[0, 2] = covariance[2, 0] = 0.5
    gaussian = PointGaussian(np.array([10.0, 5.0, 20.0, 5.0]), covariance)
    points, both, first = np.array([[11.0, 5.0], [23.0, 5.0]]), np.array([True, True]), np.array([True, False])
    told, alone = np.diag([0.75, 1.0]), np.eye(2)
    offsets, spreads = gaussian.surprise(points, both)
    assert offsets == pytest.approx(np.array([[-0.5, 0], [2.5, 0]])) and spreads == pytest.approx(np.stack([told] * 2))
    offsets, spreads = gaussian.surprise(points, first)  # nothing is left that tells of the first
    assert offsets == pytest.approx(np.array([[1, 0], [2.5, 0]])) and spreads == pytest.approx(np.stack([alone, told]))
    assert gaussian.misfit(points, both) == pytest.approx(np.sqrt(7 / 0.75 / 4))
    assert gaussian.misfit(points, first) == pytest.approx(np.sqrt(1 / 2))
    filled, spread = gaussian.filled(np.array([np.nan, np.nan, 23.0, 5.0]))
    assert filled == pytest.approx([11.5, 5, 23, 5]) and spread == pytest.approx(np.diag([0.75, 1, 0, 0]))


@pytest.mark.parametrize("gap", [False, True])
def test_moments_without_a_person_have_no_trace_of_them(gap):
    """Nor of what was filled in for their missing point, and of how unsure that is."""
    values = np.random.default_rng(1).normal(2, 1, (10, 4))
    if gap:
        values[8:, 2:] = np.nan
    mean, covariance = _Moments(values, [f"p{index // 2}" for index in range(10)]).without("p4")
    assert mean == pytest.approx(values[:8].mean(axis=0))
    assert covariance == pytest.approx(np.cov(values[:8].T, bias=True))


def test_what_is_missing_is_filled_in_by_what_the_others_tell():
    """The second x is twice the first, -5 to 5, and missing at both ends. First that is 0, the mean: Σ x² is 110, with
    60 between the ends, and the slope 2 · 60 / 110 = 1.0909. Then (120 + 2 · 5 · 5.4545) / 110 = 1.5868."""
    values = np.zeros((11, 4))
    values[:, 0], values[:, 2] = np.arange(-5, 6), 2 * np.arange(-5, 6)
    values[[0, 10], 2:] = np.nan
    filled = _Moments(values, PEOPLE[:11]).vectors
    assert filled[[0, 10], 2] == pytest.approx([-7.9339, 7.9339], abs=1e-4)


def test_what_a_similarity_does_is_no_misfit(model):
    """A shape that lies, is turned or is large otherwise by a tenth, ten times what its landmarks vary by."""
    mean = model.mean
    for change in (np.ones(6) + 0j, 1j * np.ones(6), mean, 1j * mean):
        assert model.of_all().misfit(0.1 * as_points(change), np.ones(6, bool)) < 0.3
    assert model.of_all().misfit(0.1 * as_points(1j * np.arange(6) * mean), np.ones(6, bool)) > 3


def test_the_middle_of_turns_is_counted_from_their_common_direction():
    degrees = np.degrees(_median_angle(np.exp(1j * np.radians([179.0, -179.0, 178.0]))))
    assert degrees % 360 == pytest.approx(179)


def test_points_of_eight_standard_deviations_are_no_part_of_the_model():
    """Half of the lengths are 1 at most, which is 1 / 1.1774 standard deviations: the limit is 6.80, with 0.008 more
    for what no photograph tells."""
    laid = np.zeros((12, 1, 2))
    laid[:, 0, 0] = [1.0] * 10 + [6.7, 6.9]
    assert _near(laid)[:, 0].tolist() == [True] * 11 + [False]


def test_a_few_points_elsewhere_hardly_move_a_similarity(faces):
    """Of six one lies off by half of the shape's size; by least squares it would turn or shrink the others."""
    shape = as_complex(faces[0])
    seen = 2j * shape + 5
    seen[1] += 1 + 1j
    (turn,), (shift,) = fit(seen[None], shape)
    assert (turn * 2j, turn * 5 + shift) == (pytest.approx(1, abs=0.01), pytest.approx(0, abs=0.01))


def test_where_a_face_lies_how_large_and_how_turned_it_is(faces, model):
    """Three times as large, turned by 0.5 and with its middle at (100, 50), one landmark a pixel off."""
    true = as_points(3 * np.exp(0.5j) * as_complex(faces.mean(axis=0)) + 100 + 50j)
    seen, others = true.copy(), np.arange(6) != 2
    seen[2] += 1, 0
    judged = model.judge(seen, "a stranger", others)
    assert (judged.turn, judged.size) == (pytest.approx(-0.5, abs=0.01), pytest.approx(3, rel=0.01))
    assert judged.middle == pytest.approx((100, 50), abs=0.05)
    assert judged.expected == pytest.approx(true, abs=0.1)
    assert judged.deviations[2] > 10 > 3 > judged.deviations[others].max() and judged.misfit < 1


def test_half_of_the_faces_lie_within_the_median_of_a_normal_vector(faces, model):
    """By models without them; sqrt(2 ln 2) = 1.1774."""
    told = [model.judge(*each).deviations for each in zip(faces, PEOPLE, strict=True)]
    assert np.median(told, axis=0) == pytest.approx(np.full(6, MEDIAN)) and pytest.approx(1.1774) == MEDIAN


def test_three_points_tell_how_unlike_others_a_shape_is_and_two_do_not(faces, model):
    check = ShapeCheck.of(model)
    told = [check.misfit(np.where(np.arange(6)[:, None] < count, faces[0], np.nan)) for count in (2, 3)]
    assert np.isnan(told).tolist() == [True, False]


def test_points_that_go_together_are_shrunk_less_than_points_that_do_not(faces):
    """The first two landmarks move together by 0.1, all others by noise."""
    together = faces.copy()
    together[:, :2, 1] += np.random.default_rng(2).normal(0, 0.1, (30, 1))
    assert ShapeModel(together, PEOPLE).shrinkage < ShapeModel(faces, PEOPLE).shrinkage == SHRINKAGES[-1]


@pytest.mark.parametrize("off", range(6))
def test_no_point_is_surer_than_a_thousandth_of_the_shapes_size(faces, off):
    """Of faces that are all alike one point lies off by 0.01 of the size: ten times that, but for how well n others,
    which may be shifted, turned and scaled, tell its place: 1 / n and its squared distance over the sum of theirs."""
    alike, others = ShapeModel(np.repeat(faces[:1], 12, axis=0), PEOPLE[:12]), np.arange(6) != off
    squares = ((faces[0] - faces[0][others].mean(axis=0)) ** 2).sum(axis=1)
    seen = faces[0].copy()
    seen[off, 0] += 0.01 * np.sqrt(((faces[0] - faces[0].mean(axis=0)) ** 2).sum(axis=1).mean())
    told = alike.judge(seen, "a stranger", others).deviations[off]
    assert told == pytest.approx(10 / np.sqrt(1 + 1 / 5 + squares[off] / squares[others].sum()), rel=1e-3)


def test_a_missing_point_is_kept_by_nobody(faces, model):
    seen = faces[0].copy()
    seen[2] = np.nan
    told, same = (model.judge(seen, "a stranger", kept) for kept in (None, np.ones(6, bool)))
    np.testing.assert_array_equal(same.expected, told.expected)
    assert np.isnan(told.expected).any(axis=1).tolist() == [index == 2 for index in range(6)]
