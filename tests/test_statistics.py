"""Intervals and tests over people and trainings: worked by hand, against other packages' ways, and on known truth."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from rtl_tf.evaluation.statistics import (
    FEWEST_PEOPLE,
    FEWEST_TRAININGS,
    estimate,
    holm,
    interval,
    p_values,
    rate_interval,
    rounded,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

import honesty  # noqa: E402

NAN = np.nan
SIX = list("abcdef")


def crossed(people, trainings, level=0.0):
    """(N, T): level + person + training, without a rest."""
    return level + np.add.outer(np.array(people, float), np.array(trainings, float))


# The mixed model


def test_by_hand():
    """Six people, three trainings, no rest. Mean squares: people 3 * 28 / 5 = 16.8, trainings 6 * 2 / 2 = 6.

    Variance of the mean (16.8 + 6) / 18 = 1.2667; degrees of freedom 22.8^2 / (16.8^2 / 5 + 6^2 / 2) - 1 = 5.983.
    """
    found = estimate(crossed([-3, -2, -1, 1, 2, 3], [-1, 0, 1], level=10), SIX)
    assert found.mean == pytest.approx(10)
    assert found.error == pytest.approx(np.sqrt(22.8 / 18))
    assert found.freedom == pytest.approx(22.8**2 / (16.8**2 / 5 + 36 / 2) - 1)
    half = stats.t.ppf(0.975, found.freedom) * found.error
    np.testing.assert_allclose(interval(found), [10 - half, 10 + half])
    assert p_values(found) == pytest.approx(2 * stats.t.sf(10 / found.error, found.freedom))


def test_people_alone_give_the_t_test_of_their_means():
    values = np.random.default_rng(0).normal(0.3, 1, (12, 2))
    found = estimate(values, [str(index) for index in range(12)])
    theirs = stats.ttest_1samp(values.mean(axis=1), 0)
    assert p_values(found) == pytest.approx(theirs.pvalue)
    np.testing.assert_allclose(np.ravel(interval(found)), theirs.confidence_interval(0.95))


def test_trainings_without_a_spread_of_their_own_leave_the_t_test_over_people():
    """A rest above the trainings' mean square: their variance is 0, as on the border of a likelihood."""
    people = np.arange(-4.0, 5.0)
    rest = np.array([[1.0, -1.0, 0.0]]) * np.where(np.arange(9) % 2, 1, -1)[:, None]
    values = crossed(people, [0, 0, 0], 1.0) + rest - rest.mean(axis=0)
    found = estimate(values, range(9))
    assert (found.error, found.freedom) == (pytest.approx(np.std(people, ddof=1) / 3), 8)


def test_people_who_do_not_differ_leave_the_t_test_over_trainings():
    rest = np.where(np.add.outer(np.arange(8), np.arange(4)) % 2, 0.5, -0.5)
    trainings = np.array([-1.0, 0.5, 2.0, 3.0])
    found = estimate(rest + trainings, range(8))
    assert (found.error, found.freedom) == (pytest.approx(np.std(trainings, ddof=1) / 2), 3)


def test_images_of_a_person_count_as_images_in_the_mean_and_as_one_person_in_the_error():
    """Twice the same images are no news: mean and error are those of one image a person."""
    values = np.random.default_rng(1).normal(size=(10, 4))
    once, twice = estimate(values, range(10)), estimate(np.repeat(values, 2, axis=0), np.repeat(range(10), 2))
    np.testing.assert_allclose(np.array(once), np.array(twice))
    uneven = np.concatenate([values, values[:3]])
    found = estimate(uneven, [*range(10), *range(3)])
    assert found.mean == pytest.approx(uneven.mean())


def test_the_error_of_uneven_people_is_that_of_a_jackknife():
    """Another way to the same variance: leave each person out. They agree but for one part in the number of people."""
    random = np.random.default_rng(2)
    subjects = np.repeat(range(60), random.integers(1, 5, 60))
    values = random.normal(size=60)[subjects] + 0.3 * random.normal(size=len(subjects)) + 2
    without = np.array([values[subjects != person].mean() for person in range(60)])
    jackknife = np.sqrt(59 / 60 * ((without - without.mean()) ** 2).sum())
    assert estimate(values[:, None], subjects).error == pytest.approx(jackknife, rel=0.03)


def test_missing_values_have_no_vote_and_no_person():
    values = np.random.default_rng(3).normal(size=(9, 3, 2))
    values[6:, :, 1] = NAN
    found, alone = estimate(values, range(9)), estimate(values[:6, :, 1], range(6))
    for ours, theirs in zip(found, alone, strict=True):
        assert ours[1] == pytest.approx(theirs[0])
    nothing = estimate(np.full((9, 3), NAN), range(9))
    assert np.isnan(nothing).all() and np.isnan(p_values(nothing)).all()


def test_an_image_that_one_training_has_no_value_of_has_no_vote_in_any():
    """Or trainings would be compared on different images."""
    values = np.random.default_rng(3).normal(size=(9, 3))
    values[8, 1] = NAN
    np.testing.assert_allclose(np.array(estimate(values, range(9))), np.array(estimate(values[:8], range(8))))


def test_a_difference_of_few_people_is_not_judged():
    values = np.zeros((20, 4))
    values[: FEWEST_PEOPLE - 1] = np.random.default_rng(4).normal(5, 1, (FEWEST_PEOPLE - 1, 4))
    found = estimate(values, range(20))
    assert found.mean == pytest.approx(values.mean()) and np.isnan([found.error, found.freedom]).all()
    values[FEWEST_PEOPLE - 1] = 5.0
    assert np.isfinite(estimate(values, range(20)).error)


