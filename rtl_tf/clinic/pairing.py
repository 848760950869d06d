"""Which of the landmarks or measurements by a detector, a person and a second person are of the same image."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rtl_tf.clinic.given_values import holds_values
from rtl_tf.clinic.hands import Hand, means_by_person, of_people, only_in_view, read_hand, read_hands
from rtl_tf.clinic.run_hands import hands_of_run
from rtl_tf.datasets.subject_codes import require_alike
from rtl_tf.documents import repeated
from rtl_tf.exceptions import InputError
from rtl_tf.reports.measured_agreement import BY_PERSON, Readings
from rtl_tf.runs.run import Run
from rtl_tf.schema import Schema
from rtl_tf.system.notes import some, warn

IMAGE, SUBJECT = "image", "subject"  # by what two tables are joined


def readings_of_run(run: Run, second: str | Path | None = None, subjects_as_written: bool = False) -> Readings:
    """Of a run's test part, whose labels its predictions keep; `second`: the same images, or people, as another person
    labels or measures them.

    Raises:
        InputError: the run has not predicted, its schema is lost, or no image of `second` is of the test part.
    """
    hands = [*hands_of_run(run)]
    if second:
        hands.append(read_hand(second, run.schema_source, hands[0].schema, subjects_as_written))
    return _readings(hands, subjects_as_written)


def readings_of_tables(
    found: Sequence[Path],
    labels: str | Path,
    second: str | Path | None = None,
    schema: str | None = None,
    subjects_as_written: bool = False,
) -> Readings:
    """Of two tables of the same images, each as `read_hand` takes it: the detector's, perhaps in several, and labelled
    data.

    Raises:
        InputError: they have no image, or no subject, in common; or one person's code is written in two ways.
    """
    if holds_values(labels):  # landmarks tell the schema
        hand = read_hands(found, schema, None, subjects_as_written)
        manual = read_hand(labels, schema, hand.schema, subjects_as_written)
    else:
        manual = read_hand(labels, schema, None, subjects_as_written)
        hand = read_hands(found, schema, manual.schema, subjects_as_written)
    hands = [hand, manual]
    hands += [read_hand(second, schema, manual.schema, subjects_as_written)] if second else []
    return _readings(hands, subjects_as_written)


def _readings(hands: Sequence[Hand], subjects_as_written: bool) -> Readings:
    """Of the detector, a person, and perhaps a second one; the labels' schema counts.

    Where one of them is by person, a person of the others has the mean over the images. Where one is of heads, as a
    caliper's is, values of photographs in views in which they do not stand for the head's are left out.
    """
    if any(each.by_person for each in hands):
        _require_people_alike(hands, subjects_as_written)
    for each in hands[1:]:
        _require_same_landmarks(each, hands[1].schema)
    if heads := [each.points for each in hands if not each.of_photographs]:
        told = np.any([np.isfinite(values).any(axis=0) for values in heads], axis=0)
        hands = [only_in_view(each, told) for each in hands]
    readings, images, scales = _paired(*hands[:2])
    told = [(subject, f"image {image}") for subject, image in zip(readings.subjects, images, strict=True) if subject]
    require_alike(told, subjects_as_written)
    return with_second(readings, images, scales, hands[2]) if len(hands) > 2 else readings


def _paired(hand: Hand, manual: Hand) -> tuple[Readings, list[str], np.ndarray]:
    """Readings of what is in both, with the images' names and scales."""
    by_person = hand.by_person or manual.by_person
    if by_person:
        hand, manual = of_people(hand), of_people(manual)
    at = _places(hand.images, manual.images, hand.origin, manual.origin, SUBJECT if by_person else IMAGE)
    pairs = [(place, index) for place, index in enumerate(at) if index is not None]
    own, theirs = ([pair[which] for pair in pairs] for which in (0, 1))
    scales = np.where(np.isnan(hand.mm_per_px[own]), manual.mm_per_px[theirs], hand.mm_per_px[own])
    told, theirs_told = hand.told_subjects, manual.told_subjects
    subjects = [
        theirs_told[index] or told[place] or manual.subjects[index] or hand.subjects[place] for place, index in pairs
    ]
    readings = Readings(
        manual.schema,
        subjects,
        manual.values(theirs, scales),
        hand.values(own, scales),
        as_given=manual.as_given or hand.as_given,
        of_heads=not (manual.of_photographs and hand.of_photographs),
        notes=(BY_PERSON,) * by_person,
    )
    return readings, [manual.images[index] for index in theirs], scales


