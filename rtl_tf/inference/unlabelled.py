"""Landmarks that no training image had: nothing is predicted of them."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from rtl_tf.exceptions import InputError
from rtl_tf.records import Prediction
from rtl_tf.schema import UNLABELLED, Schema

OF_LANDMARKS = ("points", "peaks", "heatmap_points", "spread", "rivals")  # of a `Prediction`


def without(prediction: Prediction, unlabelled: Collection[str], schema: Schema) -> Prediction:
    """The prediction with NaN for these landmarks."""
    known = np.array([name not in unlabelled for name in schema.names])
    blanked: dict[str, Any] = {}
    for name in OF_LANDMARKS:
        values = getattr(prediction, name)
        where = known if values is None or values.ndim == 1 else known[:, None]
        blanked[name] = None if values is None else np.where(where, values, np.float32(np.nan))
    return replace(prediction, **blanked)


def unlabelled_of(described: Mapping, schema: Schema, origin: str) -> tuple[str, ...]:
    """The names under UNLABELLED in a run's settings or a file's metadata; none where it is not there.

    Raises:
        InputError: names `origin`: no list of the schema's landmarks.
    """
    names = described.get(UNLABELLED) or []
    if not isinstance(names, list) or not all(name in schema.names for name in names):
        raise InputError(f"{origin}: damaged: {UNLABELLED} is no list of landmarks of schema {schema.name}")
    return tuple(names)
