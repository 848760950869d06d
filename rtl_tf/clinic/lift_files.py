"""What is lifted, in files: lifted.csv, measurements.csv, and points for 3D Slicer; and in a screenful."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from rtl_tf.clinic.lifted import NOT_PLACED, LiftedHalf, LiftedPoint, Lifting
from rtl_tf.clinic.measured_table import DIGITS, number
from rtl_tf.csv_rows import as_line
from rtl_tf.datasets.meshes.textured import TexturedMesh
from rtl_tf.datasets.slicer import SUFFIX
from rtl_tf.datasets.slicer_markups import ControlPoint, markups_bytes
from rtl_tf.datasets.table_cells import image_cell
from rtl_tf.measurement import USE, Measurement
from rtl_tf.reports.grid import Grid, as_text
from rtl_tf.schema import Schema

POINTS, MEASUREMENTS = "lifted.csv", "measurements.csv"
HEADER = (
    *("mesh", "mirrored", "landmark", "texture", "face", "x_px", "y_px", "peak"),
    *("x", "y", "z", "used", "apart_mm", "off_px", "spread_mm", "note"),
)
MEASURED = ("mesh", "mirrored", "measurement", "value", "unit", "note", "use")
FLAGS = {False: "false", True: "true"}


def lift_files(
    obj: Path, mesh: TexturedMesh, halves: Sequence[LiftedHalf], schema: Schema, how: Lifting, folder: Path
) -> dict[str, bytes]:
    """Content by name, to be written into `folder`."""
    name = image_cell(obj, folder)
    points = [_point_cells(name, mesh, half, point, schema, folder) for half in halves for point in half.points]
    measured = [_measured_cells(name, half, column, schema) for half in halves for column in range(len(half.values))]
    files = {POINTS: _csv(HEADER, points)}
    if measured:
        files[MEASUREMENTS] = _csv(MEASURED, measured)
    units = {"coordinateUnits": "mm"} if how.mm_per_unit == 1 else {}
    for half in halves:
        stem = f"{obj.stem}_mirrored" if half.mirrored and len(halves) > 1 else obj.stem
        files[f"{stem}{SUFFIX}"] = markups_bytes(_control_points(half, schema), mesh.space, **units)
    return files


def lift_text(mesh: TexturedMesh, halves: Sequence[LiftedHalf], schema: Schema) -> str:
    """A table of landmarks and one of measurements for each half, and counts of what lies on no texture."""
    parts = []
    for half in halves:
        which = " (mirrored half)" if half.mirrored and len(halves) > 1 else ""
        parts.append(as_text(_landmark_grid(half, schema, which)))
        if schema.measurements:
            parts.append(as_text(_measured_grid(half, schema, which)))
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


def _measured_grid(half: LiftedHalf, schema: Schema, which: str) -> Grid:
    rows = [
        [each.name, each.unit.replace("1", "ratio"), number(value, DIGITS[each.unit] - 1) or "-"]
        for each, value in zip(schema.measurements, half.values.tolist(), strict=True)
    ]
    return Grid(f"Measured in space{which}. {USE.capitalize()}.", ["Measurement", "Unit", "Value"], rows, 2)


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


def _measured_cells(name: str, half: LiftedHalf, column: int, schema: Schema) -> tuple[str, ...]:
    measurement, value = schema.measurements[column], float(half.values[column])
    value_cell, note = number(value, DIGITS[measurement.unit]), _missing(measurement, half, schema)
    return name, FLAGS[half.mirrored], measurement.name, value_cell, measurement.unit, note, USE


def _missing(measurement: Measurement, half: LiftedHalf, schema: Schema) -> str:
    absent = [name for name in measurement.points if np.isnan(half.positions[schema.index(name)]).any()]
    return f"no {', '.join(dict.fromkeys(absent))}" if absent else ""


def _control_points(half: LiftedHalf, schema: Schema) -> list[ControlPoint]:
    notes = {point.index: point.place.note for point in half.points if point.used}
    return [
        ControlPoint(name, place, notes.get(index, ""))
        for index, (name, place) in enumerate(zip(schema.names, half.positions, strict=True))
    ]


def _csv(header: Sequence[str], rows: Sequence) -> bytes:
    return "".join([as_line(header), *map(as_line, rows)]).encode()