def with_second(readings: Readings, images: Sequence[str], mm_per_px: np.ndarray, hand: Hand) -> Readings:
    """With what another hand tells of the same images, which have these scales; NaN for images that it lacks. By person
    where one of the two is."""
    _require_same_landmarks(hand, readings.schema)
    if BY_PERSON in readings.notes:
        hand = of_people(hand)
    elif hand.by_person:
        first = Hand("the first labels", readings.schema, images, readings.subjects, mm_per_px, readings.manual)
        images = of_people(replace(first, as_given=True)).images
        found = means_by_person(readings.subjects, readings.found)[1]
        manual = means_by_person(readings.subjects, readings.manual)[1]
        readings = replace(readings, subjects=images, manual=manual, found=found, notes=(*readings.notes, BY_PERSON))
        mm_per_px = np.full(len(images), np.nan)
    at = _places(images, hand.images, "the first labels", hand.origin, SUBJECT if hand.by_person else IMAGE)
    return replace(
        readings,
        second=hand.values(at, mm_per_px),
        as_given=readings.as_given or hand.as_given,
        of_heads=readings.of_heads or not hand.of_photographs,
    )


def _require_people_alike(hands: Sequence[Hand], as_written: bool) -> None:
    """As `require_alike`, of tables that are joined by their subjects."""
    told = [(subject, hand.origin) for hand in hands for subject in hand.subjects if subject]
    require_alike(told, as_written)


def _require_same_landmarks(hand: Hand, schema: Schema) -> None:
    if hand.schema.names != schema.names:
        problem = f"labelled with schema {hand.schema.name}, the first labels with {schema.name}"
        raise InputError(f"{hand.origin}: {problem}")


def _places(
    images: Sequence[str], others: Sequence[str], origin: str | Path, other_origin: str | Path, what: str = IMAGE
) -> list[int | None]:
    """Of each image its place among `others`: by its whole name, else by its file's name where that is there once. Of
    each subject (`what`) by its whole name alone.

    How many were joined by the latter, and how many were left out, is warned of.

    Raises:
        InputError: an image is there twice, none has a place, or a file's name alone does not tell which is meant.
    """
    for names, where in ((images, origin), (others, other_origin)):
        if (name := repeated(names)) is not None:
            raise InputError(f"{where}: {what} {name} is there twice; remove one")
    whole = {name: index for index, name in enumerate(others)}
    by_file = _by_file(images, others, other_origin) if what == IMAGE else {}
    found = [whole.get(name, by_file.get(name)) for name in images]
    if all(index is None for index in found):
        raise InputError(f"{other_origin}: none of its {what}s is one of {origin} ({images[0]}, ...)")
    _tell(images, others, found, origin, other_origin, what)
    return found


def _by_file(images: Sequence[str], others: Sequence[str], other_origin: str | Path) -> dict[str, int]:
    """Places among `others` of images whose whole names are not there, by the file's name. InputError as `_places`."""
    files: dict[str, list[int]] = {}
    for index, name in enumerate(others):
        files.setdefault(os.path.basename(name), []).append(index)
    called, whole = Counter(map(os.path.basename, images)), set(others)
    found = {}
    for name in (name for name in images if name not in whole):
        file = os.path.basename(name)
        if near := files.get(file, []):
            if max(len(near), called[file]) > 1:
                raise InputError(f"{other_origin}: several images are called {file}, and none has the name {name}")
            found[name] = near[0]
    return found


def _tell(
    images: Sequence[str],
    others: Sequence[str],
    found: Sequence[int | None],
    origin: str | Path,
    other: str | Path,
    what: str,
) -> None:
    """Warnings: of images that were joined by their file's name alone, and of those that are in one table only."""
    joined = [(name, others[index]) for name, index in zip(images, found, strict=True) if index is not None]
    if by_file := [f"{name} with {theirs}" for name, theirs in joined if name != theirs]:
        warn(f"{origin} and {other}: {some(by_file, what)} joined by the file's name alone")
    taken = {theirs for _, theirs in joined}
    if lost := [name for name, index in zip(images, found, strict=True) if index is None]:
        warn(f"{origin}: {some(lost, what)} not in {other}, left out")
    if unused := [name for name in others if name not in taken]:
        warn(f"{other}: {some(unused, what)} not in {origin}, left out")
