"""What only one thread at a time may use."""

import pytest

from rtl_tf.inference.engines import Reserve


def test_nobody_is_lent_what_another_one_uses_and_nothing_is_made_without_need():
    made = iter("abc")
    reserve = Reserve(lambda: next(made))
    with reserve.one() as first, reserve.one() as second:
        assert {first, second} == {"a", "b"}
    with pytest.raises(ValueError, match="of the user"), reserve.one():
        raise ValueError("of the user")
    with reserve.one() as first, reserve.one() as second:
        assert {first, second} == {"a", "b"}
    assert next(made) == "c"
