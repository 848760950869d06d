"""The mathematics of shape: hand-worked numbers, invariance, tests that hold their level, other packages as oracles."""

import numpy as np
import pytest

from rtl_tf.evaluation.procrustes import centroid_sizes, shape_freedom, superimpose
from rtl_tf.evaluation.procrustes_anova import procrustes_anova, repeatability
from rtl_tf.evaluation.shape_components import components
from rtl_tf.evaluation.shape_study import correlations
from rtl_tf.evaluation.shape_tests import distance_p, group_means
from rtl_tf.evaluation.thin_plate import grid_lines, warp
from rtl_tf.geometry.shape_model import ShapeModel
from rtl_tf.geometry.similarity import as_complex, as_points, fit, mean_shape

SQUARE = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])


def faces(count, landmarks=10, noise=0.05, seed=0):
    """(N, K, 2): one shape with noise on each landmark."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(landmarks, 2)) + noise * rng.normal(size=(count, landmarks, 2))


def moved(points, seed=1):
    """Each shape shifted, turned and scaled by chance."""
    rng = np.random.default_rng(seed)
    turn = rng.uniform(0.5, 40, len(points)) * np.exp(1j * rng.uniform(-1, 1, len(points)))
    shift = rng.normal(scale=100, size=len(points)) + 1j * rng.normal(scale=100, size=len(points))
    return as_points(as_complex(points) * turn[:, None] + shift[:, None])


@pytest.mark.parametrize(("count", "upside_down"), [(12, [3]), (13, [0]), (11, [0, 1, 2])])
def test_photographs_that_stand_upside_down_do_not_turn_the_others(count, upside_down):
    """Whichever of them the mean begins from: in draw 7, 15, 28 or 29 that was such a one, and turned all others."""
    for seed in (*range(5), 7, 15, 28, 29):
        rng = np.random.default_rng(seed)
        turns = rng.normal(scale=0.05, size=count) + np.pi * np.isin(np.arange(count), upside_down)
        shapes = as_complex(faces(count, 14, seed=seed)) * np.exp(1j * turns)[:, None]
        model = ShapeModel(as_points(shapes), [str(number) for number in range(count)])
        told = [model.judge(shape, "a stranger").turn for shape in as_points(shapes)]
        assert all((abs(turn) > 2) == (index in upside_down) for index, turn in enumerate(told)), seed


# Superimposition


def test_the_centroid_size_of_a_square_of_side_2():
    """Each corner is √2 from the middle: √(4 · 2)."""
    assert centroid_sizes(SQUARE) == pytest.approx(np.sqrt(8))


def test_two_triangles_by_hand():
    """(0, 0), (6, 0), (0, 3) and its mirror image at the diagonal, (0, 0), (0, 6), (3, 0), with labels as they are.

    Centred: (-2, -1), (4, -1), (-2, 2) with size √30, and (-1, -2), (-1, 4), (2, -2). As complex numbers their inner
    product is Σ conj(a) b = (-2+i)(-1-2i) + (4+i)(-1+4i) + (-2-2i)(2-2i) = (4+3i) + (-8+15i) + (-8+0i) = -12+18i, so
    that cos ρ = √468 / 30.
    """
    cosine = np.sqrt(468) / 30
    triangles = np.array([[[0, 0], [6, 0], [0, 3]], [[0, 0], [0, 6], [3, 0]]], float)
    laid = superimpose(triangles)
    assert laid.sizes == pytest.approx([np.sqrt(30)] * 2)
    half = np.arccos(cosine) / 2  # the mean lies halfway; its tangent plane shows the sine of the angle
    assert np.linalg.norm(laid.points[0] - laid.points[1]) == pytest.approx(2 * np.sin(half))


def test_superimposed_shapes_do_not_depend_on_place_turn_and_size():
    plain, other = superimpose(faces(30)), superimpose(moved(faces(30)))
    turn = (as_complex(other.mean).conj() * as_complex(plain.mean)).sum()
    turned = as_points(as_complex(other.points) * turn / abs(turn))
    assert turned == pytest.approx(plain.points, abs=1e-9)
    assert np.linalg.norm(plain.mean) == pytest.approx(1) and plain.mean.sum(axis=0) == pytest.approx([0, 0])


def test_a_mirrored_shape_is_another_shape():
    shape = faces(1)[0]
    laid = superimpose(np.stack([shape, shape * (-1, 1)]))
    assert np.linalg.norm(laid.points[0] - laid.points[1]) > 0.1


def test_the_mean_is_turned_as_the_images_were():
    upright = faces(20)
    laid = superimpose(upright)
    own = as_complex(upright - upright.mean(axis=1, keepdims=True)).mean(axis=0)
    assert np.angle((as_complex(laid.mean).conj() * own).sum()) == pytest.approx(0, abs=0.01)


def test_tangent_coordinates_are_at_right_angles_to_the_mean():
    laid = superimpose(faces(20, noise=0.3))
    assert (laid.points * laid.mean).sum(axis=(1, 2)) == pytest.approx(np.ones(20))


def test_ktch_finds_the_same_mean_and_the_same_shapes():
    """Its analysis of size and shape, of shapes of unit size: with `scaling` it shrinks those that do not fit."""
    ktch = pytest.importorskip("ktch.landmark")
    points = moved(faces(25))
    ours = superimpose(points)
    assert [float(ktch.centroid_size(shape)) for shape in points] == pytest.approx(ours.sizes)
    theirs = ktch.GeneralizedProcrustesAnalysis(scaling=False, tol=1e-15)
    unit = points / ours.sizes[:, None, None]
    aligned = theirs.fit_transform(unit.reshape(25, -1)).reshape(25, -1, 2)
    mean = np.reshape(theirs.mu_, (-1, 2)) / np.linalg.norm(theirs.mu_)
    turn = (as_complex(mean).conj() * as_complex(ours.mean)).sum()
    assert abs(turn) == pytest.approx(1, abs=1e-12)
    tangent = aligned + (1 - (aligned * mean).sum(axis=(1, 2), keepdims=True)) * mean
    assert as_points(as_complex(tangent) * turn / abs(turn)) == pytest.approx(ours.points, abs=1e-6)


# Components


def test_components_of_shapes_that_differ_along_one_line():
    """Landmark 2 moves along x by -1, 0 and 1 with variance 1; the others stand still."""
    shapes = np.repeat(SQUARE[None], 3, axis=0)
    shapes[:, 1, 0] += (-1, 0, 1)
    found = components(shapes)
    assert found.variances == pytest.approx([1.0]) and found.shares == pytest.approx([1.0])
    assert found.axes[0] == pytest.approx(np.array([[0, 0], [1, 0], [0, 0], [0, 0]]))
    assert found.scores(shapes)[:, 0] == pytest.approx([-1, 0, 1])
    assert found.shape(0, 1.0) == pytest.approx(shapes[2])


def test_there_are_no_more_components_than_dimensions_of_shape():
    laid = superimpose(faces(50, landmarks=5))
    assert len(components(laid.points).variances) == shape_freedom(5) == 6


def test_components_reconstruct_shapes():
    laid = superimpose(faces(12)).points
    found = components(laid)
    assert found.mean + np.tensordot(found.scores(laid), found.axes, axes=1) == pytest.approx(laid)


def test_correlations_come_by_strength_without_columns_of_one_value():
    scores = np.array([1.0, 2.0, 3.0, 4.0])
    columns = {"flat": np.ones(4), "weak": np.array([1.0, 0, 0, 1]), "age": np.array([-2.0, -4, np.nan, -8])}
    assert correlations(scores, columns) == {"age": pytest.approx(-1), "weak": pytest.approx(0)}


# Means and permutation tests


def test_the_distance_of_two_groups_by_hand():
    """Means differ by (3, 4) in one landmark: distance 5."""
    shapes = np.zeros((4, 3, 2))
    shapes[2:, 1] = (3, 4)
    shapes[:, 0, 0] = (-1, 1, -1, 1)
    means = group_means(shapes, np.array([0, 0, 1, 1]), np.zeros((4, 0)))
    assert means.distance(0, 1) == pytest.approx(5)
    assert means.means[1, 1] == pytest.approx([3, 4])


def test_the_p_of_two_by_two_people_by_hand():
    """Labels can be dealt in 6 ways, 2 of which separate the people as far as they are: p is near 1/3."""
    shapes = np.zeros((4, 3, 2))
    shapes[:, 0, 0] = (0.0, 0.1, 5.0, 5.1)
    p = distance_p(shapes, np.array([0, 0, 1, 1]), np.zeros((4, 0)), (0, 1), permutations=3999)
    assert p == pytest.approx(1 / 3, abs=0.03)


def test_a_covariate_is_regressed_out_inside_groups():
    """Shapes grow by 2 a year; the second group is 10 years older and differs by 1 besides."""
    ages = np.array([1.0, 2, 3, 11, 12, 13])[:, None]
    groups = np.array([0, 0, 0, 1, 1, 1])
    shapes = np.zeros((6, 3, 2))
    shapes[:, 0, 0] = 2 * ages[:, 0] + groups
    means = group_means(shapes, groups, ages)
    assert means.slopes[0, 0, 0] == pytest.approx(2) and means.distance(0, 1) == pytest.approx(1)
    assert means.adjusted(shapes, ages)[:, 0, 0] == pytest.approx(14 + groups)  # at the mean age, 7


def test_no_test_where_the_covariate_is_the_group():
    groups = np.array([0, 0, 0, 1, 1, 1])
    assert np.isnan(distance_p(faces(6), groups, groups[:, None].astype(float), (0, 1)))


@pytest.mark.parametrize("with_covariate", [False, True])
def test_p_is_uniform_where_there_is_no_effect(with_covariate):
    """Over 300 draws; with a covariate that shapes depend on and that differs between the groups."""
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1, 2], 9)
    found = []
    for draw in range(300):
        shapes = rng.normal(size=(27, 4, 2)) * np.arange(1, 5)[:, None]
        shapes[groups == 2] += 3  # another group that differs does not matter
        ages = rng.normal(size=(27, 1)) + groups[:, None]
        shapes += 2 * ages[..., None] if with_covariate else 0
        found.append(distance_p(shapes, groups, ages[:, : int(with_covariate)], (0, 1), permutations=99, seed=draw))
    found = np.sort(found)
    furthest = np.abs(found - (np.arange(300) + 0.5) / 300).max()
    assert furthest < 1.63 / np.sqrt(300) + 0.01  # Kolmogorov and Smirnov at 0.01, and the step of 1/100
    assert 0.01 <= (found <= 0.05).mean() <= 0.09


@pytest.mark.parametrize(
    ("counts", "spreads"),
    [((12, 12, 60), (1.0, 1.0, 0.2)), ((12, 12, 60), (1.0, 1.0, 5.0)), ((12, 60), (2.0, 1.0)), ((12, 60), (1.0, 2.0))],
)
def test_p_holds_its_level_where_groups_vary_unequally(counts, spreads):
    """Over 300 draws of the same mean: 15 false positives, give or take 11 (three standard deviations)."""
    rng = np.random.default_rng(0)
    groups, spread = np.repeat(np.arange(len(counts)), counts), np.repeat(spreads, counts)[:, None, None]
    none = np.zeros((len(groups), 0))
    draws = [rng.normal(size=(len(groups), 4, 2)) * spread for _ in range(300)]
    found = [distance_p(shapes, groups, none, (0, 1), permutations=59, seed=draw) for draw, shapes in enumerate(draws)]
    assert 4 <= (np.array(found) <= 0.05).sum() <= 26


def test_p_is_of_the_two_groups_alone():
    shapes, groups = faces(20, noise=0.1), np.repeat([0, 1, 2], (6, 6, 8))
    ages = np.random.default_rng(1).normal(size=(20, 1))
    others = np.where((groups == 2)[:, None, None], 9 * shapes + 4, shapes)
    assert distance_p(shapes, groups, ages, (0, 1)) == distance_p(others, groups, ages, (0, 1))


def test_people_of_one_shape_do_not_differ():
    assert distance_p(np.ones((6, 3, 2)), np.repeat([0, 1], 3), np.zeros((6, 0)), (0, 1)) == 1


def test_p_is_small_where_there_is_an_effect():
    shapes, groups = faces(24, noise=0.1), np.repeat([0, 1], 12)
    shapes[12:, 0] += 0.3
    laid = superimpose(shapes).points
    assert distance_p(laid, groups, np.zeros((24, 0)), (0, 1)) == pytest.approx(0.001)


# Procrustes ANOVA


def test_the_anova_of_repeated_images_by_hand():
    """Two people, two images each, at 0, 2 and 6, 8 in one coordinate of four landmarks: mean 4, people at 1 and 7.

    Between: 2·(3² + 3²) = 36; within: 4·1² = 4. Degrees of freedom times 2·4 - 4: 4 and 8. F = (36/4) / (4/8) = 18.
    Repeatability: (9 - 0.5) / (9 + 0.5).
    """
    shapes = np.zeros((4, 4, 2))
    shapes[:, 0, 0] = (0, 2, 6, 8)
    names = ["a", "a", "b", "b"]
    individual, image = procrustes_anova(shapes, names, None, ["1", "2", "3", "4"])
    assert (individual.name, individual.squares, individual.freedom) == ("individual", pytest.approx(36), 4)
    assert (image.name, image.squares, image.freedom) == ("image", pytest.approx(4), 8)
    assert individual.f == pytest.approx(18) and individual.over == "image" and np.isnan(image.f)
    assert individual.share == pytest.approx(0.9)
    assert repeatability([individual, image], 4, names) == pytest.approx(8.5 / 9.5)


def test_the_anova_of_sides_and_placements_is_that_of_means_in_a_balanced_design():
    """Sums of squares by the formulas of a two-way table with replicates; all together they are the whole."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(5, 2, 3, 2, 12))  # individual, side, image, placement
    labels = [codes.ravel().astype(str) for codes in np.indices((5, 2, 3, 2))]
    images = [f"{a}{b}{c}" for a, b, c in zip(*labels[:3], strict=True)]
    terms = procrustes_anova(values.reshape(60, 6, 2), list(labels[0]), list(labels[1]), images)
    grand = values.mean(axis=(0, 1, 2, 3))
    a, b = values.mean(axis=(1, 2, 3)), values.mean(axis=(0, 2, 3))
    cell, image = values.mean(axis=(2, 3)), values.mean(axis=3)
    expected = {
        "individual": (12 * ((a - grand) ** 2).sum(), 4),
        "side": (30 * ((b - grand) ** 2).sum(), 1),
        "individual x side": (6 * ((cell - a[:, None] - b[None] + grand) ** 2).sum(), 4),
        "image": (2 * ((image - cell[:, :, None]) ** 2).sum(), 20),
        "placement": (((values - image[..., None, :]) ** 2).sum(), 30),
    }
    assert [term.name for term in terms] == list(expected)
    for term in terms:
        squares, freedom = expected[term.name]
        assert term.squares == pytest.approx(squares) and term.freedom == freedom * shape_freedom(6)
    assert sum(term.share for term in terms) == pytest.approx(1)
    assert [term.over for term in terms] == ["individual x side", "individual x side", "image", "placement", ""]


