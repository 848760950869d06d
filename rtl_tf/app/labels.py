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
    """Of all photographs, by the SHA-256 of their files: a copy or another name has the same landmarks.

    Attributes:
        sha256_of: what was labelled last under a name; name_of: the name under which a file was labelled last.
        changes: what the actions are called.
    """

    def __init__(self, entries: Iterable[Entry] = ()):
        self._labels: dict[str, Labels] = {}
        self.sha256_of: dict[str, str] = {}
        self.name_of: dict[str, str] = {}
        self.changes: set[str] = set()
        self.add(entries)

    def add(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._labels.setdefault(entry.sha256, Labels()).add(entry)
            self.sha256_of[entry.image] = entry.sha256
            self.name_of[entry.sha256] = entry.image
            self.changes.add(entry.change)

    def of(self, sha256: str) -> Labels:
        """Nothing, for a file that nobody has said anything of."""
        return self._labels.get(sha256, Labels())

    @property
    def known(self) -> set[str]:
        """The SHA-256 of every file of which something is said."""
        return {sha256 for sha256 in list(self._labels) if self.knows(sha256)}

    def knows(self, sha256: str) -> bool:
        """Whether something is said of a file."""
        said = self.of(sha256)
        return bool(said.points or said.attributes)
