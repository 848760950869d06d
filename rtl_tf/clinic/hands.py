"""What a detector or a person tells of images or of people, to be held against what another one tells."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from rtl_tf.clinic.given_values import holds_values, read_values, richest_schema
from rtl_tf.clinic.marked_faces import full_name, read_faces_inside
from rtl_tf.clinic.same_images import Picture
from rtl_tf.clinic.scales import scale_of
from rtl_tf.clinic.sights import Sight, out_of_view, told_sight
from rtl_tf.exceptions import InputError
from rtl_tf.reports.measured_agreement import values_of
from rtl_tf.schema import Schema, load_schema
from rtl_tf.system.notes import first_of, some, warn


@dataclass(frozen=True, eq=False)
class Hand:
    """What a detector or a person tells of N images, or people: landmarks, or measurements as numbers.

    Attributes:
        origin: for messages.
        images: their names; of people, their subjects.
        mm_per_px: (N,), NaN = unknown.
        points: float64 (N, K, 2), original px; or float64 (N, M) values in the measurements' units. NaN = missing.
        sights: N, None = not told; empty = of none.
        as_given: whether they are values.
        by_person: whether they are of people, and not of images.
        of_photographs: whether they are of photographs, and not of heads, as a caliper's are.
        left_out: bool (N, M), which values do not count; None = all do.
        pictures: of the images; empty of people.
        corrected: see `GivenValues`.
    """

    origin: str
    schema: Schema
    images: Sequence[str]
    subjects: Sequence[str]
    mm_per_px: np.ndarray
    points: np.ndarray
    sights: Sequence[Sight | None] = ()
    as_given: bool = False
    by_person: bool = False
    of_photographs: bool = True
    left_out: np.ndarray | None = None
    pictures: Sequence[Picture] = ()
    corrected: bool = False

    @property
    def told_subjects(self) -> list[str]:
        """See `Picture.told`."""
        pairs = zip(self.pictures, self.subjects, strict=True)
        return [picture.told(subject) for picture, subject in pairs] if self.pictures else list(self.subjects)

    def values(self, places: Sequence[int | None], mm_per_px: np.ndarray) -> np.ndarray:
        """(P, M): of the images with these places, NaN where it is None; `mm_per_px` (P,), NaN = as told here."""
        index = [len(self.images) if place is None else place for place in places]
        own = np.append(self.mm_per_px, np.nan)[index]
        points = np.concatenate([self.points, np.full((1, *self.points.shape[1:]), np.nan)])[index]
        scales = np.where(np.isnan(mm_per_px), own, mm_per_px)
        values = points if self.as_given else values_of(self.schema, points, scales)
        if self.left_out is None:
            return values
        return np.where(np.concatenate([self.left_out, np.ones_like(self.left_out[:1])])[index], np.nan, values)

    def all_values(self) -> np.ndarray:
        """(N, M), by the scales that are told here."""
        return self.values(range(len(self.images)), self.mm_per_px)


def read_hand(
    data: str | Path, schema: str | None = None, like: Schema | None = None, subjects_as_written: bool = False
) -> Hand:
    """Of labelled data, of a table that predict.py wrote, or of one of numbers, see `given_values.read_values`.

    Args:
        schema: a name or a file; None = that of `like`, which is the other hand's, else the largest that fits.
        subjects_as_written: as `datasets.load` has it.
    Raises:
        InputError: as `read_faces_inside`, `scale_of` or `read_values`.
    """
    if holds_values(data):
        fitting = like or (load_schema(schema) if schema else richest_schema())
        given = read_values(data, fitting)
        return Hand(
            str(data),
            fitting,
            given.names,
            given.subjects,
            np.full(len(given.names), np.nan),
            given.values,
            given.sights,
            as_given=True,
            by_person=given.by_person,
            of_photographs=given.of_photographs,
            pictures=given.pictures,
            corrected=given.corrected,
        )
    fitting, faces = read_faces_inside(data, schema or (like.name if like else None), subjects_as_written)
    scales, points = np.array([scale_of(face).mm_per_px for face in faces]), np.array([face.points for face in faces])
    names, subjects = list(map(full_name, faces)), [face.subject for face in faces]
    pictures = [face.picture for face in faces]
    return Hand(str(data), fitting, names, subjects, scales, points, list(map(told_sight, faces)), pictures=pictures)


def read_hands(
    tables: Sequence[Path], schema: str | None = None, like: Schema | None = None, subjects_as_written: bool = False
) -> Hand:
    """As `read_hand`, of several tables as of one: `rtl-lift` writes one a scan. Names of images are then those from
    here, and not from the table."""
    first = read_hand(tables[0], schema, like, subjects_as_written)
    if len(tables) == 1:
        return first
    rest = (read_hand(table, schema, like or first.schema, subjects_as_written) for table in tables[1:])
    hands = [first, *rest]
    for hand in hands:
        if _kind(hand) != _kind(first):
            raise InputError(f"{hand.origin} is no table of the same kind as {first.origin}: compare them apart")
    names = [
        name if first.by_person else os.path.normpath(table.parent / name)
        for table, hand in zip(tables, hands, strict=True)
        for name in hand.images
    ]
    return replace(
        first,
        origin=first_of([hand.origin for hand in hands], 1),
        images=names,
        subjects=[*chain(*(hand.subjects for hand in hands))],
        mm_per_px=np.concatenate([hand.mm_per_px for hand in hands]),
        points=np.concatenate([hand.points for hand in hands]),
        sights=[*chain(*(hand.sights for hand in hands))],
        pictures=[
            picture._replace(name=os.path.normpath(table.parent / picture.name))
            for table, hand in zip(tables, hands, strict=True)
            for picture in hand.pictures
        ],
        corrected=any(hand.corrected for hand in hands),
    )


def _kind(hand: Hand) -> tuple:
    return hand.schema.names, hand.as_given, hand.by_person, hand.of_photographs


def only_in_view(hand: Hand, columns: np.ndarray) -> Hand:
    """Without photographs' values in views, as told, in which they do not stand for the head's; they are warned of.

    `columns`: bool (M,), of which measurements: those of which heads are told.
    """
    measurements = hand.schema.measurements
    sights = list(hand.sights) or [None] * len(hand.images)
    told = [[out_of_view(each, sight) if sight else "" for each in measurements] for sight in sights]
    reasons = np.array(told, dtype=object).reshape(len(sights), len(measurements))
    reasons[:, ~columns] = ""
    there = (reasons != "") & np.isfinite(hand.all_values())
    for reason in dict.fromkeys(reasons[there]):
        rows, columns = np.nonzero(there & (reasons == reason))
        names = ", ".join(measurements[column].name for column in dict.fromkeys(columns.tolist()))
        images = some([hand.images[row] for row in dict.fromkeys(rows.tolist())], "image")
        warn(f"{hand.origin}: {len(rows)} value{'s' * (len(rows) != 1)} of {images} left out ({names}): {reason}")
    return replace(hand, left_out=reasons != "")


def of_people(hand: Hand) -> Hand:
    """A person's values: the means over the images that have them. Images without a subject are warned of.

    InputError where no image has a subject.
    """
    if hand.by_person:
        return hand
    if lost := [name for name, subject in zip(hand.images, hand.subjects, strict=True) if not subject]:
        if len(lost) == len(hand.images):
            problem = "no image has a subject, and the other table is by person (without image): add a column subject"
            raise InputError(f"{hand.origin}: {problem} (rtl-measure --facts writes it)")
        warn(f"{hand.origin}: {some(lost, 'image')} without a subject, left out")
    people, values = means_by_person(hand.subjects, hand.all_values())
    unscaled = np.full(len(people), np.nan)
    return replace(
        hand, images=people, subjects=people, mm_per_px=unscaled, points=values, sights=(), as_given=True,
        by_person=True, left_out=None, pictures=(),
    )  # fmt: skip


def means_by_person(subjects: Sequence[str], values: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The people of N images, "" left out, and the means (P, M) over their finite values (N, M), NaN = none."""
    people = [subject for subject in dict.fromkeys(subjects) if subject]
    of_whom = np.array(subjects)[:, None] == np.array(people)  # (N, P)
    there = np.isfinite(values)
    count = of_whom.T.astype(float) @ there
    with np.errstate(invalid="ignore"):
        return people, of_whom.T.astype(float) @ np.where(there, values, 0) / count
