"""Films: landmarks of each frame, how sharp its face is and how far the head is turned, as rows of a table."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from rtl_tf.clinic.sharpness import sharpness
from rtl_tf.datasets.films import NO_FRAME, Film, Frame, Thinning
from rtl_tf.datasets.photographs import Photograph
from rtl_tf.datasets.table_cells import FILMED, number
from rtl_tf.exceptions import InputError
from rtl_tf.inference.found_table import FoundTable
from rtl_tf.inference.head_turn import face_at, yaw_of
from rtl_tf.inference.looked_at import Found, Outcome
from rtl_tf.inference.overlay import draw_landmarks
from rtl_tf.inference.predicting import prepare_folders, require_drawn
from rtl_tf.inference.predictor import Predictor
from rtl_tf.system.progress import progress

AT_ONCE = 8  # frames that are held in memory: 50 MB of Full HD, 200 MB of 4K


def predict_films(
    predictor: Predictor,
    films: Sequence[Photograph],
    thinning: Thinning,
    table: FoundTable,
    pictures: Path | None = None,
    resume: bool = False,
) -> list[str]:
    """Write the table, a row a frame, and into the folder `pictures` each frame with its landmarks, as they come.

    Each frame is looked at alone: its largest face. A film that cannot be read is a row in error; of one that is
    damaged there are the frames that can be read; the others go on.

    Args:
        resume: take over the rows that the table's file has, and go on with the frames that it lacks. Those that have
            a row and lack a picture are looked at once more, to be drawn.
    Returns:
        A line for each film with which something is wrong.
    Raises:
        InputError: a file or folder that cannot be written, found before the first film is looked at.
    """
    with table:
        if not resume:
            table.require_free()
        if pictures:
            _require_free_pictures(films, pictures)
        prepare_folders(table.output, pictures)
        if resume:
            table.resume()
        problems = [_predict_film(predictor, film, thinning, table, pictures) for film in films]
        table.complete()
    return list(filter(None, problems))


def _predict_film(
    predictor: Predictor, photograph: Photograph, thinning: Thinning, table: FoundTable, pictures: Path | None
) -> str:
    """What is wrong with a film, or ""."""
    if photograph.problem:
        _append_problem(table, photograph, photograph.problem)
        return photograph.problem
    film, chosen = Film(photograph.image), thinning.chooser()

    def picture_of(number: int) -> Path | None:
        return pictures / f"{film.path.stem}_{number:06d}.png" if pictures else None

    def is_lacking(number: int) -> bool:
        picture = picture_of(number)
        is_drawable = picture and not picture.exists() and table.has_found(photograph, frame=str(number))
        return table.lacks_frame(photograph, number) or bool(is_drawable)

    frames = film.frames(lambda number, time_s: chosen(number, time_s) and is_lacking(number))
    expected = thinning.expected(film.count, film.seconds)
    for frame, outcome in progress(_outcomes(predictor, frames), expected, f"predicting {film.path.name}"):
        if (picture := picture_of(frame.number)) and isinstance(outcome, Found):
            draw_landmarks(frame.pixels, outcome, table.doubt, picture)
        if table.lacks_frame(photograph, frame.number):
            table.append(photograph, "", outcome, _told(frame, outcome))
    if film.damage == NO_FRAME:
        _append_problem(table, photograph, film.damage)
    return film.damage and f"{film.path}: {film.damage}"


def _append_problem(table: FoundTable, film: Photograph, problem: str) -> None:
    """The one row of a film without frames."""
    if table.lacks(film, ""):
        table.append(film, "", InputError(problem))


def _outcomes(predictor: Predictor, frames: Iterator[Frame]) -> Iterator[tuple[Frame, Outcome]]:
    while part := list(islice(frames, AT_ONCE)):
        nothing = [None] * len(part)
        for index, outcome in enumerate(predictor.outcomes([frame.pixels for frame in part], nothing, nothing)):
            if isinstance(outcome, InputError):  # an advice for photographs follows
                outcome = InputError(str(outcome).removeprefix(f"images[{index}]: ").partition(";")[0])
            yield part[index], outcome


def _told(frame: Frame, outcome: Outcome) -> dict[str, str]:
    """Cells of FILMED: number and seconds; the head's yaw in degrees and `sharpness.sharpness` where a face is seen."""
    yaw = sharp = float("nan")
    if isinstance(outcome, Found):
        sharp = sharpness(frame.pixels, outcome.box)
        points = outcome.prediction.points
        face = None if np.isnan(points).all() else face_at(frame.pixels, points)
        yaw = yaw if face is None else yaw_of(face)
    values = (number(value) for value in (frame.time_s, yaw, sharp))
    return dict(zip(FILMED, (str(frame.number), *values), strict=True))


def _require_free_pictures(films: Sequence[Photograph], folder: Path) -> None:
    """InputError where pictures of two films would have the same names, or another file has that of a picture."""
    stems: dict[str, Path] = {}
    for film in films:
        other = stems.setdefault(film.image.stem.casefold(), film.image)
        if other is not film.image:
            raise InputError(f"--pictures: {other} and {film.image}: pictures of one would overwrite the other's")
    named = re.compile(f"({'|'.join(map(re.escape, stems))})_\\d{{6,}}\\.png")
    require_drawn([folder], lambda file: bool(named.fullmatch(file.name.casefold())))
