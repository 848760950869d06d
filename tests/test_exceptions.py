"""The message of bad input is one printable line, whatever it quotes."""

import pickle

from rtl_tf.exceptions import LONGEST, InputError


def test_what_is_printable_stays():
    assert str(InputError("Müller.jpg: no such image – 0.5 px")) == "Müller.jpg: no such image – 0.5 px"


def test_line_breaks_and_control_characters_are_escaped():
    message = str(InputError("a\r\n\x0b\x1c\u2028\x00b\udcff"))
    assert message == r"a\r\n\x0b\x1c\u2028\x00b\udcff" and len(message.splitlines()) == 1


def test_a_long_message_keeps_its_ends():
    message = str(InputError(f"a.csv row 3: '{'x' * 140_000}' is no number"))
    assert message.startswith("a.csv row 3: 'xxx") and message.endswith("xxx' is no number")
    assert len(message) == LONGEST + len(" ... ")


def test_it_passes_from_process_to_process():
    assert str(pickle.loads(pickle.dumps(InputError("a\nb")))) == r"a\nb"
