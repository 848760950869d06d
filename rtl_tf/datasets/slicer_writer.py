"""3D Slicer, written: a `.mrk.json` file for each face, beside a copy of its image."""

from pathlib import Path
from typing import Any

import numpy as np

from rtl_tf.datasets.collection import Collection, Writing, copies_beside, face_stems, keep_numbers, places
from rtl_tf.datasets.slicer import POINTS, SUBJECT, SUFFIX
from rtl_tf.documents import json_bytes

SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)


def write(collection: Collection, output: Path) -> Writing:
    """A folder of files in LPS, z = 0, with copies of the images; see `slicer.read`. A missing landmark is a point that
    is not defined."""
    samples = collection.samples
    files: dict[str, bytes | Path] = dict(copies_beside(samples))
    for index, stem in enumerate(face_stems(samples)):
        markup = {"type": POINTS, "coordinateSystem": "LPS", "controlPoints": _points(collection, index)}
        files[f"{stem}{SUFFIX}"] = json_bytes({"@schema": SCHEMA, "markups": [markup]})
    carried = {"subject", "unlabelled"} | ({"face"} if keep_numbers(samples) else set())
    notes = ["in LPS, z = 0, a px for a mm: in Slicer's Volumes module the image must have a spacing of 1"]
    return Writing(files, frozenset(carried), notes)


def _points(collection: Collection, index: int) -> list[dict[str, Any]]:
    sample = collection.samples[index]
    description = f"{SUBJECT}{sample.subject}" if sample.subject else ""
    return [
        {
            "id": str(number), "label": name, "description": description,
            "position": [*np.nan_to_num(place).tolist(), 0.0],
            "positionStatus": "undefined" if np.isnan(place).any() else "defined",
        }
        for number, (name, place) in enumerate(zip(collection.schema.names, places(sample), strict=True), start=1)
    ]  # fmt: skip
