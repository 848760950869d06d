"""The second network of a run: it looks at parts of faces in the photographs' own pixels, as its crops were found.

<run>/parts/     history.csv, best.keras and, while it trains, its state
"""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from rtl_tf.config import Settings
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.blending import FEWEST_PEOPLE, without_evidence
from rtl_tf.experiments.building import build, load_networks
from rtl_tf.experiments.data import Data, UnseenImages
from rtl_tf.experiments.resolving import images_an_epoch
from rtl_tf.experiments.source_decoder import of_parts
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.face_parts import WIDENED, FaceParts
from rtl_tf.inference.part_crops import load_part_crops, parts_of
from rtl_tf.methods import Method
from rtl_tf.networks.precision import computing_in
from rtl_tf.pipeline import AUGMENTATIONS, Crops
from rtl_tf.runs import layout
from rtl_tf.runs.history import read_history
from rtl_tf.system.notes import warn
from rtl_tf.training.fit import fit
from rtl_tf.training.model import RegularizedDetector

NO_PART = "no validation image shows all landmarks of a part in more pixels than the network sees"
JITTER = 0.03  # share of a part's side, where the first look's own misses are not known
MISSES = 95  # percent of those that lie within the jitter
MOST_JITTER = (1 - 1 / WIDENED) / 2  # shifts that leave a part's farthest landmarks within its crop


def train_parts(
    folder: Path,
    settings: Settings,
    method: Method,
    data: Data,
    callbacks: tuple[keras.callbacks.Callback, ...] = (),
) -> None:
    """Train the network of `data.recipe.parts` as the run was, an epoch with each part of each face; go on where it was
    interrupted. Without a validation image that shows one, no epoch is chosen: it is the last.

    Args:
        folder: of the run; settings: resolved, lambda chosen.
    """
    place, rule = folder / layout.FACE_PARTS, data.recipe.parts
    assert rule is not None
    if len(read_history(place / layout.HISTORY)) == settings.epochs and (place / layout.NETWORK).exists():
        return
    seen = data.unseen("validation", settings.crop_margin)
    first = without_evidence(Detector.load(folder, closer=False))  # boxes around labels tell where these are
    jitter = max(settings.crop_jitter, part_jitter(first, seen, rule))
    settings = replace(_seeing(settings, rule), crop_jitter=jitter)
    training = _crops(data, "training", settings, AUGMENTATIONS[settings.augment].context_px(rule.size))
    assert training is not None  # else there are no parts, see `data.fit_parts`
    validation = _crops(data, "validation", settings)
    if validation is None:
        warn(f"--parts: {NO_PART}: no epoch is chosen, the last is kept")
    off = f"off by up to {100 * jitter:.1f} % of their side"
    print(f"\nParts of the face: {len(training.images)} training crops, {rule.size}x{rule.size}, {off}")
    detector = _network(settings, method, training.plain, len(data.schema))
    place.mkdir(exist_ok=True)
    images = round(images_an_epoch(data.dataset, settings) * len(training.images) / len(data.training.images))
    fit(detector, training, validation, data.schema, settings, place, callbacks=callbacks, images_an_epoch=images)


def require_network(settings: Settings, method: Method, data: Data) -> None:
    """InputError where the source cannot have the network of `train_parts`, if there is one; it is built and forgotten.

    Args:
        settings: resolved, lambda the largest that may be chosen.
    """
    if (rule := data.recipe.parts) is None:
        return
    blank = np.zeros((1, rule.size, rule.size, 3), np.uint8)
    try:
        _network(_seeing(settings, rule), method, blank, len(data.schema))
    except InputError as problem:
        raise InputError(f"--parts, which are looked at in {rule.size}x{rule.size} px: {problem}") from problem


def _seeing(settings: Settings, parts: FaceParts) -> Settings:
    """The settings as the second network has them."""
    return replace(of_parts(settings), image_size=parts.size)


def _network(settings: Settings, method: Method, crops: np.ndarray, landmarks: int) -> RegularizedDetector:
    with computing_in(settings.mixed_precision):
        return build(settings, method, load_networks(settings, method), crops, landmarks)[0]


def part_jitter(first: Detector, faces: UnseenImages, parts: FaceParts) -> float:
    """By how much a part's crop is shifted and zoomed in training, a share of its side: as far as the first look misses
    the part's middle along either axis, MISSES percent of the times, on faces that it was not trained on.

    JITTER where the parts of fewer than FEWEST_PEOPLE people are seen.
    """
    misses, people = [], set()
    for sample, square, found in zip(
        faces.samples, faces.crops.squares, first.predict(*faces.predict_arguments), strict=True
    ):
        for part, crop in parts_of(sample, square, parts):
            chosen = list(part.landmarks)
            middle, truth = (crop.to_shares(points[chosen].mean(axis=0)) for points in (found.points, sample.points))
            misses.append(np.abs(middle - truth))
            people.add(sample.subject)
    if len(people) < FEWEST_PEOPLE:
        return JITTER
    return min(float(np.percentile(misses, MISSES)), MOST_JITTER)


def _crops(data: Data, part: str, settings: Settings, context: int = 0) -> Crops | None:
    faces: Crops = getattr(data, part)
    return load_part_crops(
        data.part(part)[1],
        faces.squares,
        data.recipe,
        data.schema,
        context=context,
        label=f"reading parts of {part} images",
        memory_gb=settings.memory_gb,
    )
