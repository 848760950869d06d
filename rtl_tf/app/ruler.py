"""A photograph's scale: a ruler that somebody put on it, else the number that somebody typed.

The ruler is two points and the millimetres between them: on a ruler, or opposite each other on the rim of a round
sticker. The one tool serves both.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from rtl_tf.app.entries import MM_PER_PX, RULER, RULER_ENDS, RULER_LENGTHS, RULER_MM
from rtl_tf.app.labels import Labels
from rtl_tf.clinic.scales import CLICK_ERROR, contradicts, ruler_scale
from rtl_tf.clinic.scales import RULER as COLUMNS
from rtl_tf.datasets.annotations import MM_PER_PX as SENSIBLE
from rtl_tf.exceptions import InputError

MEANING = "an end of the ruler, or a point on the sticker's rim"


@dataclass(frozen=True)
class SaidScale:
    """What people have said of a photograph's scale.

    Attributes:
        mm_per_px: the ruler's, else what was typed; NaN = nothing.
        cells: the ruler's columns of a table; none where there is none that makes a scale.
        is_unfinished: whether a ruler was begun and makes none.
        is_contradicted: whether another number was typed than the ruler says.
    """

    mm_per_px: float
    cells: dict[str, str] = field(default_factory=dict)
    is_unfinished: bool = False
    is_contradicted: bool = False

    @property
    def is_known(self) -> bool:
        return not math.isnan(self.mm_per_px)


def said_scale(said: Labels) -> SaidScale:
    typed = float(str(said.attributes.get(MM_PER_PX) or "nan"))
    one, other, mm = (said.points.get(name) for name in RULER)
    if not (isinstance(one, tuple) and isinstance(other, tuple) and isinstance(mm, float)):
        return SaidScale(typed, is_unfinished=isinstance(one, tuple) or isinstance(other, tuple))
    try:
        scale = ruler_scale(np.array([one, other]), mm)
    except InputError:
        return SaidScale(typed, is_unfinished=True)
    cells = dict(zip(COLUMNS, map(repr, (*one, *other, mm)), strict=True))
    return SaidScale(scale.mm_per_px, cells, is_contradicted=contradicts(typed, scale))


def ruler_json() -> dict:
    """What the page has to know of the tool."""
    ends = enumerate(RULER_ENDS, start=1)
    return {
        "ends": [{"name": name, "label": f"{number}", "anatomy": MEANING} for number, name in ends],
        "mm": RULER_MM,
        "lengths": RULER_LENGTHS,
        "click_error": CLICK_ERROR,
        "mm_per_px": SENSIBLE,
    }
