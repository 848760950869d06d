"""DeepLabCut: the CSV file of labelled frames, CollectedData_<scorer>.csv."""

import re
from dataclasses import replace
from pathlib import Path, PurePosixPath

from rtl_tf.csv_rows import read_lines
from rtl_tf.datasets.annotations import landmark_name
from rtl_tf.datasets.named_points import Face, find_image, is_labelled, samples_of, schema_of
from rtl_tf.datasets.turned import with_turned_told
from rtl_tf.exceptions import InputError
from rtl_tf.numerals import as_number
from rtl_tf.records import Sample
from rtl_tf.system.faults import each_read
from rtl_tf.system.notes import tell_left_out

PATTERN = "CollectedData_*.csv"
HEADER = (("scorer", "bodyparts", "coords"), ("scorer", "individuals", "bodyparts", "coords"))
LONGEST_LINE = 1000  # characters that are looked at to know the format

Row = tuple[int, list[str]]


def recognises(path: Path) -> bool:
    """Whether `path` is a CSV file with DeepLabCut's header, a folder with such files, or a project's folder."""
    return any(map(_is_header, map(_first_line, _files(path))))


def default_schema(path: Path) -> str:
    """The largest shipped schema of which the body parts have every landmark."""
    return schema_of(path, _faces(path), None).name


def read(path: Path, schema: str | None = None) -> list[Sample]:
    """A sample for every labelled face: of a CSV file, of the `CollectedData_*.csv` of a folder, or of a project.

    Landmarks are the body parts; coordinates are px with pixel centres on integers, as the tool's viewer shows them;
    both cells empty = not labelled. Each of several individuals is a face. A row's image is its path within the
    project, in one column or three, found from there or by `find_image`. Rows without a point are left out, with an
    InputWarning.

    The frames of a folder (a video) are one subject where there are several folders. Where there is only one, nobody is
    told, see `called_like_images`; individuals are persons of their own always.

    Raises:
        InputError: a file is malformed, an image is missing, or a landmark lies outside; names the file and the row.
    """
    return with_turned_told(path, samples_of(path, _faces(path), schema))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.glob(PATTERN)) or sorted(path.glob(f"labeled-data/*/{PATTERN}"))
    return [path] if path.suffix.lower() == ".csv" and path.is_file() else []


def _first_line(file: Path) -> str:
    if not file.is_file():  # a pipe would be waited for
        return ""
    with open(file, encoding="utf-8-sig", errors="replace") as opened:
        return opened.readline(LONGEST_LINE)


def _is_header(line: str) -> bool:
    return re.split("[,;\t]", line)[0].strip().strip('"') == "scorer"


def _faces(path: Path) -> list[Face]:
    found: list[Face] = []
    empty: list[str] = []
    for file in _files(path):
        found += _faces_of(file, empty)
    tell_left_out(path, "rows without a point", empty)
    several_folders = len({face.image.parent for face in found}) > 1
    return [_with_subject(face, several_folders) for face in found]


def _with_subject(face: Face, several_folders: bool) -> Face:
    folder = face.image.parent.name if several_folders else ""
    return replace(face, subject=f"{folder}_{face.face}" if folder and face.face else folder)


def _faces_of(file: Path, empty: list[str]) -> list[Face]:
    header, rows = _read(file)
    columns, start = _columns(file, header)
    individuals = list(dict.fromkeys(individual for individual, _ in columns))

    def faces_in(line: Row) -> list[Face]:
        row, cells = line
        faces = []
        origin = f"{file} row {row}"
        try:
            if len(cells) != len(header[0]):
                raise InputError(f"{len(cells)} cells, but the header has {len(header[0])}")
            image = find_image(file.parent, _path(cells[:start]), file.parent.parent.parent)
            for individual in individuals:
                points = {
                    part: _point(cells, axes, part) for (owner, part), axes in columns.items() if owner == individual
                }
                face = individual if len(individuals) > 1 else ""
                where = f"{origin} {face}".rstrip()
                found = Face(where, image, points, "", face)
                if is_labelled(found):
                    faces.append(found)
                else:
                    empty.append(where.removeprefix(f"{file} "))
        except InputError as problem:
            raise InputError(f"{origin}: {problem}") from problem
        return faces

    return [face for faces in each_read(faces_in, rows) for face in faces]


def _read(file: Path) -> tuple[list[list[str]], list[Row]]:
    """The rows of the header, and the other rows with their numbers."""
    lines = read_lines(file)
    names = tuple(cells[0] if cells else "" for _, cells in lines[:4])
    for header in HEADER:
        if names[: len(header)] == header:
            return [cells for _, cells in lines[: len(header)]], lines[len(header) :]
    raise InputError(f"{file}: expected rows called scorer, (individuals,) bodyparts and coords at the top")


def _columns(file: Path, header: list[list[str]]) -> tuple[dict[tuple[str, str], dict[str, int]], int]:
    """{(individual, body part): {"x": column, "y": column}}, and how many columns name the image."""
    *_, parts, axes = header
    parts = list(map(landmark_name, parts))
    individuals = header[1] if len(header) == 4 else [""] * len(axes)
    start = next((column for column, axis in enumerate(axes) if axis == "x"), 0)
    if not start or len(set(map(len, header))) > 1:
        raise InputError(f"{file}: its first rows differ in length, or have no column x")
    columns: dict[tuple[str, str], dict[str, int]] = {}
    for column in range(start, len(axes)):
        pair = columns.setdefault((individuals[column], parts[column]), {})
        if axes[column] not in ("x", "y") or axes[column] in pair:
            what = f"{parts[column]} {axes[column]}"
            raise InputError(f"{file} column {column + 1}: '{what}': expected x and y of each body part, once")
        pair[axes[column]] = column
    for (_, part), pair in columns.items():
        if len(pair) != 2:
            raise InputError(f"{file}: body part {part} has only one coordinate")
    return columns, start


def _path(cells: list[str]) -> str:
    path = PurePosixPath("/".join(filter(None, cells)).replace("\\", "/"))
    if not path.name:
        raise InputError("no image is named")
    return str(path)


def _point(cells: list[str], axes: dict[str, int], part: str) -> tuple[float, float]:
    """(x, y); NaN where a cell is empty."""
    try:
        x, y = (as_number(cells[axes[axis]]) for axis in "xy")
    except InputError as problem:
        raise InputError(f"landmark {part}: {problem}") from None
    return x, y