def test_people_without_a_difference_do_not_count_however_many_images_they_have():
    values, subjects = np.zeros((23, 3)), [*range(20), 0, 0, 7]
    values[:5] = np.random.default_rng(4).normal(5, 1, (5, 3))
    assert np.isnan(estimate(values, subjects).error)


# Honesty: a small version of benchmarks/honesty.py


@pytest.mark.parametrize(("people", "trainings"), [(6, 20), (10, 20), (20, 5)])
def test_fewer_people_than_trainings_lend_their_degrees_of_freedom(people, trainings):
    """Means of nothing but what people add: significant one time in twenty, whichever of the two are fewer."""
    random = np.random.default_rng(people)
    values = random.normal(0, 1, (1500, people, 1)) + random.normal(0, 0.3, (1500, people, trainings))
    p = [float(p_values(estimate(each, range(people)))[0]) for each in values]
    assert 0.03 < np.mean(np.array(p) < 0.05) < 0.065


@pytest.mark.parametrize(("people", "seeds", "training_sd"), [(69, 5, 0.01), (20, 5, 0.02), (69, 3, 0.01)])
def test_false_positives_and_coverage_on_known_truth(people, seeds, training_sd):
    found = honesty.simulate(people, seeds, training_sd, count=1500)
    assert 0.03 <= found["model"]["false_positives"] <= 0.07
    assert 0.93 <= found["model"]["coverage"] <= 0.97
    assert found["people alone"]["false_positives"] > 0.2  # what is guarded against


def test_two_trainings_are_too_few():
    assert honesty.simulate(69, 2, 0.01, count=1500)["model"]["false_positives"] > 0.08 and FEWEST_TRAININGS == 3


@pytest.mark.parametrize("unit", ["heatmap_px", "input_px"])
def test_trainings_of_one_method_do_not_differ(unit, monkeypatch):
    monkeypatch.setattr(honesty, "REAL_DRAWS", 500)
    found = honesty.real_null(honesty.RUNS, unit)
    for name in ("three pairs", "five pairs"):
        assert found[name]["model"] <= 0.07 < found[name]["people alone"]


# Rates


def test_no_failure_of_twenty_people_by_hand():
    """Wilson's upper end at 0 is t^2 / (n + t^2); 20 people, not their 60 images, are what was seen."""
    low, high = rate_interval(np.zeros((60, 5)), np.repeat(range(20), 3))
    square = stats.t.ppf(0.975, 19) ** 2
    assert (low[0], high[0]) == (0, pytest.approx(square / (20 + square)))
    low, high = rate_interval(np.ones((60, 5)), np.repeat(range(20), 3))
    assert (low[0], high[0]) == (pytest.approx(20 / (20 + square)), 1)


def test_many_independent_images_have_scipys_wilson_interval():
    failed = np.random.default_rng(5).uniform(size=4000) < 0.3
    theirs = stats.binomtest(int(failed.sum()), 4000).proportion_ci(method="wilson")
    np.testing.assert_allclose(np.ravel(rate_interval(failed[:, None], range(4000))), theirs, atol=1e-3)


def test_images_that_fail_together_are_worth_one():
    failed = np.random.default_rng(6).uniform(size=50) < 0.4
    alike, once = (
        rate_interval(np.repeat(failed, 4)[:, None], np.repeat(range(50), 4)),
        rate_interval(failed[:, None], range(50)),
    )
    np.testing.assert_allclose(alike, once)


@pytest.mark.parametrize(("seeds", "rate"), [(1, 0.005), (1, 0.1), (5, 0.02)])
def test_rate_intervals_cover(seeds, rate):
    assert honesty.rate_coverage(20, seeds, rate, count=600) >= 0.93


# Many tests, and digits


def test_holm_by_hand():
    """Sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1: 0.04, 0.06, 0.06, 0.04, never falling: 0.04, 0.06, 0.06, 0.06."""
    np.testing.assert_allclose(holm(np.array([0.04, 0.01, 0.03, 0.02])), [0.06, 0.04, 0.06, 0.06])
    np.testing.assert_allclose(holm(np.array([[0.5, NAN], [0.3, 0.9]])), [[1.0, NAN], [0.9, 1.0]])
    np.testing.assert_allclose(holm(np.array([NAN])), [NAN])
    np.testing.assert_allclose(holm(np.array([])), [])


def test_holm_keeps_the_family_wise_level():
    """Each of 20 true hypotheses alone is rejected in 5 % of tables; any of them, corrected, in at most 5 %."""
    p = np.random.default_rng(8).uniform(size=(4000, 20))
    assert (np.array([holm(row).min() for row in p]) <= 0.05).mean() == pytest.approx(0.05, abs=0.012)


def test_thousands_of_tests_leave_room_for_one_that_is_sure():
    values = np.random.default_rng(9).normal(size=(40, 5, 5000))
    values[..., 0] += 10
    corrected = holm(p_values(estimate(values, range(40))))
    assert corrected[0] < 1e-6 and (corrected[1:] < 0.05).sum() == 0


def test_twelve_digits_are_kept():
    values = np.array([1 / 3, -2e-20 / 3, 0.0, NAN, np.inf, 123456789012345.0, 1e-310])
    expected = [0.333333333333, -6.66666666667e-21, 0.0, NAN, np.inf, 123456789012000.0]
    np.testing.assert_array_equal(rounded(values)[:6], expected)
    assert rounded(values.reshape(7, 1)).shape == (7, 1)
    # sums in another order
    assert rounded(0.1 + 0.2 + 0.3) == rounded(0.3 + 0.2 + 0.1) and 0.1 + 0.2 + 0.3 != 0.3 + 0.2 + 0.1
