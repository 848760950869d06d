"""The photographs of a folder, each known again by its content."""

import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rtl_tf.app.labels import AllLabels
from rtl_tf.app.only import named_in
from rtl_tf.datasets.photographs import FOLDER, LOOK_DEEPER, Listing, Photograph, from_files
from rtl_tf.datasets.table_cells import unwritable
from rtl_tf.exceptions import InputError
from rtl_tf.images import image_hash
from rtl_tf.system.hashing import file_hash
from rtl_tf.system.progress import progress

OWN = (".jsonl", ".lock", ".csv")  # the journal, what keeps it to one process, and tables: nobody misses them


class Unreachable(InputError):
    """A file cannot be read or written now, as on a share that went away: it may be later."""


@dataclass(frozen=True)
class Photo:
    """Attributes:
    path: of the file; name: relative to the folder, with / on every system.
    problem: why it cannot be looked at; empty where it can.
    """

    path: Path
    name: str
    problem: str = ""


class Folder:
    """The photographs that were asked for, in order.

    Attributes:
        path: of the folder; photos: its images by name.
        only: a table, or None; shown: the photographs that the page shows: all, or those of the table, in its order.
        contents: SHA-256 of those that were read, by name; as they were then.
        skipped: a line on what is none, or ""; advice: how to have folders looked into that were not, or "".
    """

    def __init__(self, path: Path, recursive: bool = False, only: Path | None = None):
        """
        Args:
            recursive: folders in it too.
            only: a table with the column image, as it lies from the table.
        Raises:
            InputError: no folder, no image in it that can be read, or no table that has any of them.
        """
        if not path.is_dir():
            raise InputError(f"{path}: {'a file; name its folder' if path.exists() else 'no such folder'}")
        listing = from_files([path], recursive)
        self.path = path
        self.photos = [_photo(one) for one in listing.photographs]
        self.only, self.shown = only, self.photos
        if only is not None:
            images = [photo.path for photo in self.photos]
            self.shown = [self.photos[index] for index in named_in(only, images, None if recursive else path)]
        others = Listing(
            listing.photographs, {kind: number for kind, number in listing.skipped.items() if kind not in OWN}
        )
        self.advice = LOOK_DEEPER if listing.skipped.get(FOLDER) else ""
        self.contents: dict[str, str] = {}
        self._searching = threading.Lock()
        self.skipped = others.sentence(sum(not photo.problem for photo in self.photos))

    def adopt(self, labels: AllLabels) -> None:
        """Know photographs again that have another name now.

        Those are read under whose names one was labelled; where some content is not among them, all others too.
        """
        self._read([photo for photo in self.photos if photo.name in labels.sha256_of])
        if labels.without(list(self.contents.values())):
            self._read([photo for photo in self.photos if photo.name not in self.contents])

    def find_all(self, labels: AllLabels, label: str = "") -> None:
        """As `adopt`, and know photographs again whose files have other metadata now.

        As long as something is missing those of which nothing is said are decoded, once: first those under whose names
        one was labelled. Several threads wait for each other.

        Args:
            label: of a bar of progress; "" = none.
        """
        with self._searching:
            self.adopt(labels)
            photos = sorted(self._unknown(labels), key=lambda photo: photo.name not in labels.sha256_of)
            self._find_pixels(progress(photos, len(photos), label) if label else photos, labels)

    def content_of(self, photo: Photo) -> str:
        """SHA-256 of a photograph's file as it is now. InputError where it cannot be read, Unreachable if only now."""
        if photo.problem:
            raise InputError(photo.problem)
        try:
            self.contents[photo.name] = file_hash(photo.path)
        except OSError as problem:
            kind = InputError if isinstance(problem, FileNotFoundError) and _is_there(self.path) else Unreachable
            raise kind(f"{photo.path}: cannot be read ({problem.strerror})") from problem
        return self.contents[photo.name]

    def is_replaced(self, photo: Photo, labels: AllLabels) -> bool:
        """Whether another photograph was labelled under this one's name, and nothing is said of this one."""
        content = self.content_of(photo)
        return not labels.knows(content) and labels.sha256_of.get(photo.name, content) != content

    def labelled(self, labels: AllLabels) -> tuple[dict[str, Photo], list[str]]:
        """By `AllLabels.key`, the photographs of which people have said something, as the files are now; names of
        copies."""
        found: dict[str, Photo] = {}
        copies = []
        for photo in self.photos:
            if photo.name not in self.contents:
                continue
            try:
                content = self.content_of(photo)
            except InputError:  # it is missing
                continue
            if labels.key(content) in found:
                copies.append(photo.name)
            elif labels.knows(content):
                found[labels.key(content)] = photo
        return found, copies

    def _unknown(self, labels: AllLabels) -> list[Photo]:
        """The photographs that were read and of which nothing is said."""
        read = [photo for photo in self.photos if photo.name in self.contents]
        return [photo for photo in read if not labels.knows(self.contents[photo.name])]

    def _find_pixels(self, photos: Iterable[Photo], labels: AllLabels) -> None:
        """Know photographs by their pixels, while some of the journal are missing whose pixels it knows."""
        missing = labels.without(list(self.contents.values()))  # at once: others go on reading
        sought = {labels.pixels_of[key] for key in missing if key in labels.pixels_of}
        for photo in photos if sought else ():
            with suppress(InputError):  # damaged: which is told to whom opens it
                labels.learn(content := self.content_of(photo), image_hash(photo.path))
                sought.discard(labels.pixels_of[content])
            if not sought:
                break

    def _read(self, photos: Sequence[Photo]) -> None:
        for photo in progress(photos, len(photos), "labelled photographs"):
            with suppress(InputError):  # which is told to whom opens it
                self.content_of(photo)


def _is_there(folder: Path) -> bool:
    """Whether a folder has anything: one without is a share that went away."""
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def _photo(one: Photograph) -> Photo:
    path, bad = one.image, unwritable(one.image)
    name = (one.below / path.name).as_posix().encode("utf-8", "backslashreplace").decode()
    return Photo(path, name, one.problem or (str(InputError(f"{path}: {bad}")) if bad else ""))
