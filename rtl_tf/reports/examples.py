"""What figures take from runs: errors of images, and the test faces that each run kept."""

import zipfile
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from rtl_tf.evaluation.errors import protocol_errors
from rtl_tf.evaluation.metrics import per_image
from rtl_tf.evaluation.predictions import Predictions
from rtl_tf.exceptions import InputError
from rtl_tf.reports.runs import Run

FACES = ("image_names", "crops", "heatmaps", "truth", "points", "errors")
ATTENTION = ("image_names", "crops", "source_attention", "target_attention")

Value = TypeVar("Value")


def image_errors(predictions: Predictions, protocol: str = "paper", unit: str = "heatmap_px") -> np.ndarray:
    """(N,) mean radial errors of images, in `unit`."""
    return per_image(protocol_errors(predictions, protocol)[unit])


def read_examples(run: Run, arrays: Sequence[str] = FACES) -> dict[str, np.ndarray]:
    """Arrays of the test faces that a run kept in examples.npz; InputError where they are missing or damaged."""
    path = run.folder / "examples.npz"
    if not path.is_file():
        raise InputError(f"{run.folder} has no examples.npz")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in arrays}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as problem:
        raise InputError(f"{path}: not a run's examples ({problem})") from problem


def good(read: Callable[[Run], Value], runs: Sequence[Run], warnings: list[str], at_most: int | None = None) -> list:
    """What `read` gives of the runs, of no more than `at_most`; a line in `warnings` for each run that it refuses."""
    values: list[Value] = []
    for run in runs:
        if len(values) == at_most:
            break
        try:
            values.append(read(run))
        except InputError as problem:
            warnings.append(str(problem))
    return values
