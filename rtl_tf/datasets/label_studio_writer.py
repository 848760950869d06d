"""Label Studio, written: tasks with annotations, or, of a detector, with predictions that a person corrects."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import numpy as np

from rtl_tf.datasets.collection import Collection, Writing, by_image, places
from rtl_tf.datasets.label_studio import KEYPOINTS, MODEL
from rtl_tf.datasets.label_studio_images import LOCAL_FILES
from rtl_tf.documents import json_bytes
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_size
from rtl_tf.records import shared_folder

LABELS, IMAGE = "landmarks", "image"  # names in the labelling interface
SIZE = 0.3  # of a point as it is drawn, percent of the image's width
PERCENT_DECIMALS, HAIR = 9, 1e-6  # px


def write(collection: Collection, output: Path) -> Writing:
    """A file of tasks, and the labelling interface that they belong to. Predictions stay predictions.

    Images are named from the folder that holds all of them and the output, as Label Studio serves local files. A
    missing landmark has no region.

    Raises:
        InputError: an image shows several faces, whose keypoints Label Studio cannot tell apart, or the server would
            have to show the whole disk.
    """
    several = next((image for image, faces in by_image(collection.samples).items() if len(faces) > 1), None)
    if several is not None:
        raise InputError(
            f"{several} shows several faces, whose points Label Studio cannot tell apart; keep one of them"
        )
    root = shared_folder([*(sample.image.parent for sample in collection.samples), output.parent])
    if root == os.path.dirname(root):
        none = f"no folder but {root}" if root else "no folder"
        raise InputError(f"--output {output}: {none} holds it and the photographs; write it nearer to them")
    tasks = [_task(collection, index, root) for index in range(len(collection.samples))]
    interface = f"{output.stem}.xml"
    files = {output.name: json_bytes(tasks), interface: _interface(collection.schema.names)}
    notes = [
        f"in Label Studio: paste {interface} as the labelling interface, import {output.name}; its server has to be "
        f"started with LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true and LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT={root}"
    ]
    if untold := sum(not sample.subject for sample in collection.samples):
        told = "give DATA a column 'subject' first, as a split parts people by it"
        notes.append(f"no subject is told of {untold} face{'s' * (untold != 1)}: {told}")
    return Writing(files, frozenset({"subject", "predictions", "peaks"}), notes)


def _task(collection: Collection, index: int, root: str) -> dict[str, Any]:
    sample = collection.samples[index]
    way = Path(os.path.relpath(os.path.abspath(sample.image), root)).as_posix()
    data = {IMAGE: LOCAL_FILES + quote(way)} | ({"subject": sample.subject} if sample.subject else {})
    if not collection.predicted:
        return {"data": data, "annotations": [{"result": _regions(collection, index)}]}
    answer = {
        "model_version": f"{MODEL} {collection.detectors[index]}".rstrip(), "result": _regions(collection, index),
        "score": _score(collection.peaks[index]),
    }  # fmt: skip
    return {"data": data, "predictions": [answer]}


def _regions(collection: Collection, index: int) -> list[dict[str, Any]]:
    sample = collection.samples[index]
    width, height = read_size(sample.image)
    regions: list[dict[str, Any]] = []
    for column, (name, place) in enumerate(zip(collection.schema.names, places(sample), strict=True)):
        if np.isnan(place).any():
            continue
        # A little within, as percent of a point on the very edge can come back as a hair outside.
        within = place.clip(-0.5 + HAIR, np.subtract((width, height), 0.5 + HAIR))
        x, y = (round(float(value), PERCENT_DECIMALS) for value in within * 100 / (width, height))
        region = {
            "id": f"{index + 1}-{column + 1}", "type": KEYPOINTS, "from_name": LABELS, "to_name": IMAGE,
            "original_width": width, "original_height": height, "image_rotation": 0,
            "value": {"x": x, "y": y, "width": SIZE, KEYPOINTS: [name]},
        }  # fmt: skip
        if collection.predicted:
            region["score"] = _score(collection.peaks[index][column])
        regions.append(region)
    return regions


def _score(peaks: np.ndarray) -> float | None:
    """The height of the least sure landmark's peak, by which Label Studio sorts; None where none is known."""
    known = np.atleast_1d(peaks)[~np.isnan(np.atleast_1d(peaks))]
    return float(known.min()) if len(known) else None


def _interface(names: tuple[str, ...]) -> bytes:
    labels = "\n".join(f"    <Label value={quoteattr(name)}/>" for name in names)
    return (
        f'<View>\n  <Image name="{IMAGE}" value="${IMAGE}" zoom="true" zoomControl="true"/>\n'
        f'  <KeyPointLabels name="{LABELS}" toName="{IMAGE}" strokeWidth="2">\n{labels}\n  </KeyPointLabels>\n</View>\n'
    ).encode()
