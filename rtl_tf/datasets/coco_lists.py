"""The lists of a COCO keypoints file: categories, images, annotations, each with an id."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rtl_tf.datasets.annotations import fitting_schema, landmark_name
from rtl_tf.documents import Node, read_json, repeated
from rtl_tf.exceptions import InputError
from rtl_tf.schema import Schema
from rtl_tf.system.notes import tell_left_out

UNLABELLED = "their visibility is 0 where not labelled"


class Category(NamedTuple):
    """A category with keypoints: its id and name, its landmarks in the file's order, the schema that they fit."""

    id: str
    name: str
    landmarks: list[str]
    schema: Schema


def read_document(file: Path) -> Node:
    """The content of the file; InputError unless it has the three lists."""
    document = read_json(file)
    if not isinstance(document.value, dict) or not {"images", "annotations", "categories"} <= document.value.keys():
        raise document.error("not in the COCO keypoints format: no object with images, annotations and categories")
    return document


def category_of(document: Node, schema: str | None) -> Category:
    """The category that fits the schema; of several the one that is annotated.

    InputError also for an annotated one that does not fit and shares a landmark with it: its faces would be lost.
    Annotations of others, of hands, are left out, with an InputWarning.
    """
    fitting, ids = [], set()
    others: list[tuple[str, str, list[str], InputError]] = []
    for node in document["categories"].elements():
        number = node["id"].code()
        if number in ids:
            raise node.error(f"the id {number} appears twice")
        ids.add(number)
        keypoints = node.get("keypoints")
        if keypoints is None or not keypoints.list():
            continue
        names = [landmark_name(name.text()) for name in keypoints.elements()]
        if (name := repeated(names)) is not None:
            raise keypoints.error(f"'{name}' appears twice")
        try:
            fitting.append(Category(number, node["name"].text(), names, fitting_schema(names, schema, UNLABELLED)))
        except InputError as problem:
            others.append((number, node["name"].text(), names, problem))
    if not fitting:
        raise document.error(str(others[0][-1]) if others else "no category has keypoints")
    used = defaultdict(list)
    for annotation in document["annotations"].elements():
        used[annotation["category_id"].code()].append(called(annotation))
    for number, name, names, unfitting in others:
        if used[number] and set(names) & set(fitting[0].schema.names):
            raise document.error(f"category '{name}' is annotated, too: {unfitting}")
        tell_left_out(Path(document.origin), f"annotations of category '{name}'", used[number])
    return fitting[0] if len(fitting) == 1 else _annotated(document, fitting, used)


def _annotated(document: Node, categories: list[Category], used: Mapping[str, list[str]]) -> Category:
    """The one of several fitting categories that has annotations: none is dropped without a word."""
    annotated = [category for category in categories if category.id in used]
    if len(annotated) > 1:
        names = " and ".join(f"'{category.name}'" for category in annotated)
        raise document.error(f"the categories {names} both fit and have annotations; keep one, or make a file of each")
    return (annotated or categories)[0]


def images_of(document: Node) -> dict[str, Node]:
    """Images by id; InputError where two have one."""
    images: dict[str, Node] = {}
    for node in document["images"].elements():
        number = node["id"].code()
        if number in images:
            raise node.error(f"the id {number} is also that of {images[number]['file_name'].text()}")
        images[number] = node
    return images


def annotations_of(document: Node, category: Category) -> tuple[dict[str, list[Node]], list[Node]]:
    """The category's annotations of each image, in the order of the file, and those without a point."""
    found, empty = defaultdict(list), []
    for annotation in document["annotations"].elements():
        if annotation["category_id"].code() == category.id:
            keypoints = annotation.get("keypoints")
            if keypoints is None or not any(keypoints.list()[2::3]):  # of a box, or nothing is visible
                empty.append(annotation)
            else:
                found[annotation["image_id"].code()].append(annotation)
    if not found:
        raise document.error(f"no annotation of category '{category.name}'{' with a point' if empty else ''}")
    return found, empty


def called(annotation: Node) -> str:
    """An annotation in messages: by its id, else by its place in the file."""
    number = annotation.get("id")
    return f"annotation {number.code()}" if number else annotation.place
