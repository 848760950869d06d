"""LabelMe, written: a JSON file for each image."""

from pathlib import Path
from typing import Any

import numpy as np

from rtl_tf.datasets.collection import (
    Collection,
    Writing,
    by_image,
    image_stems,
    keep_numbers,
    numbers_of,
    places,
)
from rtl_tf.datasets.labelme import SUBJECT_FLAG
from rtl_tf.datasets.table_cells import image_cell
from rtl_tf.documents import json_bytes
from rtl_tf.images import read_size

VERSION = "5.5.0"  # of LabelMe, whose form of a file this is


def write(collection: Collection, output: Path) -> Writing:
    """A folder of JSON files that name their images. A missing landmark has no shape; several faces are groups, whose
    subjects cannot be told."""
    samples, files = collection.samples, {}
    stems = image_stems(samples)
    for image, faces in by_image(samples).items():
        width, height = read_size(image)
        shapes: list[dict] = []
        for index, number in zip(faces, numbers_of([samples[index] for index in faces]), strict=True):
            shapes += _shapes(collection, index, int(number) if len(faces) > 1 else None)
        subjects = {samples[index].subject for index in faces} - {""}
        flags = {f"{SUBJECT_FLAG}{subject}": True for subject in subjects} if len(faces) == 1 else {}
        files[f"{stems[image]}.json"] = json_bytes({
            "version": VERSION, "flags": flags, "shapes": shapes, "imagePath": image_cell(image, output),
            "imageData": None, "imageHeight": height, "imageWidth": width,
        })  # fmt: skip
    carried = {"face"} if keep_numbers(samples) else set()
    return Writing(files, frozenset(carried | (set() if len(stems) < len(samples) else {"subject"})))


def _shapes(collection: Collection, index: int, group: int | None) -> list[dict[str, Any]]:
    return [
        {"label": name, "points": [place.tolist()], "group_id": group, "description": "", "shape_type": "point",
         "flags": {}, "mask": None}
        for name, place in zip(collection.schema.names, places(collection.samples[index]), strict=True)
        if not np.isnan(place).any()
    ]  # fmt: skip
