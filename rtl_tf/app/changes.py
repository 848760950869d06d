"""What the page asks to change, as entries of the journal; and whether whoever asks has seen what is said by now."""

from collections.abc import Callable
from datetime import UTC, datetime

from rtl_tf.app.entries import (
    ACCEPT,
    ATTRIBUTE,
    ATTRIBUTES,
    BESIDE,
    KINDS,
    NOT_VISIBLE,
    REDO,
    UNDO,
    Entry,
    marks,
    one_of,
    place,
    reader,
    require_attribute,
)
from rtl_tf.app.folder import Photo
from rtl_tf.app.labels import Labels
from rtl_tf.documents import Node
from rtl_tf.schema import Schema

Size = tuple[int, int]  # width, height
MOST = 1000  # landmarks, and what is BESIDE them, that one action changes


class Conflict(Exception):
    """What somebody changed is not what they saw: another window has changed it since, or the file is another one."""


def name_of(asked: Node) -> str:
    """What a change is called. InputError where that is no name."""
    change = asked["change"].text()
    if not (change.isascii() and change.isprintable() and 8 <= len(change) <= 64):
        raise asked["change"].error("expected 8 to 64 characters")
    return change


def require_state(said: Labels, entries: list[Entry], asked: Node) -> None:
    """Conflict where something else is said than whoever changes it has seen.

    An undo or redo must be of what was done last: windows would take different actions for that.
    """
    for entry in entries:
        now = (said.attributes if entry.kind == ATTRIBUTE else said.points).get(entry.what)
        if now != entry.old:
            raise Conflict(f"{entry.what} was changed in another window: look at it again")
    last = next((one.change for one in reversed(said.history) if one.kind != ATTRIBUTE), "")
    if entries[0].kind in (UNDO, REDO) and asked["after"].text() != last:
        raise Conflict("the last change was made in another window: look at it again")


def entries_of(
    asked: Node, photo: Photo, who: str, schema: Schema, size: Callable[[], Size], pixels: str = ""
) -> list[Entry]:
    """The lines that write it down. InputError where it is no such change.

    Args:
        pixels: their hash.
        size: of the photograph; only asked for where something is placed.
    """
    kind, change, sha256 = one_of(asked["kind"], KINDS), name_of(asked), asked["sha256"].text()
    name, names = ("attribute", ATTRIBUTES) if kind == ATTRIBUTE else ("landmark", marks(schema))
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    entries = []
    for one in asked["changes"].elements():
        what = one_of(one[name], names)
        old, new = (reader(kind, what)(one.get(key)) for key in ("old", "new"))
        if kind == ATTRIBUTE:
            require_attribute(what, new, one)
        elif isinstance(new, tuple):
            new = _inside(size(), new, one)
        if what in BESIDE and NOT_VISIBLE in (kind, new):
            raise one.error("only a landmark can be not visible")
        model = place(one.get("model"))
        entries.append(Entry(time, who, kind, photo.name, sha256, change, what, old, new, model, pixels))
    if not 0 < len(entries) <= MOST or len({entry.what for entry in entries}) < len(entries):
        raise asked["changes"].error(f"expected 1 to {MOST} changes of different landmarks")
    if kind == ACCEPT and any(not isinstance(entry.new, tuple) for entry in entries):
        raise asked["changes"].error("only a place can be accepted")
    return entries


def _inside(size: Size, point: tuple[float, float], node: Node) -> tuple[float, float]:
    width, height = size
    if not (-0.5 <= point[0] <= width - 0.5 and -0.5 <= point[1] <= height - 0.5):
        raise node.error("lies outside the photograph")
    return point if point != (0, 0) else (0.01, 0.0)  # readers take (0, 0) for a landmark that was never placed
