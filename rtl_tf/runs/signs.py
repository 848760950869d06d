"""What a detector tells of faces, beside where their landmarks are, by which its errors can be guessed."""

from dataclasses import dataclass, fields, replace

import numpy as np

from rtl_tf.records import Prediction, blanked
from rtl_tf.runs.predictions import Predictions


@dataclass(frozen=True, eq=False)
class Signs:
    """Of N faces with K landmarks, see `records.Prediction`; None = not known of any, NaN = of this one.

    Attributes:
        points: (N, K, 2), original px.
        peaks, spread, rivals: (N, K).
        unlikeness, yaw, mirrored: (N,).
    """

    points: np.ndarray
    peaks: np.ndarray
    spread: np.ndarray | None = None
    rivals: np.ndarray | None = None
    unlikeness: np.ndarray | None = None
    yaw: np.ndarray | None = None
    mirrored: np.ndarray | None = None

    @classmethod
    def of(cls, found: Predictions | Prediction) -> "Signs":
        """Of many faces, or of one."""
        values = {field.name: getattr(found, field.name) for field in fields(cls)}
        if isinstance(found, Prediction):
            values = {name: None if value is None else np.asarray(value)[None] for name, value in values.items()}
        return cls(**values)

    def of_landmarks(self, known: np.ndarray) -> "Signs":
        """With NaN for those landmarks that bool (K,) `known` is False of."""
        return replace(self, **blanked(self, known))

    def known(self, name: str) -> np.ndarray:
        """The values of that sign, (N, K) or (N,); NaN (N,) where nothing is known."""
        values = getattr(self, name)
        return np.full(len(self.points), np.nan) if values is None else values
