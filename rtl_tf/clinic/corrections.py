"""What people placed, or refused to place, on photographs that a detector looked at: it counts instead of its own."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rtl_tf.clinic.facts import SCALE_ALONE, none_in_common
from rtl_tf.clinic.marked_faces import MarkedFace, full_name, read_faces_inside
from rtl_tf.clinic.same_face import is_of
from rtl_tf.clinic.same_images import place_of
from rtl_tf.clinic.scales import RULER, contradicts, scale_of
from rtl_tf.datasets.subject_codes import code_key, require_alike
from rtl_tf.datasets.table_cells import DOUBT, YAW
from rtl_tf.exceptions import InputError
from rtl_tf.system.notes import some, warn

DETECTOR, PERSON, BOTH = "detector", "person", "both"
ROUNDED = 1e-3  # of a scale: numbers that differ by less than three times this are one, written in two ways
ANOTHER = "the detector found another face here: of a person's landmarks alone"


def with_corrections(
    faces: Sequence[MarkedFace],
    file: Path,
    schema: str,
    scale_error: float = 0.0,
    subjects_as_written: bool = False,
) -> list[MarkedFace]:
    """A detector's faces with the landmarks that people placed on the same photographs; others stay the detector's, but
    for those that a person deleted or said to be not visible, which are missing. Where the person's are of another face
    than the detector's, no landmark is the detector's.

    A subject, a view or a scale that the people's table tells goes before every other; a made-up subject, see
    `Picture.told`, only where there is no other. A scale is the photograph's: it counts for its faces that have none of
    their own. Rows of no photograph are warned of, and those that tell more than a scale, of none of several faces.

    Args:
        file: labelled data of the same schema, as `rtl-app --export` writes it; its images are found by where they lie.
        scale_error: standard deviation of any mm_per_px that is told, as a share of it.
        subjects_as_written: codes of people that differ in little are different people.
    Raises:
        InputError: the table has other landmarks, none of the images, one twice, or does not tell which face it means;
            a ruler makes no scale, or contradicts the mm_per_px of its own row; or one person's code is then written in
            two ways.
    """
    fitting, placed = read_faces_inside(file, schema, subjects_as_written)
    corrected = _matched(faces, placed, file)
    of_photograph = _scales(faces, placed, scale_error)
    found = []
    for index, face in enumerate(faces):
        person, scale = corrected.get(index), of_photograph.get((place_of(face.image), face.frame))
        if person is not None and _has_scale(person, scale_error):
            scale = person
        face = _corrected(_scaled(face, scale, scale_error), person, fitting.names)
        found.append(face if person is None else _named(face, person, subjects_as_written))
    require_alike([(face.subject, f"image {face.name}") for face in found if face.subject], subjects_as_written)
    return found


def _matched(faces: Sequence[MarkedFace], placed: Sequence[MarkedFace], file: Path) -> dict[int, MarkedFace]:
    """What people placed, by the number of the face that they meant; with warnings of the rest."""
    on_image: dict[str, list[int]] = defaultdict(list)
    for number, face in enumerate(faces):
        on_image[place_of(face.image)].append(number)
    corrected: dict[int, MarkedFace] = {}
    lost, unfound, shared = list[str](), list[str](), list[str]()
    several = Counter(place_of(one.image) for one in placed)
    for one in placed:
        place = place_of(one.image)
        if place not in on_image:
            lost.append(full_name(one))
        elif (index := _index(one, faces, on_image[place], several[place])) is not None:
            if index in corrected:
                raise InputError(f"{one.place}: {full_name(one)} is there twice; remove one")
            corrected[index] = one
        elif np.isfinite(one.points).any():
            unfound.append(full_name(one))
        elif one.told_subject or _seen_by(one) or one.withheld:
            shared.append(full_name(one))
    if len(lost) == len(placed):
        raise none_in_common(file, faces[0].image)
    others = [full_name(one) for index, one in corrected.items() if not is_of(faces[index], one.points)]
    for names, what, said in (
        (lost, "image", "of no photograph here"),
        (unfound, "face", "that the detector did not find, left out"),
        (shared, "photograph", SCALE_ALONE),
        (others, "image", "on which the detector found another face, which is left out"),
    ):
        if names:
            warn(f"{file}: {some(names, what)} {said}")
    return corrected


def _scales(
    faces: Sequence[MarkedFace], placed: Sequence[MarkedFace], error: float
) -> dict[tuple[str, str], MarkedFace]:
    """The first row of each photograph here, or frame, that tells a scale."""
    here = {place_of(face.image) for face in faces}
    rows = [(place_of(one.image), one) for one in reversed(placed)]
    return {(place, one.frame): one for place, one in rows if place in here and _has_scale(one, error)}


def _has_scale(person: MarkedFace, error: float) -> bool:
    return not math.isnan(scale_of(person, error=error).mm_per_px)


def placed_by(face: MarkedFace, columns: Sequence[int] | slice = slice(None)) -> str:
    """PERSON, DETECTOR or BOTH: who placed the landmarks (or some `columns` of them) that are there; "" = not told."""
    if face.by_hand is None:
        return ""
    by_hand = face.by_hand[columns][np.isfinite(face.points[columns]).all(axis=1)]
    if not by_hand.size:
        return ""
    return PERSON if by_hand.all() else BOTH if by_hand.any() else DETECTOR


def _index(one: MarkedFace, faces: Sequence[MarkedFace], on_image: Sequence[int], several: int) -> int | None:
    """Which of the faces `on_image` a person meant, of whose rows `several` are of it: the one of that name, else the
    only one, else that in place; None where that only one is another's, or where no landmark tells whose the row is."""
    if named := [index for index in on_image if (faces[index].face, faces[index].frame) == (one.face, one.frame)]:
        return named[0]
    there = [index for index in on_image if np.isfinite(one.points).any() and is_of(faces[index], one.points)]
    if len(on_image) == 1:
        return on_image[0] if several == 1 or there else None
    if not one.face and not np.isfinite(one.points).any():
        return None
    if one.face or len(there) != 1:
        raise InputError(f"{one.place}: {one.name} has {len(on_image)} faces here; tell which one in a column 'face'")
    return there[0]


