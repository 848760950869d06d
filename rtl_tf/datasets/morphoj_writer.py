"""MorphoJ, written: a text file with a row a face, cells parted by tabs, beside copies of its images."""

from pathlib import Path

import numpy as np

from rtl_tf.datasets.collection import Collection, Writing, copies_beside, face_stems, keep_numbers, places
from rtl_tf.datasets.morphoj import ID, identifier
from rtl_tf.documents import repeated
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_size
from rtl_tf.records import Samples


def write(collection: Collection, output: Path) -> Writing:
    """One file: the image's name as identifier, then x and y of the landmarks in px, y upwards as in TPS. Beside it are
    the images, which `morphoj.read` looks for there.

    MorphoJ knows no missing landmark: faces that lack one are left out.

    Raises:
        InputError: every face lacks one, or two images would have one identifier.
    """
    samples, names = collection.samples, collection.schema.names
    whole = Samples([sample for sample in samples if not np.isnan(sample.points).any()])
    if not whole:
        raise InputError("MorphoJ knows no missing landmark, and every face lacks one; write another format")
    identifiers = [identifier(stem) for stem in face_stems(whole)]
    if (double := repeated(name.casefold() for name in identifiers)) is not None:
        raise InputError(f"two images would have the {ID} {double}, as MorphoJ parts cells at commas; rename one")
    rows = ["\t".join([ID, *(f"{name}_{axis}" for name in names for axis in "xy")])]
    for name, sample in zip(identifiers, whole, strict=True):
        height = read_size(sample.image)[1]
        rows.append("\t".join([name, *(f"{x:.5f}\t{height - y:.5f}" for x, y in places(sample))]))
    files: dict[str, bytes | Path] = dict(copies_beside(whole))
    files[output.name] = "".join(f"{row}\n" for row in rows).encode()
    notes = ["px, y upwards"]
    if left_out := len(samples) - len(whole):
        notes.append(f"left out, as MorphoJ knows no missing landmark: {left_out} of {len(samples)} faces")
    return Writing(files, frozenset({"face"} if keep_numbers(whole) else set()), notes)
