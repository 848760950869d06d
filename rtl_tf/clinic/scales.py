"""Millimetres a pixel: told by the table, clicked on a ruler, or measured on a sticker; each with its own error."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rtl_tf.clinic.marked_faces import MarkedFace, full_name
from rtl_tf.clinic.sticker_place import feature_at
from rtl_tf.datasets.files import is_film
from rtl_tf.datasets.table import MM_PER_PX
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_image
from rtl_tf.measuring.face_lengths import ADVICE, wrong_length
from rtl_tf.system.notes import some, warn

if TYPE_CHECKING:
    from rtl_tf.clinic.sticker import Sticker

RULER = ("ruler_x1", "ruler_y1", "ruler_x2", "ruler_y2", "ruler_mm")
CLICK_ERROR = 1.0  # px: standard deviation of a coordinate that is clicked
CONTRADICTION = 3.0  # standard deviations
NO_FACE = "a scale at which its landmarks make no face"
LARGEST_ERROR = 0.05  # standard deviation over diameter: less exact than that a sticker is no scale


class Scale(NamedTuple):
    """Millimetres a pixel (NaN = unknown), its standard deviation as a share of it, where it is from, why it is not
    known, and of a sticker that was measured x and y of its centre and its diameter, original px."""

    mm_per_px: float
    error: float = 0.0
    source: str = ""
    problem: str = ""
    sticker: tuple[float, float, float] | None = None


UNKNOWN = Scale(math.nan, problem="no scale: give mm_per_px, a ruler or a sticker")


def scale_of(
    face: MarkedFace,
    mm_per_px: float | None = None,
    error: float = 0.0,
    sticker: Callable[[MarkedFace], Scale] | None = None,
) -> Scale:
    """The scale of a photograph: of its own row (a ruler, else mm_per_px), else the one for all, else the sticker's.

    Args:
        mm_per_px: for all photographs that do not tell theirs.
        error: standard deviation of any mm_per_px that is told, as a share of it.
        sticker: looks for one in the photograph.
    Raises:
        InputError: names the row whose ruler makes no scale, or contradicts its mm_per_px.
    """
    if (ruler := ruler_of(face)) is not None:
        _require_agreement(face, ruler, error)
        return ruler
    if not math.isnan(face.mm_per_px):
        return Scale(face.mm_per_px, error, "mm_per_px")
    if mm_per_px is not None:
        return Scale(mm_per_px, error, "mm_per_px")
    return sticker(face) if sticker else UNKNOWN


def sticker_scale(face: MarkedFace, mm: float, landmarks: Sequence[str] = ()) -> Scale:
    """By a round sticker of `mm` diameter that is looked for in the photograph; unknown unless exactly one is found.

    Args:
        landmarks: names of the face's, by which a disc is no sticker that is an eye or makes no face of it.
    """
    from rtl_tf.clinic.sticker import find_stickers  # here: scikit-image takes a second to load

    if is_film(face.image):
        advice = "save its frames with rtl-frames --frames and measure these"
        return Scale(math.nan, problem=f"no scale: stickers are not looked for in a film; {advice}")
    try:
        discs = find_stickers(read_image(face.image))
    except InputError as problem:
        return Scale(math.nan, problem=f"no scale: {problem}")
    doubts = [_doubt(disc, mm, face.points, landmarks) for disc in discs]
    found = [disc for disc, doubt in zip(discs, doubts, strict=True) if not doubt]
    if len(found) != 1:
        what = f"{len(found)} round stickers were found" if found else "no round sticker was found"
        refused = "".join(f"; {doubt}" for doubt in doubts if doubt)
        return Scale(math.nan, problem=f"no scale: {what} in the photograph{refused}")
    (sticker,) = found
    x, y = sticker.centre.tolist()
    share = sticker.error / sticker.diameter
    return Scale(mm / sticker.diameter, share, "sticker", sticker=(x, y, sticker.diameter))


def with_doubts(faces: Sequence[MarkedFace], scales: Sequence[Scale], landmarks: Sequence[str]) -> list[MarkedFace]:
    """The faces, those with a note that have a length at their scale which no face has; a warning names them."""
    noted, told = [], []
    for face, scale in zip(faces, scales, strict=True):
        if length := wrong_length(scale.mm_per_px, face.points, landmarks):
            told.append(f"{full_name(face)}: {length}")
            face = replace(face, scale_note="; ".join(filter(None, (face.scale_note, NO_FACE))))
        noted.append(face)
    if told:
        warn(f"{some(told, 'photograph')} with {NO_FACE}: {ADVICE}")
    return noted


def _doubt(disc: "Sticker", mm: float, points: np.ndarray, landmarks: Sequence[str]) -> str:
    """Why a disc is not taken for the sticker; "" where it is."""
    x, y = disc.centre
    place = f"the disc at ({x:.0f}, {y:.0f})"
    if feature := feature_at(disc.centre, points, landmarks):
        return f"{place} lies on {feature}"
    if length := wrong_length(mm / disc.diameter, points, landmarks):
        return f"{place} would make {length}"
    if disc.error > LARGEST_ERROR * disc.diameter:
        return f"{place} has an edge that its sides do not agree on"
    return ""


def ruler_of(face: MarkedFace) -> Scale | None:
    """By two points that were clicked on a ruler in the photograph; None where there are none."""
    numbers = [face.number(column) for column in RULER]
    if all(map(math.isnan, numbers)):
        return None
    if any(map(math.isnan, numbers)):
        raise face.error(f"a ruler needs all of {', '.join(RULER)}", *RULER)
    try:
        return ruler_scale(np.array(numbers[:4]).reshape(2, 2), numbers[4])
    except InputError as problem:
        raise face.error(problem, *RULER) from problem


def _require_agreement(face: MarkedFace, ruler: Scale, error: float) -> None:
    """InputError where a row tells two scales."""
    if contradicts(face.mm_per_px, ruler, error):
        told = f"mm_per_px {face.mm_per_px:g}, but the ruler says {ruler.mm_per_px:.4g}"
        raise face.error(f"{told}: empty the cells of the wrong one", *RULER)


def contradicts(mm_per_px: float, ruler: Scale, error: float = 0.0) -> bool:
    """Whether what is told (NaN = nothing) is further from the ruler's than clicks and its own `error` explain."""
    return abs(mm_per_px / ruler.mm_per_px - 1) > CONTRADICTION * math.hypot(ruler.error, error)


def ruler_scale(ends: np.ndarray, mm: float) -> Scale:
    """Of points (2, 2), original px, that lie `mm` apart. InputError where they make no sensible scale."""
    length = float(np.linalg.norm(ends[1] - ends[0]))
    low, high = MM_PER_PX
    if not (mm > 0 and length > 0 and low <= mm / length <= high):
        raise InputError(f"a ruler of {length:g} px for {mm:g} mm makes no scale between {low:g} and {high:g} mm/px")
    return Scale(mm / length, math.sqrt(2) * CLICK_ERROR / length, "ruler")
