"""The photographs of a folder, each known again by its content."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rtl_tf.app.labels import AllLabels
from rtl_tf.datasets.photographs import Listing, from_files
from rtl_tf.datasets.table_cells import unwritable
from rtl_tf.exceptions import InputError
from rtl_tf.system.hashing import file_hash
from rtl_tf.system.progress import progress

OWN = (".jsonl", ".lock", ".csv")  # the journal, what keeps it to one process, and tables: nobody misses them


class Unreachable(InputError):
    """A file cannot be read or written now, as on a share that went away: it may be later."""


@dataclass(frozen=True)
class Photo:
    """A file, its name relative to the folder, and why it cannot be looked at; empty where it can."""

    path: Path
    name: str
    problem: str = ""


class Folder:
    """The photographs that were asked for, in order.

    Attributes:
        path: of the folder; photos: its images by name.
        contents: SHA-256 of those that were read, by name; as they were then.
        skipped: a line on what is none, or "".
    """

    def __init__(self, path: Path):
        """InputError: no folder, or no image in it that can be read."""
        if not path.is_dir():
            raise InputError(f"{path}: {'a file; name its folder' if path.exists() else 'no such folder'}")
        listing = from_files([path])
        self.path = path
        self.photos = [_photo(one.image, one.problem) for one in listing.photographs]
        others = Listing(
            listing.photographs, {kind: number for kind, number in listing.skipped.items() if kind not in OWN}
        )
        self.contents: dict[str, str] = {}
        self.skipped = others.sentence(sum(not photo.problem for photo in self.photos))

    def adopt(self, labels: AllLabels) -> None:
        """Know photographs again that have another name now.

        Those are read under whose names one was labelled; where some content is not among them, all others too.
        """
        self._read([photo for photo in self.photos if photo.name in labels.sha256_of])
        if labels.known - set(self.contents.values()):
            self._read([photo for photo in self.photos if photo.name not in self.contents])

    def content_of(self, photo: Photo) -> str:
        """SHA-256 of a photograph's file as it is now. InputError where it cannot be read, Unreachable if only now."""
        if photo.problem:
            raise InputError(photo.problem)
        try:
            self.contents[photo.name] = file_hash(photo.path)
        except OSError as problem:
            kind = (
                InputError if isinstance(problem, FileNotFoundError) and _is_there(photo.path.parent) else Unreachable
            )
            raise kind(f"{photo.path}: cannot be read ({problem.strerror})") from problem
        return self.contents[photo.name]

    def is_replaced(self, photo: Photo, labels: AllLabels) -> bool:
        """Whether another photograph was labelled under this one's name, and nothing is said of this one."""
        content = self.content_of(photo)
        return not labels.knows(content) and labels.sha256_of.get(photo.name, content) != content

    def labelled(self, labels: AllLabels) -> tuple[dict[str, Photo], list[str]]:
        """By content, the photographs of which people have said something, as the files are now; names of copies."""
        found: dict[str, Photo] = {}
        copies = []
        for photo in self.photos:
            if photo.name not in self.contents:
                continue
            try:
                content = self.content_of(photo)
            except InputError:  # it is missing
                continue
            if content in found:
                copies.append(photo.name)
            elif labels.knows(content):
                found[content] = photo
        return found, copies

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


def _photo(path: Path, problem: str) -> Photo:
    name, bad = path.name.encode("utf-8", "backslashreplace").decode(), unwritable(path)
    return Photo(path, name, problem or (str(InputError(f"{path}: {bad}")) if bad else ""))
