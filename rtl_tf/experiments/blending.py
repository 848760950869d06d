"""How much of an answer is the calibrated mesh's: as much as serves the validation part best."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rtl_tf.coordinates import Crop
from rtl_tf.experiments.recipe_fitting import USUAL_BLEND
from rtl_tf.inference.detector import Detector
from rtl_tf.records import Sample

SHARES = tuple(np.linspace(0, 1, 11).round(1).tolist())
FEWEST_PEOPLE = 5  # below, validation images tell too little


def blended(detector: Detector, samples: Sequence[Sample], boxes: Sequence[Crop]) -> Detector:
    """The detector, its recipe with the share of `choose_blend`."""
    return replace(detector, recipe=replace(detector.recipe, blend=choose_blend(detector, samples, boxes)))


def choose_blend(detector: Detector, samples: Sequence[Sample], boxes: Sequence[Crop]) -> float:
    """The share of SHARES with the smallest mean error on validation samples, by the detector of a trained run.

    Errors are shares of the boxes' sides. Of equal ones it is the one nearest to the usual.
    """
    if len({sample.subject for sample in samples}) < FEWEST_PEOPLE:
        return USUAL_BLEND
    squares = [(box.left, box.top, box.side) for box in boxes]
    network, mesh = (
        np.stack([found.points for found in _alone(detector, blend).predict(
            [sample.image for sample in samples], squares, [box.mirrored for box in boxes]
        )])
        for blend in (0.0, 1.0)
    )  # fmt: skip
    truth = np.stack([sample.points for sample in samples])
    sides = np.array([box.side for box in boxes])[:, None]

    def error(share: float) -> float:
        found = (1 - share) * network + share * mesh
        return float(np.nanmean(np.linalg.norm(found - truth, axis=-1) / sides))

    return min(SHARES, key=lambda share: (error(share), abs(share - USUAL_BLEND)))


def _alone(detector: Detector, blend: float) -> Detector:
    """One of the two alone, without what boxes, here those around labels, tell, and without a closer look."""
    return replace(detector, recipe=replace(detector.recipe, blend=blend, box_evidence=None), parts=None)
