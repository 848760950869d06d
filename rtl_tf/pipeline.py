"""From samples to batches: crops decoded once, then batches that are a pure function of (seed, epoch, index)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from rtl_tf import augment, augment_strong, heatmaps
from rtl_tf.coordinates import HEATMAP_STRIDE, Crop, input_to_heatmap, sample_crop
from rtl_tf.images import crop_image, read_around
from rtl_tf.records import Sample
from rtl_tf.schema import Schema
from rtl_tf.system.image_memory import room
from rtl_tf.system.progress import in_threads

EVALUATION_BATCH = 32
AHEAD = 4  # batches that are fetched while the network is busy
AUGMENTATIONS = {"paper": augment, "strong": augment_strong}  # modules of equal DRAWS, FLIP, context_px and augmented


@dataclass(frozen=True)
class Crops:
    """N decoded crops.

    Attributes:
        images: uint8 (N, S + 2c, S + 2c, 3): each crop with a border of c input px; in memory, or a memory-mapped
            file where they are too many.
        points: float32 (N, K, 2) in input px of the plain crop (0 to S - 1), NaN = missing. Mirrored samples are
            mirrored here, pairs swapped: all crops show the same half of the face.
        squares: of the plain crops in their photographs, to return to original px.
        labels: int (N,), for a classifier over people.
    """

    images: np.ndarray
    points: np.ndarray
    squares: tuple[Crop, ...]
    labels: np.ndarray | None = None

    @property
    def size(self) -> int:
        return self.squares[0].size

    @property
    def plain(self) -> np.ndarray:
        """uint8 (N, S, S, 3): the crops without their border."""
        border = (self.images.shape[1] - self.size) // 2
        return self.images[:, border : border + self.size, border : border + self.size]


def load_crops(
    samples: Sequence[Sample],
    schema: Schema,
    *,
    size: int,
    margin: float,
    context: int = 0,
    label: str = "reading",
    memory_gb: float = 4.0,
    square: Callable[[Sample, np.ndarray, Crop], Crop] | None = None,
    label_shift: float = 0.0,
) -> Crops:
    """Decode and crop all samples, in threads, with a progress bar.

    Args:
        size, context: side of the plain crop and border around it, input px.
        margin: of crops around landmarks, see `crop_around`.
        memory_gb: GiB of images that stay in memory; more go to a file in the cache folder, which ends with the run.
        square: of a sample, its decoded image and its `sample_crop` the square that is cropped instead.
        label_shift: what is taken from the labels, see `inference.recipe.Recipe`.
    """
    side = size + 2 * context
    images = room((len(samples), side, side, 3), memory_gb)

    def decoded(sample: Sample) -> tuple[np.ndarray, Crop]:
        crop = sample_crop(sample, size, margin)
        image = read_around(sample.image, crop)
        if square is not None:
            crop = square(sample, image, crop)
        return crop_image(image, crop.widened(context), sample.image), crop

    squares = []
    for index, (image, crop) in enumerate(in_threads(decoded, samples, label)):
        images[index] = image
        squares.append(crop)
    points = [
        labels_in(crop, sample.points, schema, label_shift * crop.side)
        for sample, crop in zip(samples, squares, strict=True)
    ]
    return Crops(images, np.array(points, np.float32).reshape(-1, len(schema), 2), tuple(squares))


def labels_in(crop: Crop, points: np.ndarray, schema: Schema, shift: float = 0.0) -> np.ndarray:
    """float32 (K, 2) input px: labels as a view shows them, pairs swapped where it is mirrored.

    Args:
        points: (K, 2) original px, NaN = missing.
        shift: that is taken from them, to the left in the image, original px, see `inference.recipe.Recipe`.
    """
    points = crop.to_input(points - np.array([shift, 0.0]))
    return points[schema.mirror_permutation] if crop.mirrored else points


def targets(points, size: int, sigma: float):
    """(N, K, 2) input px -> {"points": heatmap px, "heatmaps": (N, S/4, S/4, K)}; NaN = missing."""
    points = input_to_heatmap(points)
    return {"points": points, "heatmaps": heatmaps.encode(points, size // HEATMAP_STRIDE, sigma)}


@dataclass(frozen=True, eq=False)
class Preparation:
    """From the crops of a batch to what the network sees and shall answer: augmentation and heatmaps.

    It is part of the training step's graph: on an accelerator it runs there, and only uint8 crops travel to it.

    Attributes:
        size: S, input px of the plain crops.
        sigma: of the heatmaps' Gaussians, heatmap px.
        jitter: of augmented crops, see `augment.transforms` and `augment_strong.drawn`.
        permutation: int (K,), names of flipped landmarks; None leaves them.
        augmentation: of AUGMENTATIONS, that of the batches' draws.
    """

    size: int
    sigma: float
    jitter: float = 0.0
    permutation: np.ndarray | None = None
    augmentation: str = "paper"

    def __call__(self, batch: dict):
        """A batch of `training_batches` or `evaluation_batches` -> image and targets.

        Returns:
            float32 (B, S, S, 3), RGB 0 to 255; `targets`, and the batch's "source" if it has it.
        """
        images, points = batch["crops"], batch["points"]
        if "draws" in batch:
            augmented = AUGMENTATIONS[self.augmentation].augmented
            images, points = augmented(images, points, batch["draws"], self.jitter, self.permutation, self.size)
        kept = {"source": batch["source"]} if "source" in batch else {}
        return tf.cast(images, tf.float32), targets(points, self.size, self.sigma) | kept


def steps_an_epoch(images: int, batch_size: int) -> int:
    """Batches of `training_batches`: the last, incomplete one is dropped, unless it is the only one."""
    return max(1, images // batch_size)


def training_batches(
    data: Crops,
    *,
    batch_size: int,
    seed: int,
    epoch: Callable[[], int],
    images_an_epoch: int | None = None,
    source_answers: Sequence[np.ndarray] = (),
    augmentation: str = "paper",
    flips: bool = True,
) -> tf.data.Dataset:
    """Batches of one epoch, the one that `epoch()` names when the iteration starts.

    Each is a dictionary: "crops" uint8 (B, S + 2c, S + 2c, 3), "points" (B, K, 2) in input px, "draws" (B, DRAWS)
    of the augmentation, and, where the data have them, "labels" (B,). Order and draws depend on (seed, epoch, index)
    alone, so a training that starts in the middle sees what an uninterrupted one sees. The last, incomplete batch is
    dropped: each epoch drops other images, and no BatchNorm sees a smaller batch than was asked for.

    images_an_epoch: where that shall be more than the data have: they come again, in another order and other views.
    source_answers: arrays (N, V, ...), a row for each view of each image in the order of `augment.views`; the rows of
    a batch come along as "source". They presuppose the paper's augmentation and jitter 0.
    flips: whether images are flipped at all.
    """
    augmenting = AUGMENTATIONS[augmentation]
    never = tf.constant([float(not flips and draw == augmenting.FLIP) for draw in range(augmenting.DRAWS)])
    count, rows = len(data.images), _rows(_columns(data, data.images))
    images = images_an_epoch or count
    turns, steps = -(-images // count), steps_an_epoch(images, batch_size)

    def shuffled(turn):
        number = turns * tf.ensure_shape(tf.numpy_function(lambda: np.int32(epoch()), [], tf.int32), ()) + turn
        order = tf.random.experimental.stateless_shuffle(tf.range(count), seed=[seed, number])
        # Drawn for the whole data set: an image's draws depend on its index, not on its place in the batch.
        draws = tf.random.stateless_uniform((count, augmenting.DRAWS), seed=[seed + 1_000_003, number])
        draws = tf.maximum(draws, never)
        return tf.data.Dataset.from_tensor_slices((order, tf.gather(draws, order)))

    def fetched(indices, draws):
        batch = rows(indices) | {"draws": draws}
        if source_answers:
            flip, scale, _ = augment.transforms(draws, 0.0, data.size)
            kept = _rows(dict(enumerate(source_answers)))(indices, augment.view_numbers(flip, scale, flips))
            batch["source"] = tuple(kept.values())
        return batch

    batches = tf.data.Dataset.from_tensor_slices(tf.range(turns)).flat_map(shuffled).take(images)
    batches = batches.batch(min(batch_size, images), drop_remainder=True)
    batches = batches.map(fetched, num_parallel_calls=AHEAD, deterministic=True)
    return _untuned(batches.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(AHEAD))


def evaluation_batches(data: Crops, *, batch_size: int = EVALUATION_BATCH) -> tf.data.Dataset:
    """Batches of the plain crops, in order, the last one smaller: "crops" uint8 (B, S, S, 3), "points" and "labels"."""
    rows = _rows(_columns(data, data.plain))
    return _untuned(tf.data.Dataset.range(len(data.images)).batch(batch_size).map(rows).prefetch(AHEAD))


def _untuned(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Without tf.data's tuner: the end of an iteration waits until its thread wakes up, up to 5 s an epoch."""
    options = tf.data.Options()
    options.autotune.enabled = False
    return batches.with_options(options)


def _columns(data: Crops, images: np.ndarray) -> dict[str, np.ndarray]:
    labels = {} if data.labels is None else {"labels": data.labels}
    return {"crops": images, "points": data.points} | labels


def _rows(arrays: dict) -> Callable[..., dict]:
    """Graph function that gathers rows of NumPy arrays by one or more index tensors (B,).

    NumPy fetches them, whether an array is in memory or in a file: TensorFlow would copy the whole array, and on an
    accelerator put it there.
    """

    def take(*indices):
        types = [array.dtype for array in arrays.values()]
        # Stateless (equal indices, equal rows), so that several batches may be fetched at a time.
        fetched = tf.numpy_function(lambda *at: [rows[at] for rows in arrays.values()], indices, types, stateful=False)
        shapes = [(None, *array.shape[len(indices) :]) for array in arrays.values()]
        return {name: tf.ensure_shape(*row) for name, *row in zip(arrays, fetched, shapes, strict=True)}

    return take
