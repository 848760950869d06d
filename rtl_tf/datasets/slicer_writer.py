"""3D Slicer, written: a `.mrk.json` file for each face, beside a copy of its image."""

from pathlib import Path

import numpy as np

from rtl_tf.datasets.collection import Collection, Writing, copies_beside, face_stems, keep_numbers, places
from rtl_tf.datasets.slicer import SUBJECT, SUFFIX
from rtl_tf.datasets.slicer_markups import ControlPoint, markups_bytes


def write(collection: Collection, output: Path) -> Writing:
    """A folder of files in LPS, z = 0, with copies of the images; see `slicer.read`. A missing landmark is a point that
    is not defined."""
    samples = collection.samples
    files: dict[str, bytes | Path] = dict(copies_beside(samples))
    for index, stem in enumerate(face_stems(samples)):
        files[f"{stem}{SUFFIX}"] = markups_bytes(_points(collection, index), "LPS")
    carried = {"subject", "unlabelled"} | ({"face"} if keep_numbers(samples) else set())
    notes = ["in LPS, z = 0, a px for a mm: in Slicer's Volumes module the image must have a spacing of 1"]
    return Writing(files, frozenset(carried), notes)


def _points(collection: Collection, index: int) -> list[ControlPoint]:
    sample = collection.samples[index]
    description = f"{SUBJECT}{sample.subject}" if sample.subject else ""
    named = zip(collection.schema.names, places(sample), strict=True)
    return [ControlPoint(name, np.append(place, 0.0), description) for name, place in named]
