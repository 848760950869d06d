"""What is measured in space: its intervals, by where a detector's landmarks may lie on the surface, and its norms."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from rtl_tf.clinic.facts import Facts, joined, none_in_common
from rtl_tf.clinic.lifted import LiftedHalf, Lifting, texture_maps
from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.clinic.measured import Measured, Yardsticks, explained
from rtl_tf.clinic.same_images import place_of
from rtl_tf.clinic.scales import Scale
from rtl_tf.clinic.sights import Sight
from rtl_tf.clinic.texture_views import TextureView
from rtl_tf.datasets.meshes.textured import TexturedMesh
from rtl_tf.geometry.mirroring import unmirrored
from rtl_tf.measurement import SURFACE
from rtl_tf.measuring.intervals import DRAWS
from rtl_tf.measuring.landmark_covariance import LandmarkCovariance
from rtl_tf.measuring.quantities import measure
from rtl_tf.schema import Schema

TOLD_FROM = 0.05  # of the draws that miss the mesh, that it is said
MOST_MISSED = 0.5  # of the draws, beyond which what is left tells no interval


def measure_half(
    half: LiftedHalf, face: MarkedFace, mesh: TexturedMesh, schema: Schema, how: Lifting, yardsticks: Yardsticks
) -> list[Measured]:
    """The schema's measurements of a half of the face, which `face` tells the rest of, beside the norms that are named.

    InputError where its age or sex is none, and a norm asks for it.
    """
    covariance, scale, found = yardsticks.covariance, Scale(how.mm_per_unit), []
    known = covariance.landmarks if covariance else ()
    is_found = face.by_hand is None
    drawn = draw_on_surface(mesh, half, schema, how, covariance) if covariance and is_found else None
    for measurement, value in zip(schema.measurements, half.values.tolist(), strict=True):
        plain = Measured(face, Sight(""), scale, measurement, value, np.nan, np.nan, of=SURFACE)
        if drawn is not None and not np.isnan(value) and set(measurement.points) <= set(known):
            plain = _between_ends(plain, measure(measurement, drawn, schema.names, how.mm_per_unit), yardsticks.level)
        found += explained(plain, schema, yardsticks)
    return found


def face_of_half(obj: Path, mesh: TexturedMesh, half: LiftedHalf, how: Lifting, facts: Facts | None) -> MarkedFace:
    """The half as a face: of whom it is, told by the first row of its table, then by the facts.

    InputError where the facts have neither the mesh nor one of its textures.
    """
    blank = MarkedFace(obj, obj.name, "", half.positions, half.mirrored)
    row = next((point.view.row for point in half.points if point.view.row), blank)
    face = replace(
        row, image=obj, name=obj.name, subject=row.told_subject, points=half.positions, mm_per_px=how.mm_per_unit,
        outside=(),
    )  # fmt: skip
    if facts is None:
        return face
    rows = [facts.rows[key] for key in ((place_of(file), "") for file in (obj, *mesh.textures)) if key in facts.rows]
    if not rows:
        raise none_in_common(facts.file, obj)
    return joined(face, rows[0], facts.aside)


def draw_on_surface(
    mesh: TexturedMesh,
    half: LiftedHalf,
    schema: Schema,
    how: Lifting,
    covariance: LandmarkCovariance,
    draws: int = DRAWS,
) -> np.ndarray:
    """float64 (draws, K, 3): where on the surface the landmarks may really lie; NaN = nowhere, or its error is unknown.

    A landmark is drawn on the texture that it was taken from, and lifted as it was: up to `reach` px beside all charts
    to the nearest place, beyond to none. Since it does lie on the surface, what is none is no place where it may lie.
    Errors on several views are drawn apart.
    """
    views = list({id(point.view): point.view for point in half.points}.values())
    maps = texture_maps(mesh, views)
    errors = [_errors(view, schema, covariance, draws, seed) for seed, view in enumerate(views)]
    drawn = np.full((draws, len(schema), 3), np.nan)
    for point in half.points:
        away = errors[[view is point.view for view in views].index(True)][:, point.index]
        if point.used and np.isfinite(away).all():
            places = point.view.points[point.index] + away
            drawn[:, point.index] = maps[point.view.texture].places(places, how.reach, how.mm_per_unit)
    return drawn


def _errors(view: TextureView, schema: Schema, covariance: LandmarkCovariance, draws: int, seed: int) -> np.ndarray:
    """(draws, K, 2), px of the texture."""
    as_seen = view.mirrored, schema.mirror_permutation
    size = covariance.face.sizes(schema.names, unmirrored(view.points, *as_seen))
    return unmirrored(covariance.draws(schema.names, draws, seed), *as_seen) * size


def _between_ends(plain: Measured, values: np.ndarray, level: float) -> Measured:
    """With the interval of the draws' values, of which those that have none are left out; or with why there is none."""
    there = values[np.isfinite(values)]
    missed = 1 - len(there) / len(values)
    said = f"{missed:.0%} of the draws miss the mesh"
    if missed > MOST_MISSED:
        return replace(plain, notes=(f"{said}: no interval",))
    low, high = np.quantile(there, ((1 - level) / 2, (1 + level) / 2)).tolist()
    notes = (f"{said} and are left out of the interval",) if missed >= TOLD_FROM else ()
    return replace(plain, low=low, high=high, notes=notes)
