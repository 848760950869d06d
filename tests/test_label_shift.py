"""The offset that all labels have in the frame of the image, told from what anatomy adds."""

import numpy as np
import pytest

from rtl_tf.inference.label_shift import FEWEST_PEOPLE, LabelShift, estimate, estimate_flipped, find_shift
from rtl_tf.schema import load_schema

KINDS = np.array([False] * 4 + [True] * 4)
PEOPLE = ["a", "a", "b", "c", "d", "d", "e", "f"]


def test_it_is_the_middle_of_both_kinds_and_people_count_once():
    """Of plain images people's means are 3, 2, 1, of mirrored ones -1, -3, -5: means 2 and -3, variances 1 and 4."""
    residuals = np.array([2.0, 4.0, 2.0, 1.0, -2.0, 0.0, -3.0, -5.0])
    found = estimate(residuals, KINDS, PEOPLE)
    assert found.value == pytest.approx((2 - 3) / 2)
    assert found.error == pytest.approx(np.sqrt(1 / 3 + 4 / 3) / 2)
    assert found.freedom == pytest.approx((5 / 3) ** 2 / (1 / 9 / 2 + 16 / 9 / 2))  # Welch's, 2.94 of at most 4


def test_anatomy_which_changes_its_sign_is_no_shift():
    rng = np.random.default_rng(0)
    kinds = np.arange(200) % 4 == 0  # three quarters are plain: the mean of all images would be wrong
    people = [f"s{index // 5}" for index in range(200)]
    anatomy = 0.03 * np.where(kinds, -1, 1)
    for shift in (0.0, 0.012):
        found = estimate(shift + anatomy + rng.normal(0, 0.004, 200), kinds, people)
        assert 0.0001 < found.error < 0.001
        assert abs(found.value - shift) < 3 * found.error


@pytest.mark.parametrize("kinds", [[False] * 8, [True] * 8, [False] * 6 + [True] * 2])
def test_one_kind_alone_tells_nothing(kinds):
    assert FEWEST_PEOPLE == 3
    assert estimate(np.ones(8), np.array(kinds), PEOPLE) is None


def test_three_people_of_each_kind_are_enough():
    assert estimate(np.ones(8), KINDS, PEOPLE).value == 1
    assert estimate(np.ones(8), KINDS, ["a", "a", "a", "c", *PEOPLE[4:]]) is None


def test_images_without_a_residual_do_not_count():
    residuals = np.array([1.0, np.nan, 1.0, 1.0, 1.0, np.nan, 1.0, 1.0])
    assert estimate(residuals, KINDS, PEOPLE).value == 1
    residuals[2] = np.nan  # of b: a and c are left
    assert estimate(residuals, KINDS, PEOPLE) is None


def test_images_that_are_of_both_kinds_count_once_a_person():
    """People's means are 3, 2, 1, 2: variance 2 / 3."""
    residuals = np.array([2.0, 4.0, 2.0, 1.0, 1.0, 3.0, np.nan, np.nan])
    found = estimate_flipped(residuals, PEOPLE)
    assert found.value == pytest.approx(2) and found.error == pytest.approx(np.sqrt(2 / 3 / 4)) and found.freedom == 3
    assert estimate_flipped(residuals[:3], PEOPLE[:3]) is None


def test_what_is_certain_depends_on_how_many_people_tell_it():
    """97.5 % of Student's t with 2 degrees of freedom is 4.303, with 49 2.010; with 2, p is 1 - t / sqrt(2 + t²)."""
    assert LabelShift(-4.31, 1, 2).is_certain and not LabelShift(4.29, 1, 2).is_certain
    assert LabelShift(-2.02, 1, 49).is_certain and not LabelShift(2.0, 1, 49).is_certain
    assert LabelShift(0.2, 0.1, 2).p == pytest.approx(1 - 2 / np.sqrt(6))
    assert LabelShift(0.1, 0, 2).is_certain and not LabelShift(0, 0, 2).is_certain


@pytest.mark.parametrize("count", [3, 5, 50])
def test_false_shifts_are_as_rare_as_they_shall_be(count):
    """Of 1000 draws without a shift, 50 give or take 21 (three standard deviations); of two kinds that vary unequally,
    Welch's test of three people finds fewer."""
    random, people = np.random.default_rng(0), [f"s{index}" for index in range(2 * count)]
    kinds = np.arange(2 * count) < count
    draws = random.normal(0, 0.01, (1000, 2 * count)) * np.where(kinds, 1, 1.5)
    one = sum(estimate_flipped(values[:count], people[:count]).is_certain for values in draws)
    both = sum(estimate(values + np.where(kinds, 0.03, -0.03), kinds, people).is_certain for values in draws)
    assert 29 <= one <= 71 and (15 if count == 3 else 29) <= both <= 71


def test_a_pair_and_a_midline_landmark_tell_the_shift_by_hand():
    """Eyes at 3 and 7, a nose at 5, mesh points that lie 0.5 and -0.25 right of the eyes and 0.25 of the nose.

    Labels are 0.125 to the right. In the flipped view the network knows the eyes by each other's name: its first point
    lies 0.5 to the left of the second eye, its second point 0.25 to the right of the first, its third 0.25 to the left.
    """
    schema = load_schema("ibug68")
    first, second, nose = (schema.index(name) for name in ("right_eye_0", "left_eye_3", "nose_bridge_0"))
    labels = np.full((4, len(schema), 2), np.nan)
    labels[:, [first, second, nose]] = [[3.125, 1], [7.125, 1], [5.125, 4]]
    plain = np.tile([[3.5, 1.0], [6.75, 1.0], [5.25, 4.0]], (4, 1, 1))
    flipped = np.tile([[6.5, 1.0], [3.25, 1.0], [4.75, 4.0]], (4, 1, 1))
    kinds, people = np.zeros(4, bool), list("abcd")
    assert find_shift(labels, plain, flipped, kinds, people, schema) == LabelShift(pytest.approx(0.125), 0, 3)
    labels[:2, second] = np.nan  # what is left of the pair has nothing to be held against
    assert find_shift(labels, plain, flipped, kinds, people, schema) == LabelShift(pytest.approx(0.125), 0, 3)
    assert find_shift(labels, plain, flipped, ~kinds, people, schema) == LabelShift(pytest.approx(-0.125), 0, 3)
    labels[:2, nose] = np.nan
    assert find_shift(labels, plain, flipped, kinds, people, schema) is None
