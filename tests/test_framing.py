"""Sizes of faces, held against those that are compared."""

import warnings

import numpy as np

from rtl_tf.audit.framing import Framing, is_odd, odd_sizes

NAN = float("nan")


def framing(mm_per_px, has_box):
    count = len(mm_per_px)
    side = np.full(count, 100.0)
    return Framing(side, side, side, side, np.array(mm_per_px), np.array(has_box))


def test_faces_that_are_not_compared_have_no_say_in_what_sizes_are_held_against():
    """Scales are told of the last three alone, which are not compared; boxes of all but one."""
    sizes = np.array([50.0, 50.0, 100.0, NAN, NAN, NAN])
    with warnings.catch_warnings(action="error"):
        odd = odd_sizes(framing([NAN, NAN, NAN, 0.5, 0.5, 0.5], [False] * 6), sizes)
        assert odd[2] == "" and not is_odd(*odd[:2]).any()
        factor, deviations, what = odd_sizes(framing([NAN] * 3 + [0.5] * 3, [True] * 3 + [False] * 3), sizes)
    assert what == "its box" and is_odd(factor, deviations).tolist() == [False, False, True, False, False, False]
    factor, deviations, what = odd_sizes(framing([0.5, 0.5, 0.5, NAN, NAN, NAN], [False] * 6), sizes)
    assert what == "mm" and factor[2] == 2 and is_odd(factor, deviations)[2]
