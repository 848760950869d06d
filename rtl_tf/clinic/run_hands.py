"""A run's test part as what a detector tells, and what the person who labelled it does."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from rtl_tf.clinic.hands import Hand
from rtl_tf.clinic.marked_faces import unmarked
from rtl_tf.clinic.same_images import Picture
from rtl_tf.clinic.sights import Sight, told_sight
from rtl_tf.exceptions import InputError
from rtl_tf.records import photograph_of
from rtl_tf.runs import layout
from rtl_tf.runs.attributes import read_attributes
from rtl_tf.runs.predictions import Predictions
from rtl_tf.runs.run import Run


def hands_of_run(run: Run) -> tuple[Hand, Hand]:
    """The landmarks that were found, and the labels.

    Raises:
        InputError: the run has not predicted, its schema is lost, or its files do not fit each other.
    """
    predictions, schema = run.learnt_predictions, run.schema_read
    if predictions.landmarks != schema.names:
        raise InputError(f"{run.folder}: its predictions are not of the landmarks of its schema {schema.name}")
    found = Hand(
        str(run.folder),
        schema,
        predictions.images,
        predictions.subjects,
        predictions.mm_per_px.astype(np.float64),
        predictions.points.astype(np.float64),
        _sights(run, predictions),
        pictures=[_picture(name) for name in predictions.images],
    )
    return found, replace(found, origin=f"labels of {run.folder}", points=predictions.truth.astype(np.float64))


def _picture(name: str) -> Picture:
    """Of a name that `image_names` gave."""
    image = photograph_of(name)
    return Picture(Path(image), image, name.removeprefix(image).removeprefix("#"))


def _sights(run: Run, predictions: Predictions) -> list[Sight | None]:
    """By the data table's column view, else by its yaw or the one that was found."""
    file = run.folder / layout.ATTRIBUTES
    told = read_attributes(file, predictions.images) if file.is_file() else {}
    unknown = ("",) * len(predictions.images)
    yaws = unknown if predictions.yaw is None else tuple("" if np.isnan(yaw) else str(yaw) for yaw in predictions.yaw)
    cells = zip(told.get("view", unknown), told.get("yaw", unknown), yaws, strict=True)
    rows = ({"view": view, "yaw": own or found} for view, own, found in cells)
    return [told_sight(unmarked(row, str(file))) for row in rows]
