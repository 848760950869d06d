"""Conformal radii against numbers worked out by hand, and their promise over many new people."""

import numpy as np
import pytest

from rtl_tf.conformal import LEVELS, Conformal
from rtl_tf.documents import Node


def level(coverage: float) -> int:
    return LEVELS.index(coverage)


def test_quantiles_count_people_once_and_one_more_whom_nobody_saw():
    """Nine people with the errors 1 to 9: 5 of 10 lie within 5, 9 of 10 within 9, and nothing tells of 0.91."""
    errors = np.arange(1.0, 10)[:, None]
    fitted = Conformal.fit(errors, np.zeros((9, 1)), [f"p{index}" for index in range(9)])
    assert fitted.base[0] == pytest.approx(5.0) and fitted.slope[0] == 0
    radii = fitted.radii(np.zeros((1, 1)), 0.9)
    assert radii[0, 0] == pytest.approx(9.0)
    assert fitted.radii(np.zeros((1, 1)), 0.5)[0, 0] == pytest.approx(5.0)
    assert np.isnan(fitted.radii(np.zeros((1, 1)), 0.91)[0, 0])
    # a person with a hundred images of error 9 is one person
    many = np.concatenate([errors, np.full((99, 1), 9.0)])
    names = [f"p{index}" for index in range(9)] + ["p8"] * 99
    again = Conformal.fit(many, np.zeros_like(many), names)
    np.testing.assert_allclose(again.radii(np.zeros((1, 1)), 0.8), 8.0)


def test_the_expected_error_follows_the_doubt_and_is_never_negative():
    doubts = np.linspace(0, 1, 50)[:, None]
    fitted = Conformal.fit(2 + 3 * doubts, doubts, [str(index) for index in range(50)])
    assert (fitted.base[0], fitted.slope[0]) == (pytest.approx(2), pytest.approx(3))
    np.testing.assert_allclose(fitted.radii(np.array([[0.5]]), 0.9), 3.5)
    falling = Conformal.fit(5 - 4 * doubts, doubts, [str(index) for index in range(50)])
    assert falling.slope[0] == 0 and falling.base[0] > 0


def test_a_face_without_doubt_is_not_one_without_error():
    """Errors 1, 4 and 9 at doubts 1, 2 and 3: the line through them would begin below 0, so that the best one through 0
    has the slope 36 / 14; the base is a quarter of the mean error, 14 / 3 / 4."""
    doubts = np.array([[1.0], [2.0], [3.0]])
    fitted = Conformal.fit(doubts**2, doubts, ["p", "q", "r"])
    assert (fitted.base[0], fitted.slope[0]) == (pytest.approx(14 / 12), pytest.approx(36 / 14))


@pytest.mark.parametrize("sure", [0, 2])
def test_radii_are_of_the_size_of_errors_though_these_vanish_without_doubt(sure):
    """Twenty people, of some of whom the network has no doubt at all: no radius is beyond every error or below all."""
    doubts = np.append(np.zeros(sure), np.linspace(0.02, 0.5, 20 - sure))[:, None]
    errors = 0.002 + 0.2 * doubts**2
    fitted = Conformal.fit(errors, doubts, [str(index) for index in range(20)])
    radii = fitted.radii(np.array([[0.0], [0.1], [0.5]]), 0.95)
    assert radii.min() > errors.min() and radii.max() < 2 * errors.max()


def test_missing_labels_have_no_vote_and_a_landmark_without_any_no_radius():
    errors = np.column_stack([np.append(np.arange(1.0, 20), np.nan), np.full(20, np.nan)])
    fitted = Conformal.fit(errors, np.zeros_like(errors), [str(index) for index in range(20)])
    radii = fitted.radii(np.zeros((1, 2)), 0.9)
    assert radii[0, 0] == pytest.approx(18.0) and np.isnan(radii[0, 1])


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_new_people_are_covered_as_promised(coverage):
    """People with several images of correlated, heavy-tailed errors, whose size the doubt tells badly: over 400 fits of
    60 people each, one image of a new person lies within the radius as often as promised, and not much more often."""
    random, hits = np.random.default_rng(0), []
    for _ in range(400):
        images = random.integers(1, 4, 61)
        people = np.repeat(np.arange(61), images)
        own = random.gamma(2, 0.5, 61)[people]
        doubts = random.gamma(2, 1, len(people)) * own**0.5
        errors = (np.abs(random.standard_t(3, len(people))) * own)[:, None]
        known = people < 60
        fitted = Conformal.fit(errors[known], doubts[known, None], people[known].astype(str).tolist())
        new = np.flatnonzero(~known)[0]
        hits.append(errors[new, 0] <= fitted.radii(doubts[new, None, None], coverage)[0, 0])
    assert coverage - 0.035 < np.mean(hits) < coverage + 1 / 61 + 0.04


