"""A scan of a built-in head in files: OBJ, MTL and texture, and the truth."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from rtl_tf.datasets.meshes.obj_writer import mtl_text, obj_text
from rtl_tf.datasets.slicer_markups import ControlPoint, markups_bytes
from rtl_tf.datasets.synthetic.landmark_table import SCHEMA, row_of
from rtl_tf.datasets.synthetic.render import Rendering
from rtl_tf.datasets.synthetic.scanner import Scanned, scan_head
from rtl_tf.system.atomic import replacing, write_bytes


def write_scan(seed: int, subject: int, scan: int, size: int, folder: Path) -> list[dict[str, str]]:
    """Writes `images/s0000_0.obj` and what belongs to it, the texture last; returns the rows of its faces: the exact
    places on the texture of the landmarks that each camera sees."""
    scanned, person, picture = scan_head(seed, subject, scan, size)
    stem = f"{person.name}_{scan}"
    truth = [ControlPoint(name, place) for name, place in zip(SCHEMA.names, scanned.landmarks, strict=True)]
    files = {
        ".obj": obj_text(scanned.mesh, f"{stem}.mtl").encode(),
        ".mtl": mtl_text(f"{stem}.png").encode(),
        "_truth.mrk.json": markups_bytes(truth, "LPS", coordinateUnits="mm"),  # as Slicer takes the OBJ file
    }
    for suffix, content in files.items():
        write_bytes(folder / "images" / f"{stem}{suffix}", content)
    image = f"images/{stem}.png"
    with replacing(folder / image) as unfinished:
        Image.fromarray(scanned.texture).save(unfinished, compress_level=3)
    faces = enumerate(_on_texture(scanned, size), start=1)
    return [{**row_of(image, view, person, picture, photograph=True), "face": str(number)} for number, view in faces]


def _on_texture(scanned: Scanned, size: int) -> Iterator[Rendering]:
    """The views with their landmarks in px of the texture, NaN where they are hidden."""
    for index, view in enumerate(scanned.views):
        points = view.points + np.array([index * size, 0], np.float32)
        points[~view.visible] = np.nan
        yield replace(view, points=points)
