"""A photograph on its way through the network: its face found, the views of it cut out; and what comes of it.

Needs no TensorFlow.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np

from rtl_tf.exceptions import InputError
from rtl_tf.inference.decoded import Box
from rtl_tf.inference.recipe import Look
from rtl_tf.pyramid import Pyramid
from rtl_tf.records import Prediction


@dataclass(frozen=True)
class Seen:
    """A face as the network sees it: uint8 (V, S, S, 3) views, in the box, in an image of this size.

    `given` tells whether somebody gave the box, `yaw` how far the head is turned, `faces` see `Found`. The image itself
    is kept where it is looked at again.
    """

    pixels: np.ndarray
    look: Look
    box: Box
    size: tuple[int, int]
    given: bool
    yaw: float
    faces: int = 0
    image: Pyramid | None = None


@dataclass(frozen=True)
class Found:
    """What was found on one image.

    Attributes:
        prediction: the landmarks.
        box: the square that was looked at, original px.
        size: (width, height) of the image, original px.
        mirrored: whether the network saw it mirrored.
        faces: how many were found on the image, of which this is the largest; 0 = nobody looked for them.
    """

    prediction: Prediction
    box: Box
    size: tuple[int, int]
    mirrored: bool = False
    faces: int = 0


Outcome = Found | InputError  # of one image: what was found, or why it could not be looked at


def seen_or_problem(future: Future[Seen]) -> Seen | InputError:
    """What came of looking at it."""
    try:
        return future.result()
    except InputError as problem:
        return problem


def spread_of(answers: Sequence[np.ndarray]) -> np.ndarray | None:
    """float32 (K,): root mean square distance of answers (K, 2) from their mean; None of a single one."""
    if len(answers) == 1:
        return None
    away = np.stack(answers) - np.mean(answers, axis=0)
    return np.sqrt((away**2).sum(axis=-1).mean(axis=0)).astype(np.float32)
