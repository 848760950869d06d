"""What a run comes to before a network is built: every setting decided, its data split. Needs no TensorFlow."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from rtl_tf import datasets
from rtl_tf.config import Settings
from rtl_tf.datasets import splits
from rtl_tf.datasets.annotations import unlabelled
from rtl_tf.exceptions import InputError
from rtl_tf.networks.catalogue import SOURCES, saved_file
from rtl_tf.records import Sample
from rtl_tf.reports.settings import SOURCE_HASH, applies
from rtl_tf.schema import load_schema


def resolve(asked: Settings) -> Settings:
    """Every setting decided: by the caller, the method, the data set, the source, the preset, in this order.

    What only the loaded network knows stays None: the stride of a saved encoder.
    """
    regularized = applies("lambda", asked.method)
    if not regularized and asked.reg_weight:
        raise InputError(f"--lambda {asked.reg_weight}: method {asked.method} has no regularizer, leave the flag out")
    decisions = {} if regularized else {"reg_weight": 0.0}
    if asked.schema is None:
        decisions["schema"] = datasets.default_schema(asked.resolved().data)
    settings = asked.resolved(**decisions)
    decisions = {"output": f"runs/{datasets.dataset_name(settings.data)}/{settings.method}/seed{settings.seed}"}
    if settings.source in SOURCES:
        decisions["encoder_stride"] = SOURCES[settings.source].encoder_stride
    return settings.resolved(**decisions)


@dataclass(frozen=True)
class Dataset:
    """The samples of a data set, their split before any thinning, and the data set's name and fingerprint."""

    samples: list[Sample]
    split: splits.Split
    name: str
    fingerprint: str


def read_dataset(
    data: str, schema: str, image_size: int, split_by: str, split_seed: int, subjects_as_written: bool = False
) -> Dataset:
    """Read, split and audit; called with the `dataset_key` of resolved settings."""
    samples = datasets.load(data, schema, size=image_size, seed=0, subjects_as_written=subjects_as_written)
    split = splits.split(samples, by=split_by, seed=split_seed)
    splits.audit(samples, split, split_by)
    return Dataset(samples, split, datasets.dataset_name(data), datasets.fingerprint(data, samples))


def found_out(settings: Settings, dataset: Dataset) -> dict[str, str | list[str]]:
    """What config.json tells beside the settings: which data, and which weights of a source of one's own.

    `unlabelled_landmarks` are those that no training image has: there where there are any.

    Raises:
        InputError: there is no such source.
    """
    facts = {"data_name": dataset.name, "dataset_hash": dataset.fingerprint}
    if settings.source not in (None, *SOURCES):
        file = saved_file(settings.source)
        facts[SOURCE_HASH] = _file_hash(file, file.stat().st_mtime_ns)
    schema, training = load_schema(settings.schema), thinned(dataset, settings).train
    if never := unlabelled(np.stack([dataset.samples[index].points for index in training]), schema.names):
        facts["unlabelled_landmarks"] = never
    return facts


@cache
def _file_hash(file: Path, changed: int) -> str:
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def dataset_key(settings: Settings) -> tuple:
    """The settings that a `Dataset` depends on."""
    split = settings.split_by, settings.split_seed
    return settings.data, settings.schema, settings.image_size, *split, bool(settings.subjects_as_written)


def thinned(dataset: Dataset, settings: Settings) -> splits.Split:
    """The split with as many training and validation images as the settings say."""
    return splits.subset(
        dataset.split,
        dataset.samples,
        training_images=max(1, round(settings.train_fraction * images_an_epoch(dataset, settings))),
        validation_images=settings.validation_images or len(dataset.split.validation),
        seed=settings.split_seed,
    )


def images_an_epoch(dataset: Dataset, settings: Settings) -> int:
    """How many training images an epoch shows: that of the training images before --train-fraction takes a share.

    So a learning curve compares trainings of equal length: a few images are shown more often.
    """
    return settings.train_images or len(dataset.split.train)
