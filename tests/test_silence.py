"""What is written past Python goes nowhere for a while, and only then."""

import os
import sys

import pytest

from rtl_tf.system.silence import silenced


def test_only_what_is_written_inside_is_lost(capfd):
    print("before")
    with silenced(1, 2):
        os.write(1, b"from a library")
        os.write(2, b"from a library")
    print("after", file=sys.stderr)
    print("after")
    assert capfd.readouterr() == ("before\nafter\n", "after\n")


def test_an_error_ends_the_silence(capfd):
    with pytest.raises(ValueError), silenced(1):
        raise ValueError
    print("heard")
    assert capfd.readouterr().out == "heard\n"
