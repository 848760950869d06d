"""Of films that predict.py has looked at, the frames that are best measured: the sharpest ones in each view."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from rtl_tf.csv_rows import Row, header_if_any, read_rows, require_own, write_rows
from rtl_tf.datasets.files import file_called
from rtl_tf.datasets.films import Film
from rtl_tf.datasets.table_cells import FILM, FILMED, FRAME, SHARPNESS, TIME, YAW, image_cell
from rtl_tf.exceptions import InputError, retold_by
from rtl_tf.inference.found_cells import own_columns
from rtl_tf.measurement import VIEWS, view_of
from rtl_tf.numerals import as_number
from rtl_tf.system.atomic import replacing

VIEW = "view"  # the last column of what is written here
APART = 0.2  # seconds between two that are chosen: neighbours show the same


@dataclass(frozen=True)
class BestFrame:
    """A row of a table of films.

    Attributes:
        row: as it stands in the table.
        film: the file.
        view: one of VIEWS.
        number, time_s, yaw, sharpness: see `clinic.filming`.
    """

    row: Row
    film: Path
    view: str
    number: int
    time_s: float
    yaw: float
    sharpness: float

    @property
    def png(self) -> str:
        """How its picture is called."""
        return f"{self.film.stem}_{self.number:06d}.png"


def best_frames(table: Path, count: int, apart: float = APART) -> tuple[list[str], list[BestFrame]]:
    """The table's header, and of each film and view at most `count` frames, the sharpest first.

    Frames without landmarks or without a known view are left out; those with flags come after all others.

    Raises:
        InputError: not a table of films, or a cell that is none; names the row.
    """
    header, rows = read_rows(table)
    if missing := [column for column in ("image", *FILMED) if column not in header]:
        raise InputError(f"{table} row 1: no column {', '.join(missing)}; give what predict.py wrote of films")
    films: dict[Path, dict[str, list[BestFrame]]] = {}
    for frame in filter(None, (_frame(table.parent, row) for row in rows)):
        films.setdefault(frame.film, {view: [] for view in VIEWS})[frame.view].append(frame)
    return header, [frame for views in films.values() for seen in views.values() for frame in _best(seen, count, apart)]


def _frame(folder: Path, row: Row) -> BestFrame | None:
    """None where there is nothing to measure."""
    cells = row.cells
    if not cells[FRAME]:  # of a film that cannot be read
        return None
    number = row.whole(FRAME)
    with retold_by(row.error):
        time_s, yaw, sharpness = (as_number(cells[column]) for column in (TIME, YAW, SHARPNESS))
    view = view_of(yaw)
    if cells.get("error") or not view or sharpness != sharpness:
        return None
    return BestFrame(row, file_called(folder, cells["image"]), view, number, time_s, yaw, sharpness)


def _best(frames: Sequence[BestFrame], count: int, apart: float) -> list[BestFrame]:
    chosen: list[BestFrame] = []
    for frame in sorted(frames, key=lambda each: (bool(each.row.cells.get("flags")), -each.sharpness)):
        if len(chosen) < count and all(abs(frame.time_s - other.time_s) >= apart for other in chosen):
            chosen.append(frame)
    return chosen


def write_best(output: Path, header: Sequence[str], frames: Sequence[BestFrame], pictures: Path | None) -> None:
    """The rows of the frames as a table, with their views; of pictures where these were saved, with the film in a
    column FILM, else of films."""
    names = ["image", *[FILM] * bool(pictures), *(name for name in header if name not in ("image", FILM, VIEW)), VIEW]
    cells = [
        frame.row.cells
        | {
            "image": image_cell(pictures / frame.png if pictures else frame.film, output.parent),
            FILM: image_cell(frame.film, output.parent),
            VIEW: frame.view,
        }
        for frame in frames
    ]
    write_rows(output, names, ([row[name] for name in names] for row in cells), encoding="utf-8-sig")


def require_replaceable(output: Path, table: Path) -> None:
    """InputError where a file is there that `write_best` did not write, or the films' `table`, or where somebody has
    added people or columns that the table does not have."""
    told = set(header_if_any(table))

    def own(header: list[str]) -> set[str]:
        is_ours = header[-1:] == [VIEW] and set(FILMED) <= set(header) and _people(output) <= _people(table)
        return own_columns(header) | told | {FILM, VIEW} if is_ours and not output.samefile(table) else set()

    require_own("--output", output, "rtl-frames", own)


def _people(table: Path) -> set[str]:
    return {row.cells.get("subject", "") for row in read_rows(table)[1]} | {""}


def save_frames(frames: Sequence[BestFrame], folder: Path) -> None:
    """Each as a PNG of the film's own pixels, upright, into a folder.

    Raises:
        InputError: a file that is there already, two films of one name, or a film that cannot be read or lacks a frame.
    """
    of_name: dict[str, Path] = {}  # without case, of which some disks know nothing
    for frame in frames:
        if (other := of_name.setdefault(frame.png.casefold(), frame.film)) != frame.film:
            raise InputError(f"--frames: {other} and {frame.film}: pictures of one would overwrite the other's")
        if (folder / frame.png).exists():
            raise InputError(f"--frames {folder / frame.png}: there already; name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    for film in dict.fromkeys(of_name.values()):
        for frame, picture in _pictures([frame for frame in frames if frame.film == film]):
            with replacing(folder / frame.png) as unfinished:
                picture.save(unfinished)


def _pictures(frames: Sequence[BestFrame]) -> Iterator[tuple[BestFrame, Image.Image]]:
    """Of one film, by one reading of it, up to the last that is asked for."""
    waiting = {frame.number: frame for frame in frames}
    film = frames[0].film
    for seen in Film(film).frames(lambda number, _: number in waiting):
        yield waiting.pop(seen.number), Image.fromarray(seen.pixels)
        if not waiting:
            return
    raise InputError(f"{film}: has no frame {min(waiting)}; is it another film than the table's?")
