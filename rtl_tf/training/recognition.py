"""Pretraining for recognition: a classifier over the people of a data set, the paper's source task in small."""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing

import keras
import numpy as np
import tensorflow as tf

from rtl_tf.config import Settings
from rtl_tf.exceptions import InputError
from rtl_tf.networks import architecture
from rtl_tf.networks.sources import SourceNetwork
from rtl_tf.pipeline import Crops, Preparation, evaluation_batches, steps_an_epoch, training_batches
from rtl_tf.records import Sample
from rtl_tf.training.epoch_bar import EpochBar, epoch_label
from rtl_tf.training.optimizer import Adam

HELD_OUT = 5


def build_recognizer(start: SourceNetwork, people: int, seed: int) -> keras.Model:
    """Functional model of the layers "encoder" and "classifier": RGB (N, S, S, 3) in 0..255 -> logits (N, people)."""
    classifier = architecture(start.source.network).classifier(start.encoder, people, "softmax", seed=seed)
    image = keras.Input(start.encoder.input_shape[1:], name="image")
    return keras.Model(image, classifier(start.encoder(image)[-1]), name="recognizer")


def people(samples: Sequence[Sample]) -> tuple[list[str], np.ndarray]:
    """The C people with at least two images, sorted, and each sample's class, int (N,), -1 = only one image."""
    counts = Counter(sample.subject for sample in samples)
    known = sorted(subject for subject, count in counts.items() if count > 1)
    if len(known) < 2:
        raise InputError("--task recognition: fewer than two people have two images or more")
    number = {subject: index for index, subject in enumerate(known)}
    return known, np.array([number.get(sample.subject, -1) for sample in samples], np.int32)


def hold_out(classes: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices for training and validation: of each person one image in HELD_OUT is held out, at least one."""
    rng = np.random.default_rng(seed)
    held_out: list[int] = []
    for person in range(classes.max() + 1):
        images = rng.permutation(np.flatnonzero(classes == person))
        held_out.extend(images[: max(1, len(images) // HELD_OUT)])
    validation = np.sort(np.array(held_out))
    return np.setdiff1d(np.flatnonzero(classes >= 0), validation), validation


def fit_recognizer(
    recognizer: keras.Model,
    training: Crops,
    validation: Crops,
    settings: Settings,
    callbacks: Sequence[keras.callbacks.Callback],
) -> dict[str, list[float]]:
    """Softmax cross-entropy, Adam with linear decay to 0, of crops with labels.

    Returns:
        Keras's history: loss, accuracy, val_loss, val_accuracy (share of held-out images whose person is found).
    """
    steps = steps_an_epoch(len(training.images), settings.batch_size)
    rate = keras.optimizers.schedules.PolynomialDecay(settings.learning_rate, steps * settings.epochs, 0.0)
    recognizer.compile(
        Adam(rate, epsilon=1e-8),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")],
        jit_compile=settings.jit_compile,  # Keras's default is XLA on a GPU
    )
    prepare = Preparation(training.size, settings.sigma, settings.crop_jitter, augmentation=settings.augment)
    counter = _EpochCounter(settings.epochs)

    def labelled(batch):
        image, _ = prepare(batch)
        return image, batch["labels"]

    batches = training_batches(
        training,
        batch_size=settings.batch_size,
        seed=settings.seed,
        epoch=lambda: counter.epoch,
        augmentation=settings.augment,
    ).map(labelled, num_parallel_calls=tf.data.AUTOTUNE)
    with closing(EpochBar(settings.epochs, steps)) as bar:
        history = recognizer.fit(
            batches,
            validation_data=evaluation_batches(validation).map(labelled),
            epochs=settings.epochs,
            callbacks=[bar, counter, *callbacks],
            shuffle=False,
            verbose=0,
        )
    return history.history


class _EpochCounter(keras.callbacks.Callback):
    """Knows the epoch, and says a line of each."""

    def __init__(self, epochs: int):
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch, self.started = epoch, time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        found = f"loss {logs['loss']:.3f}  held-out images whose person is found {logs['val_accuracy']:.1%}"
        print(f"{epoch_label(epoch + 1, self.epochs)}  {found}  {time.perf_counter() - self.started:.1f} s", flush=True)
