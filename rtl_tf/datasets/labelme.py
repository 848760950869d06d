"""LabelMe: a JSON file for each image."""

from collections import defaultdict
from pathlib import Path

from rtl_tf.datasets.annotations import landmark_name, require_size
from rtl_tf.datasets.json_files import is_labelme, json_files
from rtl_tf.datasets.named_points import Face, find_image, samples_of, schema_of
from rtl_tf.documents import Node, read_json
from rtl_tf.exceptions import InputError, shortened
from rtl_tf.images import read_size
from rtl_tf.records import Sample
from rtl_tf.system.faults import set_aside
from rtl_tf.system.notes import tell_left_out

SUBJECT_FLAG = "subject="


def recognises(path: Path) -> bool:
    """Whether `path` is a file of LabelMe, or a folder with one."""
    return any(map(is_labelme, json_files(path)))


def default_schema(path: Path) -> str:
    """The largest shipped schema of which the labels have every landmark."""
    return schema_of(path, _faces(path), None, only_placed=True).name


def read(path: Path, schema: str | None = None) -> list[Sample]:
    """A sample for every labelled face: of the one file that `path` is, or of all `.json` files of a folder.

    A landmark is a shape of the type "point" whose label is its name; shapes of other types, and files without a point,
    are left out, with an InputWarning. The image is found by `imagePath` (see `find_image`), `imageData` is not looked
    at. Where an image shows several faces, the points of each share a `group_id`. The subject is told by a flag of the
    image that is set, `subject=p01`, else the file's name is the person's, see `called_like_images`. Several faces of
    an image are several subjects.

    Coordinates are taken with pixel centres on integers: LabelMe lets points lie from 0 to width - 1 and draws them
    into masks as indices of pixels. (Its canvas shows pixel 0 from 0 to 1, so that a careful click may be meant half
    a pixel less; its files cannot tell, and its own exports do not subtract it.)

    Raises:
        InputError: a file is malformed or not LabelMe's, an image is missing or of another size than labelled, or a
            landmark lies outside; names the file and the place.
    """
    return samples_of(path, _faces(path), schema, only_placed=True)


def _faces(path: Path) -> list[Face]:
    faces: list[Face] = []
    unlabelled: list[str] = []
    shapes: list[str] = []
    for file in json_files(path):
        with set_aside():
            if not is_labelme(file):
                raise InputError(f"{file}: not LabelMe's, like other files here; give each format a folder of its own")
            found = _faces_of(file, read_json(file), shapes)
            faces += found
            unlabelled += [] if found else [file.name]
    tell_left_out(path, "shapes that are no points", shapes)
    tell_left_out(path, "files without a point", unlabelled)
    return faces


def _faces_of(file: Path, document: Node, left_out: list[str]) -> list[Face]:
    groups: dict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    for shape in document["shapes"].elements():
        kind = shape.get("shape_type")
        if kind is None or kind.text() != "point":
            left_out.append(f"{file.name}: {shape.place}")
            continue
        group, name = shape.get("group_id"), landmark_name(shape["label"].text())
        points = groups[str(group.whole()) if group else ""]
        if name in points:
            raise shape.error(
                f"'{shortened(name)}' is labelled twice; give each of several faces a group_id of its own"
            )
        points[name] = _point(shape["points"])
    if not groups:
        return []
    if "" in groups and len(groups) > 1:
        raise document["shapes"].error("some points have a group_id, and some none; give the points of each face one")
    name, width, height = document["imagePath"].text(), document.get("imageWidth"), document.get("imageHeight")
    size = (width.whole(), height.whole()) if width and height else None
    try:
        image = find_image(file.parent, name)
        if size:
            require_size(image.name, size, read_size(image))
    except InputError as problem:
        raise document.error(str(problem)) from problem
    subject = _subject(document)
    if len(groups) == 1:
        (points,) = groups.values()
        return [Face(str(file), image, points, subject, called=file.stem)]

    def of_group(group: str) -> str:
        return f"{subject}_{group}" if subject else ""

    return [
        Face(f"{file} group {group}", image, points, of_group(group), group, called=f"{file.stem}_{group}")
        for group, points in groups.items()
    ]


def _point(points: Node) -> tuple[float, float]:
    pairs = [[number.number() for number in pair.elements()] for pair in points.elements()]
    if len(pairs) != 1 or len(pairs[0]) != 2:
        raise points.error("expected one point of two numbers")
    return pairs[0][0], pairs[0][1]


def _subject(document: Node) -> str:
    flags = document.get("flags")
    if flags is None:
        return ""
    named = [flag for flag in flags.object() if flag.startswith(SUBJECT_FLAG) and flags[flag].flag()]
    if len(named) > 1:
        raise flags.error(f"two subjects: {named[0]}, {named[1]}")
    return named[0].removeprefix(SUBJECT_FLAG).strip() if named else ""
