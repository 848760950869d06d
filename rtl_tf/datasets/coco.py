"""COCO keypoints: one JSON file for a folder of images."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from rtl_tf.datasets.annotations import fitting_schema, require_crop, require_inside
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_size
from rtl_tf.records import Sample
from rtl_tf.schema import Schema


def recognises(path: Path) -> bool:
    """Whether `path` is a `.json` file, or a folder with exactly one."""
    return _json_file(path) is not None


def default_schema(path: Path) -> str:
    """The largest shipped schema of which the file's category has every landmark."""
    file = _json_file(path)
    return _category(file, _read_json(file), None)[1].name


def read(path: Path, schema: str | None = None) -> list[Sample]:
    """A sample for every annotated image.

    The category's keypoint names are matched with the schema; visibility 0 is a missing point; coordinates are taken
    with pixel centres on integers; the bounding box is not used. Images lie beside the file, in `images/` beside it,
    or in `images/` beside its folder. The subject is "subject" of the annotation, of its "attributes" or of the
    image, else the image's file name without suffix. Images without annotation are left out.

    Raises:
        InputError: the file is malformed, an image is missing or has several annotations, or a landmark lies outside
            its image; names the file and the image.
    """
    file = _json_file(path)
    if file is None:
        raise InputError(f"{path}: expected one .json file")
    content = _read_json(file)
    try:
        category, fitting = _category(file, content, schema)
        columns = [category["keypoints"].index(name) for name in fitting.names]
        images = {image["id"]: image for image in content["images"]}
        found: dict[Any, Sample] = {}
        for annotation in content["annotations"]:
            if annotation["category_id"] != category["id"]:
                continue
            image = images[annotation["image_id"]]
            if image["id"] in found:
                raise InputError(f"{file}: image {image['file_name']} has several annotations; keep one face an image")
            try:
                found[image["id"]] = _sample(file, image, annotation, columns, fitting)
            except InputError as problem:
                raise InputError(f"{file}: image {image['file_name']}: {problem}") from problem
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
        raise InputError(f"{file}: not in the COCO keypoints format ({problem!r})") from problem
    if not found:
        raise InputError(f"{file}: no annotation of category '{category['name']}'")
    return list(found.values())


def _json_file(path: Path) -> Path | None:
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    return files[0] if len(files) == 1 and files[0].suffix.lower() == ".json" and files[0].is_file() else None


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise InputError(f"{file}: not a JSON file ({problem})") from problem
    if not isinstance(content, dict):
        raise InputError(f"{file}: not in the COCO keypoints format (no object with 'images', 'annotations', ...)")
    return content


def _category(file: Path, content: dict[str, Any], schema: str | None) -> tuple[dict[str, Any], Schema]:
    """The first category that fits the schema, with it; if none does, the first one's InputError."""
    problems = []
    for category in content.get("categories", []):
        if not category.get("keypoints"):
            continue
        try:
            return category, fitting_schema(category["keypoints"], schema)
        except InputError as problem:
            problems.append(problem)
    raise InputError(f"{file}: {problems[0] if problems else 'no category has keypoints'}")


def _sample(
    file: Path, image: dict[str, Any], annotation: dict[str, Any], columns: list[int], schema: Schema
) -> Sample:
    keypoints = np.array(annotation["keypoints"], np.float64).reshape(-1, 3)[columns]
    points = np.where(keypoints[:, 2:] > 0, keypoints[:, :2], np.nan).astype(np.float32)
    name = image["file_name"]
    folders = (file.parent, file.parent / "images", file.parent.parent / "images")
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        raise InputError("no such file beside the JSON file or in images/")
    require_inside(points, read_size(path), schema.names)
    require_crop(points)
    owners = (annotation, annotation.get("attributes") or {}, image)
    named = [str(owner["subject"]) for owner in owners if owner.get("subject")]
    return Sample(path, points, named[0] if named else Path(name).with_suffix("").as_posix())
