"""What a schema says of the measurements that its landmarks carry: two points a distance, three an angle, ..."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from rtl_tf.documents import Node

VIEWS = FRONTAL, OBLIQUE, LATERAL = "frontal", "oblique", "lateral"
FRONTAL_TO, LATERAL_FROM = 15.0, 65.0  # degrees: 3 % off a length that lies across the view, 9 % off one along it
NORMS = PHOTO, SURFACE = ("photo", "3d")  # what norms, and values, are measured on
USE = "research use, no diagnosis"  # stands on every table, text and picture of what people measure
KEYS = {"name", "kind", "points", "unit", "views", "largest_yaw", "norms", "hpo", "meaning", "between"}
HPO = r"HP:\d{7}"


def view_of(yaw: float) -> str:
    """One of VIEWS for a yaw in degrees; "" for NaN."""
    if math.isnan(yaw):
        return ""
    return FRONTAL if abs(yaw) <= FRONTAL_TO else LATERAL if abs(yaw) >= LATERAL_FROM else OBLIQUE


@dataclass(frozen=True)
class Kind:
    """A kind of measurement: how many points it takes, at least and at most, and its unit."""

    fewest: int
    most: int
    unit: str


KINDS = {
    "distance": Kind(2, 2, "mm"),
    "angle": Kind(3, 3, "deg"),  # at the second point
    "ratio": Kind(4, 4, "1"),  # of the distance of the first two to that of the last two
    "point_to_line": Kind(3, 12, "mm"),  # of the first to the line through all others
}


@dataclass(frozen=True)
class Measurement:
    """One measurement.

    Attributes:
        name: as in tables and norms.
        kind: one of KINDS.
        points: names of landmarks.
        meaning: in a line.
        views: of the head, in which the photograph's value stands for the head's.
        largest_yaw: degrees, up to which it does, whatever the view is called: a length that lies obliquely across the
            face, as the fissure does, changes with the sine of a turn.
        norms: of what the norms may be, photographs or 3D surfaces, that such a value is compared with.
        hpo_low, hpo_high: terms of the Human Phenotype Ontology for a small and for a large value; "" = none.
    """

    name: str
    kind: str
    points: tuple[str, ...]
    meaning: str
    views: tuple[str, ...] = VIEWS
    norms: tuple[str, ...] = NORMS
    hpo_low: str = ""
    hpo_high: str = ""
    largest_yaw: float = 90.0

    @property
    def unit(self) -> str:
        return KINDS[self.kind].unit

    @property
    def needs_scale(self) -> bool:
        return self.unit == "mm"


def parse_measurement(entry: Node, landmarks: Callable[[Node], tuple[str, ...]]) -> Measurement:
    """A measurement of a schema's TOML, whose keys are known; `landmarks` reads a list of their names.

    Older schemas, which runs keep, have `between = [...]` for a distance and do not tell the views: it stands for the
    head's in all.

    Raises:
        InputError: a kind, unit, view or term that there is not, or points that do not make a measurement.
    """
    older = entry.get("between")
    entry.require(("name", "meaning", *(() if older else ("kind", "points"))))
    name, kind = entry["name"].text(), "distance" if older else _one_of(entry["kind"], tuple(KINDS))
    points = _points(older or entry["points"], kind, landmarks)
    if (unit := entry.get("unit")) is not None and unit.text() != KINDS[kind].unit:
        raise unit.error(f"the unit of kind {kind} is '{KINDS[kind].unit}'")
    views, norms, hpo, yaw = (entry.get(key) for key in ("views", "norms", "hpo", "largest_yaw"))
    return Measurement(
        name,
        kind,
        points,
        entry["meaning"].text(),
        _some_of(views, VIEWS) if views else VIEWS,
        _some_of(norms, NORMS) if norms else NORMS,
        hpo_low=_term(hpo, "low"),
        hpo_high=_term(hpo, "high"),
        largest_yaw=yaw.number(0, 90) if yaw else 90.0,
    )


def _points(node: Node, kind: str, landmarks: Callable[[Node], tuple[str, ...]]) -> tuple[str, ...]:
    found, expected = landmarks(node), KINDS[kind]
    if kind == "distance" and (len(found) != 2 or len(set(found)) != 2):
        raise node.error(f"expected two different landmarks, there is {', '.join(found) or 'none'}")
    if not expected.fewest <= len(found) <= expected.most:
        raise node.error(f"kind {kind} takes {expected.fewest} landmarks, there are {len(found)}")
    groups = (found[:2], found[2:]) if kind == "ratio" else (found,)
    if any(len(set(group)) < len(group) for group in groups):
        raise node.error("a landmark is there twice")
    return found


def _one_of(node: Node, known: tuple[str, ...]) -> str:
    if node.text() not in known:
        raise node.error(f"'{node.text()}' is none of {', '.join(known)}")
    return node.text()


def _some_of(node: Node, known: tuple[str, ...]) -> tuple[str, ...]:
    """In the order of `known`."""
    found = [_one_of(element, known) for element in node.elements()]
    if not found:
        raise node.error(f"name one at least: {', '.join(known)}")
    return tuple(name for name in known if name in found)


def _term(hpo: Node | None, side: str) -> str:
    """The term under `low` or `high`."""
    if hpo is None:
        return ""
    for key in hpo.object():
        if key not in ("low", "high"):
            raise hpo.error(f"unknown key '{key}': known are low and high")
    if (term := hpo.get(side)) is None:
        return ""
    if not re.fullmatch(HPO, term.text()):
        raise term.error(f"'{term.text()}' is no term; write it as HP:0012745")
    return term.text()
