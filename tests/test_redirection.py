"""What is written past Python goes nowhere, or to a file, for a while, and only then."""

import os
import sys

import pytest

from rtl_tf.system.redirection import redirected, silenced


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


def test_what_is_written_is_added_to_a_file(capfd, tmp_path):
    log = tmp_path / "train.log"
    log.write_text("first, ")
    with redirected(log, 1, 2):
        os.write(1, b"second, ")
        os.write(2, b"third")
    print("heard")
    assert log.read_text() == "first, second, third" and capfd.readouterr().out == "heard\n"
