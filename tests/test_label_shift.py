"""The offset that all labels have in the frame of the image, told from what anatomy adds."""

import numpy as np
import pytest

from rtl_tf.inference.label_shift import FEWEST, estimate

KINDS = np.array([False] * 4 + [True] * 4)
PEOPLE = ["a", "a", "b", "c", "d", "d", "e", "f"]


def test_it_is_the_middle_of_both_kinds_and_people_count_once():
    """Of plain images people's means are 3, 2, 1, of mirrored ones -1, -3, -5: means 2 and -3, variances 1 and 4."""
    residuals = np.array([2.0, 4.0, 2.0, 1.0, -2.0, 0.0, -3.0, -5.0])
    found = estimate(residuals, KINDS, PEOPLE)
    assert found.value == pytest.approx((2 - 3) / 2)
    assert found.error == pytest.approx(np.sqrt(1 / 3 + 4 / 3) / 2)


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
    assert FEWEST == 3
    assert estimate(np.ones(8), np.array(kinds), PEOPLE) is None


def test_three_people_of_each_kind_are_enough():
    assert estimate(np.ones(8), KINDS, PEOPLE).value == 1
    assert estimate(np.ones(8), KINDS, ["a", "a", "a", "c", *PEOPLE[4:]]) is None
