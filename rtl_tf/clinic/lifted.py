"""Landmarks of textures lifted to the mesh, and what is measured between them in space."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rtl_tf.clinic.texture_views import TextureView
from rtl_tf.datasets.meshes.textured import NOWHERE, Place, TexturedMesh, TextureMap
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_size
from rtl_tf.measuring.quantities import measure
from rtl_tf.schema import Schema

EXTENT = (75, 2000)  # mm across, within which scans of faces and heads lie
NOT_PLACED = "not on this texture"


@dataclass(frozen=True)
class Lifting:
    """How it is lifted: `reach` px beside the charts, and the mesh's unit; None = not told, taken for mm."""

    reach: float = 2.0
    told_mm_per_unit: float | None = None

    @property
    def mm_per_unit(self) -> float:
        return 1.0 if self.told_mm_per_unit is None else self.told_mm_per_unit


@dataclass(frozen=True, eq=False)
class LiftedPoint:
    """A landmark of a view, on the mesh.

    Attributes:
        index: of the landmark in the schema.
        used: whether it is the one of its landmark that is measured.
        apart_mm: how far it lies from that one, which another view shows; NaN = it is that one, or lies nowhere.
    """

    view: TextureView
    index: int
    place: Place
    used: bool = False
    apart_mm: float = float("nan")


@dataclass(frozen=True, eq=False)
class LiftedHalf:
    """One half of the face: views that agree in `mirrored`.

    Attributes:
        points: of each view all K landmarks.
        positions: float64 (K, 3), in the unit and the axes of the mesh; NaN = missing.
        values: of the schema's measurements, mm, degrees, ratios; NaN = missing.
    """

    mirrored: bool
    points: Sequence[LiftedPoint]
    positions: np.ndarray
    values: np.ndarray


def lift(mesh: TexturedMesh, views: Sequence[TextureView], schema: Schema, how: Lifting) -> list[LiftedHalf]:
    """The half that is seen as it is first, then the mirrored one.

    Of a landmark that several views show, the one inside a chart counts, and not at an outline behind which the texture
    shows something else; of several such the one with the highest peak, else the first.

    Raises:
        InputError: the mesh cannot be in the unit that was taken for granted, or no landmark lies on it.
    """
    _require_unit(mesh, how)
    maps = texture_maps(mesh, views)
    halves = []
    for mirrored in sorted({view.mirrored for view in views}):
        points = []
        for view in (view for view in views if view.mirrored == mirrored):
            places = [_place(maps[view.texture], point, how) for point in view.points]
            points += [LiftedPoint(view, index, place) for index, place in enumerate(places)]
        halves.append(_half(points, mirrored, schema, how))
    if all(np.isnan(half.positions).all() for half in halves):
        raise InputError(f"no landmark lies on the mesh; the first: {halves[0].points[0].place.note}")
    return halves


def texture_maps(mesh: TexturedMesh, views: Iterable[TextureView]) -> dict[int, TextureMap]:
    """Of the textures that the views are on."""
    return {one: TextureMap(mesh, one, read_size(mesh.textures[one])) for one in {view.texture for view in views}}


def _require_unit(mesh: TexturedMesh, how: Lifting) -> None:
    low, high = EXTENT
    if how.told_mm_per_unit is None and not low <= mesh.extent <= high:
        raise InputError(
            f"the mesh is {mesh.extent:.3g} units across, which is no face in mm: tell --mm-per-unit "
            "(1000 for metres, 10 for centimetres, 1 if they are mm)"
        )


def _place(texture: TextureMap, point: np.ndarray, how: Lifting) -> Place:
    if np.isnan(point).any():
        return Place(NOWHERE, np.nan, NOT_PLACED)
    return texture.find(point, how.reach, how.mm_per_unit)


def _half(points: Sequence[LiftedPoint], mirrored: bool, schema: Schema, how: Lifting) -> LiftedHalf:
    positions = np.full((len(schema), 3), np.nan)
    chosen: dict[int, LiftedPoint] = {}
    for point in sorted(points, key=_rank):
        if not np.isnan(point.place.position).any():
            best = chosen.setdefault(point.index, point)
            positions[point.index] = best.place.position
    compared = [_compared(point, chosen.get(point.index), how.mm_per_unit) for point in points]
    values = [measure(each, positions, schema.names, how.mm_per_unit) for each in schema.measurements]
    return LiftedHalf(mirrored, compared, positions, np.array(values, np.float64))


def _rank(point: LiftedPoint) -> tuple[bool, bool, float]:
    """The best first; sorting keeps the order of the views where it knows no difference."""
    peak = point.view.peaks[point.index]
    return point.place.off_px > 0, point.place.leaps, -np.nan_to_num(float(peak))


def _compared(point: LiftedPoint, best: LiftedPoint | None, mm_per_unit: float) -> LiftedPoint:
    if best is None or point is best:
        return replace(point, used=point is best)
    apart = np.linalg.norm(point.place.position - best.place.position)
    return replace(point, apart_mm=float(apart) * mm_per_unit)
