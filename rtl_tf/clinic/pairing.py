"""Which of the landmarks or measurements by a detector, a person and a second person are of the same image."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rtl_tf.clinic.given_values import holds_values
from rtl_tf.clinic.hands import Hand, means_by_person, of_people, only_in_view, read_hand, read_hands
from rtl_tf.clinic.run_hands import hands_of_run
from rtl_tf.clinic.same_images import meet
from rtl_tf.datasets.subject_codes import code_key, require_alike
from rtl_tf.documents import repeated
from rtl_tf.exceptions import InputError
from rtl_tf.reports.measured_agreement import BY_PERSON, CORRECTED, Readings
from rtl_tf.runs.run import Run
from rtl_tf.schema import Schema
from rtl_tf.system.notes import some, warn


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
    readings, first = _paired(*hands[:2])
    told = [(subject, f"image {image}") for subject, image in zip(first.subjects, first.images, strict=True) if subject]
    require_alike(told, subjects_as_written)
    return with_second(readings, first, hands[2]) if len(hands) > 2 else readings


def _paired(hand: Hand, manual: Hand) -> tuple[Readings, Hand]:
    """Readings of what is in both, with the labels of it."""
    by_person = hand.by_person or manual.by_person
    if by_person:
        hand, manual = of_people(hand), of_people(manual)
    pairs = [(place, index) for place, index in enumerate(_places(hand, manual)) if index is not None]
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
        notes=(BY_PERSON,) * by_person + (CORRECTED,) * hand.corrected,
    )
    images = [manual.images[index] for index in theirs]
    pictures = [manual.pictures[index] for index in theirs if not by_person]
    first = Hand("the first labels", manual.schema, images, subjects, scales, readings.manual, as_given=True)
    return readings, replace(first, by_person=by_person, pictures=pictures)


def with_second(readings: Readings, first: Hand, hand: Hand) -> Readings:
    """With what another hand tells of the images of the `first` labels, whose scales count; NaN for images that it
    lacks. By person where one of the two is."""
    _require_same_landmarks(hand, readings.schema)
    if first.by_person:
        hand = of_people(hand)
    elif hand.by_person:
        found = means_by_person(readings.subjects, readings.found)[1]
        first = of_people(first)
        readings = replace(
            readings, subjects=first.images, manual=first.points, found=found, notes=(*readings.notes, BY_PERSON)
        )
    return replace(
        readings,
        second=hand.values(_places(first, hand), first.mm_per_px),
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


def _places(hand: Hand, other: Hand) -> list[int | None]:
    """Of each image of a hand its place among the other's, see `meet`; of people, of each subject by its whole name.

    Joins by the ends of paths alone, those of images of two people, and what was left out, are warned of.

    Raises:
        InputError: an image is there twice, none has a place, or a file's name alone does not tell which is meant.
    """
    what = "subject" if other.by_person else "image"
    for each in (hand, other):
        if (name := repeated(each.images)) is not None:
            raise InputError(f"{each.origin}: {what} {name} is there twice; remove one")
    if other.by_person:
        whole = {name: index for index, name in enumerate(other.images)}
        found, by_end = [whole.get(name) for name in hand.images], set[int]()
    else:
        found, by_end = meet(hand.pictures, other.pictures, other.origin)
    if all(index is None for index in found):
        raise InputError(f"{other.origin}: none of its {what}s is one of {hand.origin} ({hand.images[0]}, ...)")
    _tell(hand, other, found, by_end, what)
    return found


def _tell(hand: Hand, other: Hand, found: Sequence[int | None], by_end: set[int], what: str) -> None:
    """The warnings of `_places`."""
    pairs = [(row, index) for row, index in enumerate(found) if index is not None]
    both = f"{hand.origin} and {other.origin}"
    if joined := [f"{hand.images[row]} with {other.images[index]}" for row, index in pairs if row in by_end]:
        warn(f"{both}: {some(joined, what)} joined by the ends of their paths alone")
    told, theirs = hand.told_subjects, other.told_subjects
    codes = [(row, told[row], theirs[index]) for row, index in pairs if told[row] and theirs[index]]
    if strangers := [f"{hand.images[row]}: {a} and {b}" for row, a, b in codes if code_key(a) != code_key(b)]:
        warn(f"{both}: {some(strangers, what)} whose subjects differ: are they photographs of the same people?")
    taken = {index for _, index in pairs}
    if lost := [name for name, index in zip(hand.images, found, strict=True) if index is None]:
        warn(f"{hand.origin}: {some(lost, what)} not in {other.origin}, left out")
    if unused := [name for index, name in enumerate(other.images) if index not in taken]:
        warn(f"{other.origin}: {some(unused, what)} not in {hand.origin}, left out")
