"""Where a run tells its own errors (`--folds`): what it learns of its training faces, and how heads are turned."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rtl_tf.experiments.data import UnseenImages
from rtl_tf.images import read_image
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.head_turn import yaw_in
from rtl_tf.pipeline import Crops
from rtl_tf.records import Prediction
from rtl_tf.runs import layout
from rtl_tf.runs.familiar_faces import FamiliarFaces, write_familiar_faces
from rtl_tf.system.progress import in_threads

BATCH = 32


def with_familiar(detector: Detector, folder: Path, training: Crops) -> Detector:
    """The detector that knows how its training faces look to it, which the run's folder is told; if they are enough."""
    batches = np.array_split(training.plain, -(-len(training.plain) // BATCH))
    familiar = FamiliarFaces.fit(np.concatenate([detector.locate(crops).features for crops in batches]))
    if familiar is None:
        return detector
    write_familiar_faces(folder / layout.FAMILIAR, familiar)
    return replace(detector, familiar=familiar)


def with_yaws(answers: Sequence[Prediction], part: UnseenImages) -> list[Prediction]:
    """The answers, of crops alone, with how far the heads on their photographs are turned."""

    def look(index: int) -> Prediction:
        box = part.looked_in[index]
        yaw = yaw_in(read_image(part.samples[index].image), (box.left, box.top, box.side))
        return replace(answers[index], yaw=yaw)

    return list(in_threads(look, range(len(answers)), "looking how heads are turned"))
