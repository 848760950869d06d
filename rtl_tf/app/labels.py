"""What people have said of each photograph: the journal's entries, one after the other."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rtl_tf.app.entries import ATTRIBUTE, BESIDE, Entry, Value


@dataclass
class Labels:
    """Of one photograph.

    Attributes:
        points: landmark, or what is BESIDE them, -> (x, y) in original px, or mm, or the view, or why it has no place;
            only of what somebody has said something.
        attributes: of the photograph.
        history: the entries that came to this.
    """

    points: dict[str, Value] = field(default_factory=dict)
    attributes: dict[str, Value] = field(default_factory=dict)
    history: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        said = self.attributes if entry.kind == ATTRIBUTE else self.points
        said[entry.what] = entry.new
        if entry.new is None:
            del said[entry.what]
        self.history.append(entry)

    @property
    def landmarks(self) -> dict[str, Value]:
        """`points` without what is BESIDE the landmarks."""
        points = list(self.points.items())  # at once: others go on labelling
        return {name: value for name, value in points if name not in BESIDE}

    @property
    def placed(self) -> dict[str, tuple[float, float]]:
        return {name: value for name, value in self.landmarks.items() if isinstance(value, tuple)}

    @property
    def who(self) -> str:
        """Who changed something last."""
        return self.history[-1].who if self.history else ""


class AllLabels:
    """Of all photographs, by the SHA-256 of their files: a copy or another name has the same landmarks. A file of which
    nothing is said has those of one with the same pixels, once it is `learn`ed that it has them.

    Attributes:
        sha256_of: what was labelled last under a name; name_of: the name under which a file was labelled last.
        changes: what the actions are called.
        pixels_of: SHA-256 of the decoded pixels of files of which it is known.
    """

    def __init__(self, entries: Iterable[Entry] = ()):
        self._labels: dict[str, Labels] = {}
        self._first_of: dict[str, str] = {}  # by the pixels: the file of which something was said first
        self._same_as: dict[str, str] = {}  # by the file
        self.pixels_of: dict[str, str] = {}
        self.sha256_of: dict[str, str] = {}
        self.name_of: dict[str, str] = {}
        self.changes: set[str] = set()
        self.add(entries)

    def add(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if entry.pixels:
                self.learn(entry.sha256, entry.pixels)
            self._labels.setdefault(self.key(entry.sha256), Labels()).add(entry)
            if entry.pixels:
                self._first_of.setdefault(entry.pixels, self.key(entry.sha256))
            self.sha256_of[entry.image] = entry.sha256
            self.name_of[self.key(entry.sha256)] = entry.image
            self.changes.add(entry.change)

    def learn(self, sha256: str, pixels: str) -> None:
        """A file has these pixels: `images.image_hash`."""
        self.pixels_of[sha256] = pixels
        if sha256 not in self._labels and pixels in self._first_of:
            self._same_as[sha256] = self._first_of[pixels]

    def key(self, sha256: str) -> str:
        """The file under which labels are kept: itself, or the one with the same pixels."""
        return self._same_as.get(sha256, sha256)

    def of(self, sha256: str) -> Labels:
        """Nothing, for a file that nobody has said anything of."""
        return self._labels.get(self.key(sha256), Labels())

    def without(self, contents: Iterable[str]) -> set[str]:
        """The keys of what is said of photographs that are not among these files."""
        return self.known - {self.key(content) for content in contents}

    @property
    def known(self) -> set[str]:
        """The key of every file of which something is said."""
        return {sha256 for sha256 in list(self._labels) if self.knows(sha256)}

    def knows(self, sha256: str) -> bool:
        """Whether something is said of a file."""
        said = self.of(sha256)
        return bool(said.points or said.attributes)
