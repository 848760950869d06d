from itertools import product

import numpy as np
import pytest
from scipy import stats

from rtl_tf.evaluation.statistics import holm, interval, paired_permutation_test, resampled_means

NAN = np.nan


def test_two_subjects_by_hand():
    """a has images 1 and 3, b has 8: draws aa, ab, ba, bb have the means 2, 4, 4, 8, with chances 1/4, 1/2, 1/4."""
    means = resampled_means(np.array([1.0, 8.0, 3.0]), ["a", "b", "a"], resamples=40_000)
    values, counts = np.unique(means, return_counts=True)
    np.testing.assert_array_equal(values, [2.0, 4.0, 8.0])
    np.testing.assert_allclose(counts / 40_000, [0.25, 0.5, 0.25], atol=0.01)
    assert interval(means) == (2.0, 8.0)
    assert interval(means, level=0.4) == (4.0, 4.0)


def test_columns_share_their_draws_and_missing_values_have_no_vote():
    values = np.array([[1.0, 2.0, NAN], [3.0, 4.0, 3.0], [5.0, 6.0, NAN]])
    means = resampled_means(values, ["a", "b", "c"], resamples=500)
    np.testing.assert_allclose(means[:, 1] - means[:, 0], 1.0)
    # b alone votes in the third column: its value, or none where b was not drawn
    without_b = np.isnan(means[:, 2])
    assert 0.2 < without_b.mean() < 0.4  # (2/3)^3 = 0.30
    assert set(means[~without_b, 2]) == {3.0}
    low, high = interval(means)
    assert (low[2], high[2]) == (3.0, 3.0)


def test_the_bootstrap_is_repeatable_and_independent_of_its_chunks(monkeypatch):
    values = np.random.default_rng(1).gamma(4, 0.2, (40, 3))
    subjects = [f"s{i % 11}" for i in range(40)]
    whole = resampled_means(values, subjects, resamples=1000, seed=5)
    monkeypatch.setattr("rtl_tf.evaluation.statistics.CHUNK", 11 * 64)
    np.testing.assert_allclose(resampled_means(values, subjects, resamples=1000, seed=5), whole, rtol=1e-13)
    assert not np.array_equal(resampled_means(values, subjects, resamples=1000, seed=6), whole)


def test_one_image_a_subject_gives_scipys_interval():
    values = np.random.default_rng(2).gamma(4, 0.2, 60)
    low, high = interval(resampled_means(values, [str(i) for i in range(60)], resamples=20_000))
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", random_state=np.random.default_rng(0)
    ).confidence_interval
    np.testing.assert_allclose((low, high), theirs, atol=0.006)  # the ends' own noise over seeds is some 0.002


def test_an_independent_plain_loop_gives_the_same_distribution():
    random = np.random.default_rng(3)
    values, subjects = random.normal(size=30), np.array([f"s{i}" for i in random.integers(0, 8, 30)])
    names = np.unique(subjects)
    plain = [
        np.concatenate([values[subjects == name] for name in random.choice(names, len(names))]).mean()
        for _ in range(8000)
    ]
    ours = resampled_means(values, subjects, resamples=8000)
    assert stats.ks_2samp(plain, ours).pvalue > 0.01


def test_intervals_by_subject_cover_the_truth_and_intervals_by_image_do_not():
    """40 people of five scans, a person's scans alike: 95 % must hold for people never seen."""
    random = np.random.default_rng(4)
    subjects = np.repeat(np.arange(40), 5)
    covered = {"subject": 0, "image": 0}
    for trial in range(200):
        values = random.normal(size=40)[subjects] + 0.3 * random.normal(size=200)
        for unit, clusters in (("subject", subjects), ("image", np.arange(200))):
            low, high = interval(resampled_means(values, clusters, resamples=400, seed=trial))
            covered[unit] += low <= 0 <= high
    assert covered["subject"] >= 180  # 95 % of 200, less three standard deviations, less the bootstrap's own shortfall
    assert covered["image"] < 140


def test_permutation_by_hand():
    """Differences of three subjects: 1, 2, 3. Of the 8 sign patterns, +++ and --- are as extreme as 6."""
    assert paired_permutation_test(np.array([1.0, 2.0, 3.0]), ["a", "b", "c"]) == pytest.approx(2 / 8)
    # |1 + 2 - 3| = 0: everything is as extreme
    assert paired_permutation_test(np.array([1.0, 2.0, -3.0]), ["a", "b", "c"]) == 1.0
    # |-1 + 2 + 3| = 4: also reached by +-- , and 6 by +++ and ---
    assert paired_permutation_test(np.array([-1.0, 2.0, 3.0]), ["a", "b", "c"]) == pytest.approx(4 / 8)


def test_scans_of_a_subject_flip_together_and_count_as_images():
    """a's two scans differ by 1 and 3, b's one by 2: sums 4 and 2; 6 is reached by ++ and --."""
    differences = np.array([[1.0, 1.0], [3.0, NAN], [2.0, 2.0]])
    p = paired_permutation_test(differences, ["a", "a", "b"])
    np.testing.assert_allclose(p, [2 / 4, 2 / 4])
    assert np.isnan(paired_permutation_test(np.array([NAN, NAN]), ["a", "b"]))


def test_equal_methods_never_differ():
    assert paired_permutation_test(np.zeros(5), list("abcde")) == 1.0
    assert paired_permutation_test(np.zeros(50), [str(i) for i in range(50)]) == 1.0


def test_exact_p_is_scipys():
    random = np.random.default_rng(5)
    first, second = random.normal(size=(2, 10))
    theirs = stats.permutation_test(
        (first, second), lambda a, b: np.mean(a - b), permutation_type="samples", n_resamples=np.inf
    )
    ours = paired_permutation_test(first - second, [str(i) for i in range(10)])
    assert ours == pytest.approx(theirs.pvalue)


def test_drawn_patterns_agree_with_all_of_them_and_are_never_zero():
    random = np.random.default_rng(6)
    differences, subjects = random.normal(0.3, 1, (12, 4)), [str(i) for i in range(12)]
    exact = paired_permutation_test(differences, subjects, flips=5000)
    plain = [
        np.mean([abs(np.dot(signs, column)) >= abs(column.sum()) - 1e-9 for signs in product((1, -1), repeat=12)])
        for column in differences.T
    ]
    np.testing.assert_allclose(exact, plain)
    drawn = paired_permutation_test(differences, subjects, flips=4000)
    np.testing.assert_allclose(drawn, exact, atol=4 * np.sqrt(0.25 / 4000))
    far = paired_permutation_test(np.full(100, 0.5), [str(i) for i in range(100)], flips=999)
    assert far == 1 / 1000


def test_the_test_keeps_its_level_where_there_is_no_difference():
    random = np.random.default_rng(7)
    subjects = np.repeat(np.arange(20), 2)
    differences = random.normal(size=(20, 1000))[subjects] + random.normal(size=(40, 1000))
    p = paired_permutation_test(differences, subjects, flips=999)
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.025)


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
