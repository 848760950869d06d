"""COCO keypoints, written: one JSON file with images, annotations and their category."""

from pathlib import Path
from typing import Any

import numpy as np

from rtl_tf.datasets.collection import Collection, Writing, are_numbered, by_image, places
from rtl_tf.datasets.table_cells import DECIMALS, image_cell
from rtl_tf.documents import json_bytes
from rtl_tf.images import read_size
from rtl_tf.records import Sample

CATEGORY = {"id": 1, "name": "face", "supercategory": "person"}
LABELLED = 2  # visibility: labelled and visible; 0 = not labelled


def write(collection: Collection, output: Path) -> Writing:
    """One JSON file. Several faces of an image are told apart by their order; the subject is an attribute, where CVAT
    has such. Points have pixel centres on integers, boxes the first pixel's edge at 0."""
    images: list[dict] = []
    annotations: list[dict] = []
    for number, (image, faces) in enumerate(by_image(collection.samples).items(), start=1):
        width, height = read_size(image)
        name = image_cell(image, output.parent)
        images.append({"id": number, "file_name": name, "width": width, "height": height})
        for index in faces:
            found = _annotation(collection.samples[index])
            annotations.append({"id": len(annotations) + 1, "image_id": number, "category_id": CATEGORY["id"]} | found)
    category = CATEGORY | {"keypoints": list(collection.schema.names), "skeleton": []}
    document = {"images": images, "annotations": annotations, "categories": [category]}
    carried = {"subject", "box", "unlabelled"} | ({"face"} if are_numbered(collection.samples) else set())
    return Writing({output.name: json_bytes(document)}, frozenset(carried))


def _annotation(sample: Sample) -> dict[str, Any]:
    points = places(sample)
    labelled = ~np.isnan(points).any(axis=-1)
    triplets = np.column_stack([np.where(labelled[:, None], points, 0), LABELLED * labelled])
    keypoints = [int(value) if value.is_integer() else value for value in triplets.ravel().tolist()]
    box = _box(sample, points[labelled])
    return {
        "keypoints": keypoints, "num_keypoints": int(labelled.sum()), "bbox": list(box), "area": box[2] * box[3],
        "iscrowd": 0, "attributes": {"subject": sample.subject} if sample.subject else {},
    }  # fmt: skip


def _box(sample: Sample, points: np.ndarray) -> tuple[float, float, float, float]:
    """(left, top, width, height): the square around the face, else around the labelled points, edges from 0."""
    if sample.box:
        left, top, side = sample.box
        return left + 0.5, top + 0.5, side, side
    (left, top), (right, bottom) = points.min(axis=0) + 0.5, points.max(axis=0) + 0.5
    x, y, width, height = (round(float(value), DECIMALS) for value in (left, top, right - left, bottom - top))
    return x, y, width, height
