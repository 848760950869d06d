"""What is lifted, in files: lifted.csv, measurements.csv, and points for 3D Slicer; and in a screenful."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from rtl_tf.clinic.lifted import NOT_PLACED, LiftedHalf, LiftedPoint, Lifting
from rtl_tf.clinic.measured import Measured
from rtl_tf.clinic.measured_table import COMPARED, DIGITS, PERSON, compared_cells, number, person_cells, text
from rtl_tf.clinic.measured_text import compared_texts
from rtl_tf.csv_rows import as_line
from rtl_tf.datasets.meshes.textured import TexturedMesh
from rtl_tf.datasets.slicer import SUFFIX
from rtl_tf.datasets.slicer_markups import ControlPoint, markups_bytes
from rtl_tf.datasets.table_cells import image_cell
from rtl_tf.measurement import USE
from rtl_tf.reports.grid import Grid, as_text
from rtl_tf.schema import Schema

POINTS, MEASUREMENTS = "lifted.csv", "measurements.csv"
HEADER = (
    *("mesh", "mirrored", "landmark", "texture", "face", "x_px", "y_px", "peak"),
    *("x", "y", "z", "used", "apart_mm", "off_px", "spread_mm", "note"),
)
MEASURED = ("mesh", "mirrored", "subject", "measurement", "value", "low", "high", "unit", *COMPARED, *PERSON)
FLAGS = {False: "false", True: "true"}


def lift_files(
    obj: Path,
    mesh: TexturedMesh,
    halves: Sequence[LiftedHalf],
    measured: Sequence[Sequence[Measured]],
    schema: Schema,
    how: Lifting,
    folder: Path,
) -> dict[str, bytes]:
    """Content by name, to be written into `folder`; `measured`: of each half."""
    name = image_cell(obj, folder)
    points = [_point_cells(name, mesh, half, point, schema, folder) for half in halves for point in half.points]
    files = {POINTS: _csv(HEADER, points)}
    if rows := [_measured_cells(name, one) for of_half in measured for one in of_half]:
        files[MEASUREMENTS] = _csv(MEASURED, rows)
    units = {"coordinateUnits": "mm"} if how.mm_per_unit == 1 else {}
    for half in halves:
        stem = f"{obj.stem}_mirrored" if half.mirrored and len(halves) > 1 else obj.stem
        files[f"{stem}{SUFFIX}"] = markups_bytes(_control_points(half, schema), mesh.space, **units)
    return files


def lift_text(
    mesh: TexturedMesh, halves: Sequence[LiftedHalf], measured: Sequence[Sequence[Measured]], schema: Schema
) -> str:
    """Tables of landmarks, measurements and z-scores for each half, and counts of what lies on no texture."""
    parts = []
    for half, of_half in zip(halves, measured, strict=True):
        which = " (mirrored half)" if half.mirrored and len(halves) > 1 else ""
        parts.append(as_text(_landmark_grid(half, schema, which)))
        if of_half:
            parts += [as_text(_measured_grid(of_half, which)), *compared_texts(of_half)]
    if bare := int((mesh.texture_of < 0).sum()):
        parts.append(f"{bare} of {len(mesh.triangles)} triangles lie on no texture")
    return "\n\n".join(parts)


def _landmark_grid(half: LiftedHalf, schema: Schema, which: str) -> Grid:
    views = len(half.points) // len(schema)
    rows, notes = [], []
    for index, name in enumerate(schema.names):
        mine = [point for point in half.points if point.index == index]
        best = next((point for point in mine if point.used), None)
        apart = [point.apart_mm for point in mine if not np.isnan(point.apart_mm)]
        said = [best.place.note] if best else [point.place.note for point in mine if point.place.note != NOT_PLACED]
        notes += [f"{name}: {note}" for note in filter(None, said)]
        cells = [number(each, 2) or "-" for each in half.positions[index].tolist()]
        rows.append([name, *cells, ", ".join(number(each, 2) for each in apart) or "-"])
    there = int(np.isfinite(half.positions).all(axis=1).sum())
    caption = f"{there} of {len(schema)} landmarks on the mesh, from {views} view{'s' * (views != 1)}{which}"
    return Grid(caption, ["Landmark", "x", "y", "z", "mm between views"], rows, 1, notes=notes)


def _measured_grid(measured: Sequence[Measured], which: str) -> Grid:
    first = {one.measurement.name: one for one in reversed(measured)}  # of several norms, one
    rows = []
    for one in reversed(first.values()):
        digits = DIGITS[one.measurement.unit] - 1
        ends = (number(end, digits) or "-" for end in (one.value, one.low, one.high))
        rows.append([one.measurement.name, one.measurement.unit.replace("1", "ratio"), *ends])
    return Grid(
        f"Measured in space{which}. {USE.capitalize()}.", ["Measurement", "Unit", "Value", "Low", "High"], rows, 2
    )


def _point_cells(
    name: str, mesh: TexturedMesh, half: LiftedHalf, point: LiftedPoint, schema: Schema, folder: Path
) -> Iterator[str]:
    view = point.view
    yield from (name, FLAGS[half.mirrored], schema.names[point.index])
    yield from (image_cell(mesh.textures[view.texture], folder), view.face)
    yield from (number(each, 3) for each in view.points[point.index].tolist())
    yield number(float(view.peaks[point.index]), 3)
    yield from (number(each, 5) for each in point.place.position.tolist())
    yield from (FLAGS[point.used], number(point.apart_mm, 3), number(point.place.off_px, 2))
    yield from (number(point.place.spread_mm, 2), point.place.note)


def _measured_cells(name: str, one: Measured) -> Iterator[str]:
    unit = one.measurement.unit
    yield from (name, FLAGS[one.face.mirrored], text(one.face.subject), one.measurement.name)
    yield from (number(value, DIGITS[unit]) for value in (one.value, one.low, one.high))
    yield unit
    yield from compared_cells(one)
    yield from person_cells(one.face)


def _control_points(half: LiftedHalf, schema: Schema) -> list[ControlPoint]:
    notes = {point.index: point.place.note for point in half.points if point.used}
    return [
        ControlPoint(name, place, notes.get(index, ""))
        for index, (name, place) in enumerate(zip(schema.names, half.positions, strict=True))
    ]


def _csv(header: Sequence[str], rows: Sequence) -> bytes:
    return "".join([as_line(header), *map(as_line, rows)]).encode()
