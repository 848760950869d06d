"""Bland and Altman's limits and ICC: by hand, and against pingouin to 1e-6."""

import math

import numpy as np
import pytest

from rtl_tf.clinic.measured_table import number
from rtl_tf.evaluation.agreement import Interval, bland_altman, icc
from rtl_tf.reports.measured_agreement import _with_ends

# Shrout and Fleiss (1979), Table 2: six targets, four judges; they give ICC(2,1) 0.29 and ICC(3,1) 0.71.
SHROUT = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


def test_limits_by_hand():
    found = bland_altman(np.array([1.0, 3.0, -1.0, 1.0]))  # mean 1, sd sqrt(8 / 3)
    assert found.bias.value == 1 and found.sd == pytest.approx(1.632993) and found.mae == 1.5
    assert found.upper.value == pytest.approx(1 + 1.96 * 1.632993)
    assert found.bias.high - 1 == pytest.approx(3.182446 * 1.632993 / 2, abs=1e-5)  # t with 3 degrees of freedom
    assert found.lower.value - found.lower.low == pytest.approx(3.182446 * math.sqrt(3) * 1.632993 / 2, abs=1e-5)
    assert math.isnan(bland_altman(np.array([1.0, 2.0])).bias.value)


def test_people_are_the_draws():
    differences = np.tile([1.0, 3.0, -1.0, 1.0], 3)
    found = bland_altman(differences, list("abcd") * 3)
    assert (found.images, found.people, found.bias.value) == (12, 4, 1)
    assert found.bias.high - 1 == pytest.approx(3.182446 * found.sd / 2, abs=1e-5)
    wide, narrow = icc(np.tile(SHROUT, (3, 1)), list("abcdef") * 3)[1], icc(np.tile(SHROUT, (3, 1)))[1]
    assert wide.value == narrow.value and wide.high - wide.low > narrow.high - narrow.low


def test_people_with_many_images_do_not_make_others_count_for_more():
    """Ten images, seven of one person of four: as much as 100 / (49 + 1 + 1 + 1) people."""
    differences, people = np.arange(10.0), list("aaaaaaabcd")
    found = bland_altman(differences, people)
    assert (found.people, found.bias.value) == (4, 4.5)
    assert found.bias.high - 4.5 == pytest.approx(3.182446 * found.sd / math.sqrt(100 / 52), abs=1e-5)
    values = np.stack([differences, differences[::-1] % 3 + differences], axis=1)
    unequal, equal = (icc(values, each)[1] for each in (people, list("aaabbbccdd")))
    assert unequal.value == equal.value and unequal.high - unequal.low > equal.high - equal.low


def test_nothing_has_no_sign():
    assert (number(-0.004, 2), number(-0.006, 2), number(math.nan, 2)) == ("0.00", "-0.01", "")
    assert _with_ends(Interval(-0.004, -0.5, 0.004), 2) == "0.00 [−0.50, 0.00]"


def test_icc_of_the_textbook():
    absolute, consistent = icc(SHROUT)
    assert absolute.value == pytest.approx(0.29, abs=0.005) and consistent.value == pytest.approx(0.71, abs=0.006)


def test_raters_who_agree():
    same = np.array([[1.0, 1.0], [2, 2], [3, 3]])
    assert icc(same) == ((1, 1, 1), (1, 1, 1))
    shifted = same + [0, 1]
    absolute, consistent = icc(shifted)
    assert absolute.value == pytest.approx(2 / 3)  # variance 1 between images, 0.5 between raters
    assert consistent == (1, 1, 1)
    assert all(math.isnan(each.value) for each in (*icc(np.ones((4, 2))), *icc(same[:2])))


@pytest.mark.parametrize(("count", "raters", "noise"), [(8, 2, 0.3), (30, 2, 3.0), (12, 4, 1.0), (310, 2, 0.05)])
def test_icc_equals_pingouins(count, raters, noise, monkeypatch):
    pingouin, pandas = pytest.importorskip("pingouin"), pytest.importorskip("pandas")
    monkeypatch.setitem(pingouin.options, "round.column.CI95", None)
    rng = np.random.default_rng(count)
    values = rng.normal(25, 1, (count, 1)) + rng.normal(0, 0.5, raters) + noise * rng.normal(size=(count, raters))
    table = pandas.DataFrame({
        "image": np.repeat(np.arange(count), raters),
        "rater": np.tile(np.arange(raters), count),
        "value": values.ravel(),
    })  # fmt: skip
    theirs = pingouin.intraclass_corr(table, "image", "rater", "value").set_index("Type")
    for own, name in zip(icc(values), ("ICC(A,1)", "ICC(C,1)"), strict=True):
        np.testing.assert_allclose(own, [theirs.loc[name, "ICC"], *theirs.loc[name, "CI95"]], atol=1e-6)


@pytest.mark.parametrize("count", [5, 60])
def test_limits_equal_pingouins(count):
    pingouin = pytest.importorskip("pingouin")
    from matplotlib.figure import Figure

    rng = np.random.default_rng(count)
    one, other = rng.normal(25, 1, (2, count))
    axes = Figure().subplots()
    pingouin.plot_blandaltman(one, other, ax=axes, annotate=False)
    lines = [line.get_ydata()[0] for line in axes.lines[1:4]]  # after the zero line
    found = bland_altman(one - other)
    np.testing.assert_allclose(lines, [found.bias.value, found.upper.value, found.lower.value], atol=1e-6)
    spans = [sorted({round(y, 9) for y in patch.get_xy()[:, 1]} if hasattr(patch.get_xy(), "shape") else
                    (patch.get_y(), patch.get_y() + patch.get_height())) for patch in axes.patches]  # fmt: skip
    own = sorted((each.low, each.high) for each in (found.bias, found.upper, found.lower))
    np.testing.assert_allclose(sorted((low, high) for low, high in spans), own, atol=1e-6)
