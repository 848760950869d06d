"""The frozen source network's answers, asked once: with the paper's augmentation an image has four views at most.

They tell much of the images (of dlib's network they are descriptors by which a person is recognised), so they are kept
beside the runs that were trained on these images, and nowhere else.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from rtl_tf import augment
from rtl_tf.exceptions import InputError
from rtl_tf.networks.assignment import flat_layers
from rtl_tf.networks.edge_padding import EdgePadding
from rtl_tf.networks.layers import Preprocess
from rtl_tf.networks.precision import compute_types
from rtl_tf.pipeline import Crops
from rtl_tf.system.atomic import UNFINISHED, allocate
from rtl_tf.system.cache import prune
from rtl_tf.system.lock import alone_in
from rtl_tf.system.progress import progress
from rtl_tf.training.model import RegularizedDetector

VERSION = 2  # raise it whenever an answer changes
BATCH = 16

Views = tuple[tuple[bool, float], ...]  # of `augment.views`
Specs = list[tuple[tuple[int, ...], np.dtype]]  # shape and type of each array


def source_answers(
    detector: RegularizedDetector,
    training: Crops,
    source: keras.Model,
    cache: Path,
    *,
    augmentation: str,
    jitter: float,
    flips: bool,
    epochs: int,
    limit_gb: float,
) -> tuple[tuple[np.ndarray, ...], str]:
    """Memory-mapped answers for every view of every training image, and a line that says what was decided.

    Args:
        source: the frozen network that the detector asks.
        cache: folder of all answers for these runs, see `cache.source_cache`.
        augmentation, jitter: of the training; with another one than the paper's, or a crop jitter above 0, every view
            is new and nothing can be kept.
        flips: whether the training flips images; else they have half as many views.
        limit_gb: GiB that the folder may take; the least recently used answers make room for these.
    Returns:
        For each regularizer of the method an array (N, V, ...), views in the order of `augment.views`; none where
        the source network has to be asked in every step (or is not needed at all).
    """
    if not detector.regularized:
        return (), ""
    if augmentation != "paper":
        return (), f"source network: asked in every step (with --augment {augmentation} every view is new)"
    if jitter > 0:
        return (), "source network: asked in every step (with crop jitter every view is new)"
    views = augment.views(flips)
    if epochs <= len(views):
        return (), f"source network: asked in every step (a cache pays from epoch {len(views) + 1} on)"
    specs = _specs(detector, training, views)
    size = sum(int(np.prod(shape)) * dtype.itemsize for shape, dtype in specs)
    if size > limit_gb * 2**30:
        needed = f"its answers take {size / 2**30:.2g} GiB"
        return (), f"source network: asked in every step ({needed}, --cache-gb is {limit_gb:g})"
    folder = cache / _key(detector, training, source, views, specs)
    arrays = _kept(folder, specs)
    if arrays is None:
        shutil.rmtree(folder, ignore_errors=True)
        prune(cache, int(limit_gb * 2**30) - size)
        _fill(folder, detector, training, views, specs)
        arrays = _kept(folder, specs)
    if arrays is None:
        return (), f"source network: asked in every step (another process emptied {cache})"
    with suppress(OSError):
        os.utime(folder)  # used last now
    return arrays, f"source network: asked once, {size / 2**20:.0f} MiB of answers in {folder}"


def weights_key(network: keras.Model) -> str:
    """SHA-256 of all weights of a Keras model."""
    digest = hashlib.sha256()
    for value in network.get_weights():
        digest.update(np.ascontiguousarray(value).data)
    return digest.hexdigest()


def _key(detector: RegularizedDetector, training: Crops, source: keras.Model, views: Views, specs: Specs) -> str:
    """The pixels say all of data, crop and order; beside them, who answers and what is kept."""
    asked = {
        "version": VERSION,
        "weights": weights_key(source),
        "constants": [
            layer.get_config() | {"name": None}
            for layer in flat_layers(source)
            if isinstance(layer, Preprocess | EdgePadding)
        ],
        "precision": sorted(compute_types(source)),
        "maps": [output.shape[1:] for output in source.outputs],  # and with them the encoder's stride
        "terms": [term.name for term in detector.objective.terms],
        "answers": [(shape, dtype.str) for shape, dtype in specs],
        "views": views,
        "images": (training.images.shape, training.size),
    }
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode())
    for image in training.images:
        digest.update(image)
    return digest.hexdigest()[:32]


def _specs(detector: RegularizedDetector, training: Crops, views: Views) -> Specs:
    """Shape and type of each array, from the answers for one image."""
    answers = _ask(detector.source_answers, training, slice(0, 1), views[0])
    return [
        ((len(training.images), len(views), *answer.shape[1:]), np.dtype("f2" if term.half else "f4"))
        for term, answer in zip(detector.objective.terms, answers, strict=True)
    ]


def _kept(folder: Path, specs: Specs) -> tuple[np.ndarray, ...] | None:
    """The answers in a folder; None where they are not there, not whole or of another shape or type."""
    try:
        arrays = tuple(np.load(folder / f"{number}.npy", mmap_mode="r") for number in range(len(specs)))
    except (OSError, ValueError, EOFError):
        return None
    return arrays if [(array.shape, array.dtype) for array in arrays] == specs else None


def _fill(folder: Path, detector: RegularizedDetector, training: Crops, views: Views, specs: Specs) -> None:
    """Ask for all views; the folder appears when it is complete, made by whichever run is first."""
    unfinished = folder.with_name(f"{UNFINISHED}{folder.name}-{uuid.uuid4().hex}")
    with alone_in(unfinished), _removed_at_the_end(unfinished):  # so that others see that it is not left behind
        arrays = [_new_array(unfinished / f"{number}.npy", *spec) for number, spec in enumerate(specs)]
        batches = [slice(start, start + BATCH) for start in range(0, len(training.images), BATCH)]
        work = [(batch, view) for batch in batches for view in enumerate(views)]
        ask = tf.function(detector.source_answers, reduce_retracing=True)
        for batch, (number, view) in progress(work, len(work), "asking the source network"):
            for array, answer in zip(arrays, _ask(ask, training, batch, view), strict=True):
                array[batch, number] = answer
        for array in arrays:
            array.flush()
        try:
            unfinished.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another run was first
                raise


@contextmanager
def _removed_at_the_end(folder: Path) -> Iterator[None]:
    """A new folder, removed with all that is in it unless it was given another name; InputError if it has no room."""
    try:
        folder.mkdir(parents=True)
        yield
    except OSError as problem:
        raise InputError(f"cache {folder.parent}: {problem.strerror}; --cache-gb 0 does without") from problem
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _new_array(path: Path, shape: tuple[int, ...], dtype: np.dtype) -> np.memmap:
    """A memory-mapped array in a new file that has all its room."""
    array = np.lib.format.open_memmap(path, "w+", dtype, shape)
    with open(path, "r+b") as file:
        file.seek(array.offset)
        allocate(file, array.nbytes)
    return array


def _ask(ask: Callable, training: Crops, batch: slice, view: tuple[bool, float]) -> list[np.ndarray]:
    """The answers for one view of some images, seen through the training's own augmentation."""
    images, points = training.images[batch], training.points[batch]
    count = len(images)
    flip, scale = tf.fill([count], view[0]), tf.fill([count], view[1])
    seen, _ = augment.apply(images, points, flip, scale, tf.zeros((count, 2)), None, training.size)
    return [np.asarray(answer) for answer in ask(seen)]
