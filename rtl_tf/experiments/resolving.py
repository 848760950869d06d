"""What a run comes to before a network is built: every setting decided, its data split. Needs no TensorFlow."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rtl_tf import datasets
from rtl_tf.config import Asked, Settings
from rtl_tf.datasets import splits
from rtl_tf.datasets.annotations import unlabelled
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.one_half import same_half
from rtl_tf.limits import AUTO
from rtl_tf.networks.catalogue import saved_file
from rtl_tf.networks.families import find_source
from rtl_tf.records import Samples, Split
from rtl_tf.runs.settings import PUBLISHED, SOURCE_HASH
from rtl_tf.schema import UNLABELLED, Schema, load_schema
from rtl_tf.system.hashing import file_hash


def resolve(asked: Asked) -> Settings:
    """Every setting decided: by the caller, the method, the data set, the source, the preset, in this order.

    What only the loaded network knows stays open: the stride of a saved encoder, or of one of KerasHub.

    Raises:
        InputError: a share of a mesh that is not looked for.
    """
    usual = asked.resolved()  # knows the data set and the source, which decide the rest
    if asked.mesh_share not in (None, AUTO) and not usual.calibrated:
        raise InputError(f"--mesh-share {asked.mesh_share}: no mesh is averaged with, give --calibrated as well")
    decisions = {
        "schema": usual.schema or datasets.default_schema(usual.data),
        "encoder_stride": source.encoder_stride or None if (source := find_source(usual.source)) else None,
        "output": f"runs/{datasets.dataset_name(usual.data)}/{usual.method}/seed{usual.seed}",
    }
    return asked.resolved(**decisions)


@dataclass(frozen=True)
class Dataset:
    """The samples of a data set, their schema, their split before any thinning, and what tells the data set's content.

    Attributes:
        name: of the data set.
        hashes: of `datasets.content_hashes`.
        known: indices of the samples of people whom the source network was trained on, see `lineage`.
    """

    samples: Samples
    schema: Schema
    split: Split
    name: str
    hashes: dict[str, str]
    known: frozenset[int] = frozenset()


def read_dataset(
    data: str,
    schema: str,
    image_size: int,
    split_by: str,
    split_seed: int,
    subjects_as_written: bool = False,
    aligned: bool = False,
    test_part: bool = True,
) -> Dataset:
    """Read, split and audit; called with the `dataset_key` of resolved settings. Without a test part, its people are
    trained on."""
    samples, hashes = read_samples(data, schema, image_size, subjects_as_written, aligned)
    split = splits.split(samples, by=split_by, seed=split_seed)
    splits.audit(samples, split, split_by)
    split = split if test_part else splits.without_test(split, samples)
    return Dataset(samples, load_schema(schema), split, datasets.dataset_name(data), hashes)


def read_samples(
    data: str, schema: str, image_size: int, subjects_as_written: bool, aligned: bool
) -> tuple[Samples, dict[str, str]]:
    """A data set's samples, as a run of these settings sees them, and its hashes. Aligned faces show the same half."""
    samples = datasets.load(data, schema, size=image_size, seed=0, subjects_as_written=subjects_as_written)
    hashes = datasets.content_hashes(data, samples)
    return Samples(same_half(samples, load_schema(schema))) if aligned else samples, hashes


def found_out(settings: Settings, dataset: Dataset) -> dict[str, str | list[str]]:
    """What config.json tells beside the settings: which data, landmarks and source weights, by content.

    `data`, where it is a path, is absolute: the run may be gone on with, or exported, from another folder.
    UNLABELLED are the landmarks that no training image has: there where there are any.

    Raises:
        InputError: there is no such source or weights file.
    """
    facts: dict[str, str | list[str]] = {"data_name": dataset.name, **dataset.hashes}
    facts["schema_hash"] = dataset.schema.fingerprint
    if not datasets.is_synthetic(settings.data):
        facts["data"] = os.path.abspath(settings.data)
    if settings.source and find_source(settings.source) is None:
        facts[SOURCE_HASH] = file_hash(saved_file(settings.source))
    elif settings.source_weights:
        facts[SOURCE_HASH] = _weights_hash(Path(settings.source_weights), settings.source)
    training = thinned(dataset, settings).training
    points = np.stack([dataset.samples[index].points for index in training])
    if never := unlabelled(points, dataset.schema.names):
        facts[UNLABELLED] = never
    return facts


def _weights_hash(file: Path, source: str) -> str:
    """SHA-256 of a file of --source-weights; PUBLISHED where it is the source's published one."""
    if not file.is_file():
        raise InputError(f"--source-weights {file}: no such file")
    named = find_source(source)
    weights = named.weights if named else None
    if weights is not None and weights.checksum is not None:
        algorithm = "sha256" if len(weights.checksum) == 64 else "md5"
        if file_hash(file, algorithm) == weights.checksum:
            return PUBLISHED
    return file_hash(file)


def dataset_key(settings: Settings) -> tuple:
    """The settings that a `Dataset` depends on."""
    split = settings.split_by, settings.split_seed
    seen = settings.subjects_as_written, settings.aligned, settings.test_part
    return settings.data, settings.schema, settings.image_size, *split, *seen


def require_judges(asked: Asked) -> None:
    """InputError for a run that would end with errors of nobody."""
    if asked.test_part is False and not asked.folds:
        raise InputError("--no-test-part: nothing would tell the errors, give --folds 5 as well")


def thinned(dataset: Dataset, settings: Settings) -> Split:
    """The split with as many training and validation images as the settings say; for one of several folds, without that
    fold's people, who take the place of the test part. People whom the source network knows are in no fold.
    """
    split = splits.subset(
        dataset.split,
        dataset.samples,
        training_images=max(1, round(settings.train_fraction * _offered(dataset, settings))),
        validation_images=settings.validation_images or len(dataset.split.validation),
        seed=settings.split_seed,
    )
    if settings.fold and not settings.folds:
        raise InputError(f"--fold {settings.fold}: goes with --folds")
    if not settings.folds:
        return split
    by, seed = settings.split_by, settings.split_seed
    folds = splits.folds(dataset.samples, split.training, settings.folds, by, seed, dataset.known)
    return splits.without_fold(split, folds, settings.fold) if settings.fold else split


def images_an_epoch(dataset: Dataset, settings: Settings) -> int:
    """How many training images an epoch shows: that of the training images before --train-fraction takes a share.

    So a learning curve compares trainings of equal length: a few images are shown more often.
    """
    return max(settings.epoch_images, _offered(dataset, settings))


def _offered(dataset: Dataset, settings: Settings) -> int:
    """--train-images, before --train-fraction takes a share; InputError where the part has fewer."""
    there = len(dataset.split.training)
    if settings.train_images > there:
        raise InputError(f"{settings.train_images} training images: the training part has {there}")
    return settings.train_images or there
