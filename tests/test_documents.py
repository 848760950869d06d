"""Structured files from outside: types, places in messages, hostile content."""

import os

import pytest

from rtl_tf.documents import Node, parse_json, parse_toml, read_json, read_text
from rtl_tf.exceptions import InputError


def test_a_value_of_another_type_is_named_by_file_and_place():
    document = parse_json('{"images": [{"width": "12 px"}]}', "a.json")
    (image,) = document["images"].elements()
    with pytest.raises(InputError, match=r'^a.json: images\[0\].width: expected a whole number.*there is "12 px"$'):
        image["width"].whole(low=1)
    with pytest.raises(InputError, match=r"^a.json: images\[0\]: 'height' is missing$"):
        image["height"]
    assert image.get("height") is None
    with pytest.raises(InputError, match="expected a list, there is an object"):
        image.list()


def test_numbers():
    document = parse_json('{"a": 3, "b": 3.5, "c": 12.0, "d": true, "e": NaN, "f": 1e999, "g": 1%s}' % ("0" * 400), "x")
    assert (document["a"].whole(), document["b"].number(), document["c"].whole()) == (3, 3.5, 12)
    for key in "bd":
        with pytest.raises(InputError, match="whole"):
            document[key].whole()
    for key in "defg":
        with pytest.raises(InputError, match="expected a number"):
            document[key].number()
    with pytest.raises(InputError, match="expected a number from 0 to 2, there is 3"):
        document["a"].number(0, 2)
    assert document["d"].flag() is True


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 200_000, "1" * 5000, "", "{", '{"a": 1}}', "\x00"])
def test_what_is_no_json_is_one_line(text):
    with pytest.raises(InputError) as caught:
        parse_json(text, "a.json").object()
    assert str(caught.value).startswith("a.json: ") and "\n" not in str(caught.value) and len(str(caught.value)) < 200


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = 1" + "0" * 5000, "a = ", "= 1"])
def test_what_is_no_toml_is_one_line(text):
    with pytest.raises(InputError, match="^a.toml: "):
        parse_toml(text, "a.toml")["a"].number()


def test_encodings(tmp_path):
    file = tmp_path / "a.json"
    file.write_text('{"a": "ü"}', encoding="utf-8-sig")
    assert read_json(file)["a"].text() == "ü"
    for encoding in ("utf-16", "latin-1"):
        file.write_text('{"a": "ü"}', encoding=encoding)
        with pytest.raises(InputError, match="not UTF-8"):
            read_json(file)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(InputError, match="not a regular file"):
        read_text(tmp_path / "pipe.json")


def test_what_is_missing_or_too_large(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_text(tmp_path / "a.json")
    with pytest.raises(InputError):
        read_text("a\0b")
    (tmp_path / "a.json").write_text("12345")
    with pytest.raises(InputError, match="larger"):
        read_text(tmp_path / "a.json", largest=4)


def test_long_values_are_cut_in_messages():
    with pytest.raises(InputError) as caught:
        Node("x" * 1000, "a.json").whole()
    assert len(str(caught.value)) < 120
