"""What a run fits to its training images beside the network: where to look, and what its labels have in common."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from rtl_tf.config import Settings
from rtl_tf.coordinates import Crop, crop_around
from rtl_tf.experiments.face_boxes import GIVEN
from rtl_tf.experiments.meshed_samples import (
    MeshedSample,
    Meshes,
    mesh_samples,
    of_like_boxes,
    seen_both_ways,
    shift_of_labels,
)
from rtl_tf.inference.alignment import Alignment
from rtl_tf.inference.box_evidence import BoxEvidence, displaced
from rtl_tf.inference.label_shift import FEWEST_PEOPLE, LabelShift
from rtl_tf.inference.mesh_calibration import Calibration, MeshLandmarks
from rtl_tf.inference.recipe import Recipe
from rtl_tf.limits import AUTO
from rtl_tf.pipeline import labels_in
from rtl_tf.records import Sample
from rtl_tf.runs.fitted import Fitted, meshes_text
from rtl_tf.schema import Schema
from rtl_tf.system.notes import warn

USUAL_BLEND = 0.5  # until validation images, or folds, say otherwise
BOXES = 8  # displaced ones of each training image
FEWEST_FACES = 5  # faces with a mesh: below, there is nothing to fit
BOXES_STAY = "boxes are looked at as they are"
SHIFT_STAYS = "how far all labels lie to one side is not known and stays in them"


class RecipeSettings(NamedTuple):
    """The settings that a recipe depends on, under their names."""

    aligned: bool
    calibrated: bool
    mesh_share: float | str
    label_shift: bool
    views: int
    flips: bool
    face_boxes: str
    box_jitter: float
    image_size: int
    crop_margin: float

    @classmethod
    def of(cls, settings: Settings) -> "RecipeSettings":
        return cls(*(getattr(settings, name) for name in cls._fields))


def fit_recipe(
    wanted: RecipeSettings, samples: Sequence[Sample], schema: Schema, meshes: Meshes | None = None
) -> Recipe:
    """The recipe of the training part's samples. The meshes that are found go into `meshes`."""
    recipe = Recipe(views=wanted.views, flips=wanted.flips)
    with_shift = wanted.label_shift and seen_both_ways(samples, schema, wanted.flips)  # else it is learned
    if not (wanted.aligned or wanted.calibrated or with_shift):
        return recipe
    meshed = mesh_samples(samples, wanted.image_size, wanted.crop_margin, wanted.views, meshes)
    meshed = meshed if wanted.aligned else of_like_boxes(meshed)
    people = {one.sample.subject for one in meshed}
    fitted = Fitted(len(samples), len(meshed), len(people))
    recipe = replace(recipe, fitted=fitted)
    if len(meshed) < FEWEST_FACES or len(people) < 2:
        lost = [BOXES_STAY] * (wanted.aligned or wanted.calibrated) + [SHIFT_STAYS] * with_shift
        warn(f"{meshes_text(len(meshed), len(samples), len(people))}: too few, {', and '.join(lost)}")
        return recipe
    if wanted.aligned:
        alignment = Alignment.fit([one.mesh for one in meshed], [one.sample.points for one in meshed])
        recipe = replace(recipe, alignment=alignment)
    squares = [recipe.alignment.square(one.mesh, 1) if recipe.alignment else replace(one.box, size=1) for one in meshed]
    if with_shift and (found := _label_shift(meshed, squares, schema)):
        fitted = replace(fitted, shift=found.value, error=found.error)
        recipe = replace(recipe, label_shift=found.value if found.is_certain else 0.0, fitted=fitted)
    if wanted.calibrated:
        calibration, left_out = _calibration(meshed, squares, schema, recipe)
        blend = USUAL_BLEND if wanted.mesh_share == AUTO else float(wanted.mesh_share)
        recipe = replace(recipe, calibration=calibration, blend=blend)
        if wanted.face_boxes == GIVEN:
            evidence = _box_evidence(meshed, squares, schema, left_out, recipe.label_shift, wanted)
            recipe = replace(recipe, box_evidence=evidence)
    return recipe


def _landmarks(meshed: Sequence[MeshedSample], squares: Sequence[Crop], labels: np.ndarray) -> MeshLandmarks:
    plain, flipped = (
        np.stack([square.to_shares(one.views[view]) for one, square in zip(meshed, squares, strict=True)])
        for view in (0, 1)
    )
    return MeshLandmarks.fit(plain, flipped, labels)


def _label_shift(meshed: Sequence[MeshedSample], squares: Sequence[Crop], schema: Schema) -> LabelShift | None:
    found = shift_of_labels(meshed, squares, schema)
    if found is None:
        kinds = " of either half of the face" if schema.is_one_sided else ""
        warn(f"--label-shift: fewer than {FEWEST_PEOPLE} people{kinds} have a face mesh, so that {SHIFT_STAYS}")
    return found


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
    wanted: RecipeSettings,
) -> BoxEvidence:
    """Boxes of one's own are as they are; those around labels are displaced, as such boxes will be.

    They stand around all landmarks that some face has: where a label is missing, around what was found.
    """
    random = np.random.default_rng(0)
    points, answers = [], []
    for one, square, shares in zip(meshed, squares, left_out, strict=True):
        points.append(one.sample.points[schema.mirror_permutation if square.mirrored else slice(None)])
        answers.append(square.from_shares(shares) + (shift * square.side, 0))
    missing = np.isnan(np.stack(points)).any(axis=-1)
    whole = np.where((missing & ~missing.all(axis=0))[..., None], answers, points)
    found, labels, boxes, people = [], [], [], []
    for number, one in enumerate(meshed):
        around = crop_around(whole[number], one.box.size, wanted.crop_margin, one.box.mirrored)
        for _ in range(1 if one.sample.box else BOXES):
            found.append(answers[number])
            labels.append(points[number])
            boxes.append(one.box if one.sample.box else displaced(around, wanted.box_jitter, random))
            people.append(one.sample.subject)
    return BoxEvidence.fit(found, labels, boxes, wanted.crop_margin, people)
