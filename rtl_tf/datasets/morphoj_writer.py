"""MorphoJ, written: a text file with a row a face, cells parted by tabs. It names no image, so none is read."""

import re
from pathlib import Path

import numpy as np

from rtl_tf.datasets.collection import Collection, Writing, face_stems, places
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_size

PARTING = re.compile(r"[\s,;]+")  # what MorphoJ takes for the end of a cell


def write(collection: Collection, output: Path) -> Writing:
    """One file: the image's name as identifier, then x and y of the landmarks in px, y upwards as in TPS.

    MorphoJ knows no missing landmark: faces that lack one are left out.

    Raises:
        InputError: every face lacks one.
    """
    rows, names = [], collection.schema.names
    for stem, sample in zip(face_stems(collection.samples), collection.samples, strict=True):
        points, height = places(sample), read_size(sample.image)[1]
        if not np.isnan(points).any():
            rows.append("\t".join([PARTING.sub(" ", stem), *(f"{x:.5f}\t{height - y:.5f}" for x, y in points)]))
    if not rows:
        raise InputError("MorphoJ knows no missing landmark, and every face lacks one; write another format")
    left_out = len(collection.samples) - len(rows)
    header = "\t".join(["ID", *(f"{name}_{axis}" for name in names for axis in "xy")])
    notes = ["px, y upwards"]
    if left_out:
        notes.append(f"left out, as MorphoJ knows no missing landmark: {left_out} of {len(collection.samples)} faces")
    return Writing({output.name: "".join(f"{row}\n" for row in (header, *rows)).encode()}, frozenset(), notes)
