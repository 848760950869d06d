"""The photographs of a folder, each known again by its content."""

from dataclasses import dataclass
from pathlib import Path

from rtl_tf.app.labels import AllLabels, Labels
from rtl_tf.datasets.photographs import Listing, from_files
from rtl_tf.datasets.table_cells import unwritable
from rtl_tf.exceptions import InputError
from rtl_tf.system.hashing import file_hash

OWN = (".jsonl", ".lock", ".csv")  # the journal, what keeps it to one process, and tables: nobody misses them


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
        self.skipped = others.sentence(sum(not photo.problem for photo in self.photos))

    def adopt(self, labels: AllLabels) -> None:
        """Know photographs again that have another name now: then those are read whose names nobody has labelled."""
        names = {photo.name for photo in self.photos}
        if not (known := set(labels.sha256_of) - names):
            return
        lost = {labels.sha256_of[name] for name in known}
        for photo in self.photos:
            if photo.name not in labels.sha256_of and not photo.problem and (found := file_hash(photo.path)) in lost:
                labels.sha256_of[photo.name] = found

    def missing(self, labels: AllLabels) -> list[str]:
        """Names in the journal, of photographs whose content is no longer in the folder."""
        here = {labels.sha256_of.get(photo.name) for photo in self.photos}
        return sorted(name for name, sha256 in labels.sha256_of.items() if sha256 not in here)


def labels_of(photo: Photo, labels: AllLabels) -> Labels:
    """What people have said of a photograph, by its content as it is now. InputError where it cannot be read."""
    return labels.of(content_of(photo))


def content_of(photo: Photo) -> str:
    """SHA-256 of a photograph's file. InputError where it cannot be read."""
    if photo.problem:
        raise InputError(photo.problem)
    try:
        return file_hash(photo.path)
    except OSError as problem:
        raise InputError(f"{photo.path}: cannot be read ({problem.strerror})") from problem


def is_changed(photo: Photo, labels: AllLabels) -> bool:
    """Whether the journal knows another content under a photograph's name."""
    return labels.sha256_of.get(photo.name, content_of(photo)) != content_of(photo)


def _photo(path: Path, problem: str) -> Photo:
    name, bad = path.name.encode("utf-8", "backslashreplace").decode(), unwritable(path)
    return Photo(path, name, problem or (f"{path}: {bad}" if bad else ""))
