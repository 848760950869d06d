"""Tables: patience with those that people give, the letter of our own, and one module for all of it."""

import ast
import math
from pathlib import Path

import pytest

import rtl_tf
from rtl_tf.csv_rows import as_line, read_header, read_lines, read_own_rows, read_rows, require_own, write_rows
from rtl_tf.exceptions import InputError
from rtl_tf.numerals import as_number


def test_rows_that_the_package_wrote(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text('epoch,loss,note\n1,0.5,"two\nlines"\n2,nan,x\n')
    first, second = read_own_rows(file, ["epoch", "loss"])
    assert (first.whole("epoch"), first.number("loss"), first.cells["note"]) == (1, 0.5, "two\nlines")
    assert math.isnan(second.number("loss")) and (first.line, second.line) == (2, 4)
    with pytest.raises(InputError, match=r"a.csv row 4: note is \"x\", not a number"):
        second.number("note")
    with pytest.raises(InputError, match=r"row 2: loss is \"0.5\", not a whole number"):
        first.whole("loss")
    with pytest.raises(InputError, match="a.csv: missing column time, place"):
        read_own_rows(file, ["time", "epoch", "place"])


def test_faces_and_frames_of_a_program_that_knows_no_whole_numbers(tmp_path):
    (tmp_path / "a.csv").write_text("image,face,frame,subject\n1.0,1.0,12.00,7.0\na.png,v1.0,,\n")
    _, rows = read_rows(tmp_path / "a.csv")
    assert [list(row.cells.values()) for row in rows] == [["1.0", "1", "12", "7.0"], ["a.png", "v1.0", "", ""]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "missing column a"),
        (b"a,a\n1,2\n", "a.csv: column 'a' appears twice"),
        (b"a,b\n1,2\n1\n", "row 3: 1 cells instead of 2"),
        (b"a\n" + b"1" * 2**20, "row 2: not CSV"),
        (b'a\n"1', "not CSV"),
        (b"a\n\xff", "not UTF-8"),
        (b"a\n1\x00\n", "not a number"),
        (b"a\n" + b"1" * 400 + b"x\n", "not a number"),
    ],
)
def test_what_is_no_table_is_one_line(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        [row.number("a") for row in read_own_rows(tmp_path / "a.csv", ["a"])]
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_our_own_cells_are_taken_to_the_letter(tmp_path):
    file = tmp_path / "a.csv"
    cells = [[" a.png", 'say "a"'], ["b\nc.png ", "x,y"], ["", "\ufeff"]]
    write_rows(file, ["image", "note "], cells)
    assert [list(row.cells.values()) for row in read_own_rows(file)] == cells
    assert [(list(row.cells), row.line) for row in read_own_rows(file)] == [(["image", "note "], n) for n in (2, 3, 5)]
    content = file.read_bytes()
    assert content.decode() == as_line(["image", "note "]) + "".join(map(as_line, cells))
    write_rows(file, ["a"], [[1], [2]], line_end="\n")
    assert file.read_bytes() == b"a\n1\n2\n"


def test_tables_that_people_give_are_read_with_patience(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text('image , m\u00fc,u\u0308\n\n a.png ,1,2\n"b\n.png"\nc.png,"3\n', encoding="utf-8-sig")
    header, rows = read_rows(file)
    assert header == read_header(file) == ["image", "m\u00fc", "\u00fc"]
    assert [(row.line, *row.cells.values()) for row in rows] == [
        (3, "a.png", "1", "2"), (4, "b\n.png", "", ""), (6, "c.png", "3", ""),
    ]  # fmt: skip
    assert str(rows[1].error("bad")) == f"{file} row 4: bad"
    assert read_lines(file, only_header=True) == [(1, ["image", "m\u00fc", "u\u0308"])]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_tables_of_spreadsheets_with_decimal_commas(tmp_path, separator):
    file = tmp_path / "a.csv"
    lines = ["image;a;b;note", '"x;1.png";1,5;-,25e3;1,234,5', "y.png;12;;a, b"]
    file.write_text("\r\n".join(lines).replace(";", separator), encoding="utf-8-sig")
    header, rows = read_rows(file, ["image", "note"])
    assert header == read_header(file) == ["image", "a", "b", "note"]
    assert [(row.line, *row.cells.values()) for row in rows] == [
        (2, f"x{separator}1.png", "1.5", "-.25e3", "1,234,5"), (3, "y.png", "12", "", "a, b"),
    ]  # fmt: skip


def test_a_comma_beside_decimal_points_may_be_of_thousands(tmp_path):
    (tmp_path / "a.csv").write_text("a;b\n1,234;0.5\n")
    (row,) = read_rows(tmp_path / "a.csv")[1]
    assert row.cells == {"a": "1,234", "b": "0.5"}
    with pytest.raises(InputError, match="^'1,234' is not a number; write decimals with a point, and thou"):
        as_number(row.cells["a"])


def test_decimal_commas_are_told_by_column(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("image;subject;visit;a;b\n1,5;1,50;12.05;8,25;1,234\n2,5;;3,5;x;999\n")
    assert [list(row.cells.values()) for row in read_rows(file)[1]] == [
        ["1,5", "1,50", "12.05", "8.25", "1.234"], ["2,5", "", "3,5", "x", "999"],
    ]  # fmt: skip
    for value, other in (("1,234", "999"), ("-12,345", "1,234")):
        file.write_text(f"image\ta\tb\n0,5\t{value}\t{other}\n")
        assert list(read_rows(file)[1][0].cells.values()) == ["0,5", value, other]
    file.write_text("a\tb\n1,234\t0,234\n")
    assert list(read_rows(file)[1][0].cells.values()) == ["1.234", "0.234"]


def test_the_line_that_tells_excel_what_parts_cells(tmp_path):
    for first, sign in (("sep=;", ";"), ('"sep=;"', ";"), ("SEP=,", ","), ("sep=\t", "\t")):
        (tmp_path / "a.csv").write_text(f"{first}\na;b\n1;2\n".replace(";", sign), encoding="utf-8-sig")
        header, (row,) = read_rows(tmp_path / "a.csv")
        assert header == read_header(tmp_path / "a.csv") == ["a", "b"]
        assert (row.line, row.cells) == (3, {"a": "1", "b": "2"})


def test_a_comma_in_a_header_parts_cells(tmp_path):
    """A semicolon too may stand in a name."""
    (tmp_path / "a.csv").write_text('a,b;c\n1,"2,5"\n')
    assert read_rows(tmp_path / "a.csv")[1][0].cells == {"a": "1", "b;c": "2,5"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"a;b,c\n1;2,3,4\n",
            "a.csv row 2: 3 cells, but the header has 2 .its cells are separated by commas and by ';'",
        ),
        (b"a\tb,c\n1\t2,3\n", "a.csv row 1: no column x .* by commas and by tabs: save it with one of the two.$"),
        (b"", "a.csv: the file is empty"),
        (b"a,b\n", "a.csv: no rows below the header"),
        (b"a,b,a\n1,2,3\n", "a.csv row 1: column 'a' appears twice"),
        (b"a\n1\n\n1,2\n", "a.csv row 4: 2 cells, but the header has 1"),
        (b"a\n1\n" + b"1" * 2**20, "a.csv row 3: not CSV"),
        (b"a\n\xff", "a.csv: cannot read the table: not UTF-8; save it as 'CSV UTF-8'"),
    ],
)
def test_what_no_patience_can_read_is_named(tmp_path, content, message):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_rows(tmp_path / "a.csv", ["x"])


def test_a_table_to_which_somebody_added_a_column_is_not_replaced(tmp_path):
    file = tmp_path / "a.csv"

    def ask():
        require_own("--output", file, "rtl-it", lambda header: {"image", "x", "y"} if "x" in header else set())

    ask()  # nothing there
    for ours in ("image,x\n1,2\n", "\ufeffx,image\n"):
        file.write_text(ours, encoding="utf-8")
        ask()
    for other, why in {
        "image,age,x,\n": "with columns that rtl-it does not write: age, one without a name",
        "image,age\n": "and not written by rtl-it",
        "": "and not written by rtl-it",
    }.items():
        file.write_text(other, encoding="utf-8")
        with pytest.raises(InputError) as refused:
            ask()
        assert str(refused.value) == f"--output {file}: there already, {why}; name another file"


def test_one_module_knows_csv():
    package = Path(rtl_tf.__file__).parent
    nodes = {path: ast.walk(ast.parse(path.read_text("utf-8"))) for path in package.rglob("*.py")}
    users = {path.stem for path, all_of in nodes.items() for node in all_of if isinstance(node, ast.Import)
             and any(alias.name == "csv" for alias in node.names)}  # fmt: skip
    assert users == {"csv_rows"}
