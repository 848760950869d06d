"""The view of each photograph: told by its row, else by the face that is found on it."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.datasets.files import is_film
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_image
from rtl_tf.inference.face_finder import Face
from rtl_tf.inference.head_turn import face_at, yaw_of
from rtl_tf.measurement import VIEWS, Measurement, view_of
from rtl_tf.system.notes import warn


class Sight(NamedTuple):
    """One of VIEWS ("" = unknown), the yaw in degrees (NaN = unknown), and why nothing is known."""

    view: str
    yaw: float = math.nan
    problem: str = ""


def sight_of(face: MarkedFace, view: str | None = None) -> Sight:
    """By the columns view or yaw, else `view` (that of all photographs), else by the photograph.

    Raises:
        InputError: names the row whose view is none.
    """
    return told_sight(face, view) or _seen(face)


def tell_unused(view: str | None, sights: Sequence[Sight]) -> None:
    """A warning where the `view` of all photographs is not that of some, whose rows tell another."""
    if others := sum(sight.view != view for sight in sights) if view else 0:
        warn(f"--view {view}: not used, as their rows tell another view or yaw: {others} of {len(sights)} photographs")


def told_sight(face: MarkedFace, view: str | None = None) -> Sight | None:
    """By the columns view or yaw, else `view`; None where nothing tells it. InputError as `sight_of`."""
    told, yaw = told_view(face), face.number("yaw")
    if told or view or not math.isnan(yaw):
        return Sight(told or view_of(yaw) or str(view), yaw)
    return None


def told_view(face: MarkedFace) -> str:
    """One of VIEWS, by the column view; "" = not told. InputError where it is none."""
    told = face.cells.get("view", "").casefold()
    if told and told not in VIEWS:
        raise face.error(f"view '{told}' is none of {', '.join(VIEWS)}", "view")
    return told


def _seen(face: MarkedFace) -> Sight:
    if np.isnan(face.points).all():
        return Sight("", problem="no landmarks")
    if is_film(face.image):  # whose yaw predict.py has told where it could
        return sight_on(None)
    try:
        return sight_on(face_at(read_image(face.image), face.points))
    except InputError as problem:
        return Sight("", problem=str(problem))


def sight_on(found: Face | None) -> Sight:
    """By the face around the landmarks."""
    if found is None:
        return Sight("", problem="no face was found around the landmarks")
    yaw = yaw_of(found)
    return Sight(view_of(yaw), yaw)


def out_of_view(measurement: Measurement, sight: Sight) -> str:
    """Why a photograph's value does not stand for the head's; "" where it does. Where it does in all views, none has to
    be known."""
    view, yaw, problem = sight
    views, largest = measurement.views, measurement.largest_yaw
    if views != VIEWS and view not in views:
        seen = f"{view} view" if view else f"view unknown ({problem})"
        return f"{seen}; stands for the head's in a {', '.join(views)} view alone"
    if abs(yaw) > largest:
        return f"turned by more than {largest:g} degrees, up to which it stands for the head's"
    return ""