def test_json_gives_back_the_same_radii(tmp_path):
    random = np.random.default_rng(1)
    fitted = Conformal.fit(
        random.gamma(2, 1, (12, 3)), random.gamma(2, 1, (12, 3)), [str(index) for index in range(12)]
    )
    again = Conformal.from_json(Node(fitted.to_json(), "file"), 3)
    doubts = random.gamma(2, 1, (4, 3))
    for coverage in (0.5, 0.9, 0.99):
        np.testing.assert_array_equal(fitted.radii(doubts, coverage), again.radii(doubts, coverage))


def test_radii_never_fall_as_coverage_rises():
    """22 oblique people of thrice the errors beside 60 frontal ones, and a second landmark that 5 of them label.

    Without a doubt radii are quantiles of the errors: oblique people have 3, 6, ..., 66 and promise 22 of 23, 0.95, at
    most. With 82 people the 80th of 83 errors, 0.96, is 60, and the 82nd, 0.98, is 66; nobody promises 0.99.
    """
    people, views = [f"p{index}" for index in range(82)], ["frontal"] * 60 + ["oblique"] * 22
    first = np.concatenate([np.arange(60) % 20 + 1, 3 * np.arange(1, 23)]).astype(float)
    second = np.where(np.arange(82) < 65, first, np.nan)
    fitted = Conformal.fit(np.stack([first, second], axis=1), np.zeros((82, 2)), people, views)
    by_view = {
        view: np.array([fitted.radii(np.zeros((1, 2)), coverage, [view])[0] for coverage in LEVELS])
        for view in ("frontal", "oblique", "lateral")
    }
    assert all((np.diff(radii[np.isfinite(radii)]) >= 0).all() for both in by_view.values() for radii in both.T)
    oblique, unknown = by_view["oblique"][:, 0], by_view["lateral"][:, 0]
    assert oblique[level(0.9)] == pytest.approx(63) and oblique[level(0.95)] == pytest.approx(66)
    assert unknown[level(0.96)] == pytest.approx(60) and oblique[level(0.96)] == pytest.approx(66)
    assert np.isnan(oblique[level(0.99)]) and np.isnan(unknown[level(0.99)])


def test_a_landmark_that_few_of_a_group_have_has_the_radius_of_all():
    """Of two landmarks, the second is labelled in 3 of the 40 people of a view whose errors are twice as large."""
    random = np.random.default_rng(0)
    groups = ["far"] * 40 + ["near"] * 100
    errors = random.uniform(0.5, 1, (140, 2)) * np.where(np.arange(140) < 40, 2, 1)[:, None]
    errors[3:40, 1] = np.nan
    names, doubts = [f"p{index}" for index in range(140)], np.zeros((140, 2))
    split, plain = Conformal.fit(errors, doubts, names, groups), Conformal.fit(errors, doubts, names)
    far, anywhere = split.radii(doubts[:1], 0.7, ["far"])[0], plain.radii(doubts[:1], 0.7)[0]
    assert far[0] > 1.3 * anywhere[0] and far[1] == anywhere[1]
    assert "far" not in Conformal.fit(errors[:, 1:], doubts[:, 1:], names, groups).of_groups


def test_a_group_of_many_images_of_few_people_has_no_radii_of_its_own():
    names = [f"p{index}" for index in range(40)] + [f"q{index // 2}" for index in range(20)]
    fitted = Conformal.fit(np.ones((60, 1)), np.zeros((60, 1)), names, [""] * 40 + ["far"] * 20)
    assert fitted.of_groups == {}
