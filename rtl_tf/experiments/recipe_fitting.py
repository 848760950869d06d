"""What a run fits to its training images beside the network: where to look, and what its labels have in common."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rtl_tf.config import Settings
from rtl_tf.coordinates import Crop
from rtl_tf.experiments.face_boxes import GIVEN
from rtl_tf.images import read_around
from rtl_tf.inference.alignment import Alignment
from rtl_tf.inference.box_evidence import BoxEvidence, displaced
from rtl_tf.inference.face_meshes import Mesh, find_mesh
from rtl_tf.inference.label_shift import estimate
from rtl_tf.inference.mesh_calibration import Calibration, MeshLandmarks, nearest_points
from rtl_tf.inference.recipe import FACE, Recipe, mesh_views
from rtl_tf.pipeline import labels_in, sample_crop
from rtl_tf.records import Sample
from rtl_tf.schema import Schema
from rtl_tf.system.notes import warn
from rtl_tf.system.progress import progress

USUAL_BLEND = 0.5  # until validation images say otherwise
CERTAIN = 2.0  # standard errors that a shift of labels must be away from none
BOXES = 8  # displaced ones of each training image
FEWEST = 5  # faces with a mesh: below, there is nothing to fit


@dataclass(frozen=True)
class MeshedSample:
    """A sample whose face has a mesh.

    Attributes:
        box: around the labels, or the sample's own.
        views: (V, 468, 2) original px, see `recipe.mesh_views`: the first two, a plain and a flipped one, at least.
    """

    sample: Sample
    box: Crop
    mesh: Mesh
    views: np.ndarray


Meshes = dict[tuple[Path, Crop], Mesh]  # by an image and the box that was looked into, whether it shows a face or not


class Wanted(NamedTuple):
    """The settings that a recipe depends on, under their names."""

    aligned: bool
    calibrated: bool
    label_shift: bool
    views: int
    flips: bool
    face_boxes: str
    box_jitter: float
    image_size: int
    crop_margin: float

    @classmethod
    def of(cls, settings: Settings) -> "Wanted":
        return cls(*(getattr(settings, name) for name in cls._fields))


def fit_recipe(wanted: Wanted, samples: Sequence[Sample], schema: Schema, meshes: Meshes | None = None) -> Recipe:
    """The recipe of the training part's samples. The meshes that are found go into `meshes`."""
    recipe = Recipe(views=wanted.views, flips=wanted.flips)
    both_kinds = len({sample.mirrored for sample in samples}) == 2  # else no shift shows
    if not (wanted.aligned or wanted.calibrated or (wanted.label_shift and both_kinds)):
        return recipe
    meshed = mesh_samples(samples, wanted, {} if meshes is None else meshes)
    people = {one.sample.subject for one in meshed}
    if len(meshed) < FEWEST or len(people) < 2:
        found = f"face meshes in {len(meshed)} of {len(samples)} training images, of {len(people)} people"
        warn(f"{found}: too few, boxes are looked at as they are")
        return recipe
    if wanted.aligned:
        alignment = Alignment.fit([one.mesh for one in meshed], [one.sample.points for one in meshed])
        recipe = replace(recipe, alignment=alignment)
    squares = [recipe.alignment.square(one.mesh, 1) if recipe.alignment else replace(one.box, size=1) for one in meshed]
    if wanted.label_shift:
        recipe = replace(recipe, label_shift=_label_shift(meshed, squares, schema))
    if wanted.calibrated:
        calibration, left_out = _calibration(meshed, squares, schema, recipe)
        recipe = replace(recipe, calibration=calibration, blend=USUAL_BLEND)
        if wanted.face_boxes == GIVEN:
            evidence = _box_evidence(meshed, squares, schema, left_out, recipe.label_shift, wanted)
            recipe = replace(recipe, box_evidence=evidence)
    return recipe


def mesh_samples(samples: Sequence[Sample], wanted: Wanted, meshes: Meshes) -> list[MeshedSample]:
    """Those of the samples in whose box a mesh is found; read in threads, with a progress bar. All go into `meshes`."""

    def meshed(sample: Sample) -> MeshedSample:
        box = sample_crop(sample, wanted.image_size, wanted.crop_margin)
        image = read_around(sample.image, box)
        mesh = meshes[sample.image, box] = find_mesh(image, box)
        return MeshedSample(sample, box, mesh, mesh_views(image, mesh, max(2, wanted.views)))

    with ThreadPoolExecutor() as pool:
        found = list(progress(pool.map(meshed, samples), len(samples), "finding face meshes"))
    return [one for one in found if one.mesh.score > FACE]


def _landmarks(meshed: Sequence[MeshedSample], squares: Sequence[Crop], labels: np.ndarray) -> MeshLandmarks:
    plain, flipped = (
        np.stack([square.to_shares(one.views[view]) for one, square in zip(meshed, squares, strict=True)])
        for view in (0, 1)
    )
    return MeshLandmarks.fit(plain, flipped, labels)


def _label_shift(meshed: Sequence[MeshedSample], squares: Sequence[Crop], schema: Schema) -> float:
    labels = _labels(meshed, squares, schema, 0.0)
    meshes = np.stack([square.to_shares(one.mesh.points) for one, square in zip(meshed, squares, strict=True)])
    nearest = list(nearest_points(meshes, labels))
    sideways = np.nanmean(labels[..., 0] - meshes[:, nearest, 0], axis=1)
    mirrored = np.array([square.mirrored for square in squares])
    found = estimate(np.where(mirrored, -sideways, sideways), mirrored, [one.sample.subject for one in meshed])
    return found.value if found and abs(found.value) > CERTAIN * found.error else 0.0


def _labels(meshed: Sequence[MeshedSample], squares: Sequence[Crop], schema: Schema, shift: float) -> np.ndarray:
    """float64 (N, K, 2) shares of the squares' sides, without the labels' shift, one too."""
    labels = [
        square.in_shares(labels_in(square, one.sample.points, schema, shift * square.side))
        for one, square in zip(meshed, squares, strict=True)
    ]
    return np.stack(labels)


def _calibration(
    meshed: Sequence[MeshedSample], squares: Sequence[Crop], schema: Schema, recipe: Recipe
) -> tuple[Calibration, np.ndarray]:
    """The calibration, and what it finds without each image's person, (N, K, 2) shares of the squares."""
    labels = _labels(meshed, squares, schema, recipe.label_shift)
    landmarks = _landmarks(meshed, squares, labels)
    found = np.stack(
        [square.to_shares(landmarks.of(one.views[: recipe.views])) for one, square in zip(meshed, squares, strict=True)]
    )
    return Calibration.fit(landmarks, found, labels, [one.sample.subject for one in meshed])


def _box_evidence(
    meshed: Sequence[MeshedSample],
    squares: Sequence[Crop],
    schema: Schema,
    left_out: np.ndarray,
    shift: float,
    wanted: Wanted,
) -> BoxEvidence:
    """Boxes of one's own are as they are; those around labels are displaced, as such boxes will be."""
    random = np.random.default_rng(0)
    found, labels, boxes, people = [], [], [], []
    for one, square, shares in zip(meshed, squares, left_out, strict=True):
        names = schema.mirror_permutation if square.mirrored else slice(None)
        for _ in range(1 if one.sample.box else BOXES):
            found.append(square.from_shares(shares) + (shift * square.side, 0))
            labels.append(one.sample.points[names])
            boxes.append(one.box if one.sample.box else displaced(one.box, wanted.box_jitter, random))
            people.append(one.sample.subject)
    return BoxEvidence.fit(found, labels, boxes, wanted.crop_margin, people)
