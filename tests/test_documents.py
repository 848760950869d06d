"""Structured files from outside: types, places in messages, hostile content."""

import math
import os

import pytest

from rtl_tf.documents import Node, parse_json, parse_toml, read_json, read_table, read_text
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


def test_tables(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text('epoch,loss,note\n1,0.5,"two\nlines"\n2,nan,x\n')
    first, second = read_table(file, ["epoch", "loss"])
    assert (first.whole("epoch"), first.number("loss"), first.cells["note"]) == (1, 0.5, "two\nlines")
    assert math.isnan(second.number("loss")) and second.line == 4
    with pytest.raises(InputError, match=r"a.csv, line 4: note is \"x\", not a number"):
        second.number("note")
    with pytest.raises(InputError, match=r"line 3: loss is \"0.5\", not a whole number"):
        first.whole("loss")
    with pytest.raises(InputError, match="a.csv: missing column time, place"):
        read_table(file, ["time", "epoch", "place"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "missing column a"),
        (b"a,a\n1,2\n", "a.csv: column 'a' appears twice"),
        (b"a,b\n1,2\n1\n", "line 3: 1 fields instead of 2"),
        (b"a\n" + b"1" * 2**20, "line 2: not CSV"),
        (b'a\n"1', "not CSV"),
        (b"a\n\xff", "not UTF-8"),
        (b"a\n1\x00\n", "not a number"),
        (b"a\n" + b"1" * 400 + b"x\n", "not a number"),
    ],
)
def test_what_is_no_table_is_one_line(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        [row.number("a") for row in read_table(tmp_path / "a.csv", ["a"])]
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_long_values_are_cut_in_messages():
    with pytest.raises(InputError) as caught:
        Node("x" * 1000, "a.json").whole()
    assert len(str(caught.value)) < 120
