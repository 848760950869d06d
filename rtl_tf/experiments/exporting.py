"""Exporting the detector of a run folder, calibrated on the images that it was trained on."""

import time
from pathlib import Path

import numpy as np

from rtl_tf import datasets
from rtl_tf.config_json import from_json, read_config
from rtl_tf.datasets.splits import read_split
from rtl_tf.exceptions import InputError
from rtl_tf.inference.export import export
from rtl_tf.inference.exported import exported_file
from rtl_tf.pipeline import load_crops
from rtl_tf.schema import load_schema

CALIBRATION_IMAGES = 100


def export_run(run: Path, engine: str, precision: str, output: Path | None = None) -> Path:
    """Write <run>/export/detector-<precision>.<suffix>, or `output`; the file's path.

    Raises:
        InputError: no trained run, a missing package or, for int8, data that are no longer there.
    """
    file = output or exported_file(run, engine, precision)
    read_config(run / "config.json")  # is it a run at all?
    calibration = calibration_crops(run) if precision == "int8" else None
    started = time.perf_counter()
    print(f"writing {file} (up to a minute)", flush=True)
    export(run, file, engine, calibration)
    print(f"written in {time.perf_counter() - started:.0f} s")
    return file


def calibration_crops(run: Path, count: int = CALIBRATION_IMAGES) -> np.ndarray:
    """uint8 (at most `count`, S, S, 3): crops of the run's training images, evenly chosen."""
    config = read_config(run / "config.json")["resolved"]
    settings = from_json(config)
    schema = run / "schema.toml"
    as_written = bool(settings.subjects_as_written)
    samples = datasets.load(settings.data, str(schema), size=settings.image_size, subjects_as_written=as_written)
    hashes = datasets.content_hashes(settings.data, samples)
    if any(config.get(name, value) != value for name, value in hashes.items()):  # an older run tells one of them
        raise InputError(f"{settings.data}: not the data that the run in {run} was trained on; int8 needs them")
    training = read_split(run / "split.csv", samples).train
    chosen = np.unique(np.linspace(0, len(training) - 1, count).astype(int))
    return load_crops(
        [samples[training[index]] for index in chosen],
        load_schema(schema),
        size=settings.image_size,
        margin=settings.crop_margin,
        label="reading training images",
    ).plain
