"""Photographs without landmarks: what a trained detector is asked about, and what lay beside them."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rtl_tf.coordinates import Crop
from rtl_tf.csv_rows import Row, read_rows
from rtl_tf.datasets.box_columns import boxes_by_other_names
from rtl_tf.datasets.files import file_called, is_film
from rtl_tf.datasets.table import BOX, FOUND_BOX, box_of, mirrored_of, require_image_and_box, truth_in
from rtl_tf.exceptions import InputError
from rtl_tf.images import (
    DERIVED,
    HEIC_SUFFIXES,
    INSTALL_HEIC,
    SUFFIXES,
    heic_is_readable,
    read_size,
    require_overlap,
    require_sensible,
)
from rtl_tf.system.notes import tell_misspelt
from rtl_tf.system.progress import progress

OPTIONAL = ("mirrored", FOUND_BOX)  # columns of a table, beside those of the box
LOOK_DEEPER = "--recursive looks into folders"
LOOKING = "looking for photographs"
FOLDER, TWICE, AGAIN = "folder", "folder met twice", "photograph named twice"
FILM_AGAIN = "film named twice"
FILM = "film (give its name to have it looked at)"
_PLURALS = {
    FOLDER: "folders",
    FILM: "films (give their names to have them looked at)",
    "folder that cannot be read": "folders that cannot be read",
    TWICE: "folders met twice",
    AGAIN: "photographs named twice",
    FILM_AGAIN: "films named twice",
    "hidden folder": "hidden folders",
    "._ file": "._ files",
    "hidden file": "hidden files",
    "file without suffix": "files without suffix",
    "pipe or device": "pipes or devices",
    "row without an image": "rows without an image",
    "with an error": "with errors",
}


@dataclass(frozen=True)
class Photograph:
    """An image file, the square to look at (see `Sample.box`), and `Sample.mirrored`; None = not told.

    `found`: the square is the face finder's, which tells nothing of landmarks. `problem` is one line that says why
    it cannot be looked at; empty where it can. `below` is the folder in which it lies, seen from the one that was
    asked for. `face`: see `Sample.face`; empty where it is still to be numbered.
    """

    image: Path
    box: tuple[float, float, float] | None = None
    mirrored: bool | None = None
    problem: str = ""
    below: Path = Path()
    found: bool = False
    face: str = ""


@dataclass(frozen=True)
class Listing:
    """The photographs that were asked for, in order, those with a problem too; and the number of each kind of thing
    that lay among them and is none (".txt", "folder", ...)."""

    photographs: Sequence[Photograph]
    skipped: Mapping[str, int]

    def sentence(self, read: int) -> str:
        """What was left out where `read` photographs were read: "2 of 9 read; skipped 1 folder, 6 .txt", or ""."""
        kinds = Counter({"with an error": len(self.photographs) - read}) + Counter(self.skipped)
        if not kinds:
            return ""
        parts = (f"{count} {kind if count == 1 else _PLURALS.get(kind, kind)}" for kind, count in kinds.items())
        return f"{read} of {read + kinds.total()} read; skipped {', '.join(parts)}"


def from_files(paths: Sequence[Path], recursive: bool = False) -> Listing:
    """The image files among `paths`, and those in folders among them, by name; one that was met before, links
    resolved, once.

    All are looked at before the first is worked on: what is no image has a problem.

    Args:
        recursive: folders in folders too, links followed, each folder once; hidden ones are left out.
    Raises:
        InputError: a path that is not there, a folder without an image, or none of the images can be read.
    """
    found: list[tuple[Path, Path]] = []
    skipped: Counter[str] = Counter()
    named = 0  # files, some of them twice
    seen: set[str] = set()
    met: set[str] = set()
    for path in paths:
        if not path.is_dir():
            if not path.exists():
                raise InputError(f"{path}: no such image")
            found += [(file, Path()) for file in unmet([path], met)]
            named += 1
            continue
        if recursive and os.path.realpath(path) in seen:
            continue
        kinds = dict(_entries(path, recursive, seen))
        files = [file for file, kind in kinds.items() if not kind]
        others = Counter(filter(None, kinds.values()))
        if not files and not others[TWICE]:
            there = "; " + Listing([], others).sentence(0) if others else ""
            advice = f"; {LOOK_DEEPER}" if others[FOLDER] else ""
            raise InputError(f"{path}: no image in this folder ({', '.join(sorted(SUFFIXES))}){there}{advice}")
        first = Path(path.absolute().name) if recursive and len(paths) > 1 else Path()
        found += [(file, first / file.parent.relative_to(path)) for file in unmet(files, met)]
        named += len(files)
        skipped += others
    skipped += Counter({AGAIN: named - len(found)})
    return listing_of([_photograph(path, below) for path, below in progress(found, len(found), LOOKING)], skipped)


def unmet(files: Sequence[Path], met: set[str]) -> list[Path]:
    """Those whose real paths are not among `met`, to which theirs are added, one after the other."""
    new = []
    for file in files:
        if (real := os.path.realpath(file)) not in met:
            met.add(real)
            new.append(file)
    return new


def _entries(folder: Path, recursive: bool, seen: set[str]) -> Iterator[tuple[Path, str]]:
    """What lies in a folder, by name, each with its kind ("" = an image), then what lies in the folders there.

    `seen` has the real paths of all folders that were looked into: none is twice, and a link that leads back ends.
    """
    seen.add(os.path.realpath(folder))
    entries = {file: _other_kind(file) for file in sorted(folder.iterdir())}
    inner = FOLDER if recursive else None
    yield from ((file, kind) for file, kind in entries.items() if kind != inner)
    for each in (file for file, kind in entries.items() if kind == inner):
        if os.path.realpath(each) in seen:
            yield each, TWICE
            continue
        try:
            yield from _entries(each, recursive, seen)
        except OSError:  # not ours, or gone meanwhile with the share that it lay on
            yield each, "folder that cannot be read"


def from_table(file: Path, boxes: bool = False) -> Listing:
    """The rows of a table with the column `image` and, where known, the columns of the box, `mirrored` and `face`.

    Any table that `datasets.table` reads will do; other columns, landmarks included, are left aside. Where the table
    has the columns of the box, a row without one has a problem: there is no face to look at.

    Args:
        boxes: whether it has to have them.
    Raises:
        InputError: the table cannot be read, or none of its rows, or its boxes are in columns of other names, or a face
            of a photograph is there twice; names the file and the row, the header being row 1.
    """
    header, rows = read_rows(file)
    require_image_and_box(file, header)
    if BOX[0] not in header and ((others := boxes_by_other_names(header)) or boxes):
        instead = f"; it has {', '.join(others)}" if others else ""
        raise InputError(f"{file} row 1: boxes are read from columns {', '.join(BOX)}{instead}")
    tell_misspelt(file, header, [name for name in header if name not in OPTIONAL], OPTIONAL)
    named = [row for row in rows if row.cells["image"]]
    skipped = Counter({"row without an image": len(rows) - len(named)})
    photographs = [_photograph_of_row(file.parent, row) for row in progress(named, len(named), LOOKING)]
    first: dict[tuple[Path, str], int] = {}
    for row, one in zip(named, photographs, strict=True):
        if one.face and (other := first.setdefault((one.image, one.face), row.line)) != row.line:
            raise row.error(f"face {one.face} of {row.cells['image']} is already in row {other}; remove one")
    return listing_of(photographs, +skipped)


def listing_of(photographs: list[Photograph], skipped: Counter) -> Listing:
    """InputError where none of them can be looked at."""
    listing = Listing(photographs, skipped)
    if all(photograph.problem for photograph in photographs):
        first = next((photograph.problem for photograph in photographs), "nothing to read")
        others = f" ({listing.sentence(0)})" if len(photographs) > 1 else ""
        raise InputError(first + others)
    return listing


def _other_kind(file: Path) -> str:
    """What an entry of a folder is; "" where it is an image by its name."""
    suffix = file.suffix.lower()
    if file.name.startswith("._"):
        return "._ file"  # what macOS knows of a file, beside it on foreign disks, under its suffix
    if file.name.startswith("."):
        return "hidden folder" if os.path.isdir(file) else "hidden file"
    if os.path.isdir(file):  # False, as Path's is not, also where nothing can be learnt of it now
        return FOLDER
    if is_film(file):
        return FILM
    if suffix not in SUFFIXES:
        return suffix or "file without suffix"
    if os.path.exists(file) and not os.path.isfile(file):
        return "pipe or device"
    return f"HEIC ({INSTALL_HEIC})" if suffix in HEIC_SUFFIXES and not heic_is_readable() else ""


def _photograph(path: Path, below: Path) -> Photograph:
    try:
        read_size(path)
    except InputError as problem:
        return Photograph(path, problem=str(problem), below=below)
    return Photograph(path, below=below)


def _photograph_of_row(folder: Path, row: Row) -> Photograph:
    cells = row.cells
    image, face = file_called(folder, cells["image"]), cells.get("face", "")
    try:
        size, box, found = read_size(image), box_of(cells), truth_in(cells, FOUND_BOX)
        if box:
            crop = Crop(*box, 1)
            require_sensible(crop, image, DERIVED if found else 1)
            require_overlap(size, crop, image)
        elif BOX[0] in cells:
            raise InputError(f"{image}: no box; give {', '.join(BOX)}, or remove the row")
        mirrored = mirrored_of(cells) if cells.get("mirrored", "").strip() else None
        return Photograph(image, box, mirrored, found=found, face=face)
    except InputError as problem:
        return Photograph(image, problem=str(row.error(problem)), face=face)
