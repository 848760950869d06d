"""What a detector says of its own answer: radii for a coverage that somebody chose, and flags."""

from dataclasses import dataclass

import numpy as np

from rtl_tf.conformal import LEVELS
from rtl_tf.exceptions import InputError
from rtl_tf.records import Prediction
from rtl_tf.runs.confidence import Confidence
from rtl_tf.runs.signs import Signs

USUAL = 0.9  # coverage


@dataclass(frozen=True, eq=False)
class Doubt:
    """Of a detector with a `Confidence`.

    Attributes:
        coverage: share of landmarks that lie within their radii.
    """

    confidence: Confidence
    coverage: float = USUAL

    @classmethod
    def of(cls, confidence: Confidence | None, coverage: float | None, model: object) -> "Doubt | None":
        """As asked for; None where the detector, `model`, knows nothing and nobody asked.

        InputError for a coverage that is none, or that nobody can tell.
        """
        if coverage is not None and not LEVELS[0] <= coverage <= LEVELS[-1]:
            raise InputError(f"--coverage {coverage}: give {LEVELS[0]} to {LEVELS[-1]}")
        if confidence is None and coverage is not None:
            raise InputError(f"--coverage {coverage}: {model} does not know its errors; train it with --folds 5")
        return None if confidence is None else cls(confidence, USUAL if coverage is None else coverage)

    def radii(self, found: Prediction) -> np.ndarray:
        """float64 (K,), original px; NaN where there were too few people for the coverage."""
        return self.confidence.radii(Signs.of(found), self.coverage)[0]

    def flags(self, found: Prediction) -> tuple[str, ...]:
        """Why somebody should look at a face; mostly none."""
        return self.confidence.flags(Signs.of(found))[0]
