"""TPS, written: a block of lines for each face, y upwards."""

from pathlib import Path

import numpy as np

from rtl_tf.datasets.collection import Collection, Writing, are_numbered, face_stems, places
from rtl_tf.datasets.table_cells import image_cell
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_size
from rtl_tf.records import Sample

MISSING = "-1 -1"  # as tpsDig has it


def write(collection: Collection, output: Path) -> Writing:
    """One file, with SCALE (mm a px) if all faces have it, as geomorph uses it for all or none. See `tps.read`. A face
    of nobody has an ID that no other has: its image's name.

    Raises:
        InputError: the name of an image has two lines.
    """
    samples = collection.samples
    scaled = not any(np.isnan(sample.mm_per_px) for sample in samples)
    names = [sample.subject or stem for sample, stem in zip(samples, face_stems(samples), strict=True)]
    text = "".join(_block(sample, name, output.parent, scaled) for sample, name in zip(samples, names, strict=True))
    carried = {"subject", "unlabelled"} | ({"mm_per_px"} if scaled else set())
    notes = ["y points upwards; landmarks have no names, but the order of the schema"]
    if any(np.isnan(sample.points).any() for sample in samples):
        notes.append(f"missing landmarks are {MISSING}: in geomorph readland.tps(..., negNA = TRUE)")
    return Writing(
        {output.name: text.encode()}, frozenset(carried | ({"face"} if are_numbered(samples) else set())), notes
    )


def _block(sample: Sample, person: str, folder: Path, scaled: bool) -> str:
    height, name = read_size(sample.image)[1], image_cell(sample.image, folder)
    if len(name.splitlines()) > 1:
        raise InputError(f"{sample.image}: its name has more than one line, which TPS cannot hold; rename it")
    rows = [MISSING if np.isnan((x, y)).any() else f"{x:.5f} {height - y:.5f}" for x, y in places(sample)]
    lines = [
        f"LM={len(rows)}",
        *rows,
        f"IMAGE={name}",
        f"ID={person}",
        *([f"SCALE={sample.mm_per_px:.10f}"] if scaled else []),
    ]
    return "".join(f"{line}\n" for line in lines)
