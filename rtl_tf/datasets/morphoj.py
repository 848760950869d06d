"""MorphoJ: a text file with a row a face, cells parted by tabs, beside its images."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from dataclasses import replace
from pathlib import Path

from rtl_tf.datasets.annotations import landmark_name
from rtl_tf.datasets.beside import Images, image_beside, images_among, number_of_face
from rtl_tf.datasets.named_points import Face, is_labelled, samples_of, schema_of
from rtl_tf.datasets.turned import with_turned_told
from rtl_tf.documents import read_text, repeated
from rtl_tf.exceptions import InputError, shortened
from rtl_tf.images import SUFFIXES, read_size
from rtl_tf.numerals import as_number
from rtl_tf.records import Sample
from rtl_tf.system.faults import each_read
from rtl_tf.system.notes import tell_left_out

SUFFIX = ".txt"
ID = "ID"
PARTING = re.compile(r"[\s,;]+")  # what MorphoJ takes for the end of a cell
_HEAD = re.compile(rf"{ID}\t", re.IGNORECASE)

Line = tuple[int, list[str]]  # its number, and the cells


def recognises(path: Path) -> bool:
    """Whether `path` is a `.txt` file that begins with the column ID, or a folder with exactly one such file."""
    return len(_files(path)) == 1


def default_schema(path: Path) -> str:
    """The largest shipped schema of which the columns have every landmark."""
    return schema_of(path, _faces(path), None).name


def read(path: Path, schema: str | None = None) -> list[Sample]:
    """A sample for every row, with the image that ID names beside the file.

    ID is the image's name without suffix, blanks, commas and semicolons written as one blank; several rows of an image
    have `_1`, `_2`, ... behind it, its faces "1", "2". Columns are <landmark>_x and <landmark>_y, px; y points upwards:
    what lies in the image's row y stands as height - y, see `tps.read`. An empty cell or `NA` is missing; rows without
    a point are left out, with an InputWarning. The file tells no people, see `called_like_images`.

    Raises:
        InputError: a column or row cannot be read, an image is missing, or a landmark lies outside; names file and
            line.
    """
    return with_turned_told(path, samples_of(path, _faces(path), schema))


def identifier(stem: str) -> str:
    """An image's name as a cell that MorphoJ keeps whole."""
    return PARTING.sub(" ", stem).strip()


def _files(path: Path) -> list[Path]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    named = [file for file in files if file.suffix.lower() == SUFFIX and file.name[0] != "." and file.is_file()]
    return [file for file in named if _begins_with_id(file)]


def _begins_with_id(file: Path) -> bool:
    """Also in UTF-16, as Excel's "Unicode Text" has it, of which reading then says what is wrong with it."""
    try:
        with open(file, "rb") as opened:
            start = opened.read(4 * len(ID) + 4)
    except OSError:
        return False
    wide = start.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    return bool(_HEAD.match(start.decode("utf-16" if wide else "utf-8-sig", errors="replace")))


def _faces(path: Path) -> list[Face]:
    files = _files(path)
    if len(files) != 1:
        raise InputError(f"{path}: expected one {SUFFIX} file that begins with {ID} and a tab")
    file = files[0]
    text = enumerate(read_text(file).splitlines(), start=1)
    (_, header), *rows = [(row, [cell.strip() for cell in line.split("\t")]) for row, line in text if line.strip()]
    names = _landmarks(file, header[1:])
    images = images_among(sorted(file.parent.iterdir()), identifier)
    faces = each_read(lambda row: _face(file, row, names, images), rows)
    empty = [face.origin.removeprefix(f"{file} ") for face in faces if not is_labelled(face)]
    tell_left_out(file, "rows without a point", empty)
    faces = list(filter(is_labelled, faces))
    shown = Counter(face.image for face in faces)
    return [replace(face, face=number_of_face(face.face) if shown[face.image] > 1 else "") for face in faces]


def _landmarks(file: Path, columns: list[str]) -> list[str]:
    names = [landmark_name(column.removesuffix("_x")) for column in columns[::2]]
    if columns != [f"{name}_{axis}" for name in names for axis in "xy"]:
        raise InputError(
            f"{file} line 1: expected {ID}, then the columns <landmark>_x and <landmark>_y of each landmark"
        )
    if (name := repeated(names)) is not None:
        raise InputError(f"{file} line 1: landmark '{name}' is there twice")
    return names


def _face(file: Path, line: Line, names: list[str], images: Images) -> Face:
    """Its `face` is the whole ID as yet."""
    row, (name, *cells) = line
    origin = f"{file} line {row}"
    if len(cells) != 2 * len(names):
        raise InputError(f"{origin}: {len(cells) + 1} cells, but the header has {2 * len(names) + 1}")
    image = image_beside(file, identifier(name), images)
    if image is None:
        raise InputError(f"{origin}: no image {shortened(name)}{{{','.join(SUFFIXES)}}} beside the file; put it there")
    try:
        values = [as_number(cell) for cell in cells]
        height = read_size(image)[1]
    except InputError as problem:
        raise InputError(f"{origin}: {problem}") from problem
    points = {name: (x, height - y) for name, x, y in zip(names, values[::2], values[1::2], strict=True)}
    return Face(origin, image, points, "", face=name)
