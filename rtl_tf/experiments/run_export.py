"""A run's detector for another engine; for int8 with what its networks saw of its training images."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rtl_tf.coordinates import sample_crop
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.face_boxes import FOUND, in_found_boxes
from rtl_tf.experiments.resolving import read_samples
from rtl_tf.inference.exported import exported_file
from rtl_tf.inference.exporting import export, require_free
from rtl_tf.inference.face_square import read_face_square
from rtl_tf.inference.part_crops import load_part_crops, parts_of
from rtl_tf.inference.recipe import read_recipe
from rtl_tf.pipeline import Crops, load_crops
from rtl_tf.records import Sample, evenly
from rtl_tf.runs import layout
from rtl_tf.runs.config_file import from_json, read_config
from rtl_tf.runs.parts import read_split
from rtl_tf.schema import load_schema

CALIBRATION_IMAGES = 100


def export_run(run: Path, engine: str, precision: str, output: Path | None = None) -> Path:
    """Write <run>/export/detector-<precision>.<suffix>, or `output`; the file's path.

    Raises:
        InputError: no trained run, a file that would replace another one, a missing package or, for int8, data that
            are no longer there.
    """
    file = output or exported_file(run, engine, precision)
    read_config(run / layout.CONFIG)  # is it a run at all?
    recipe = read_recipe(run / layout.RECIPE, len(load_schema(run / layout.SCHEMA)))
    require_free(file, engine, recipe.parts is not None)  # before images are read
    calibration = calibration_crops(run) if precision == "int8" else ()
    started = time.perf_counter()
    print(f"writing {file} (up to a minute)", flush=True)
    export(run, file, engine, *calibration)
    print(f"written in {time.perf_counter() - started:.0f} s")
    return file


def calibration_crops(run: Path, count: int = CALIBRATION_IMAGES) -> list[np.ndarray]:
    """Of each of the run's networks uint8 (at most `count`, S, S, 3): crops of training images, evenly chosen; for that
    of parts of those images that show some in enough pixels."""
    config = read_config(run / layout.CONFIG)["resolved"]
    settings = replace(from_json(config).resolved(), schema=str(run / layout.SCHEMA))
    schema = load_schema(settings.schema)
    recipe = read_recipe(run / layout.RECIPE, len(schema))
    as_a_run = (settings.data, settings.schema, settings.image_size, settings.subjects_as_written, settings.aligned)
    samples, hashes = read_samples(*as_a_run)
    if any(config.get(name, value) != value for name, value in hashes.items()):  # an older run tells one of them
        raise InputError(f"{settings.data}: not the data that the run in {run} was trained on; int8 needs them")
    training = [samples[index] for index in read_split(run / layout.SPLIT, samples).training]

    def faces(chosen: list[Sample]) -> Crops:
        return load_crops(
            _in_found_boxes(run, chosen) if settings.face_boxes == FOUND else chosen,
            schema,
            size=settings.image_size,
            margin=settings.crop_margin,
            label="reading training images",
            square=(lambda _, image, box: recipe.square(image, box)) if recipe.alignment else None,
        )

    crops = faces(evenly(training, count)).plain
    if (rule := recipe.parts) is None:
        return [crops]

    def shows_parts(sample: Sample) -> bool:
        """As far as the square around its labels tells, which is about as large as the one that is looked at."""
        return bool(parts_of(sample, sample_crop(sample, settings.image_size, settings.crop_margin), rule))

    finer = list(filter(shows_parts, training))
    chosen = evenly(finer, count) if finer else training
    parts = load_part_crops(chosen, faces(chosen).squares, recipe, schema, label="reading their parts")
    if parts is None:
        raise InputError(f"{settings.data}: no training image shows a part in enough pixels; int8 needs some")
    return [crops, np.stack(evenly(list(parts.plain), count))]


def _in_found_boxes(run: Path, samples: Sequence[Sample]) -> list[Sample]:
    """Samples in the boxes that the run's training looked in."""
    learned = read_face_square(run / layout.FACE_SQUARE)
    if learned is None:
        raise InputError(f"{run / layout.FACE_SQUARE}: missing; int8 needs it, as the run looked at found faces")
    return in_found_boxes(samples, learned)