def _corrected(face: MarkedFace, person: MarkedFace | None, names: Sequence[str]) -> MarkedFace:
    if person is None:
        return replace(face, by_hand=np.zeros(len(face.points), bool))
    by_hand = np.isfinite(person.points).all(axis=1)
    withheld = np.array([name in person.withheld for name in names])
    if not is_of(face, person.points):
        face = _without_landmarks(face)
    seen = _seen_by(person)
    return replace(
        face,
        points=np.where((by_hand | withheld)[:, None], person.points, face.points),
        withheld=person.withheld,
        by_hand=by_hand,
        cells={**face.cells, **seen},
        places={**face.places, **dict.fromkeys(seen, person.place)},
        problem="" if by_hand.any() else face.problem,
    )


def _without_landmarks(face: MarkedFace) -> MarkedFace:
    """With nothing that a detector says of a face, which is not the person's."""
    of_face = {YAW, *DOUBT} - face.places.keys()
    cells = {column: cell for column, cell in face.cells.items() if column not in of_face}
    return replace(face, points=np.full_like(face.points, np.nan), cells=cells, outside=(), note=ANOTHER)


def _named(face: MarkedFace, person: MarkedFace, as_written: bool) -> MarkedFace:
    """With the person's code of who it is, whatever else is told; as on the page."""
    code, known = person.told_subject, face.told_subject
    if not known or not code:
        return replace(face, subject=code or known or face.subject or person.subject)
    if code == known or (not as_written and code_key(code) == code_key(known)):
        return face
    told = f"{known} ({face.places.get('subject', face.place)})"
    note = f"a person's code counts, {code}, which contradicts {told}"
    return replace(face, subject=code, note="; ".join(filter(None, [face.note, note])))


def _scaled(face: MarkedFace, person: MarkedFace | None, error: float) -> MarkedFace:
    """With a person's ruler on its photograph, which carries its error, else their number, whatever else is told."""
    if person is None:
        return face
    own, other = scale_of(person, error=error), scale_of(face, error=error)
    note = ""
    if contradicts(other.mm_per_px, own, max(other.error, ROUNDED)):
        column = RULER[0] if other.source == "ruler" else "mm_per_px"
        told = f"{other.source} {other.mm_per_px:.4g} ({face.places.get(column, face.place)})"
        note = f"a person's {own.source} counts, {own.mm_per_px:.4g} mm in a px, which contradicts {told}"
    return replace(
        face,
        mm_per_px=person.mm_per_px,
        cells={**face.cells, **{column: person.cells.get(column, "") for column in RULER}},
        places={**face.places, **dict.fromkeys(RULER, person.place)},
        scale_note=note,
    )


def _seen_by(person: MarkedFace) -> dict[str, str]:
    """The columns of the view, all of them where a person tells one: another's yaw would contradict their view."""
    told = {column: person.cells.get(column, "") for column in ("view", YAW)}
    return told if any(told.values()) else {}
