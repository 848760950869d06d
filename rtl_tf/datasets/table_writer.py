"""The package's own table, written: labels as landmarks.csv, predictions with their detector and peaks as found.csv."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rtl_tf.csv_rows import as_line
from rtl_tf.datasets.collection import Collection, Writing, places
from rtl_tf.datasets.table import BOX
from rtl_tf.datasets.table_cells import MARK, PEAK, RADIUS, image_cell, number


def write(collection: Collection, output: Path) -> Writing:
    """One table. It holds everything, and knows predictions by their columns."""
    sided = collection.predicted or any(sample.mirrored for sample in collection.samples)
    rows = [dict(_cells(collection, index, output.parent, sided)) for index in range(len(collection.samples))]
    names = list(dict.fromkeys(name for row in rows for name in row))
    always = {"image", *(f"{name}{axis}" for name in collection.schema.names for axis in ("_x", "_y"))}
    if collection.predicted:
        always |= {"face", *BOX, "mirrored", "detector", "error", *(name + PEAK for name in collection.schema.names)}
    header = [name for name in names if name in always or any(row.get(name) for row in rows)]
    lines = [as_line(header), *(as_line(row.get(name, "") for name in header) for row in rows)]
    carried = {"subject", "face", "box", "mirrored", "mm_per_px", "attributes", "unlabelled", "predictions"}
    carried |= {"peaks", "radii"}
    return Writing({output.name: (MARK + "".join(lines)).encode()}, frozenset(carried))


def _cells(collection: Collection, index: int, folder: Path, sided: bool) -> Iterator[tuple[str, str]]:
    """The columns of a face, in their order, also those that may be empty for all faces. `sided`: of some the half is
    told, so that an empty cell would leave it open."""
    sample = collection.samples[index]
    yield "image", image_cell(sample.image, folder)
    yield "subject", sample.subject
    yield "face", sample.face
    yield from zip(BOX, map(number, sample.box) if sample.box else ("", "", ""), strict=True)
    yield "mirrored", "true" if sample.mirrored else "false" if sided else ""
    if collection.predicted:
        yield from (("detector", collection.detectors[index]), ("error", ""))
    yield "mm_per_px", "" if np.isnan(sample.mm_per_px) else repr(float(sample.mm_per_px))
    yield from sample.attributes.items()
    for column, (name, (x, y)) in enumerate(zip(collection.schema.names, places(sample), strict=True)):
        yield from ((f"{name}_x", number(x)), (f"{name}_y", number(y)))
        if collection.predicted:
            yield name + PEAK, number(collection.peaks[index][column])
        if collection.radii:
            yield name + RADIUS, number(collection.radii[index][column])
