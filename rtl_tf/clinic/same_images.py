"""Where the faces of tables are to be seen: by this, and not by how it is written, two tables' rows are of one face."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rtl_tf.datasets.files import composed
from rtl_tf.datasets.unnamed_people import is_made_up
from rtl_tf.exceptions import InputError

Rows = Mapping[str, Sequence[int]]  # the faces of each photograph, by its `place_of`


class Picture(NamedTuple):
    """A face of a photograph, or of a frame of a film; see `MarkedFace`."""

    image: Path
    name: str
    face: str = ""
    frame: str = ""

    def told(self, subject: str) -> str:
        """The subject where somebody has told it; "" where it is made up of the image's name."""
        return "" if is_made_up(subject, self.image, self.face) else subject


def place_of(image: Path) -> str:
    """By which a photograph is known in two tables: where its file is, links resolved, accents in one form."""
    return composed(os.path.realpath(image))


def meet(own: Sequence[Picture], others: Sequence[Picture], origin: str) -> tuple[list[int | None], set[int]]:
    """Which faces of two tables are the same: of N faces their places among the others, None = it is not there; and
    which of the N were joined by the ends of paths alone.

    Photographs are the same that lie in one place; else those that are called alike; else those whose paths have an end
    in common that no other photograph of either table has. On them, faces of one number are the same, and where each
    table has one, also a face without a number.

    Raises:
        InputError: several photographs of a table are called like one of the other, and no folder tells which is meant;
            it names `origin`, where the others are from.
    """
    mine, theirs = _by_photograph(own), _by_photograph(others)
    same = {place: place for place in mine if place in theirs}
    free = {composed(others[rows[0]].name): place for place, rows in theirs.items() if place not in same}
    for place, rows in mine.items():
        if place not in same and (name := composed(own[rows[0]].name)) in free:
            same[place] = free.pop(name)
    ends = _alike_at_end(_parts(own, mine), _parts(others, theirs))
    taken = set(same.values())
    by_end = {place: other for place, other in ends.items() if place not in same and other not in taken}
    same |= by_end
    _require_clear(same, _parts(own, mine), _parts(others, theirs), origin)
    found: list[int | None] = [None] * len(own)
    for place, other in same.items():
        for row, index in _same_faces(own, mine[place], others, theirs[other]):
            found[row] = index
    return found, {row for place in by_end for row in mine[place]}


def _by_photograph(pictures: Sequence[Picture]) -> Rows:
    rows = defaultdict(list)
    for row, picture in enumerate(pictures):
        rows[place_of(picture.image)].append(row)
    return rows


def _parts(pictures: Sequence[Picture], photographs: Rows) -> dict[str, tuple[str, ...]]:
    """Folders and file's name of each photograph, as written."""
    images = {place: os.path.normpath(pictures[rows[0]].image) for place, rows in photographs.items()}
    return {place: Path(composed(image)).parts for place, image in images.items()}


def _alike_at_end(mine: Mapping[str, tuple[str, ...]], theirs: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Of photographs, by their parts, those with an end in common that is there once in either table."""
    found: dict[str, str] = {}
    for length in range(1, max(map(len, mine.values()), default=0) + 1):
        there = _unique(theirs, length)
        found |= {place: there[end] for end, place in _unique(mine, length).items() if end in there}
    return found


def _unique(photographs: Mapping[str, tuple[str, ...]], length: int) -> dict[tuple[str, ...], str]:
    ends = {place: parts[-length:] for place, parts in photographs.items() if len(parts) >= length}
    count = Counter(ends.values())
    return {end: place for place, end in ends.items() if count[end] == 1}


def _require_clear(
    same: Mapping[str, str],
    mine: Mapping[str, tuple[str, ...]],
    theirs: Mapping[str, tuple[str, ...]],
    origin: str,
) -> None:
    """InputError for a file's name that both tables have, and of which nothing was joined."""
    taken = set(same.values())
    called = {parts[-1] for place, parts in theirs.items() if place not in taken}
    called -= {mine[place][-1] for place in same}
    for place, parts in mine.items():
        if place not in same and parts[-1] in called:
            whole = Path(*parts).as_posix()
            raise InputError(f"{origin}: several images are called {parts[-1]}, and none has the name {whole}")


def _same_faces(
    own: Sequence[Picture], rows: Sequence[int], others: Sequence[Picture], indices: Sequence[int]
) -> Iterable[tuple[int, int]]:
    """Pairs of one photograph."""
    numbered = {(others[index].face, others[index].frame): index for index in indices}
    if len(rows) == len(indices) == 1 and not (own[rows[0]].face and others[indices[0]].face):
        numbered = {(own[rows[0]].face, others[indices[0]].frame): indices[0]}
    yield from ((row, numbered[key]) for row in rows if (key := (own[row].face, own[row].frame)) in numbered)
