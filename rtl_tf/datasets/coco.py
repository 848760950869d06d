"""COCO keypoints: one JSON file for a folder of images."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from rtl_tf.datasets.annotations import require_size, require_usable
from rtl_tf.datasets.coco_lists import Category, annotations_of, called, category_of, images_of, read_document
from rtl_tf.datasets.files import find_file
from rtl_tf.datasets.json_files import json_files
from rtl_tf.datasets.unnamed_people import called_like_images
from rtl_tf.documents import Node
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_size
from rtl_tf.records import Sample
from rtl_tf.system.faults import set_aside
from rtl_tf.system.notes import tell_left_out

EXPORTS = "person_keypoints_"  # how COCO itself, and CVAT after it, name their files: person_keypoints_<subset>.json


class Image(NamedTuple):
    """An entry of "images": its place in the JSON file, the name there, the file, and its (width, height) in px."""

    node: Node
    name: str
    path: Path
    size: tuple[int, int]


def recognises(path: Path) -> bool:
    """Whether `path` is a `.json` file, or a folder with exactly one, or CVAT's: with one in its `annotations/`."""
    return _json_file(path) is not None


def default_schema(path: Path) -> str:
    """The largest shipped schema of which the file's category has every landmark."""
    return category_of(read_document(_the_file(path)), None).schema.name


def read(path: Path, schema: str | None = None) -> list[Sample]:
    """A sample for every annotation of a face.

    The category's keypoint names are matched with the schema; visibility 0 is a missing point; coordinates are taken
    with pixel centres on integers; the bounding box is not used. Images lie beside the file, in `images/` or
    `images/<subset>/` beside it or beside its folder. The subject is "subject" of the annotation, of its "attributes"
    or of the image, else the image's file name without suffix: 001.png and 001.jpg are one person's, see
    `called_like_images`. Images without an annotation, and annotations without a point, are left out, with an
    InputWarning. Several annotations of one image are its faces "1", "2", ... in their order; they have a subject each.

    Raises:
        InputError: the file is malformed, an image is missing or of another size than it says, or an annotation does
            not fit its category or its image; names the file, and the image or the annotation's id.
    """
    file = _the_file(path)
    document = read_document(file)
    category = category_of(document, schema)
    images, (annotations, empty) = images_of(document), annotations_of(document, category)
    annotated = annotations.keys() | {annotation["image_id"].code() for annotation in empty}
    unused = [node.place for number, node in images.items() if number not in annotated]
    tell_left_out(file, "images without an annotation", unused)
    tell_left_out(file, "annotations without a point", [called(annotation) for annotation in empty])
    samples: list[Sample] = []
    people: list[str] = []
    numbers: dict[Path, str] = {}
    for number, of_image in annotations.items():
        with set_aside():
            image = _located(file, images, number, of_image[0])
            if (other := numbers.setdefault(image.path, number)) != number:
                raise image.node.error(f"the file {image.name} is also that of image {other}; give it one id")
            for sample in _faces(file, image, of_image, category):
                samples.append(sample)
                people.append(_stem(image.name) + (f"#{sample.face}" if sample.face else ""))
    return called_like_images(file, samples, people, "a 'subject'")


def _faces(file: Path, image: Image, annotations: list[Node], category: Category) -> Iterator[Sample]:
    """The samples of an image, without a subject where the file names none."""
    seen: list[np.ndarray] = []
    for position, annotation in enumerate(annotations, start=1):
        points, face = _points(file, annotation, image, category), str(position) if len(annotations) > 1 else ""
        if any(np.array_equal(points, other, equal_nan=True) for other in seen):
            raise InputError(f"{file}: image {image.name}: {called(annotation)} is there twice; remove one")
        seen.append(points)
        subject = _subject(annotation, image, face)
        yield Sample(image.path, points, subject, face=face, place=called(annotation))


def _the_file(path: Path) -> Path:
    """What `recognises` has found; InputError where there is none."""
    if (file := _json_file(path)) is None:
        raise InputError(f"{path}: expected one .json file")
    return file


def _json_file(path: Path) -> Path | None:
    files = json_files(path) or json_files(path / "annotations")
    if len(files) > 1:  # CVAT can put instances_<subset>.json beside it
        files = [file for file in files if file.name.startswith(EXPORTS)]
    return files[0] if len(files) == 1 else None


def _located(file: Path, images: dict[str, Node], number: str, annotation: Node) -> Image:
    """The image of an annotation, which must be as large as the file says."""
    if number not in images:
        raise InputError(f"{file}: {called(annotation)}: no image {number}")
    node = images[number]
    name, width, height = node["file_name"].text(), node.get("width"), node.get("height")
    subset = file.stem.removeprefix(EXPORTS)
    above = (file.parent, file.parent / "images", file.parent.parent / "images")
    folders = (*above, *(folder / subset for folder in above[1:]))
    path = next(filter(None, (find_file(folder, name) for folder in folders)), None)
    if path is None:
        raise InputError(f"{file}: image {name}: no such file beside the JSON file or in images/")
    size = read_size(path)
    if width and height:
        try:
            require_size(name, (width.whole(), height.whole()), size)
        except InputError as problem:
            raise InputError(f"{file}: {problem}") from problem
    return Image(node, name, path, size)


def _points(file: Path, annotation: Node, image: Image, category: Category) -> np.ndarray:
    """float32 (K, 2) in the order of the schema."""
    node, names = annotation["keypoints"], category.landmarks
    count = len(node.list())
    if count != 3 * len(names):
        triplets = f"{count / 3:g} triplets for the {len(names)} keypoints of '{category.name}'"
        advice = "were keypoints added or deleted after labelling, or left out where not set?"
        raise InputError(f"{file}: image {image.name}: {called(annotation)}: {triplets}; {advice}")
    values = list(node.elements())
    place = np.array([value.number() for value in values]).reshape(-1, 3)[:, :2]
    labelled = np.array([value.whole(0, 2) > 0 for value in values[2::3]])
    columns = [names.index(name) for name in category.schema.names]
    points = np.where(labelled[:, None], place, np.nan)[columns]
    try:
        require_usable(points, image.size, category.schema.names)
    except InputError as problem:
        raise InputError(f"{file}: image {image.name}: {called(annotation)}: {problem}") from problem
    return points.astype(np.float32)


def _subject(annotation: Node, image: Image, face: str) -> str:
    """Whom the file names; "" where it names nobody."""
    attributes = annotation.get("attributes")
    for owner in (annotation, attributes if attributes and attributes.value else None, image.node):
        subject = owner.get("subject") if owner else None
        text = subject.code().strip() if subject else ""
        if text:
            if face and owner is image.node:
                raise image.node.error(f"{image.name} has several faces and one subject; give each annotation its own")
            return text
    return ""


def _stem(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).with_suffix("").as_posix()
