"""What the server knows: the photographs, what people have said of them, and what programs make of them."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime

from rtl_tf.app import entries as journalled
from rtl_tf.app.entries import ATTRIBUTE, CHECKED, Entry, one_of, place
from rtl_tf.app.folder import Folder, Photo, content_of, is_changed
from rtl_tf.app.guesses import UNREADABLE, Guesses
from rtl_tf.app.journal import Journal
from rtl_tf.app.labels import AllLabels, Labels
from rtl_tf.app.live_intervals import live_intervals, placed_points
from rtl_tf.app.pictures import TILE, Pictures
from rtl_tf.app.training_table import TrainingTable, training_table
from rtl_tf.documents import Node
from rtl_tf.exceptions import InputError
from rtl_tf.schema import Schema

MOST = 1000  # landmarks that one action changes


class Conflict(Exception):
    """What somebody changed is not what they saw: another window has changed it since, or the file is another one."""


@dataclass
class Session:
    """Attributes:
    who: works here, where no login says so.
    labelling: whether it began without a detector.
    """

    folder: Folder
    schema: Schema
    journal: Journal
    labels: AllLabels
    guesses: Guesses
    pictures: Pictures
    who: str
    labelling: bool

    def __post_init__(self) -> None:
        self._one_at_a_time = threading.Lock()

    def photo(self, index: int) -> Photo:
        """InputError where there is none."""
        if not 0 <= index < len(self.folder.photos):
            raise InputError(f"no photograph {index}")
        return self.folder.photos[index]

    def about(self) -> dict:
        """What does not change."""
        return {
            "folder": str(self.folder.path),
            "skipped": self.folder.skipped,
            "who": self.who,
            "labelling": self.labelling,
            "tile": TILE,
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
        """Each photograph with its flags and how far somebody has got with it, in the order of their names."""
        rows = [self._row(index, photo) for index, photo in enumerate(self.folder.photos)]
        return {"images": rows, "status": self.guesses.status, "broken": bool(self.guesses.problem)}

    def image(self, index: int) -> dict:
        """All that people have said of a photograph. InputError where it cannot be read."""
        photo = self.photo(index)
        height, width = self.pictures.pixels(photo.path).shape[:2]
        sha256 = content_of(photo)
        said = self.labels.of(sha256)
        warning = "Under this name another photograph was labelled." if is_changed(photo, self.labels) else ""
        return {
            "name": photo.name,
            "sha256": sha256,
            "width": width,
            "height": height,
            "warning": warning,
            **said_json(said),
            "history": [entry.to_json() for entry in said.history if entry.kind != ATTRIBUTE],
        }

    def change(self, index: int, asked: Node, who: str) -> dict:
        """Write down what one action of a person changed; what is said of the photograph now.

        Asked a second time for the same, as after an answer that never came, it is done once.

        Raises:
            InputError: no such change. Conflict: it is of another state. OSError: the journal cannot be written; then
                nothing is changed.
        """
        photo = self.photo(index)
        with self._one_at_a_time:
            sha256 = content_of(photo)
            said = self.labels.of(sha256)
            entries = self._entries(photo, sha256, asked, who or self.who)
            if entries[0].change not in self.labels.changes:
                if asked["sha256"].text() != sha256:
                    raise Conflict("the photograph's file has changed: look at it again")
                for entry in entries:
                    now = (said.attributes if entry.kind == ATTRIBUTE else said.points).get(entry.what)
                    if now != entry.old:
                        raise Conflict(f"{entry.what} was changed in another window: look at it again")
                _require_last(said, entries[0], asked)
                self.journal.append(entries)
                self.labels.add(entries)
                if self.labelling:
                    self.guesses.forget(index)
            return said_json(self.labels.of(sha256))

    def intervals(self, index: int, asked: Node) -> dict:
        """Of measurements on a photograph, see `live_intervals`. InputError where it is no such question."""
        self.photo(index)
        points, by_hand = placed_points(asked, self.schema)
        guesser, guess = self.guesses.guesser, self.guesses.done(index)
        if guesser is None or guess is None or guesser.errors is None:
            return {"intervals": {}}
        return {"intervals": live_intervals(self.schema, guesser.errors, points, by_hand, guess.mirrored)}

    def table(self) -> TrainingTable:
        """What people have placed by now."""
        return training_table(self.folder, self.labels, self.schema)

    def _entries(self, photo: Photo, sha256: str, asked: Node, who: str) -> list[Entry]:
        kind = one_of(asked["kind"], journalled.KINDS)
        name, names = ("attribute", journalled.ATTRIBUTES) if kind == ATTRIBUTE else ("landmark", self.schema.names)
        read = journalled.attribute if kind == ATTRIBUTE else place
        change = asked["change"].text()
        if not (change.isascii() and change.isprintable() and 8 <= len(change) <= 64):
            raise asked["change"].error("expected 8 to 64 characters")
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        entries = []
        for one in asked["changes"].elements():
            old, new = (read(one.get(key)) for key in ("old", "new"))
            what = one_of(one[name], names)
            if kind == ATTRIBUTE:
                journalled.require_attribute(what, new, one)
            elif isinstance(new, tuple):
                new = self._on_photograph(photo, new, one)
            model = place(one.get("model"))
            entries.append(Entry(time, who, kind, photo.name, sha256, change, what, old, new, model))
        if not 0 < len(entries) <= MOST or len({entry.what for entry in entries}) < len(entries):
            raise asked["changes"].error(f"expected 1 to {MOST} changes of different landmarks")
        if kind == journalled.ACCEPT and any(not isinstance(entry.new, tuple) for entry in entries):
            raise asked["changes"].error("only a place can be accepted")
        return entries

    def _on_photograph(self, photo: Photo, point: tuple[float, float], node: Node) -> tuple[float, float]:
        height, width = self.pictures.pixels(photo.path).shape[:2]
        if not (-0.5 <= point[0] <= width - 0.5 and -0.5 <= point[1] <= height - 0.5):
            raise node.error("lies outside the photograph")
        return point if point != (0, 0) else (0.01, 0.0)  # readers take (0, 0) for a landmark that was never placed

    def _row(self, index: int, photo: Photo) -> dict:
        said = self.labels.of(self.labels.sha256_of.get(photo.name, ""))
        guess = self.guesses.done(index)
        return {
            "name": photo.name,
            "flags": [UNREADABLE] if photo.problem else list(guess.flags) if guess else [],
            "problem": photo.problem,
            "guessed": guess is not None,
            "said": len(said.points),
            "checked": CHECKED in said.attributes,
        }


def _require_last(said: Labels, entry: Entry, asked: Node) -> None:
    """Conflict where an undo or redo is not of what was done last: windows would take different actions for that."""
    last = next((one.change for one in reversed(said.history) if one.kind != ATTRIBUTE), "")
    if entry.kind in (journalled.UNDO, journalled.REDO) and asked["after"].text() != last:
        raise Conflict("the last change was made in another window: look at it again")


def said_json(said: Labels) -> dict:
    """The human column: what people have said."""
    return {"points": said.points, "attributes": said.attributes}
