"""The frozen source network's answers, asked once: with the paper's augmentation an image has only four views."""

import hashlib
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from rtl_tf import augment
from rtl_tf.cache import cache_folder
from rtl_tf.networks.precision import compute_types
from rtl_tf.pipeline import Crops
from rtl_tf.progress import progress
from rtl_tf.training.model import RegularizedDetector

VERSION = 1  # raise it whenever an answer changes
BATCH = 16


def source_answers(
    detector: RegularizedDetector, training: Crops, source: keras.Model, *, jitter: float, epochs: int, limit_gb: float
) -> tuple[tuple[np.ndarray, ...], str]:
    """Memory-mapped answers for every view of every training image, and a line that says what was decided.

    Args:
        source: the frozen network that the detector asks.
        jitter: crop jitter; above 0 every view is new and nothing can be kept.
        limit_gb: GiB that the answers may take.
    Returns:
        For each regularizer of the method an array (N, 4, ...), views in the order of `augment.VIEWS`; none where
        the source network has to be asked in every step (or is not needed at all).
    """
    if not detector.regularized:
        return (), ""
    if jitter > 0:
        return (), "source network: asked in every step (with crop jitter every view is new)"
    if epochs <= len(augment.VIEWS):
        return (), "source network: asked in every step (a cache pays from the fifth epoch on)"
    specs = _specs(detector, training)
    size = sum(int(np.prod(shape)) * dtype.itemsize for shape, dtype in specs) / 2**30
    if size > limit_gb:
        return (), f"source network: asked in every step (its answers take {size:.2g} GiB, --cache-gb is {limit_gb:g})"
    folder = cache_folder("source") / _key(detector, training, source)
    if not folder.is_dir():
        _fill(folder, detector, training, specs)
    arrays = tuple(np.load(folder / f"{number}.npy", mmap_mode="r") for number in range(len(specs)))
    return arrays, f"source network: asked once, {size * 1024:.0f} MiB of answers in {folder}"


def weights_key(network: keras.Model) -> str:
    """SHA-256 of all weights of a Keras model."""
    digest = hashlib.sha256()
    for value in network.get_weights():
        digest.update(np.ascontiguousarray(value))
    return digest.hexdigest()


def _key(detector: RegularizedDetector, training: Crops, source: keras.Model) -> str:
    """The pixels say all of data, crop and order; beside them, who answers and what is kept."""
    terms = ",".join(term.function.__name__ for term in detector.method.regularizers)
    precision = ",".join(sorted(compute_types(source)))
    asked = f"{VERSION}/{weights_key(source)}/{precision}/{terms}/{training.images.shape}/{training.size}"
    digest = hashlib.sha256(asked.encode())
    for image in training.images:
        digest.update(image)
    return digest.hexdigest()[:32]


def _specs(detector: RegularizedDetector, training: Crops) -> list[tuple[tuple[int, ...], np.dtype]]:
    """Shape and type of each array, from the answers for one image."""
    answers = _ask(detector.source_answers, training, slice(0, 1), augment.VIEWS[0])
    return [
        ((len(training.images), len(augment.VIEWS), *answer.shape[1:]), np.dtype("f2" if term.half else "f4"))
        for term, answer in zip(detector.method.regularizers, answers, strict=True)
    ]


def _fill(folder: Path, detector: RegularizedDetector, training: Crops, specs) -> None:
    """Ask for all views; the folder appears when it is complete, made by whichever run is first."""
    unfinished = folder.with_name(f"unfinished-{folder.name}-{uuid.uuid4().hex}")
    unfinished.mkdir(parents=True)
    try:
        arrays = [
            np.lib.format.open_memmap(unfinished / f"{number}.npy", "w+", dtype, shape)
            for number, (shape, dtype) in enumerate(specs)
        ]
        batches = [slice(start, start + BATCH) for start in range(0, len(training.images), BATCH)]
        work = [(batch, view) for batch in batches for view in range(len(augment.VIEWS))]
        ask = tf.function(detector.source_answers, reduce_retracing=True)
        for batch, view in progress(work, len(work), "asking the source network"):
            for array, answer in zip(arrays, _ask(ask, training, batch, augment.VIEWS[view]), strict=True):
                array[batch, view] = answer
        for array in arrays:
            array.flush()
        try:
            unfinished.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another run was first
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _ask(ask: Callable, training: Crops, batch: slice, view: tuple[bool, float]) -> list[np.ndarray]:
    """The answers for one view of some images, seen through the training's own augmentation."""
    images, points = training.images[batch], training.points[batch]
    count = len(images)
    flip, scale = tf.fill([count], view[0]), tf.fill([count], view[1])
    seen, _ = augment.apply(images, points, flip, scale, tf.zeros((count, 2)), None, training.size)
    return [np.asarray(answer) for answer in ask(seen)]
