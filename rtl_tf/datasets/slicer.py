"""3D Slicer: a `.mrk.json` file with points on a photograph, for each face."""

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

from rtl_tf.datasets.annotations import landmark_name
from rtl_tf.datasets.beside import Images, image_beside, images_among, number_of_face
from rtl_tf.datasets.json_files import json_files
from rtl_tf.datasets.named_points import Face, is_labelled, samples_of, schema_of
from rtl_tf.datasets.slicer_markups import POINTS
from rtl_tf.datasets.turned import with_turned_told
from rtl_tf.documents import Node, read_json
from rtl_tf.exceptions import InputError, shortened
from rtl_tf.images import SUFFIXES
from rtl_tf.records import Sample
from rtl_tf.system.faults import each_read
from rtl_tf.system.notes import tell_left_out

SUFFIX = ".mrk.json"
SUBJECT = "subject="
SIGNS = {"LPS": 1, "RAS": -1}  # of x and y, which are px to the right and downwards in LPS
THICKEST = 0.5  # px that a point may lie before or behind the photograph


def recognises(path: Path) -> bool:
    """Whether `path` is a `.mrk.json` file, or a folder with one."""
    return bool(_files(path))


def default_schema(path: Path) -> str:
    """The largest shipped schema of which the labels have every landmark."""
    return schema_of(path, _faces(path), None, only_placed=True).name


def read(path: Path, schema: str | None = None) -> list[Sample]:
    """A sample for every file, with the image of the same name beside it: `face.png` beside `face.mrk.json`, or beside
    `face_1.mrk.json` and `face_2.mrk.json`, its faces "1" and "2".

    A landmark is a control point that is called so; one that is not defined is missing. Positions are px, pixel centres
    on integers, as Slicer shows a photograph without a scale of its own: in LPS x points to the right and y downwards,
    in RAS both are negative. The subject is in the description of the points (`subject=p01`), else the file's name is
    the person's, see `called_like_images`. Files without a point are left out, with an InputWarning.

    Raises:
        InputError: a file is malformed, has other markups than one list of points, or points in three dimensions, or no
            image lies beside it; names the file and the place.
    """
    return with_turned_told(path, samples_of(path, _faces(path), schema, only_placed=True))


def stem_of(file: Path) -> str:
    """The name without `.mrk.json`."""
    return file.name[: -len(SUFFIX)]


def _files(path: Path) -> list[Path]:
    return [file for file in json_files(path) if file.name.lower().endswith(SUFFIX)]


def _faces(path: Path) -> list[Face]:
    folder = path if path.is_dir() else path.parent
    images = images_among(sorted(folder.iterdir()))
    faces = each_read(lambda file: _face(file, images), _files(path))
    kept = [face for face in faces if is_labelled(face)]
    tell_left_out(path, "files without a point", [Path(face.origin).name for face in faces if not is_labelled(face)])
    shown = Counter(face.image for face in kept)
    numbers = [number_of_face(stem_of(Path(face.origin))) if shown[face.image] > 1 else "" for face in kept]
    return [replace(face, face=number) for face, number in zip(kept, numbers, strict=True)]


def _face(file: Path, images: Images) -> Face:
    markups = list(read_json(file)["markups"].elements())
    if len(markups) != 1 or markups[0]["type"].text() != POINTS:
        raise InputError(f"{file}: expected one list of points; save it alone, in a file beside its image")
    image = image_beside(file, stem_of(file), images)
    if image is None:
        raise InputError(f"{file}: no image {stem_of(file)}{{{','.join(SUFFIXES)}}} beside it")
    system = markups[0].get("coordinateSystem")
    if system and system.text() not in SIGNS:
        raise system.error(f"expected one of {', '.join(SIGNS)}, there is '{shortened(system.text())}'")
    sign = SIGNS[system.text()] if system else SIGNS["LPS"]
    points: dict[str, tuple[float, float]] = {}
    subjects: set[str] = set()
    for node in markups[0]["controlPoints"].elements():
        name, note = landmark_name(node["label"].text()), node.get("description")
        if name in points:
            raise node.error(f"'{shortened(name)}' is there twice")
        points[name] = _point(node, sign)
        if note and note.text().startswith(SUBJECT):
            subjects.add(note.text().removeprefix(SUBJECT).strip())
    if len(subjects) > 1:
        raise markups[0].error(f"two subjects: {', '.join(sorted(subjects)[:2])}")
    return Face(str(file), image, points, next(iter(subjects), ""), called=stem_of(file))


def _point(node: Node, sign: int) -> tuple[float, float]:
    """(x, y) in px; NaN = missing."""
    status = node.get("positionStatus")
    if status and status.text() != "defined":
        return math.nan, math.nan
    x, y, z = node["position"].array((3,)).tolist()
    if abs(z) > THICKEST:
        raise node["position"].error(f"it lies {abs(z):g} off the photograph; points in three dimensions are not read")
    return sign * x, sign * y
