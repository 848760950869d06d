"""Faces measured: for each a row a measurement, and a norm where several are named; ready for a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rtl_tf.clinic.corrections import placed_by
from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.clinic.scales import Scale
from rtl_tf.clinic.sights import Sight, out_of_view
from rtl_tf.exceptions import InputError
from rtl_tf.measurement import PHOTO, SURFACE, Measurement
from rtl_tf.measuring.criteria import Criterion
from rtl_tf.measuring.intervals import LEVEL, intervals
from rtl_tf.measuring.landmark_covariance import LandmarkCovariance
from rtl_tf.measuring.norms import Norm, norm_for, refusal
from rtl_tf.measuring.quantities import measure
from rtl_tf.schema import Schema

OUTSIDE = "outside the photograph"
NO_SEX = "no sex (male, female), by which the norm differs"
BY_HAND = "placed by a person, whose own error is not known: no interval"


@dataclass(frozen=True, eq=False)
class Yardsticks:
    """What values are held against, all of it asked for by name: none has a default.

    Attributes:
        covariance: of the landmarks' errors; None = no intervals.
        norms: a list for each `--norm`.
        criteria: of all guides that were named.
        level: of the intervals.
    """

    covariance: LandmarkCovariance | None = None
    norms: Sequence[Sequence[Norm]] = ()
    criteria: Sequence[Criterion] = ()
    level: float = LEVEL


@dataclass(frozen=True, eq=False)
class Measured:
    """One value. NaN = unknown; `notes` say why, and what it must not be taken for.

    Attributes:
        low, high: ends of its interval.
        norm, citation: whose z-score this is; "" = none was named that has this measurement.
        criteria: sentences of criteria that are met.
        placed_by: see `placed_by`, of its landmarks.
        of: PHOTO or SURFACE, on which it was measured.
    """

    face: MarkedFace
    sight: Sight
    scale: Scale
    measurement: Measurement
    value: float
    low: float
    high: float
    norm: str = ""
    citation: str = ""
    z: float = float("nan")
    z_low: float = float("nan")
    z_high: float = float("nan")
    criteria: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    placed_by: str = ""
    of: str = PHOTO

    @property
    def in_view(self) -> bool:
        """Whether the photograph's value stands for the head's."""
        return not self.out_of_view

    @property
    def out_of_view(self) -> str:
        """Why it does not; "" where it does, as on a surface."""
        return "" if self.of == SURFACE else out_of_view(self.measurement, self.sight)


def measure_faces(
    faces: Sequence[MarkedFace],
    sights: Sequence[Sight],
    scales: Sequence[Scale],
    schema: Schema,
    yardsticks: Yardsticks,
) -> list[Measured]:
    """All measurements of a schema on N faces; InputError where it has none."""
    if not schema.measurements:
        raise InputError(f"schema {schema.name} has no [[measurements]]")
    points = np.array([face.points for face in faces])
    mm_per_px = np.array([scale.mm_per_px for scale in scales])
    values = np.stack([measure(each, points, schema.names, mm_per_px) for each in schema.measurements], axis=1)
    low = high = np.full(values.shape, np.nan)
    if yardsticks.covariance is not None:
        errors = np.array([scale.error for scale in scales])
        mirrored = np.array([face.mirrored for face in faces])
        told = (mm_per_px, errors, mirrored, yardsticks.level)
        order = schema.mirror_permutation
        known = (schema.measurements, points, yardsticks.covariance, schema.names)
        by_hand = np.array([_by_hand(face) for face in faces])
        low, high = intervals(*known, *told, order=order, exact=by_hand)
    found = []
    for row, (face, sight, scale) in enumerate(zip(faces, sights, scales, strict=True)):
        for column, measurement in enumerate(schema.measurements):
            value, start, end = (float(each[row, column]) for each in (values, low, high))
            plain = Measured(face, sight, scale, measurement, value, start, end)
            found += explained(plain, schema, yardsticks)
    return found


def explained(plain: Measured, schema: Schema, yardsticks: Yardsticks) -> list[Measured]:
    """A value beside each norm that has its measurement, once where none has; with why something is missing."""
    face, measurement = plain.face, plain.measurement
    notes = [*_missing(face, measurement, plain.scale, schema), *plain.notes, *filter(None, [face.note])]
    if measurement.needs_scale and face.scale_note and not np.isnan(plain.value):
        notes.append(face.scale_note)
    plain = replace(plain, notes=tuple(notes))
    return _compared(_with_errors_told(plain, schema, yardsticks), yardsticks)


def _by_hand(face: MarkedFace) -> np.ndarray:
    """bool (K,), see `MarkedFace`; where it is not told, no landmark is exact."""
    return np.zeros(len(face.points), bool) if face.by_hand is None else face.by_hand


def _missing(face: MarkedFace, measurement: Measurement, scale: Scale, schema: Schema) -> Iterable[str]:
    """Why there is no value."""
    if face.problem:
        yield face.problem
        return
    absent = [name for name in dict.fromkeys(measurement.points) if np.isnan(face.points[schema.index(name)]).any()]
    reasons = dict.fromkeys(face.outside, OUTSIDE) | dict(face.withheld)
    if unplaced := [name for name in absent if name not in reasons]:
        yield f"no {', '.join(unplaced)}"
    for reason in dict.fromkeys(reasons[name] for name in absent if name in reasons):
        yield f"{reason}: {', '.join(name for name in absent if reasons.get(name) == reason)}"
    if measurement.needs_scale and np.isnan(scale.mm_per_px):
        yield scale.problem


def _with_errors_told(plain: Measured, schema: Schema, yardsticks: Yardsticks) -> Measured:
    """With who placed its landmarks, and why it has no interval though errors are told: an unknown one, or none at all,
    which is no reason to call a value exact."""
    names = list(dict.fromkeys(plain.measurement.points))
    own = [schema.index(name) for name in names]
    plain, by_hand = replace(plain, placed_by=placed_by(plain.face, own)), _by_hand(plain.face)[own]
    if yardsticks.covariance is None or np.isnan(plain.value):
        return plain
    known = yardsticks.covariance.landmarks
    if unknown := [name for name, exact in zip(names, by_hand, strict=True) if not exact and name not in known]:
        return replace(plain, notes=(*plain.notes, f"no error known for {', '.join(unknown)}"))
    if by_hand.all() and not (plain.measurement.needs_scale and plain.scale.error):
        return replace(plain, low=np.nan, high=np.nan, notes=(*plain.notes, BY_HAND))
    return plain


def _compared(plain: Measured, yardsticks: Yardsticks) -> list[Measured]:
    """A value beside each norm that has its measurement; once without where none has, or where it must not be."""
    if np.isnan(plain.value):
        return [plain]
    if not plain.in_view:
        asked = ": no z-score" if yardsticks.norms else ""
        return [replace(plain, notes=(*plain.notes, plain.out_of_view + asked))]
    mine = [[norm for norm in norms if norm.measurement == plain.measurement.name] for norms in yardsticks.norms]
    rows = [_beside(plain, norms, yardsticks.criteria) for norms in mine if norms]
    return rows or [plain]


def _beside(plain: Measured, norms: Sequence[Norm], criteria: Sequence[Criterion]) -> Measured:
    """A value beside the norms that one source has of it."""
    norm = norm_for(norms, plain.measurement.name, plain.face.sex)
    named = replace(plain, norm=(norm or norms[0]).name, citation=(norm or norms[0]).doi)
    if problem := _incomparable(plain, norm):
        return replace(named, notes=(*plain.notes, problem))
    assert norm is not None
    try:
        z, *ends = norm.z(np.array([plain.value, plain.low, plain.high]), plain.face.age).tolist()
    except InputError as problem:
        return replace(named, notes=(*plain.notes, f"{problem}: no z-score"))
    mine = [criterion for criterion in criteria if criterion.measurement == plain.measurement.name]
    met = tuple(each.sentence(plain.measurement, norm.name) for each in mine if each.meets(z))
    sources = dict.fromkeys(each.source for each in mine if _across(each, ends))  # once, of its two limits
    open_ = [f"the interval of z reaches across the limit of {source}" for source in sources]
    return replace(named, z=z, z_low=ends[0], z_high=ends[1], criteria=met, notes=(*plain.notes, *open_))


def _incomparable(plain: Measured, norm: Norm | None) -> str:
    if norm is None:
        told = plain.face.sex
        return f"the norm has no {told} people: no z-score" if told else f"{NO_SEX}: no z-score"
    if problem := refusal(plain.measurement, norm, plain.of):
        return problem
    return "no age: no z-score" if np.isnan(plain.face.age) else ""


def _across(criterion: Criterion, ends: Sequence[float]) -> bool:
    """Whether one end of an interval meets a criterion and the other does not."""
    return not np.isnan(ends).any() and criterion.meets(ends[0]) != criterion.meets(ends[1])
