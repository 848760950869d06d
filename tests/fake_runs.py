"""Predictions with known errors, and run folders made of them."""

import json
from pathlib import Path

import numpy as np

from rtl_tf.coordinates import HEATMAP_STRIDE
from rtl_tf.runs.attributes import write_attributes
from rtl_tf.runs.history import COLUMNS, write_history
from rtl_tf.runs.predictions import Predictions, write_predictions

FOUND_OUT = {"dataset_hash", "images_hash", "schema_hash", "source_hash"}  # nobody types them
LANDMARKS = ("exocanthion", "endocanthion", "nasion", "pronasale")


def make_predictions(heatmap_errors: np.ndarray, mm_per_px: float = 0.5, landmarks=LANDMARKS) -> Predictions:
    """(N, K) offsets along x in heatmap px. The crop magnifies twice: an error of e heatmap px is 4e input px, 2e
    original px, and e mm at 0.5 mm an original px. Two images a person."""
    offsets = np.stack([heatmap_errors, np.zeros_like(heatmap_errors)], axis=-1).astype(np.float32)
    count, points = heatmap_errors.shape
    heatmap_truth = np.tile(np.stack([np.arange(points) + 5, np.arange(points) + 9], axis=-1), (count, 1, 1))
    heatmap_truth = heatmap_truth.astype(np.float32)
    truth = heatmap_truth * HEATMAP_STRIDE / 2
    return Predictions(
        images=tuple(f"face{index:03d}.png" for index in range(count)),
        subjects=tuple(f"person{index // 2}" for index in range(count)),
        landmarks=tuple(landmarks[:points]),
        truth=truth,
        points=truth + offsets * HEATMAP_STRIDE / 2,
        peaks=np.full((count, points), 0.9, np.float32),
        heatmap_truth=heatmap_truth,
        heatmap_points=heatmap_truth + offsets,
        input_px_per_px=np.full(count, 2.0, np.float32),
        mm_per_px=np.full(count, mm_per_px, np.float32),
    )


def make_run(
    root: Path,
    method: str,
    seed: int,
    heatmap_errors: np.ndarray | None,
    data: str = "synthetic",
    name: str | None = None,
    landmarks=LANDMARKS,
    attributes: list[dict] | None = None,
    **settings,
) -> Path:
    """A run folder `<root>/<data>/<name>/seed<seed>` as train.py leaves it, without pictures.

    `heatmap_errors` None: the run is not finished. `settings` stand in what was asked and in what it resolved to.
    """
    folder = root / data / (name or method) / f"seed{seed}"
    folder.mkdir(parents=True)
    common = {"dataset_hash": "d1", "schema": "fas14", "image_size": 128, "crop_margin": 0.4}
    asked = {"method": method, "preset": "quick", "epochs": 12, "flip_swap": False, "seed": seed}
    asked |= {"data": data} if data != "synthetic" else {}
    config = {
        "asked": asked | {key: value for key, value in settings.items() if key not in FOUND_OUT},
        "resolved": common | asked | {"data_name": data, "lambda": 0.002 if "rtl" in method else 0.0} | settings,
    }
    (folder / "config.json").write_text(json.dumps(config))
    if heatmap_errors is not None:
        predictions = make_predictions(heatmap_errors, landmarks=landmarks)
        write_predictions(folder / "predictions.csv", predictions)
        if attributes is not None:
            write_attributes(folder / "test.csv", predictions.images, attributes)
    return folder


def add_examples(folder: Path, names: list[str], errors: list[float], drift: float | None = 0.25) -> None:
    """examples.npz with flat grey faces of 32 px and one landmark with its heatmap.

    The source looks at the upper left of four places, the target at the lower right; `drift` goes into metrics.json.
    None: a method without a source network.
    """
    count = len(names)
    heatmaps = np.zeros((count, 8, 8, 1), np.float16)
    heatmaps[:, 4, 3, 0] = 1
    points = np.full((count, 1, 2), 14.0, np.float32)
    target = np.tile(np.array([[0, 0], [0, 1]], np.float32), (count, 1, 1))
    of_source = {"source_attention": target[:, ::-1, ::-1]} if drift is not None else {}
    np.savez(
        folder / "examples.npz",
        image_names=np.array(names),
        crops=np.full((count, 32, 32, 3), 128, np.uint8),
        heatmaps=heatmaps,
        truth=points,
        points=points + 1,
        errors=np.array(errors, np.float32),
        target_attention=target,
        **of_source,
    )
    metrics = {} if drift is None else {"attention.drift.mean": drift, "attention.drift.std": drift / 2}
    (folder / "metrics.json").write_text(json.dumps(metrics))


def add_validation(folder: Path, heatmap_errors: np.ndarray) -> None:
    """validation-predictions.csv."""
    write_predictions(folder / "validation-predictions.csv", make_predictions(heatmap_errors))


def add_history(folder: Path, val_errors: list[float]) -> None:
    """history.csv whose losses are a tenth (training) and a fifth (validation) of the validation errors."""
    usual = dict.fromkeys(COLUMNS, 1)
    rows = [
        usual | {"epoch": epoch, "heatmap_loss": error / 10, "val_loss": error / 5, "val_error": error}
        for epoch, error in enumerate(val_errors, start=1)
    ]
    write_history(folder / "history.csv", rows)


def add_split(folder: Path, training: int) -> None:
    """split.csv with this many training images, and one of each other part."""
    rows = [f"t{index},training" for index in range(training)]
    (folder / "split.csv").write_text("\n".join(["image,part", *rows, "v,validation", "u,test"]) + "\n")
