"""Which of the landmarks that a detector, a person and a second person placed are of the same image."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rtl_tf.clinic.marked_faces import full_name, read_faces_inside
from rtl_tf.documents import read_text, repeated
from rtl_tf.exceptions import InputError
from rtl_tf.reports.measured_agreement import Marks
from rtl_tf.runs import layout
from rtl_tf.runs.predictions import of_labelled_landmarks
from rtl_tf.runs.run import Run
from rtl_tf.schema import Schema, available_schemas, load_schema, parse_schema
from rtl_tf.system.notes import some, warn


def marks_of_run(run: Run, second: str | Path | None = None) -> Marks:
    """Of a run's test part, whose labels its predictions keep; `second`: the same images as another person labels them.

    Raises:
        InputError: the run has not predicted, its schema is lost, or no image of `second` is of the test part.
    """
    predictions, schema = of_labelled_landmarks(run.predictions), _schema(run)
    if predictions.landmarks != schema.names:
        raise InputError(f"{run.folder}: its predictions are not of the landmarks of its schema {schema.name}")
    truth, points = predictions.truth.astype(np.float64), predictions.points.astype(np.float64)
    marks = Marks(schema, predictions.subjects, predictions.mm_per_px.astype(np.float64), truth, points)
    return with_second(marks, predictions.images, second, schema.name) if second else marks


def marks_of_tables(
    found: str | Path, labels: str | Path, second: str | Path | None = None, schema: str | None = None
) -> Marks:
    """Of a table that predict.py wrote, and labelled data of the same images.

    Raises:
        InputError: they have no image in common.
    """
    fitting, labelled = read_faces_inside(labels, schema)
    _, faces = read_faces_inside(found, schema or fitting.name)
    at = _places([full_name(face) for face in faces], [full_name(face) for face in labelled], found, labels)
    pairs = [(face, labelled[index]) for face, index in zip(faces, at, strict=True) if index is not None]
    manual, points = (np.array([pair[which].points for pair in pairs]) for which in (1, 0))
    scales = np.array([label.mm_per_px if np.isnan(face.mm_per_px) else face.mm_per_px for face, label in pairs])
    marks = Marks(fitting, [label.subject or face.subject for face, label in pairs], scales, manual, points)
    return with_second(marks, [full_name(label) for _, label in pairs], second, schema) if second else marks


def with_second(marks: Marks, images: Sequence[str], second: str | Path, schema: str | None) -> Marks:
    """With the landmarks of labelled data of the same images, NaN for images that it lacks."""
    fitting, faces = read_faces_inside(second, schema or marks.schema.name)
    if fitting.names != marks.schema.names:
        raise InputError(f"{second}: labelled with schema {fitting.name}, the first labels with {marks.schema.name}")
    at = _places(images, [full_name(face) for face in faces], "the first labels", second)
    missing = np.full((len(fitting), 2), np.nan)
    return replace(marks, second=np.array([missing if index is None else faces[index].points for index in at]))


def _schema(run: Run) -> Schema:
    """As the package has it now where the run's is one of its own: an older run's copy tells fewer measurements."""
    if run.schema in available_schemas():
        return load_schema(run.schema)
    path = run.folder / layout.SCHEMA
    return parse_schema(read_text(path), str(path))


def _places(
    images: Sequence[str], others: Sequence[str], origin: str | Path, other_origin: str | Path
) -> list[int | None]:
    """Of each image its place among `others`: by its whole name, else by its file's name where that is there once.

    How many were joined by the latter, and how many were left out, is warned of.

    Raises:
        InputError: an image is there twice, none has a place, or a file's name alone does not tell which is meant.
    """
    for names, where in ((images, origin), (others, other_origin)):
        if (name := repeated(names)) is not None:
            raise InputError(f"{where}: image {name} is there twice; remove one")
    whole = {name: index for index, name in enumerate(others)}
    files: dict[str, list[int]] = {}
    for index, name in enumerate(others):
        files.setdefault(os.path.basename(name), []).append(index)
    called = Counter(map(os.path.basename, images))
    found: list[int | None] = []
    for name in images:
        file = os.path.basename(name)
        near = files.get(file, [])
        if name not in whole and near and max(len(near), called[file]) > 1:
            raise InputError(f"{other_origin}: several images are called {file}, and none has the name {name}")
        found.append(whole.get(name, near[0] if near else None))
    if all(index is None for index in found):
        raise InputError(f"{other_origin}: none of its images is one of {origin} ({images[0]}, ...)")
    _tell(images, others, found, origin, other_origin)
    return found


def _tell(
    images: Sequence[str], others: Sequence[str], found: Sequence[int | None], origin: str | Path, other: str | Path
) -> None:
    """Warnings: of images that were joined by their file's name alone, and of those that are in one table only."""
    joined = [(name, others[index]) for name, index in zip(images, found, strict=True) if index is not None]
    if by_file := [f"{name} with {theirs}" for name, theirs in joined if name != theirs]:
        warn(f"{origin} and {other}: {some(by_file, 'image')} joined by the file's name alone")
    taken = {theirs for _, theirs in joined}
    if lost := [name for name, index in zip(images, found, strict=True) if index is None]:
        warn(f"{origin}: {some(lost, 'image')} not in {other}, left out")
    if unused := [name for name in others if name not in taken]:
        warn(f"{other}: {some(unused, 'image')} not in {origin}, left out")
