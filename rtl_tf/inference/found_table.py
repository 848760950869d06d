"""found.csv: what was found on photographs, row by row as it comes; `train.py` reads it once it has a subject."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from rtl_tf.csv_rows import as_line, require_own
from rtl_tf.datasets.photographs import Photograph
from rtl_tf.datasets.table import BOX, FACES, FOUND_BOX, LOOKED_AT
from rtl_tf.datasets.table_cells import DOUBT, FILMED, FRAME, MARK, PEAK, RADIUS, image_cell, number, unwritable
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_size
from rtl_tf.inference import found_cells
from rtl_tf.inference.doubt import Doubt
from rtl_tf.inference.looked_at import Found, Outcome
from rtl_tf.inference.squares import central_square
from rtl_tf.schema import Schema
from rtl_tf.system.atomic import keep_mode
from rtl_tf.system.lock import alone_in


@dataclass
class Summary:
    """What a table holds: rows, images, which of these have landmarks, names of rows without, landmarks outside their
    images, faces that somebody should look at, and images with several faces: "two.png: 2"."""

    rows: int = 0
    images: set[str] = field(default_factory=set)
    usable: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)
    outside: int = 0
    flagged: int = 0
    crowded: list[str] = field(default_factory=list)


class FoundTable:
    """The table in a file: begun anew or gone on with. Use it as a context manager, which holds the file's lock.

    Columns:
        image: relative to the table, links not resolved; face: 1, 2, ... where an image has several rows.
        frame, time_s, yaw, sharpness: in a table of films alone, see `clinic.filming`.
        box_left, box_top, box_side, mirrored: what was looked at, and how; box_found: whether the face finder gave it.
        faces_found: how many faces that one saw, of which this is the largest; empty where a square was given.
        detector: of which file, the beginning of its SHA-256.
        coverage, flags: where the detector knows its errors: the share of landmarks that lie within their radii, and
        why somebody should look at the face, with semicolons between.
        error: why the image could not be used (all that follows is empty then), or that it shows no landmark.
        <landmark>_x, <landmark>_y in original px, <landmark>_peak, and <landmark>_radius in original px. A landmark
        that was found outside the image has a peak and no place; one that no training image had has neither.

    A table that is there already is put aside when the first row of the new one is written, and removed when the new
    one is complete; where there was none, an empty file stands for it. At any time the file is a table of whole rows;
    after a kill the last one can be cut off, which `resume` mends.
    """

    def __init__(
        self,
        output: Path,
        schema: Schema,
        detector: str,
        finds_faces: bool = False,
        doubt: Doubt | None = None,
        of_films: bool = False,
    ):
        self.output, self.schema, self.detector, self.finds_faces = output, schema, detector, finds_faces
        self.doubt, self.of_films = doubt, of_films
        self.summary = Summary()
        self._done: dict[tuple[str, str, str], dict[str, str]] = {}
        self._file: IO[str] | None = None
        self._held = ExitStack()

    @property
    def header(self) -> list[str]:
        doubtful, radius = (DOUBT, [RADIUS]) if self.doubt else ((), [])
        landmarks = [f"{name}{part}" for name in self.schema.names for part in ("_x", "_y", PEAK, *radius)]
        filmed = FILMED if self.of_films else ()
        return ["image", *filmed, "face", *LOOKED_AT, "detector", "error", *doubtful, *landmarks]

    @property
    def previous(self) -> Path:
        """Where the table that was there before, or nothing, lies until this one is complete."""
        return self.output.with_name(f"{self.output.name}.previous")

    def require_free(self) -> None:
        """InputError where a new table would take the place of anything but a complete one of an earlier prediction."""
        if self.output.is_dir():
            raise InputError(f"--output {self.output}: a folder; name a file")
        require_own("--output", self.output, "predict.py", found_cells.own_columns)
        if self.output.exists() and self.previous.exists():
            before = f", and {self.previous.name} is the one before it" if self.previous.stat().st_size else ""
            remove = "one of the two" if before else "it"
            raise InputError(f"--output {self.output}: not complete{before}: go on with --resume, or remove {remove}")

    def resume(self) -> None:
        """Take over the rows that are there, but for a last one that is cut off.

        Raises:
            InputError: another program's table, or another detector's.
        """
        if not self.output.exists():
            return
        rows, length = found_cells.whole_rows(self.output)
        if not rows and (MARK + as_line(self.header)).encode().startswith(self.output.read_bytes()):
            os.truncate(self.output, 0)
        elif not rows or rows[0] != self.header:
            raise InputError(f"--resume: {self.output} has other columns than a table of this detector's predictions")
        for line, cells in enumerate(rows[1:], start=2):
            row = dict(zip(self.header, cells, strict=False))
            if len(cells) != len(self.header):
                raise InputError(f"--resume: {self.output} row {line}: {len(cells)} of {len(self.header)} cells")
            if self.doubt and row["coverage"] not in ("", number(self.doubt.coverage)):
                raise InputError(f"--resume: {self.output} row {line} has another --coverage, {row['coverage']}")
            if row["detector"] != self.detector:
                raise InputError(f"--resume: {self.output} row {line} was found by another detector")
            self._done[row["image"], row.get(FRAME, ""), row["face"]] = row
            self._count(row)
        if rows:
            os.truncate(self.output, length)
        self._open(begin=not rows)

    def lacks(self, photograph: Photograph, face: str) -> bool:
        """Whether there is no row yet for a photograph. InputError where there is one, of another square, or where its
        faces were counted and now are not. A row without a square is of an image for which none was given and in which
        none was found, or that could not be read; one with a problem now cannot be read now.
        """
        name = self.name(photograph)
        row = self._done.get((name, "", face))
        if row is None and (name, "", "" if face else "1") in self._done:
            raise InputError(f"--resume: {self.output} has {name} with another number of faces; begin a new table")
        if row is None:
            return True
        if photograph.problem:
            return False
        changed = photograph.box is not None
        if row[BOX[0]]:
            changed = any(row[name] != cell for name, cell in self._expected(photograph).items())
        if changed:
            advice = "remove its row, or begin a new table"
            raise InputError(f"--resume: {self.output} has {row['image']} with another box; {advice}")
        return False

    def lacks_frame(self, film: Photograph, number: int) -> bool:
        """Whether there is no row yet for a frame of a film."""
        return (self.name(film), str(number), "") not in self._done

    def has_found(self, photograph: Photograph, face: str = "", frame: str = "") -> bool:
        """Whether a row that was taken over tells landmarks, which can be drawn."""
        row = self._done.get((self.name(photograph), frame, face), {})
        return any(row.get(f"{name}{PEAK}") for name in self.schema.names)

    def append(
        self, photograph: Photograph, face: str, outcome: Outcome, filmed: Mapping[str, str] | None = None
    ) -> None:
        """Write the row of a photograph, or of a film's frame with what is known of that."""
        file = self._file_begun()
        row = dict.fromkeys(self.header, "") | {"image": self.name(photograph), "face": face} | dict(filmed or {})
        seen = outcome if isinstance(outcome, Found) else photograph
        row |= self._looked_at(seen.box, seen.mirrored) | {"detector": self.detector}
        if isinstance(outcome, Found) and self.finds_faces:
            row[FOUND_BOX] = str(photograph.found or photograph.box is None).lower()
            row[FACES] = str(outcome.faces or "")
        if isinstance(outcome, Found):
            outcome = unwritable(photograph.image) or outcome
        if isinstance(outcome, InputError):
            row["error"] = found_cells.error_cell(outcome, photograph)
        else:
            points = found_cells.places_on_image(outcome)
            row["error"] = found_cells.unusable(points, outcome.box)
            for name, place, peak in zip(self.schema.names, points, outcome.prediction.peaks, strict=True):
                row |= dict(zip((f"{name}_x", f"{name}_y", f"{name}{PEAK}"), map(number, (*place, peak)), strict=True))
            if self.doubt:
                radii = map(number, self.doubt.radii(outcome.prediction))
                row |= {f"{name}{RADIUS}": radius for name, radius in zip(self.schema.names, radii, strict=True)}
                doubts = number(self.doubt.coverage), "; ".join(self.doubt.flags(outcome.prediction))
                row |= dict(zip(DOUBT, doubts, strict=True))
        self._write(file, as_line(row.values()))
        self._count(row)

    def complete(self) -> None:
        """Every image has its row: the table before this one can go."""
        if found_cells.is_found_table(self.previous) or (self.previous.is_file() and not self.previous.stat().st_size):
            self.previous.unlink()

    def __enter__(self) -> "FoundTable":
        """InputError where another process writes the table."""
        self._held.enter_context(alone_in(self.output, use="being written"))
        return self

    def __exit__(self, kind: type | None, *_) -> None:
        try:
            if self._file is not None:
                self._file.close()
        except OSError:  # the disk is as full as when the row was written
            if kind is None:
                raise
        finally:
            self._held.close()

    def _file_begun(self) -> IO[str]:
        if self._file is None and self.output.exists():
            os.replace(self.output, self.previous)
        if not self.previous.exists():
            self.previous.touch()
        return self._file or self._open(begin=True)

    def _open(self, begin: bool) -> IO[str]:
        self._file = file = open(self.output, "a", encoding="utf-8", newline="")  # noqa: SIM115 (`__exit__` closes it)
        if begin:
            keep_mode(self.previous, self.output)
            self._write(file, MARK + as_line(self.header))
        return file

    def _write(self, file: IO[str], line: str) -> None:
        try:
            file.write(line)
            file.flush()
        except OSError as problem:
            raise OSError(problem.errno, problem.strerror, str(self.output)) from problem

    def _count(self, row: dict[str, str]) -> None:
        found = [name for name in self.schema.names if row[f"{name}{PEAK}"]]
        self.summary.rows += 1
        self.summary.images.add(row["image"])
        self.summary.outside += sum(not row[f"{name}_x"] for name in found)
        self.summary.flagged += bool(row.get("flags"))
        if row[FACES] not in ("", "1"):
            self.summary.crowded.append(f"{row['image']}: {row[FACES]}")
        if row["error"] and not found:
            self.summary.failed.append(row["image"])
        else:
            self.summary.usable.add(row["image"])

    def name(self, photograph: Photograph) -> str:
        """In the column image."""
        return image_cell(photograph.image, self.output.parent)

    def _expected(self, photograph: Photograph) -> dict[str, str]:
        """The cells of what is looked at, but for those that only the face on the photograph tells."""
        box, mirrored = photograph.box, photograph.mirrored
        if not self.finds_faces:
            box, mirrored = box or central_square(read_size(photograph.image)), bool(mirrored)
        return {name: cell for name, cell in self._looked_at(box, mirrored).items() if cell}

    def _looked_at(self, box: tuple[float, float, float] | None, mirrored: bool | None) -> dict[str, str]:
        edges = map(number, box) if box else ("", "", "")
        return dict(zip(BOX, edges, strict=True)) | {"mirrored": "" if mirrored is None else str(mirrored).lower()}
