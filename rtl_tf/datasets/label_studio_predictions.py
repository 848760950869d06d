"""Label Studio's pre-annotations: faces whose points a program has placed, and which nobody has looked at yet."""

from pathlib import Path

import numpy as np

from rtl_tf.datasets.annotations import landmark_name
from rtl_tf.datasets.collection import Collection
from rtl_tf.datasets.label_studio import (
    KEYPOINTS,
    MODEL,
    faces_of,
    is_only_predicted,
    prediction_of,
    recognises,
    tasks_of,
)
from rtl_tf.datasets.named_points import nameless_samples_of, schema_of
from rtl_tf.datasets.subject_codes import with_checked_people
from rtl_tf.documents import Node
from rtl_tf.exceptions import InputError
from rtl_tf.records import Samples


def holds_predictions(path: Path) -> bool:
    """Whether `path` is a file of tasks, or a folder with one, with predictions and without annotations."""
    if not (path.exists() and recognises(path)):
        return False
    try:
        return is_only_predicted(path)
    except InputError:
        return False  # the reader of labels says what is wrong


def read_predictions(path: Path, schema: str | None = None, subjects_as_written: bool = False) -> Collection:
    """The last prediction of each task, with its `model_version` as detector and the regions' scores as peaks (NaN
    where there is none). Subjects may be missing. Otherwise, and in what it raises, as `label_studio.read`."""
    faces = faces_of(path, _regions)
    fitting = schema_of(path, faces, schema, only_placed=True)
    samples = with_checked_people(
        path,
        Samples(sample for _, sample in nameless_samples_of(path, faces, schema, only_placed=True)),
        subjects_as_written,
    )
    answers = {f"{task.origin}: {task.place}": task for task in tasks_of(path)}
    tasks = [answers[face.origin] for face in faces]
    scores = map(_scores, tasks)
    peaks = [np.array([score.get(name, np.nan) for name in fitting.names]) for score in scores]
    return Collection(samples, fitting, list(map(_model, tasks)), peaks)


def _regions(task: Node) -> list[Node]:
    answer = prediction_of(task)
    return list(answer["result"].elements()) if answer else []


def _model(task: Node) -> str:
    answer = prediction_of(task)
    model = answer.get("model_version") if answer else None
    return model.code().removeprefix(MODEL).strip() if model else ""


def _scores(task: Node) -> dict[str, float]:
    """By landmark."""
    scores: dict[str, float] = {}
    for region in _regions(task):
        score, labels = region.get("score"), (region.get("value") or region).get(KEYPOINTS)
        if score and labels:
            scores |= {landmark_name(label.text()): score.number() for label in labels.elements()}
    return scores
