"""examples.npz: the test faces that a run kept, with all that figures show of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rtl_tf.arrays import read_arrays
from rtl_tf.exceptions import InputError
from rtl_tf.runs import layout
from rtl_tf.runs.packed import Packed
from rtl_tf.runs.run import Run
from rtl_tf.system.atomic import replacing

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


def write_examples(path: str | Path, examples: dict[str, np.ndarray]) -> None:
    """The arrays of FACES, and those of ATTENTION that the method has; the file appears whole or not at all."""
    with replacing(path) as unfinished:
        np.savez_compressed(unfinished, **examples)  # type: ignore[arg-type]  # no array is called allow_pickle


def read_examples(run: Run, arrays: Sequence[str] = FACES) -> dict[str, np.ndarray]:
    """Arrays of the test faces that a run kept in examples.npz; InputError where they are missing or damaged."""
    path = run.folder / layout.EXAMPLES
    if isinstance(path, Packed) or not path.is_file():  # a pack has tables and text alone
        why = "a pack keeps none" if isinstance(path, Packed) else "train.py --include-faces keeps faces for figures"
        raise InputError(f"{run.folder} has no {layout.EXAMPLES}; {why}")
    examples, sizes = read_arrays(path, arrays), dict[str, int]()
    for name, array in examples.items():
        kinds, axes = AXES[name]
        fits = array.dtype.kind in kinds and array.ndim == len(axes)
        if not fits or any(sizes.setdefault(axis, size) != size for axis, size in zip(axes, array.shape, strict=True)):
            raise InputError(f"{path}: not a run's examples ({name} is {array.dtype} {array.shape})")
    return examples
