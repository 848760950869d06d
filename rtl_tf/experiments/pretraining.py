"""Pretraining for recognition from data to `source.keras`."""

import dataclasses
from pathlib import Path

import keras
import numpy as np

from rtl_tf import datasets
from rtl_tf.config import Asked
from rtl_tf.datasets import splits
from rtl_tf.documents import write_json
from rtl_tf.exceptions import InputError
from rtl_tf.experiments import outputs
from rtl_tf.experiments.lineage import write_record
from rtl_tf.experiments.resuming import require_nothing_of_others
from rtl_tf.networks import saved
from rtl_tf.networks.sources import load_source
from rtl_tf.pipeline import AUGMENTATIONS, load_crops
from rtl_tf.records import Sample
from rtl_tf.runs import layout
from rtl_tf.runs.config_file import asked_to_json, to_json, write_config
from rtl_tf.runs.environment import write_environment
from rtl_tf.schema import load_schema
from rtl_tf.system.lock import alone_in
from rtl_tf.training.determinism import make_deterministic
from rtl_tf.training.recognition import build_recognizer, fit_recognizer, hold_out, people

# In this order, then layout.SOURCE_HISTORY.
WRITTEN = (layout.ENVIRONMENT, layout.TRAINED_ON, layout.CONFIG, layout.SOURCE_NETWORK)


def pretrain_recognition(asked: Asked, folder: Path) -> None:
    """Train a classifier over the people of a data set; source.keras is the epoch of the best held-out accuracy.

    With a split seed over those of the training part that a run has with this seed, else over all. What an interrupted
    pretraining left in the folder is replaced.

    Raises:
        InputError: bad data, or a folder that another process holds, or that has other files of these names.
    """
    with alone_in(folder):
        _require_free(folder)
        _pretrain(asked, folder)


def _require_free(folder: Path) -> None:
    if layout.is_begun(folder) and (folder / layout.SPLIT).exists():
        raise InputError(f"--output {folder}: holds a run; name another folder")
    require_nothing_of_others(folder, WRITTEN, (*layout.RESULTS, layout.SOURCE_HISTORY))


def _pretrain(asked: Asked, folder: Path) -> None:
    make_deterministic(asked.seed)
    settings = asked.resolved(schema=asked.schema or datasets.default_schema(asked.data))
    schema = load_schema(settings.schema)
    samples: list[Sample] = datasets.load(
        settings.data, settings.schema, size=settings.image_size, subjects_as_written=settings.subjects_as_written
    )
    fingerprint = datasets.fingerprint(settings.data, samples)
    if asked.split_seed is not None:
        samples = [samples[index] for index in splits.split(samples, seed=asked.split_seed).training]
    names, classes = people(samples)
    parts = hold_out(classes, settings.split_seed)
    start = load_source(
        settings.source, settings.image_size, encoder_stride=settings.encoder_stride or None, seed=settings.seed
    )
    recognizer = build_recognizer(start, len(names), settings.seed)

    def crops(indices: np.ndarray, context: int):
        chosen = [samples[index] for index in indices]
        data = load_crops(chosen, schema, size=settings.image_size, margin=settings.crop_margin, context=context)
        return dataclasses.replace(data, labels=classes[indices])

    context = AUGMENTATIONS[settings.augment].context_px(settings.image_size)
    training, validation = crops(parts[0], context), crops(parts[1], 0)
    folder.mkdir(parents=True, exist_ok=True)
    write_environment(folder / layout.ENVIRONMENT, outputs.environment())
    write_record(folder, "", fingerprint, samples, np.concatenate(parts).tolist())
    write_config(folder / layout.CONFIG, asked_to_json(asked), to_json(settings))
    print(f"{len(names)} people, {len(training.images)} training and {len(validation.images)} held-out images")
    history = fit_recognizer(recognizer, training, validation, settings, [KeepBest(folder / layout.SOURCE_NETWORK)])
    write_json(folder / layout.SOURCE_HISTORY, {name: [float(v) for v in values] for name, values in history.items()})
    best = max(history["val_accuracy"])
    print(f"held-out images whose person is found: {best:.1%} (chance {1 / len(names):.1%})")


class KeepBest(keras.callbacks.Callback):
    """Saves the network, whole or not at all, whenever the held-out accuracy has never been higher."""

    def __init__(self, path: Path):
        super().__init__()
        self.path, self.best = path, -1.0

    def on_epoch_end(self, epoch, logs=None):
        if logs["val_accuracy"] > self.best:
            self.best = logs["val_accuracy"]
            saved.write(self.model, self.path)
