"""300-W, written: a `.pts` file of 68 points beside a copy of every image."""

from pathlib import Path

import numpy as np

from rtl_tf.datasets.collection import Collection, Writing, copies_beside, face_stems, keep_numbers, places
from rtl_tf.datasets.ibug68 import IBUG68, MOST_OUTSIDE
from rtl_tf.datasets.pts import POINTS
from rtl_tf.exceptions import InputError

OUTSIDE = -1.0  # px, in the file: a missing point lies outside the image, as readers of 300-W take it


def write(collection: Collection, output: Path) -> Writing:
    """A folder of `.pts` files, which count pixels from 1, with copies of the images. Each face is a person.

    Raises:
        InputError: the landmarks are not the 68 of 300-W, or a face has too few of them.
    """
    schema, samples = collection.schema, collection.samples
    if schema.names != IBUG68.names:
        raise InputError(f"schema {schema.name}: .pts files hold the {POINTS} points of ibug68; write another format")
    stems = face_stems(samples)
    files: dict[str, bytes | Path] = dict(copies_beside(samples))
    missing = 0
    for stem, sample in zip(stems, samples, strict=True):
        points = places(sample)
        absent = np.isnan(points).any(axis=-1)
        missing += absent.sum()
        if absent.sum() > MOST_OUTSIDE:
            raise InputError(f"{sample.image}: {absent.sum()} of its {POINTS} points are missing, .pts files need more")
        rows = "".join(f"{x:.5f} {y:.5f}\n" for x, y in np.where(absent[:, None], OUTSIDE, points + 1))
        files[f"{stem}.pts"] = f"version: 1\nn_points: {POINTS}\n{{\n{rows}}}\n".encode()
    carried = {"unlabelled"} | ({"face"} if keep_numbers(samples) else set())
    if all(sample.subject == stem for stem, sample in zip(stems, samples, strict=True)):
        carried.add("subject")
    notes = [f"missing points lie at ({OUTSIDE:g}, {OUTSIDE:g}), outside their images"] if missing else []
    return Writing(files, frozenset(carried), notes)
