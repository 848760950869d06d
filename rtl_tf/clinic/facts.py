"""What is known of photographs beside their landmarks: a table of scales, people, ages, views, joined by the image."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path

from rtl_tf.clinic.marked_faces import MarkedFace, name_of, unmarked
from rtl_tf.clinic.same_images import place_of
from rtl_tf.clinic.scales import RULER
from rtl_tf.clinic.told_cells import require_told
from rtl_tf.csv_rows import Row, read_rows
from rtl_tf.datasets.files import file_called
from rtl_tf.datasets.subject_codes import require_alike
from rtl_tf.datasets.table import LOOKED_AT, landmarks_of, mm_per_px_of, require_image_and_box
from rtl_tf.datasets.table_cells import DOUBT, FILM, FILMED, PEAK, RADIUS, YAW, image_cell
from rtl_tf.exceptions import InputError, retold_by
from rtl_tf.system.notes import some, tell_misspelt, warn

KNOWN = ("subject", "mm_per_px", "age", "sex", "view", YAW, *RULER)  # what anything here asks for
SCALE = ("mm_per_px", *RULER)  # of those, what is of the photograph, and not of one of its faces

OF_DETECTOR = {*LOOKED_AT, "detector", "error", *DOUBT, FILM, *FILMED} - {YAW}  # no facts
SCALE_ALONE = "with several faces here, of which a row tells the scale alone: add a column 'face'"
ONLY = "1"  # the number of a face beside which the detector found no other, or looked for none

Key = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Facts:
    """A table of what is known of photographs.

    Attributes:
        rows: by the photograph, see `place_of`, and the face that is meant, "" = not told.
        aside: columns of landmarks, and of what a detector says, which are no facts.
    """

    file: Path
    rows: Mapping[Key, Row]
    aside: set[str]
    as_written: bool = False  # codes of people that differ in little are different people

    @property
    def columns(self) -> set[str]:
        """Those that are facts."""
        return {name for row in self.rows.values() for name in row.cells} - self.aside


def read_facts(file: Path, subjects_as_written: bool = False) -> Facts:
    """A table of facts, all its cells looked through: no photograph has to be opened for that.

    Raises:
        InputError: a table without the column image or without any of KNOWN, a face with two rows, a cell that is no
            scale, age, sex, view, yaw or number of a ruler; names file and row. One person's code is written in two
            ways, unless `subjects_as_written`, see `subject_codes.checked_people`.
    """
    header, rows = read_rows(file)
    require_image_and_box(file, header)
    _look_at_columns(file, header)
    of_landmarks = {name + end for name in landmarks_of(header) for end in ("_x", "_y", PEAK, RADIUS)}
    known: dict[Key, Row] = {}
    for row in rows:
        if not row.cells["image"]:
            continue
        key = place_of(file_called(file.parent, row.cells["image"])), row.cells.get("face", "")
        if known.setdefault(key, row) is not row:
            raise row.error(f"{_named(row)} has another row, {known[key].line}")
        _require_sensible(row)
    told = [(row.cells.get("subject", ""), row.place) for row in known.values()]
    require_alike(filter(itemgetter(0), told), subjects_as_written)
    return Facts(file, known, of_landmarks | OF_DETECTOR, subjects_as_written)


def with_facts(faces: Sequence[MarkedFace], facts: Facts) -> list[MarkedFace]:
    """The faces with the subject, mm_per_px and further columns of a table that has their images; what a face's own row
    tells wins, but for a made-up subject, see `Picture.told`. The table's landmarks, and what a detector says of them,
    are left aside. Rows without a photograph, and photographs without a row, are warned of: a name that is written in
    another way is among both. Of several faces of a photograph a row without `face` tells the scale alone, as the rest
    may be another person's, which is warned of.

    Raises:
        InputError: none of the faces' images is in it, or one person's code is written in two ways.
    """
    keys = _keys(faces, facts)
    known = dict(zip(keys, faces, strict=True))
    several = Counter(place for place, _ in known)
    _tell_unmatched(facts, known)
    _tell_shared(facts, known, several)
    told = []
    for (place, number), face in zip(keys, faces, strict=True):
        own, whole = facts.rows.get((place, number)) if number else None, facts.rows.get((place, ""))
        shared = own is not None or several[place] > 1
        face = joined(face, own, facts.aside)
        told.append(joined(face, whole, facts.aside | (facts.columns - set(SCALE) if shared else set())))
    require_alike([(face.subject, f"image {face.name}") for face in told if face.subject], facts.as_written)
    return told


def _keys(faces: Sequence[MarkedFace], facts: Facts) -> list[Key]:
    """Of the faces' rows: by the photograph; of one that was saved of a film, and has no row of its own, by the film. A
    face without a number is 1, the largest, where the table's only row is so."""
    rows = Counter(place for place, _ in facts.rows)
    only = {place for place, number in facts.rows if number == ONLY and rows[place] == 1}
    keys = []
    for face in faces:
        place = place_of(face.image)
        place = place_of(face.film) if face.film and not rows[place] else place
        keys.append((place, face.face or ONLY * (place in only)))
    return keys


