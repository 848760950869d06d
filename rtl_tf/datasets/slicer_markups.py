"""The text of 3D Slicer's `.mrk.json` files: one list of points, on a photograph or in space."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rtl_tf.documents import json_bytes

POINTS = "Fiducial"
SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)


class ControlPoint(NamedTuple):
    """A point (3,) by its name; NaN = not defined."""

    name: str
    position: np.ndarray
    description: str = ""


def markups_bytes(points: Sequence[ControlPoint], system: str, **more: str) -> bytes:
    """The content of a file; `system` is LPS or RAS, `more` stands beside it."""
    controls = [
        {
            "id": str(number), "label": point.name, "description": point.description,
            "position": np.nan_to_num(point.position).tolist(),
            "positionStatus": "undefined" if np.isnan(point.position).any() else "defined",
        }
        for number, point in enumerate(points, start=1)
    ]  # fmt: skip
    markup = {"type": POINTS, "coordinateSystem": system, **more, "controlPoints": controls}
    return json_bytes({"@schema": SCHEMA, "markups": [markup]})
