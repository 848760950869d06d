"""Cross-validation inside the training part: what is said of its people by networks that have not seen them.

Squares around labels tell where these are: what they tell is left out, so that errors are those of photographs alone.

<run>/folds/<k>/                     a run without the people of fold k, while it trains; the folder goes at the end
<run>/out-of-fold-predictions.csv    as predictions.csv, of the training part, as far as --source RUN does not know it
<run>/confidence.json                what these errors tell of new faces
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from rtl_tf.experiments.blending import apart, choose_blend, with_blend, without_evidence
from rtl_tf.experiments.data import UnseenImages
from rtl_tf.experiments.outputs import collect
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.recipe import write_recipe
from rtl_tf.limits import AUTO
from rtl_tf.runs import layout
from rtl_tf.runs.confidence import TOO_FEW, Confidence, write_confidence
from rtl_tf.runs.predictions import Predictions, write_predictions
from rtl_tf.system.notes import warn

Fold = tuple[Detector, UnseenImages]  # trained without some people, and those people's images


def cross_validate(
    trained: Detector, folder: Path, folds: int, train: Callable[[int, Path], Fold], mesh_share: float | str = AUTO
) -> Detector:
    """Train a detector without each fold, and write what each says of its own; all of them choose the blend, if AUTO.

    Args:
        trained: the detector of the run in `folder`.
        train: (fold, folder): trains there without the people of that fold, 1 to `folds`, or goes on.
        mesh_share: of the settings.
    Returns:
        The run's detector with that blend, which recipe.json has too.
    """
    record = folder / layout.OUT_OF_FOLD
    if not record.exists():
        fold_detectors = []
        for fold in range(1, folds + 1):
            print(f"\nFold {fold} of {folds}:")
            fold_detectors.append(train(fold, folder / layout.FOLDS / str(fold)))
        if trained.recipe.calibration and mesh_share == AUTO:
            blend = choose_blend([apart(detector, part) for detector, part in fold_detectors])
            fold_detectors = [(with_blend(detector, blend), part) for detector, part in fold_detectors]
            trained = with_blend(trained, blend)
            write_recipe(folder / layout.RECIPE, trained.recipe)
        unseen = joined([collect(part, without_evidence(detector)) for detector, part in fold_detectors])
        if confidence := Confidence.fit(unseen, trained.schema.mirror_permutation):
            write_confidence(folder / layout.CONFIDENCE, confidence)
        else:
            warn(f"--folds: {TOO_FEW}: predictions come without radii and flags")
        write_predictions(record, unseen)
    if (folder / layout.FOLDS).is_dir():
        shutil.rmtree(folder / layout.FOLDS)
    return trained


def joined(parts: Sequence[Predictions]) -> Predictions:
    """Predictions of several parts of a data set as those of one, in the order of the images' names."""
    names = [name for part in parts for name in part.images]
    order = sorted(range(len(names)), key=names.__getitem__)

    def of_all(name: str) -> Any:
        values = [getattr(part, name) for part in parts]
        if any(value is None for value in values):
            return None
        if isinstance(values[0], tuple):
            flat = [value for each in values for value in each]
            return tuple(flat[index] for index in order)
        return np.concatenate(values)[order]

    known = [field.name for field in fields(Predictions) if field.name != "landmarks"]
    columns: dict[str, Any] = {name: of_all(name) for name in known}
    return Predictions(landmarks=parts[0].landmarks, **columns)