def _look_at_columns(file: Path, header: Sequence[str]) -> None:
    """InputError where no column says anything; a warning for one that looks misspelt."""
    if not set(header) & set(KNOWN):
        raise InputError(f"{file} row 1: none of the columns that are known beside image: {', '.join(KNOWN)}")
    tell_misspelt(file, header, [name for name in header if name not in (*KNOWN, "image", "face")], KNOWN)


def _tell_unmatched(facts: Facts, faces: Mapping[Key, MarkedFace]) -> None:
    """InputError where no photograph has a row."""
    without = [face for key, face in faces.items() if not {key, (key[0], "")} & facts.rows.keys()]
    if len(without) == len(faces):
        raise none_in_common(facts.file, without[0].image)
    there = faces.keys() | {(place, "") for place, _ in faces}
    if lost := [f"row {row.line}: {_named(row)}" for key, row in facts.rows.items() if key not in there]:
        warn(f"{facts.file}: {some(lost, 'row')} of no photograph here")
    if without:
        names = [name_of(face.name, face.face, "") for face in without]
        warn(f"{facts.file}: {some(names, 'photograph')} without a row here")


def _tell_shared(facts: Facts, faces: Mapping[Key, MarkedFace], several: Mapping[str, int]) -> None:
    """A warning of rows that do not tell which of several faces they mean, and tell more than the scale."""
    told = set(KNOWN) - set(SCALE)
    shared = {
        place: face.name
        for (place, _), face in faces.items()
        if several[place] > 1 and (row := facts.rows.get((place, ""))) and any(row.cells.get(name) for name in told)
    }
    if shared:
        warn(f"{facts.file}: {some(list(shared.values()), 'photograph')} {SCALE_ALONE}")


def none_in_common(file: Path, first: Path) -> InputError:
    """To be raised where a table has none of the photographs, the `first` of which shows how it would name them."""
    expected = image_cell(first, file.parent)
    return InputError(f"{file}: has none of the images; the first one's name is, from this table, {expected}")


def _named(row: Row) -> str:
    return name_of(row.cells["image"], row.cells.get("face", ""), "")


def _require_sensible(row: Row) -> None:
    """InputError for a cell of a row that says nothing that it could."""
    with retold_by(row.error):
        mm_per_px_of(row.cells)
    require_told(unmarked(row.cells, row.place), compared=True)


def joined(face: MarkedFace, row: Row | None, aside: set[str]) -> MarkedFace:
    """A face with what a row of a table tells of it but for the columns `aside`, its own cells first."""
    if row is None:
        return face
    own = {name: cell for name, cell in face.cells.items() if cell}
    has_scale = not math.isnan(face.mm_per_px) or bool(own.keys() & set(RULER))
    left = {*aside, *own, *(SCALE if has_scale else ())}  # one scale: not a part of each
    told = {name: cell for name, cell in row.cells.items() if name not in left and cell}
    scale = face.mm_per_px if has_scale else mm_per_px_of(row.cells)
    subject = face.told_subject or ("" if "subject" in aside else row.cells.get("subject", "")) or face.subject
    places = {**face.places, **dict.fromkeys(told, row.place)}
    return replace(face, subject=subject, mm_per_px=scale, cells=told | own, places=places)
