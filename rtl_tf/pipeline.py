"""From samples to batches: crops decoded once, then batches that are a pure function of (seed, epoch, index)."""

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from rtl_tf import augment, heatmaps
from rtl_tf.cache import cache_folder
from rtl_tf.coordinates import HEATMAP_STRIDE, Crop, crop_around, input_to_heatmap
from rtl_tf.images import read_crop
from rtl_tf.progress import progress
from rtl_tf.records import Sample
from rtl_tf.schema import Schema


@dataclass(frozen=True)
class Crops:
    """N decoded crops.

    Attributes:
        images: uint8 (N, S + 2c, S + 2c, 3): each crop with a border of c input px; in memory, or a memory-mapped
            file where they are too many.
        points: float32 (N, K, 2) in input px of the plain crop (0 to S - 1), NaN = missing. Mirrored samples are
            mirrored here, pairs swapped: all crops show the same half of the face.
        crops: the plain crops, to return to original px.
        labels: int (N,), for a classifier over people.
    """

    images: np.ndarray
    points: np.ndarray
    crops: tuple[Crop, ...]
    labels: np.ndarray | None = None

    @property
    def size(self) -> int:
        return self.crops[0].size

    @property
    def plain(self) -> np.ndarray:
        """uint8 (N, S, S, 3): the crops without their border."""
        border = (self.images.shape[1] - self.size) // 2
        return self.images[:, border : border + self.size, border : border + self.size]


def sample_crop(sample: Sample, size: int, margin: float) -> Crop:
    """The square of a sample that the network sees: its own box, else a square around its landmarks."""
    if sample.box is not None:
        return Crop(*sample.box, size, sample.mirrored)
    return crop_around(sample.points, size, margin, sample.mirrored)


def load_crops(
    samples: Sequence[Sample],
    schema: Schema,
    *,
    size: int,
    margin: float,
    context: int = 0,
    label: str = "reading",
    memory_gb: float = 4.0,
) -> Crops:
    """Decode and crop all samples, in threads, with a progress bar.

    Args:
        size, context: side of the plain crop and border around it, input px.
        margin: of crops around landmarks, see `crop_around`.
        memory_gb: GiB of images that stay in memory; more go to a file in the cache folder, which ends with the run.
    """
    crops = tuple(sample_crop(sample, size, margin) for sample in samples)
    side = size + 2 * context
    images = _room((len(samples), side, side, 3), memory_gb)
    points = np.stack([_crop_points(*pair, schema) for pair in zip(samples, crops, strict=True)])
    with ThreadPoolExecutor() as pool:
        decoded = pool.map(
            lambda pair: read_crop(pair[0].image, pair[1].widened(context)), zip(samples, crops, strict=True)
        )
        for index, image in enumerate(progress(decoded, len(samples), label)):
            images[index] = image
    return Crops(images, points, crops)


def _room(shape: tuple[int, ...], memory_gb: float) -> np.ndarray:
    if np.prod(shape, dtype=np.int64) <= memory_gb * 2**30:
        return np.empty(shape, np.uint8)
    folder = cache_folder("crops")
    folder.mkdir(parents=True, exist_ok=True)
    return np.memmap(tempfile.TemporaryFile(dir=folder), np.uint8, "w+", shape=shape)


def _crop_points(sample: Sample, crop: Crop, schema: Schema) -> np.ndarray:
    points = crop.to_input(sample.points)
    return points[schema.mirror_permutation] if sample.mirrored else points


def targets(points, labels, size: int, sigma: float):
    """(N, K, 2) input px, (N,) -> {"points": heatmap px, "heatmaps": (N, S/4, S/4, K), "label"}; NaN = missing."""
    points = input_to_heatmap(points)
    return {"points": points, "heatmaps": heatmaps.encode(points, size // HEATMAP_STRIDE, sigma), "label": labels}


def training_batches(
    data: Crops,
    schema: Schema,
    *,
    batch_size: int,
    sigma: float,
    jitter: float,
    flip_swap: bool,
    seed: int,
    epochs: int,
    first_epoch: int = 0,
    source_answers: Sequence[np.ndarray] = (),
) -> tf.data.Dataset:
    """Batches of (image, targets) of epochs first_epoch ... epochs - 1, one after another.

    image: float32 (B, S, S, 3), RGB 0 to 255. Order and augmentation depend on (seed, epoch, index) alone, so a
    training that starts in the middle sees what an uninterrupted one sees. The last, incomplete batch of an epoch
    is dropped: each epoch drops other images, and no BatchNorm sees a smaller batch than was asked for.

    source_answers: arrays (N, 4, ...), a row for each view of each image in the order of `augment.VIEWS`; the rows of
    a batch come along as targets["source"]. They presuppose jitter 0.
    """
    count, size = len(data.images), data.size
    images, points, labels = _rows(data.images), _rows(data.points), _rows(_labels(data))
    permutation = tf.constant(schema.mirror_permutation) if flip_swap else None

    def epoch_indices(epoch):
        order = tf.random.experimental.stateless_shuffle(tf.range(count), seed=[seed, epoch])
        batches = tf.data.Dataset.from_tensor_slices(order).batch(min(batch_size, count), drop_remainder=True)
        return batches.map(lambda indices: (epoch, indices))

    def augmented(epoch, indices):
        # Drawn for the whole data set: an image's draw depends on its index, not on its place in the batch.
        draws = tf.random.stateless_uniform((count, augment.DRAWS), seed=[seed + 1_000_003, epoch])
        flip, scale, shift = augment.transforms(tf.gather(draws, indices), jitter, size)
        batch, moved = augment.apply(images(indices), points(indices), flip, scale, shift, permutation, size)
        found = targets(moved, labels(indices), size, sigma)
        if source_answers:
            views = augment.view_numbers(flip, scale)
            found["source"] = tuple(_rows(answers)(indices, views) for answers in source_answers)
        return batch, found

    epochs_ahead = tf.data.Dataset.range(first_epoch, epochs, output_type=tf.int32)
    batches = epochs_ahead.flat_map(epoch_indices)
    return batches.map(augmented, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(2)


def evaluation_batches(data: Crops, *, batch_size: int, sigma: float) -> tf.data.Dataset:
    """Batches of (image, targets) of the plain crops, in order, the last one smaller."""
    images, points, labels = _rows(data.plain), _rows(data.points), _rows(_labels(data))

    def plain(indices):
        return tf.cast(images(indices), tf.float32), targets(points(indices), labels(indices), data.size, sigma)

    return tf.data.Dataset.range(len(data.images)).batch(batch_size).map(plain).prefetch(2)


def _rows(array: np.ndarray) -> Callable:
    """A graph's way to the rows of an array, by one or more index tensors (B,).

    They are fetched in NumPy, whether the array is in memory or in a file: TensorFlow would take a copy of the whole,
    and on an accelerator put it there.
    """

    def take(*indices):
        rows = tf.numpy_function(lambda *places: array[places], indices, array.dtype)
        return tf.ensure_shape(rows, (None, *array.shape[len(indices) :]))

    return take


def _labels(data: Crops) -> np.ndarray:
    return np.zeros(len(data.images), np.int32) if data.labels is None else data.labels
