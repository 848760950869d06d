"""Which half of the face a photograph's landmarks are of: the person's left or right."""

from collections.abc import Sequence

import numpy as np

LEFT, RIGHT = "left", "right"
EYE = ("endocanthion", "exocanthion")  # from the middle of the face outwards
DOWN = (("nasion", "gnathion"), ("nasion", "subnasale"), ("subnasale", "gnathion"))  # along the middle


def half_seen(points: np.ndarray, names: Sequence[str]) -> str:
    """LEFT or RIGHT of the person, by the eye that is marked; "" = not known.

    In a photograph, which is no mirror image, the outer corner of the left eye lies to the right of the inner one, seen
    with the chin down. Nothing is known where the schema has both eyes, or other names, or too many are missing.

    Args:
        points: (K, 2), original px, NaN = missing.
        names: of the landmarks.
    """
    for middle in DOWN:
        if set(EYE) | set(middle) <= set(names):
            inner, outer, top, bottom = (points[names.index(name)] for name in (*EYE, *middle))
            (across, along), (right, down) = outer - inner, bottom - top
            turn = across * down - along * right
            if turn > 0 or turn < 0:  # neither with a missing landmark
                return LEFT if turn > 0 else RIGHT
    return ""
