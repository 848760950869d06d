"""300-W: a `.pts` file with 68 points beside every image."""

import os
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from rtl_tf.datasets import ibug68
from rtl_tf.datasets.beside import FACE, Images, image_beside, images_among
from rtl_tf.datasets.turned import with_turned_told
from rtl_tf.documents import read_text
from rtl_tf.exceptions import InputError, shortened
from rtl_tf.images import SUFFIXES, image_hash, read_size
from rtl_tf.numerals import NUMBER
from rtl_tf.records import Sample
from rtl_tf.system.faults import each_read
from rtl_tf.system.folders import tell_unread
from rtl_tf.system.notes import tell_left_out

POINTS = 68


def recognises(path: Path) -> bool:
    """Whether `path` is a folder with `.pts` files, in subfolders too."""
    return path.is_dir() and any(map(_is_pts, path.rglob("*")))


def default_schema(path: Path) -> str:
    """fas12: the half of the face that is turned to the camera."""
    return "fas12"


def read(path: Path, schema: str | None = None) -> list[Sample]:
    """A sample for every `.pts` file under a folder, with the image of the same stem beside it.

    The files count pixels from 1, so 1 is subtracted. Every face is taken for a person of its own: the subject is the
    file's path without suffix. Where several people are in one photograph (AFW), `name_1.pts` and `name_2.pts` lie
    beside `name.jpg`, or beside `name_1.jpg` and `name_2.jpg` of the same pixels: `Sample.face` is then "1", "2".
    Points outside their image become missing, and a `.pts` file without an image, or an image without one, is left
    out; both are counted in an InputWarning.

    Raises:
        InputError: there is no `.pts` file with an image, or one is malformed; names the file and its line.
    """
    schema = ibug68.schema_read(schema or default_schema(path))
    files, images = _files(path)
    if not files:
        raise InputError(f"{path}: no .pts file in this folder")
    beside = {file: image_beside(file, file.stem, images) for file in files}
    pairs = {file: image for file, image in beside.items() if image}
    if not pairs:
        raise InputError(f"{files[0]}: no image {files[0].stem}{{{','.join(SUFFIXES)}}} beside it")
    _tell_what_is_left_out(path, files, pairs, images)

    def sample_of(file: Path) -> tuple[Path, Sample]:
        points, subject = _read_points(file), file.relative_to(path).with_suffix("").as_posix()
        try:
            return file, ibug68.sample(pairs[file], points, subject, schema)
        except InputError as problem:
            raise InputError(f"{file}: {problem}") from problem

    found = dict(each_read(sample_of, pairs))
    missing = [int(np.isnan(sample.points).any(axis=-1).sum()) for sample in found.values()]
    outside = [file.relative_to(path) for file, count in zip(found, missing, strict=True) for _ in range(count)]
    tell_left_out(path, "points outside their image", outside)
    return with_turned_told(path, _with_faces(list(found), list(found.values())))


def _is_pts(file: Path) -> bool:
    return file.suffix.lower() == ".pts" and not file.name.startswith(".") and file.is_file()


def _files(path: Path) -> tuple[list[Path], Images]:
    """All `.pts` files under a folder, and its images; hidden ones are another system's."""
    walked = os.walk(path, onerror=tell_unread)
    files = sorted(Path(folder, name) for folder, _, names in walked for name in names)
    return list(filter(_is_pts, files)), images_among(files)


def _tell_what_is_left_out(path: Path, files: list[Path], pairs: dict[Path, Path], images: Images) -> None:
    lonely = [file for file in files if file not in pairs]
    used = set(pairs.values())
    unused = [image for found in images.values() for image in found if image not in used]
    tell_left_out(path, ".pts files without an image", [file.relative_to(path) for file in lonely])
    tell_left_out(path, "images without a .pts file", [image.relative_to(path) for image in unused])


def _read_points(file: Path) -> np.ndarray:
    """float64 (68, 2), pixel centres on integers from 0, of `version: 1`, `n_points: 68` and the points in braces."""
    lines = [(row, line.strip()) for row, line in enumerate(read_text(file).splitlines(), 1)]
    lines = [(row, line) for row, line in lines if line]
    opening = next((index for index, (_, line) in enumerate(lines) if line.startswith("{")), None)
    if opening is None or lines[-1][1] != "}" or lines[opening][1] != "{":
        raise InputError(f"{file}: expected {POINTS} points, as lines of x and y between braces on lines of their own")
    for row, line in lines[:opening]:
        key, _, value = (part.strip() for part in line.partition(":"))
        if (key, value) not in (("version", "1"), ("n_points", str(POINTS))):
            raise InputError(f"{file} line {row}: '{shortened(line)}': expected 'version: 1' or 'n_points: {POINTS}'")
    inside = lines[opening + 1 : -1]
    if len(inside) != POINTS:
        raise InputError(f"{file}: expected {POINTS} points, there are {len(inside)} between the braces")
    return np.array([_point(file, row, line) for row, line in inside], np.float64) - 1


def _point(file: Path, row: int, line: str) -> tuple[float, float]:
    cells = line.split()
    if len(cells) != 2 or not all(map(NUMBER.fullmatch, cells)):
        raise InputError(f"{file} line {row}: '{shortened(line)}': expected the two numbers of a point")
    return float(cells[0]), float(cells[1])


def _with_faces(files: list[Path], samples: list[Sample]) -> list[Sample]:
    """The same samples, `face` filled in where several of them show one photograph."""
    groups = defaultdict(list)
    for index, file in enumerate(files):
        if several := FACE.fullmatch(file.stem):
            groups[file.parent, several.group(1)].append((index, several.group(2)))
    samples = list(samples)
    for members in groups.values():
        images = {samples[index].image for index, _ in members}
        if len(members) > 1 and _same_pixels(images):
            for index, face in members:
                samples[index] = replace(samples[index], face=face)
    return samples


def _same_pixels(images: set[Path]) -> bool:
    """Whether all show the same pixels; their sizes are looked at first."""
    return len(images) == 1 or (len(set(map(read_size, images))) == 1 and len(set(map(image_hash, images))) == 1)
