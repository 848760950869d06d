"""What a run says of itself in the end: its predictions, errors, pictures and card, in its folder and on the screen."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from rtl_tf.coordinates import heatmap_to_input
from rtl_tf.documents import Node, write_json
from rtl_tf.evaluation.errors import protocol_errors
from rtl_tf.evaluation.metrics import per_image, summarize
from rtl_tf.experiments.cautions import not_learned
from rtl_tf.experiments.data import UnseenImages
from rtl_tf.experiments.outputs import collect
from rtl_tf.heatmaps import read
from rtl_tf.inference.attention import attention_drift, attention_maps
from rtl_tf.inference.detector import Detector
from rtl_tf.records import Sample, evenly
from rtl_tf.reports.card import make_card
from rtl_tf.reports.card_text import card_text
from rtl_tf.reports.figures import curves, faces, histories
from rtl_tf.reports.figures.style import save
from rtl_tf.runs import layout
from rtl_tf.runs.attributes import write_attributes
from rtl_tf.runs.examples import write_examples
from rtl_tf.runs.fitted import Fitted, fitted_in, fitted_text
from rtl_tf.runs.metrics_file import read_metrics, write_metrics
from rtl_tf.runs.predictions import Predictions, read_predictions, write_predictions
from rtl_tf.runs.run import read_run
from rtl_tf.system.atomic import write_bytes
from rtl_tf.system.notes import warn

EXAMPLES = 8


def write_validation(folder: Path, detector: Detector, validation: UnseenImages, fitted: Fitted | None = None) -> None:
    """Predict the validation part: what settings are chosen by (Figs. 10 and 11), without a look at the test part; say
    what was fitted beside the network. fitted: to what, which a plain recipe has no file for."""
    recipe = Node(replace(detector.recipe, fitted=fitted).to_json(), layout.RECIPE)
    if fitted_beside := fitted_text(fitted_in(recipe, detector.image_size, detector.schema.names)):
        print(f"\nFitted beside the network: {fitted_beside}")
    predictions = collect(validation, detector)
    write_predictions(folder / layout.VALIDATION, predictions)
    error = summarize(predictions)["paper.heatmap_px.mre.mean"]
    print(f"\nValidation part: {len(validation.names)} images, mean radial error {error:.3f} heatmap px")
    if flat := not_learned(predictions.peaks, predictions.landmarks, detector.unlabelled):
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
    attributes = [sample.attributes for sample in test.samples]
    if include_faces:
        examples = example_faces(detector, source, test, _grid_errors(predictions))
        write_examples(folder / layout.EXAMPLES, examples)
        save(faces.faces_figure(examples), folder / layout.FIGURES / "faces")
    _report(folder, title, predictions, attributes, history, drift_metrics(detector, source, test))


def write_cross_validated(
    folder: Path,
    title: str,
    detector: Detector,
    source: keras.Model | None,
    training: tuple[list[str], list[Sample]],
    validation: UnseenImages,
    history: list[dict],
) -> None:
    """As `write_results`, of a run without a test part: what networks said that did not know the training people.

    Args:
        training: names and samples; validation: which the drift of attention is measured on.
    """
    predictions = read_predictions(folder / layout.OUT_OF_FOLD)
    known = dict(zip(*training, strict=True))
    attributes = [known[name].attributes for name in predictions.images]
    _report(folder, title, predictions, attributes, history, drift_metrics(detector, source, validation))


def _report(
    folder: Path,
    title: str,
    predictions: Predictions,
    attributes: list[dict[str, str]],
    history: list[dict],
    drift: dict[str, float],
) -> None:
    write_predictions(folder / layout.PREDICTIONS, predictions)
    write_attributes(folder / layout.ATTRIBUTES, predictions.images, attributes)
    save(curves.ced_figure({title: _grid_errors(predictions)}), folder / layout.FIGURES / "ced")
    save(histories.history_figure({title: [history]}), folder / layout.FIGURES / "history")
    card = make_card(read_run(folder))
    write_json(folder / layout.CARD, card)
    write_bytes(folder / layout.MODEL_CARD, card_text(card).encode())
    write_metrics(folder / layout.METRICS, summarize(predictions) | drift)


def _grid_errors(predictions: Predictions) -> np.ndarray:
    """(N,): mean radial errors of the paper protocol, heatmap px."""
    return per_image(protocol_errors(predictions, "paper")["heatmap_px"])


def drift_metrics(detector: Detector, source: keras.Model | None, part: UnseenImages) -> dict[str, float]:
    """Mean and standard deviation over images of `attention_drift`; nothing for a method without a source."""
    if source is None:
        return {}
    drift = attention_drift(source, detector.network, part.crops.plain)
    return {"attention.drift.mean": float(drift.mean()), "attention.drift.std": float(drift.std())}


def example_faces(
    detector: Detector, source: keras.Model | None, test: UnseenImages, errors: np.ndarray
) -> dict[str, np.ndarray]:
    """A fixed few test faces, the same for every method on a split, with all that a figure shows of them.

    Points are in input px of the crop; where a crop is mirrored, they are as the crop shows them. `source_attention`
    is there where the method has a source network.
    """
    chosen = evenly(range(len(test.names)), EXAMPLES)
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
    judged = "Training part, by its folds" if read_run(folder).cross_validated else "Test part"
    lines = [f"\n{judged}: {metrics['images']} images"]
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
