"""What is known of photographs beside their landmarks: a table of scales, people, ages, views, joined by the image."""

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.csv_rows import Row, read_rows
from rtl_tf.datasets.files import file_called
from rtl_tf.datasets.table import landmarks_of, mm_per_px_of, require_image_and_box
from rtl_tf.exceptions import InputError


def with_facts(faces: Sequence[MarkedFace], file: Path) -> list[MarkedFace]:
    """The faces with the subject, mm_per_px and further columns of a table that has their images; what a face's own row
    tells wins. Landmarks and boxes of the table are left aside.

    Raises:
        InputError: a table without the column image, an image with two rows, a bad scale; names file and row. Or none
            of the faces' images is in it.
    """
    header, rows = read_rows(file)
    require_image_and_box(file, header)
    coordinates = {name + axis for name in landmarks_of(header) for axis in ("_x", "_y")}
    known: dict[str, Row] = {}
    for row in rows:
        if not row.cells["image"]:
            continue
        image = _place(file_called(file.parent, row.cells["image"]))
        if known.setdefault(image, row) is not row:
            raise row.error(f"{row.cells['image']} has another row, {known[image].line}")
    joined = [_joined(face, known.get(_place(face.image)), coordinates) for face in faces]
    if not any(_place(face.image) in known for face in faces):
        raise InputError(f"{file}: has none of the images; it shall name them as they lie beside it")
    return joined


def _place(image: Path) -> str:
    return os.path.realpath(image)


def _joined(face: MarkedFace, row: Row | None, coordinates: set[str]) -> MarkedFace:
    if row is None:
        return face
    told = {name: cell for name, cell in row.cells.items() if name not in coordinates and cell}
    own = {name: cell for name, cell in face.cells.items() if cell}
    scale = face.mm_per_px
    if math.isnan(scale):
        try:
            scale = mm_per_px_of(row.cells)
        except InputError as problem:
            raise row.error(problem) from problem
    return replace(face, subject=face.subject or row.cells.get("subject", ""), mm_per_px=scale, cells=told | own)
