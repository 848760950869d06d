"""TPS: the text file of tpsDig and geomorph, a block of lines for each image."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from rtl_tf.datasets.annotations import MM_PER_PX
from rtl_tf.datasets.named_points import Face, find_image, is_labelled, samples_of
from rtl_tf.datasets.turned import with_turned_told
from rtl_tf.documents import read_text
from rtl_tf.exceptions import InputError, shortened
from rtl_tf.images import read_size
from rtl_tf.numerals import as_number
from rtl_tf.records import Sample
from rtl_tf.schema import Schema, available_schemas, load_schema
from rtl_tf.system.faults import each_read
from rtl_tf.system.notes import tell_left_out

SUFFIX = ".tps"
KEY = re.compile(r"\s*([A-Za-z]+3?)\s*=\s*(.*?)\s*")
CURVES = ("CURVES", "OUTLINES")

Line = tuple[int, str]  # its number, and the text


@dataclass
class Specimen:
    """A block: where it begins, the coordinates as they stand there, and its other keys in capitals."""

    origin: str
    coordinates: list[tuple[float, float]]
    keys: dict[str, str] = field(default_factory=dict)


def recognises(path: Path) -> bool:
    """Whether `path` is a `.tps` file, or a folder with exactly one."""
    return len(_files(path)) == 1


def default_schema(path: Path) -> str:
    """The shipped schema with as many landmarks as the file has: it names none."""
    return _schema(path, _specimens(path), None).name


def read(path: Path, schema: str | None = None) -> list[Sample]:
    """A sample for every block with a landmark; the others, and curves, are left out, with an InputWarning.

    Landmarks have no names: they are those of the schema, in its order. y points upwards, from the lower edge of the
    image: what lies in the image's row y (pixel centres on integers from 0, as x has them) stands as height - y. (The
    programs differ by up to a pixel, and none says what it does.) Missing are `NA` and points of which both coordinates
    are negative, as tpsDig writes them. The image is IMAGE, found by `find_image`; several blocks of one are its
    faces "1", "2", ... in their order. The person is ID, else nobody, see `called_like_images`; SCALE is mm a px.

    Raises:
        InputError: a line cannot be read, an image is missing, or a landmark lies outside; names the file and the line.
    """
    specimens = _specimens(path)
    fitting = _schema(path, specimens, schema)
    faces = each_read(lambda specimen: _face(path, specimen, fitting.names), specimens)
    tell_left_out(path, "images without a landmark", [face.image.name for face in faces if not is_labelled(face)])
    numbered = _numbered([face for face in faces if is_labelled(face)])
    return with_turned_told(path, samples_of(path, numbered, schema or fitting.name, "an ID"))


def _files(path: Path) -> list[Path]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file for file in files if file.suffix.lower() == SUFFIX and file.is_file() and file.name[0] != "."]


def _specimens(path: Path) -> list[Specimen]:
    files = _files(path)
    if len(files) != 1:
        raise InputError(f"{path}: expected one {SUFFIX} file")
    text = enumerate(read_text(files[0]).splitlines(), start=1)
    lines, curves = iter([(row, line) for row, line in text if line.strip()]), []
    specimens: list[Specimen] = []
    for row, line in lines:
        origin, pair = f"{files[0]} line {row}", KEY.fullmatch(line)
        if pair is None:
            raise InputError(f"{origin}: '{shortened(line)}': expected a line as LM=14, IMAGE=a.jpg or ID=p01")
        key, value = pair[1].upper(), pair[2]
        if key == "LM3":
            raise InputError(f"{origin}: landmarks in three dimensions; only those of photographs are read")
        if key == "LM":
            specimens.append(Specimen(origin, _coordinates(files[0], origin, lines, value)))
        elif not specimens:
            raise InputError(f"{origin}: '{shortened(line)}' before the first LM=")
        elif key == "POINTS":
            _coordinates(files[0], origin, lines, value)
        elif key in CURVES:
            curves.append(f"line {row}")
        else:
            specimens[-1].keys[key] = value
    tell_left_out(files[0], "curves", curves)
    return specimens


def _coordinates(file: Path, origin: str, lines: Iterator[Line], count: str) -> list[tuple[float, float]]:
    """So many lines of x and y; NaN = missing."""
    if not (count.isascii() and count.isdecimal()):
        raise InputError(f"{origin}: '{shortened(count)}' is not a number of points")
    found: list[tuple[float, float]] = []
    for _ in range(int(count[:9])):
        row, line = next(lines, (0, ""))
        cells = line.split()
        try:
            if len(cells) != 2:
                raise InputError(f"'{shortened(line)}': expected x and y of point {len(found) + 1} of {count}")
            found.append((as_number(cells[0]), as_number(cells[1])))
        except InputError as problem:
            raise InputError(f"{file} line {row}: {problem}" if row else f"{origin}: {problem}") from problem
    return found


def _schema(path: Path, specimens: list[Specimen], schema: str | None) -> Schema:
    """The schema; InputError for a block with another number of landmarks."""
    labelled = [specimen for specimen in specimens if specimen.coordinates]
    if not labelled:
        raise InputError(f"{path}: no point is labelled here")
    count = len(labelled[0].coordinates)
    shipped = map(load_schema, available_schemas())
    fitting = load_schema(schema) if schema else next((known for known in shipped if len(known) == count), None)
    if fitting is None:
        raise InputError(f"{labelled[0].origin}: {count} landmarks without names, as many as no schema has; name one")
    for specimen in labelled:
        if len(specimen.coordinates) != len(fitting):
            there = f"{len(specimen.coordinates)} landmarks, but schema {fitting.name} has {len(fitting)}"
            raise InputError(f"{specimen.origin}: {there}")
    return fitting


def _face(path: Path, specimen: Specimen, names: tuple[str, ...]) -> Face:
    folder = path if path.is_dir() else path.parent
    try:
        if not specimen.keys.get("IMAGE"):
            raise InputError("no line IMAGE= names its image")
        image = find_image(folder, specimen.keys["IMAGE"])
        height = read_size(image)[1]
        places = [_place(x, y, height) for x, y in specimen.coordinates] or [(math.nan, math.nan)] * len(names)
        subject = specimen.keys.get("ID", "")
        scale = _scale(specimen.keys.get("SCALE", ""))
    except InputError as problem:
        raise InputError(f"{specimen.origin}: {problem}") from problem
    return Face(specimen.origin, image, dict(zip(names, places, strict=True)), subject, mm_per_px=scale)


def _place(x: float, y: float, height: int) -> tuple[float, float]:
    return (math.nan, math.nan) if x < 0 and y < 0 else (x, height - y)


def _scale(text: str) -> float:
    low, high = MM_PER_PX
    scale = as_number(text)
    if not math.isnan(scale) and not low <= scale <= high:
        raise InputError(f"SCALE {scale:g} is not between {low:g} and {high:g} mm a px; remove it where unknown")
    return scale


def _numbered(faces: list[Face]) -> list[Face]:
    """The same faces, `face` filled in where several are of one image."""
    together, seen = Counter(face.image for face in faces), Counter[Path]()
    numbered: list[Face] = []
    for face in faces:
        seen[face.image] += 1
        numbered.append(replace(face, face=str(seen[face.image])) if together[face.image] > 1 else face)
    return numbered
