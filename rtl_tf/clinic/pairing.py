"""Which of the landmarks or measurements by a detector, a person and a second person are of the same image."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rtl_tf.clinic.given_values import holds_values, read_values, richest_schema
from rtl_tf.clinic.marked_faces import full_name, read_faces_inside
from rtl_tf.documents import read_text, repeated
from rtl_tf.exceptions import InputError
from rtl_tf.reports.measured_agreement import Readings, values_of
from rtl_tf.runs import layout
from rtl_tf.runs.predictions import of_labelled_landmarks
from rtl_tf.runs.run import Run
from rtl_tf.schema import Schema, available_schemas, load_schema, parse_schema
from rtl_tf.system.notes import some, warn


@dataclass(frozen=True, eq=False)
class Hand:
    """What a detector or a person tells of N images: landmarks, or measurements as numbers.

    Attributes:
        mm_per_px: (N,), NaN = unknown.
        points: float64 (N, K, 2), original px; or float64 (N, M) values in the measurements' units. NaN = missing.
        as_given: whether they are values.
    """

    schema: Schema
    images: Sequence[str]
    subjects: Sequence[str]
    mm_per_px: np.ndarray
    points: np.ndarray
    as_given: bool = False

    def values(self, places: Sequence[int | None], mm_per_px: np.ndarray) -> np.ndarray:
        """(P, M): of the images with these places, NaN where it is None; `mm_per_px` (P,), NaN = as told here."""
        index = [len(self.images) if place is None else place for place in places]
        own = np.append(self.mm_per_px, np.nan)[index]
        points = np.concatenate([self.points, np.full((1, *self.points.shape[1:]), np.nan)])[index]
        return (
            points if self.as_given else values_of(self.schema, points, np.where(np.isnan(mm_per_px), own, mm_per_px))
        )


def read_hand(data: str | Path, schema: str | None = None, like: Schema | None = None) -> Hand:
    """Of labelled data, of a table that predict.py wrote, or of one of numbers, see `given_values.read_values`.

    Args:
        schema: a name or a file; None = that of `like`, which is the other hand's, else the largest that fits.
    Raises:
        InputError: as `read_faces_inside` or `read_values`.
    """
    if holds_values(data):
        fitting = like or (load_schema(schema) if schema else richest_schema())
        names, subjects, values = read_values(data, fitting)
        return Hand(fitting, names, subjects, np.full(len(names), np.nan), values, as_given=True)
    fitting, faces = read_faces_inside(data, schema or (like.name if like else None))
    scales, points = np.array([face.mm_per_px for face in faces]), np.array([face.points for face in faces])
    return Hand(fitting, list(map(full_name, faces)), [face.subject for face in faces], scales, points)


def readings_of_run(run: Run, second: str | Path | None = None) -> Readings:
    """Of a run's test part, whose labels its predictions keep; `second`: the same images as another person labels them.

    Raises:
        InputError: the run has not predicted, its schema is lost, or no image of `second` is of the test part.
    """
    predictions, schema = of_labelled_landmarks(run.predictions), _schema(run)
    if predictions.landmarks != schema.names:
        raise InputError(f"{run.folder}: its predictions are not of the landmarks of its schema {schema.name}")
    truth, points = predictions.truth.astype(np.float64), predictions.points.astype(np.float64)
    scales = predictions.mm_per_px.astype(np.float64)
    manual, found = (values_of(schema, each, scales) for each in (truth, points))
    readings = Readings(schema, predictions.subjects, manual, found)
    return with_second(readings, predictions.images, scales, second, schema.name) if second else readings


def readings_of_tables(
    found: str | Path, labels: str | Path, second: str | Path | None = None, schema: str | None = None
) -> Readings:
    """Of two tables of the same images, each as `read_hand` takes it: the detector's, and labelled data.

    Raises:
        InputError: they have no image in common.
    """
    if holds_values(labels):  # landmarks tell the schema
        hand = read_hand(found, schema)
        manual = read_hand(labels, schema, hand.schema)
    else:
        manual = read_hand(labels, schema)
        hand = read_hand(found, schema, manual.schema)
    at = _places(hand.images, manual.images, found, labels)
    pairs = [(place, index) for place, index in enumerate(at) if index is not None]
    own, theirs = ([pair[which] for pair in pairs] for which in (0, 1))
    scales = np.where(np.isnan(hand.mm_per_px[own]), manual.mm_per_px[theirs], hand.mm_per_px[own])
    subjects = [manual.subjects[index] or hand.subjects[place] for place, index in pairs]
    as_given = manual.as_given or hand.as_given
    values = (manual.values(theirs, scales), hand.values(own, scales))
    readings = Readings(manual.schema, subjects, *values, as_given=as_given)
    images = [manual.images[index] for index in theirs]
    return with_second(readings, images, scales, second, schema) if second else readings


def with_second(
    readings: Readings, images: Sequence[str], mm_per_px: np.ndarray, second: str | Path, schema: str | None
) -> Readings:
    """With what another hand tells of the same images, which have these scales; NaN for images that it lacks."""
    hand = read_hand(second, schema, readings.schema)
    if hand.schema.names != readings.schema.names:
        problem = f"labelled with schema {hand.schema.name}, the first labels with {readings.schema.name}"
        raise InputError(f"{second}: {problem}")
    at = _places(images, hand.images, "the first labels", second)
    return replace(readings, second=hand.values(at, mm_per_px), as_given=readings.as_given or hand.as_given)


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
