"""CSV files, read and written in rows, with the row numbers that a text editor shows.

for row in read_own_rows(path, needed=("epoch", "loss")):
    loss = row.number("loss")               # a.csv row 4: loss is "x", not a number

Tables that people give come from many programs and are read with patience, those that this package wrote to the letter.
Spreadsheets of countries with decimal commas part cells by semicolons; both are read, see `read_lines`.
All go through here but predictions.csv, whose columns of numbers `runs.predictions` has pandas read.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from rtl_tf.documents import LARGEST, File, read_bytes, repeated, shown
from rtl_tf.exceptions import InputError
from rtl_tf.numerals import DECIMAL_COMMA, DECIMAL_POINT
from rtl_tf.system.atomic import replacing
from rtl_tf.system.faults import each_read
from rtl_tf.system.notes import few

LARGEST_GIVEN = 64 * 2**20  # bytes; a hundred thousand rows of 68 points have as many
SEPARATORS = {";": "';'", "\t": "tabs"}  # beside the comma; what they are called
TOLD = re.compile(r'"?sep=([;,\t])"?', re.IGNORECASE)  # the line by which Excel is told what parts cells
NAMES = ("image", "subject", "mesh")  # columns of text that can look like numbers
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
COUNTED = ("face", "frame")  # columns of names that are numbers: programs that know no other type write them as 1.0
WHOLE = re.compile(r"^(\d+)\.0+$", re.ASCII)
Line = tuple[int, list[str]]  # row number, cells


class Row(NamedTuple):
    """A row of a table, with the file and its number there; the header is row 1."""

    cells: dict[str, str]
    origin: str
    line: int

    @property
    def place(self) -> str:
        """For messages: "a.csv row 4"."""
        return f"{self.origin} row {self.line}"

    def whole(self, column: str) -> int:
        """An integer as Python writes it."""
        text = self.cells[column]
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            raise self.error(f"{column} is {shown(text)}, not a whole number")
        return int(text)

    def number(self, column: str) -> float:
        """A number, perhaps nan or inf, which a training may come to."""
        try:
            return float(self.cells[column])
        except ValueError:
            raise self.error(f"{column} is {shown(self.cells[column])}, not a number") from None

    def error(self, problem: object) -> InputError:
        """An InputError that names file and row, to be raised."""
        return InputError(f"{self.place}: {problem}")


def read_header(path: Path) -> list[str]:
    """Column names, stripped. Raises InputError for a file that is missing, empty or not UTF-8."""
    return _composed(read_lines(path, only_header=True)[0][1])


def header_if_any(path: Path) -> list[str]:
    """As `read_header`; empty where the file is no such table: to know tables of one's own by their columns."""
    try:
        return read_header(path)
    except InputError:
        return []


def require_own(flag: str, path: Path, writer: str, own: Callable[[list[str]], Set[str]]) -> None:
    """InputError where something lies at `path` that is no table of `writer`, or has a column that somebody added.

    Args:
        own: of a header, the columns that `writer` writes; none where the table is another's.
    """
    header = header_if_any(path)
    columns = own(header)
    added = [name or "one without a name" for name in header if name not in columns]
    if path.exists() and (added or not columns):
        why = f"with columns that {writer} does not write: {few(added)}" if columns else f"and not written by {writer}"
        raise InputError(f"{flag} {path}: there already, {why}; name another file")


def read_rows(path: Path, needed: Iterable[str] = ()) -> tuple[list[str], list[Row]]:
    """Header and non-empty rows of a table that a person gives.

    Names of columns are in Unicode's composed form. Cells are stripped of surrounding blanks; those that a row lacks at
    its end, which some programs leave out where they are empty, are empty. Those of COUNTED lose their ".0".

    Raises:
        InputError: the file is missing, empty or not UTF-8, a column name appears twice, a row is longer than the
            header, or one of the columns `needed` is missing.
    """
    (_, names), *lines = read_lines(path)
    header = _composed(names)
    if (name := repeated(filter(None, header))) is not None:
        raise InputError(f"{path} row 1: column '{name}' appears twice")
    if not lines:
        raise InputError(f"{path}: no rows below the header")
    empty = dict.fromkeys(header, "")

    def row_of(line: Line) -> Row:
        row, cells = line
        if len(cells) > len(header):
            problem = f"{len(cells)} cells, but the header has {len(header)}"
            raise InputError(f"{path} row {row}: {problem}{separator_advice(header)}")
        named = empty | dict(zip(header, cells, strict=False))
        counted = {name: WHOLE.sub(r"\1", named[name]) for name in COUNTED if name in named}
        return Row(named | counted, str(path), row)

    rows = each_read(row_of, lines)
    if missing := [name for name in needed if name not in header]:
        raise InputError(f"{path} row 1: no column {', '.join(missing)}{separator_advice(header)}")
    return header, rows