def test_a_side_that_is_each_persons_own_has_no_term():
    terms = procrustes_anova(faces(6), list("aabbcc"), list("llrrll"), list("123456"))
    assert [term.name for term in terms] == ["individual", "image"]


def test_without_repeats_there_is_nothing_to_judge_by():
    (term,) = procrustes_anova(faces(3), list("abc"), None, list("123"))
    assert term.over == "" and np.isnan(term.f) and np.isnan(repeatability([term], 3, list("abc")))


# The thin-plate spline


def test_the_spline_brings_landmarks_exactly_to_their_ends_and_is_affine_where_they_are():
    start, end = faces(2, noise=0.5)
    assert warp(start, start, end) == pytest.approx(end, abs=1e-9)
    sheared = SQUARE @ np.array([[1.0, 0.5], [0.0, 2.0]]) + (3, 4)
    ends = np.array([[4, 6.5], [8, 16.5]])
    assert warp(np.array([[1.0, 1.0], [5.0, 5.0]]), SQUARE, sheared) == pytest.approx(ends)


def test_the_grid_has_square_cells_around_the_shape():
    lines = grid_lines(SQUARE * (2, 1), cells=8, margin=0.5, fineness=1)  # 4 x 2 and 2 on all sides: 8 x 6
    rows, columns = lines[:7], lines[7:]
    assert [line[0, 1] for line in rows] == pytest.approx(np.arange(-2, 5))
    assert [line[0, 0] for line in columns] == pytest.approx(np.arange(-2, 7)) and len(columns[0]) == 7


