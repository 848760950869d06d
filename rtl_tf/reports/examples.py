"""What figures take from runs: errors of images, and the test faces that each run kept."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from rtl_tf.arrays import read_arrays
from rtl_tf.evaluation.errors import protocol_errors
from rtl_tf.evaluation.metrics import per_image
from rtl_tf.evaluation.predictions import Predictions
from rtl_tf.exceptions import InputError
from rtl_tf.reports.runs import Run

FACES = ("image_names", "crops", "heatmaps", "truth", "points", "errors")
ATTENTION = ("image_names", "crops", "source_attention", "target_attention")
# Array -> kinds of numbers, and the name of each axis: axes of one name have one length.
AXES = {
    "image_names": ("U", ("N",)),
    "crops": ("u", ("N", "S", "S", "RGB")),
    "heatmaps": ("f", ("N", "H", "H", "K")),
    "truth": ("f", ("N", "K", "xy")),
    "points": ("f", ("N", "K", "xy")),
    "errors": ("f", ("N",)),
    "source_attention": ("f", ("N", "A", "A")),
    "target_attention": ("f", ("N", "A", "A")),
}

Value = TypeVar("Value")


def image_errors(predictions: Predictions, protocol: str = "paper", unit: str = "heatmap_px") -> np.ndarray:
    """(N,) mean radial errors of images, in `unit`."""
    return per_image(protocol_errors(predictions, protocol)[unit])


def read_examples(run: Run, arrays: Sequence[str] = FACES) -> dict[str, np.ndarray]:
    """Arrays of the test faces that a run kept in examples.npz; InputError where they are missing or damaged."""
    path = run.folder / "examples.npz"
    if not path.is_file():
        raise InputError(f"{run.folder} has no examples.npz")
    examples, sizes = read_arrays(path, arrays), {}
    for name, array in examples.items():
        kinds, axes = AXES[name]
        fits = array.dtype.kind in kinds and array.ndim == len(axes)
        if not fits or any(sizes.setdefault(axis, size) != size for axis, size in zip(axes, array.shape, strict=True)):
            raise InputError(f"{path}: not a run's examples ({name} is {array.dtype} {array.shape})")
    return examples


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
