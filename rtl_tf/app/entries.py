"""A line of the journal: what a person changed of a photograph's landmarks, ruler, view of the head, or attributes."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, fields

from rtl_tf.documents import Node
from rtl_tf.exceptions import InputError
from rtl_tf.measurement import VIEWS
from rtl_tf.schema import Schema

Value = tuple[float, float] | float | str | None  # (x, y) in original px; mm; a word; None = nobody has said anything

NOT_VISIBLE, DELETED = "not visible", "deleted"  # what is said of a landmark that has no place
WORDS = (NOT_VISIBLE, DELETED)
PLACE, ACCEPT, UNDO, REDO, ATTRIBUTE = "place", "accept", "undo", "redo", "attribute"
KINDS = (PLACE, ACCEPT, *WORDS, UNDO, REDO, ATTRIBUTE)
RULER_ENDS, RULER_MM = ("ruler end 1", "ruler end 2"), "ruler mm"  # beside the landmarks: see `ruler.py`
RULER = (*RULER_ENDS, RULER_MM)
VIEW = "head view"  # see `head_view.py`
FACE = "chosen face"  # a place on the one of several faces that is meant, where it is not the largest
BESIDE = (*RULER, VIEW, FACE)  # undone as the landmarks are
SUBJECT, MM_PER_PX, CHECKED = "subject", "mm_per_px", "checked"
ATTRIBUTES = (SUBJECT, MM_PER_PX, CHECKED)
DECIMALS = 2  # of coordinates, px
LONGEST_TEXT = 200
REACH = 1e6  # px
RULER_LENGTHS = (0.01, 10_000)  # mm


@dataclass(frozen=True)
class Entry:
    """What somebody changed.

    Attributes:
        time: UTC, ISO 8601; who: their name.
        kind: one of KINDS.
        image: relative to the folder of photographs; sha256: of the file's bytes, by which it is known again.
        change: what one action of a person is called; one may change several landmarks.
        what: name of the landmark, or one of BESIDE; where `kind` is ATTRIBUTE, one of ATTRIBUTES.
        old, new: what a person said of it before and says now.
        model: where the detector had the landmark, which is never what a person said.
        pixels: SHA-256 of the decoded image, by which it is known again once its file has other metadata; "" = not
            told, as in older journals.
    """

    time: str
    who: str
    kind: str
    image: str
    sha256: str
    change: str
    what: str
    old: Value
    new: Value
    model: Value = None
    pixels: str = ""

    def to_json(self) -> dict:
        key = "attribute" if self.kind == ATTRIBUTE else "landmark"
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        if not self.pixels:
            del named["pixels"]
        return {key if name == "what" else name: value for name, value in named.items()}

    @property
    def line(self) -> bytes:
        return (json.dumps(self.to_json(), ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")

    @classmethod
    def from_json(cls, node: Node, schema: Schema) -> "Entry":
        """InputError, which names file and line, where it is no such entry."""
        kind = one_of(node["kind"], KINDS)
        what = one_of(*(node["attribute"], ATTRIBUTES) if kind == ATTRIBUTE else (node["landmark"], marks(schema)))
        read = reader(kind, what)
        texts = {name: node[name].text() for name in ("time", "who", "image", "sha256", "change")}
        return cls(
            **texts, kind=kind, what=what, old=read(node.get("old")), new=read(node.get("new")),
            model=place(node.get("model")), pixels=node.optional("pixels", Node.text) or "",
        )  # fmt: skip


def one_of(node: Node, names: tuple[str, ...]) -> str:
    """Text that is one of the names. InputError where it is not."""
    if node.text() not in names:
        raise node.error(f"'{node.text()}' is none of {', '.join(names)}")
    return node.text()


def marks(schema: Schema) -> tuple[str, ...]:
    """What is said of a photograph, and undone: the landmarks, the parts of the ruler, the view, and the face.

    Raises:
        InputError: a landmark is called like one of these.
    """
    if taken := [name for name in schema.names if name in BESIDE]:
        raise InputError(f"schema {schema.name}: landmark '{taken[0]}': rtl-app calls something else so; rename it")
    return (*schema.names, *BESIDE)


def reader(kind: str, what: str) -> Callable[[Node | None], Value]:
    """What reads a value of an entry."""
    return attribute if kind == ATTRIBUTE else {RULER_MM: ruler_mm, VIEW: view}.get(what, place)


def ruler_mm(node: Node | None) -> Value:
    """How far apart the ends of the ruler are, mm; or that it is deleted."""
    if node is None:
        return None
    return one_of(node, (DELETED,)) if isinstance(node.value, str) else node.number(*RULER_LENGTHS, "a number of mm")


def view(node: Node | None) -> Value:
    """One of VIEWS."""
    return None if node is None else one_of(node, VIEWS)


def place(node: Node | None) -> Value:
    """What is said of a landmark."""
    if node is None:
        return None
    if isinstance(node.value, str):
        return one_of(node, WORDS)
    x, y = (round(float(value), DECIMALS) for value in node.array((2,)))
    if not max(abs(x), abs(y)) < REACH:
        raise node.error("lies outside every image")
    return x, y


def attribute(node: Node | None) -> Value:
    """What is said of a photograph: text in one line, as a table can have it."""
    if node is None:
        return None
    text = node.text().strip()
    if not text.isprintable() or len(text) > LONGEST_TEXT:
        raise node.error(f"expected one line of at most {LONGEST_TEXT} characters")
    return text or None


def require_attribute(name: str, value: Value, node: Node) -> None:
    """InputError where an attribute has a value that the training table would not take."""
    if value is None or name == SUBJECT:
        return
    if name == CHECKED and value != "yes":
        raise node.error("expected yes, or nothing")
    if name == MM_PER_PX:
        try:
            number = float(str(value))
        except ValueError:
            number = math.nan
        if not 1e-3 <= number <= 100:
            raise node.error("expected a number from 0.001 to 100 (mm in one px), or nothing")