def test_shapes_without_a_common_point_are_no_part_of_each_others_mean():
    """A right angle of three points, its sides 3 and 4, and five shapes of three other points."""
    one, other = np.array([0, 3, 4j, np.nan, np.nan, np.nan]), np.array([np.nan, np.nan, np.nan, 0, 1, 1j])
    mean = mean_shape(np.stack([2j * one + 1, other, one, one, other, one]))
    assert np.isnan(mean[3:]).all()
    assert np.abs(np.diff(mean[:3]))[0] / np.abs(mean[2] - mean[0]) == pytest.approx(3 / 4)
    turn, shift = fit(np.stack([one, other, np.where(np.arange(6) == 0, one, np.nan)]), one)
    assert (turn[0], shift[0]) == (pytest.approx(1), pytest.approx(0))
    assert np.isnan(turn[1:]).all() and np.isnan(shift[1:]).all()


def test_shapes_that_share_points_with_both_kinds_bring_them_together():
    whole = np.array([0, 3, 4j, 5, 6, 5 + 1j])
    upper, lower = np.where(np.arange(6) < 3, whole, np.nan), np.where(np.arange(6) < 3, np.nan, whole)
    mean = mean_shape(np.stack([upper, lower, 1j * whole, upper, lower]))
    assert np.abs(mean[1] - mean[4]) / np.abs(mean[0] - mean[1]) == pytest.approx(1)


def test_shapes_of_a_single_point_have_no_mean_to_speak_of():
    assert np.isfinite(mean_shape(np.array([[1 + 1j, np.nan], [2, np.nan]]))).tolist() == [True, False]