def read_lines(path: Path, only_header: bool = False) -> list[Line]:
    """Non-empty lines of a table that a person gives, cells stripped; the header (which may be empty) first.

    Cells are parted by commas; by semicolons or tabs where the header has these and no comma, or by what Excel's line
    `sep=;` before it says. Decimal commas become points there, see `_with_points`.

    Raises:
        InputError: the file is missing, empty or not UTF-8.
    """
    text, lines = _read_text(path, LARGEST_GIVEN), list[Line]()
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    separator_line = TOLD.fullmatch(first)
    separator = separator_line[1] if separator_line else _separator(first)
    for row, cells in lines_of(text, str(path), strict=False, separator=separator):
        if separator_line and row == 1:
            continue
        if any(cells) or not lines:
            # a mark that is not the file's first: somebody has put a column before it
            lines.append((row, [cell.strip().removeprefix("\ufeff") for cell in cells]))
        if only_header:
            break
    if not lines:
        raise InputError(f"{path}: the file is empty")
    return lines if separator == "," else [lines[0], *_with_points(lines[0][1], lines[1:])]


def separator_advice(header: Sequence[str]) -> str:
    """What is to be said of a header that was parted by commas, and by something else too; "" of any other."""
    other = next((name for sign, name in SEPARATORS.items() if sign in "".join(header)), "")
    return f" (its cells are separated by commas and by {other}: save it with one of the two)" if other else ""


def _separator(header: str) -> str:
    return next((sign for sign in SEPARATORS if sign in header and "," not in header), ",")


def _with_points(header: Sequence[str], lines: list[Line]) -> list[Line]:
    """Numbers with decimal points in columns where all that have decimals have commas; names stay as they are.

    Where a table has no commas but such as may be of thousands (1,234), these stay, too, and no number is read there.
    """
    columns: list[set[str]] = [set() for _ in range(max((len(cells) for _, cells in lines), default=0))]
    for _, cells in lines:
        for column, cell in zip(columns, cells, strict=False):
            column.add(cell)
    names = {index for index, name in enumerate(header) if name in NAMES}
    commas = [set() if at in names else set(filter(DECIMAL_COMMA.fullmatch, cells)) for at, cells in enumerate(columns)]
    if all(map(THOUSANDS.fullmatch, chain(*commas))):
        return lines
    turned = [bool(each) and not any(map(DECIMAL_POINT.fullmatch, columns[at])) for at, each in enumerate(commas)]

    def in_column(at: int, cell: str) -> str:
        return cell.replace(",", ".") if turned[at] and DECIMAL_COMMA.fullmatch(cell) else cell

    return [(row, [in_column(at, cell) for at, cell in enumerate(cells)]) for row, cells in lines]


def read_own_rows(path: str | File, needed: Iterable[str] = ()) -> list[Row]:
    """The rows of a table that this package wrote, below its header, which has the columns `needed`.

    Raises:
        InputError: the file is missing, not UTF-8 or not CSV, a column is missing or named twice, or a row is not as
            long as the header.
    """
    lines = list(lines_of(_read_text(path, LARGEST), str(path)))
    header = lines[0][1] if lines else []
    if missing := [name for name in needed if name not in header]:
        raise InputError(f"{path}: missing column {', '.join(missing)}")
    if (name := repeated(header)) is not None:
        raise InputError(f"{path}: column '{name}' appears twice")
    for row, cells in lines[1:]:
        if len(cells) != len(header):
            raise InputError(f"{path} row {row}: {len(cells)} cells instead of {len(header)}")
    return [Row(dict(zip(header, cells, strict=True)), str(path), row) for row, cells in lines[1:]]


def lines_of(text: str, origin: str, strict: bool = True, separator: str = ",") -> Iterator[Line]:
    """The lines of CSV text as they are; `origin` names it in messages. InputError where it is not CSV."""
    reader, row = csv.reader(io.StringIO(text, newline=""), strict=strict, delimiter=separator), 1
    try:
        for cells in reader:
            yield row, cells
            row = reader.line_num + 1  # a quoted cell may run over several lines
    except csv.Error as problem:  # an open quote, or a cell beyond the csv module's limit
        raise InputError(f"{origin} row {row}: not CSV ({problem})") from problem


def write_rows(
    path: str | Path, header: Sequence[str], rows: Iterable[Iterable], line_end: str = "\r\n", encoding: str = "utf-8"
) -> None:
    """A table of a header and the rows below it, whole or not at all.

    encoding: "utf-8-sig" for spreadsheets, which take a file without its mark for one of an older encoding.
    """
    with replacing(path) as unfinished, open(unfinished, "w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator=line_end)
        writer.writerow(header)
        writer.writerows(rows)


def as_line(cells: Iterable) -> str:
    """A line of a table, its end included."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _read_text(path: str | File, largest: int) -> str:
    try:
        return read_bytes(path, largest).decode("utf-8-sig")  # spreadsheet programs write a byte order mark
    except UnicodeDecodeError as problem:
        raise InputError(f"{path}: cannot read the table: not UTF-8; save it as 'CSV UTF-8'") from problem


def _composed(names: list[str]) -> list[str]:
    return [unicodedata.normalize("NFC", name) for name in names]
