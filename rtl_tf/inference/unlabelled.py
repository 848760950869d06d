"""Landmarks that no training image had: nothing is predicted of them."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from rtl_tf.exceptions import InputError
from rtl_tf.records import OF_LANDMARKS, Prediction, blanked
from rtl_tf.schema import UNLABELLED, Schema


def without(prediction: Prediction, unlabelled: Collection[str], schema: Schema) -> Prediction:
    """The prediction with NaN for these landmarks."""
    known = np.array([name not in unlabelled for name in schema.names])
    return replace(prediction, **blanked(prediction, known, (*OF_LANDMARKS, "heatmap_points")))


def unlabelled_of(described: Mapping, schema: Schema, origin: str) -> tuple[str, ...]:
    """The names under UNLABELLED in a run's settings or a file's metadata; none where it is not there.

    Raises:
        InputError: names `origin`: no list of the schema's landmarks.
    """
    names = described.get(UNLABELLED) or []
    if not isinstance(names, list) or not all(name in schema.names for name in names):
        raise InputError(f"{origin}: damaged: {UNLABELLED} is no list of landmarks of schema {schema.name}")
    return tuple(names)
