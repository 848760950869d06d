"""What the server knows: the photographs, what people have said of them, and what programs make of them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from rtl_tf.app.changes import Conflict, entries_of, name_of, require_state
from rtl_tf.app.entries import ATTRIBUTE, CHECKED, FACE, Value
from rtl_tf.app.folder import Folder, Photo, Unreachable
from rtl_tf.app.guesses import UNREADABLE, Guess, Guesses
from rtl_tf.app.head_view import outside, view_json
from rtl_tf.app.journal import Journal
from rtl_tf.app.labels import AllLabels, Labels
from rtl_tf.app.live_intervals import Interval, live_intervals, placed_points, scale_error
from rtl_tf.app.live_scores import live_scores, said_view, told_scale
from rtl_tf.app.pictures import TILE, Pictures
from rtl_tf.app.ruler import ruler_json
from rtl_tf.app.told_facts import Known
from rtl_tf.app.training_table import TrainingTable, training_table
from rtl_tf.clinic.sights import Sight, told_sight
from rtl_tf.documents import Node
from rtl_tf.exceptions import InputError
from rtl_tf.schema import Schema
from rtl_tf.system.hashing import pixels_hash

PATIENCE = 5.0  # s, that a change waits for the one before


@dataclass
class Session:
    """Attributes:
    who: works here, where no login says so.
    labelling: whether it began without a detector.
    known: what a table of facts tells.
    """

    folder: Folder
    schema: Schema
    journal: Journal
    labels: AllLabels
    guesses: Guesses
    pictures: Pictures
    who: str
    labelling: bool
    known: Known = field(default_factory=Known)

    def __post_init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        # Nobody waits for it: a photograph that is opened is known by its pixels at once.
        threading.Thread(target=self.folder.find_all, args=(self.labels,), name="pixels", daemon=True).start()

    def photo(self, index: int) -> Photo:
        """InputError where there is none."""
        if not 0 <= index < len(self.folder.shown):
            raise InputError(f"no photograph {index}")
        return self.folder.shown[index]

    def require_content(self, photo: Photo, sha256: str) -> None:
        """Conflict where a photograph's file is not the one that somebody looks at."""
        if self.folder.content_of(photo) != sha256:
            raise Conflict("the photograph's file has changed: look at it again")

    def about(self) -> dict:
        """What does not change."""
        return {
            "folder": str(self.folder.path),
            "skipped": self.folder.skipped,
            "ordered": self.folder.only is not None,
            "who": self.who,
            "labelling": self.labelling,
            "facts": self.known.table,
            "scored": bool(self.known.norms),
            "tile": TILE,
            "ruler": ruler_json(),
            "view": view_json(self.schema),
            "face": FACE,
            "schema": {
                "name": self.schema.name,
                "landmarks": [vars(landmark) for landmark in self.schema.landmarks],
                "parts": [vars(part) for part in self.schema.parts],
                "measurements": [
                    {name: getattr(one, name) for name in ("name", "kind", "points", "unit", "views", "meaning")}
                    for one in self.schema.measurements
                ],
            },
        }

    def listing(self) -> dict:
        """Each photograph with its flags and how far somebody has got with it, by name or in a table's order."""
        rows = [self._row(index, photo) for index, photo in enumerate(self.folder.shown)]
        return {"images": rows, "status": self.guesses.status, "broken": bool(self.guesses.problem)}

    def image(self, index: int) -> dict:
        """All that people have said of a photograph. InputError where it cannot be read."""
        photo = self.photo(index)
        sha256 = self.folder.content_of(photo)
        height, width = self.pictures.pixels(photo.path).shape[:2]
        if not self.labels.knows(sha256):
            self._pixels_hash(photo, sha256)
        said, is_replaced = self.labels.of(sha256), self.folder.is_replaced(photo, self.labels)
        warning = "Under this name another photograph was labelled." if is_replaced else ""
        return {
            "name": photo.name,
            "sha256": sha256,
            "width": width,
            "height": height,
            "warning": warning,
            "facts": self.known.to_json(photo, self.schema),
            **said_json(said),
            "history": [entry.to_json() for entry in said.history if entry.kind != ATTRIBUTE],
        }

    def change(self, index: int, asked: Node, who: str) -> dict:
        """Write down what one action of a person changed; what is said of the photograph now.

        Asked a second time for the same, as after an answer that never came, it is done once.

        Raises:
            InputError: no such change. Conflict: it is of another state. Unreachable: the photograph cannot be read
                now. OSError: the journal cannot be written; then nothing is changed.
        """
        photo, seen = self.photo(index), asked["sha256"].text()
        with self._alone():
            if name_of(asked) not in self.labels.changes:
                self.require_content(photo, seen)
                pixels = self._pixels_hash(photo, seen)
                entries = entries_of(asked, photo, who or self.who, self.schema, partial(self._size, photo), pixels)
                require_state(self.labels.of(seen), entries, asked)
                self.journal.append(entries)
                self.labels.add(entries)
                if self.labelling:
                    self.guesses.teach()
            return said_json(self.labels.of(seen))

    def intervals(self, index: int, asked: Node) -> dict:
        """Of measurements on a photograph, see `live_intervals`, and `live_scores`. InputError where it is no such
        question."""
        photo = self.photo(index)
        points, by_hand = placed_points(asked, self.schema)
        error, mm_per_px, view = scale_error(asked), told_scale(asked), said_view(asked)
        guesser, guess = self.guesses.guesser, self.chosen(photo, self.guesses.done(index))
        found: dict[str, Interval] = {}
        if guesser is not None and guess is not None and guesser.errors is not None:
            found = live_intervals(self.schema, guesser.errors, points, by_hand, guess.mirrored, error)
        if not self.known.norms:
            return {"intervals": found, "scores": {}}
        face = self.known.face(photo)
        sight = view or told_sight(face) or (guess.sight if guess else Sight(""))
        scores = live_scores(self.schema, self.known.norms, face, sight, points, mm_per_px, found)
        return {"intervals": found, "scores": scores}

    def chosen(self, photo: Photo, guess: Guess | None) -> Guess | None:
        """What is guessed of the face that somebody has chosen, else of the largest."""
        return guess.at(self.chosen_place(photo)) if guess else None

    def chosen_place(self, photo: Photo) -> Value:
        """On the face that somebody has chosen; None = nobody has."""
        return self._said(photo).points.get(FACE)

    def seen(self, guess: Guess | None) -> dict:
        """The view of the head as it was found, and which values are `outside` theirs in it."""
        sight = Sight("", problem=self.guesses.status) if guess is None else guess.sight
        return {"view": sight.view, "outside": outside(self.schema, sight)}

    def table(self) -> TrainingTable:
        """What people have placed by now. Waits until all photographs of the journal are looked for."""
        self.folder.find_all(self.labels)
        return training_table(self.folder, self.labels, self.schema, self.known)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One change at a time. Unreachable where that before is not on the disk after a while."""
        if not self._one_at_a_time.acquire(timeout=PATIENCE):
            raise Unreachable(f"{self.journal.path}: the change before is still being written")
        try:
            yield
        finally:
            self._one_at_a_time.release()

    def _size(self, photo: Photo) -> tuple[int, int]:
        """Width and height of a photograph as somebody looks at it. Unreachable where it cannot be read now."""
        height, width = self._pixels(photo).shape[:2]
        return width, height

    def _pixels_hash(self, photo: Photo, sha256: str) -> str:
        """Of the pixels of a photograph's file, whose labels are known by them from now on.

        Unreachable where it cannot be read now, Conflict where it is another one by now.
        """
        if sha256 not in self.labels.pixels_of:
            pixels = pixels_hash(self._pixels(photo))
            self.require_content(photo, sha256)
        else:
            pixels = self.labels.pixels_of[sha256]
        self.labels.learn(sha256, pixels)  # each time: a file with the same pixels may have been labelled since
        return pixels

    def _pixels(self, photo: Photo) -> np.ndarray:
        try:
            return self.pictures.pixels(photo.path)
        except InputError as problem:
            raise Unreachable(problem) from problem

    def _said(self, photo: Photo) -> Labels:
        """Of the file as it was read last."""
        return self.labels.of(self.folder.contents.get(photo.name, ""))

    def _row(self, index: int, photo: Photo) -> dict:
        said, guess = self._said(photo), self.chosen(photo, self.guesses.heard(index))
        return {
            "name": photo.name,
            "flags": [UNREADABLE] if photo.problem else list(guess.flags) if guess else [],
            "problem": photo.problem,
            "guessed": guess is not None,
            "said": len(said.landmarks),
            "checked": CHECKED in said.attributes,
        }


def said_json(said: Labels) -> dict:
    """The human column: what people have said."""
    return {"points": dict(said.points), "attributes": dict(said.attributes)}
