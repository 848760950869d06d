"""How much of an answer is the calibrated mesh's: as much as serves people best whom neither of the two has seen."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from rtl_tf.experiments.data import UnseenImages
from rtl_tf.experiments.recipe_fitting import USUAL_BLEND
from rtl_tf.inference.detector import Detector

SHARES = tuple(np.linspace(0, 1, 11).round(1).tolist())
FEWEST_PEOPLE = 5  # below, images tell too little


class Apart(NamedTuple):
    """What network and mesh say of N faces, each alone.

    Attributes:
        network, mesh, truth: (N, K, 2) original px, NaN = not labelled.
        sides: (N,) of the faces' boxes, original px.
        people: N names.
    """

    network: np.ndarray
    mesh: np.ndarray
    truth: np.ndarray
    sides: np.ndarray
    people: tuple[str, ...]


def apart(detector: Detector, part: UnseenImages) -> Apart:
    """Of images that the detector, of a trained run with a calibration, has not seen."""
    network, mesh = (
        np.stack([found.points for found in _alone(detector, blend).predict(*part.predict_arguments)])
        for blend in (0.0, 1.0)
    )
    truth = np.stack([sample.points for sample in part.samples])
    sides = np.array([box.side for box in part.looked_in])
    return Apart(network, mesh, truth, sides, tuple(sample.subject for sample in part.samples))


def choose_blend(answers: Sequence[Apart]) -> float:
    """The share of SHARES with the smallest mean error over all images of all answers; errors are shares of the boxes'
    sides. Of equal ones it is the one nearest to the usual, which it is too where there are too few people."""
    if len({person for one in answers for person in one.people}) < FEWEST_PEOPLE:
        return USUAL_BLEND

    def error(share: float) -> float:
        errors = [
            np.linalg.norm((1 - share) * one.network + share * one.mesh - one.truth, axis=-1) / one.sides[:, None]
            for one in answers
        ]
        return float(np.nanmean(np.concatenate(errors)))

    return min(SHARES, key=lambda share: (error(share), abs(share - USUAL_BLEND)))


def with_blend(detector: Detector, blend: float) -> Detector:
    """The detector, its recipe with another share."""
    return replace(detector, recipe=replace(detector.recipe, blend=blend))


def without_evidence(detector: Detector) -> Detector:
    """The detector, heeding nothing that given boxes tell of landmarks."""
    return replace(detector, recipe=replace(detector.recipe, box_evidence=None))


def _alone(detector: Detector, blend: float) -> Detector:
    """One of the two alone, without what boxes, here those around labels, tell, and without a closer look."""
    return replace(without_evidence(with_blend(detector, blend)), parts=None)
