"""Boxes around faces in columns of other names: what other programs write, and what nobody should overlook."""

import re
from collections.abc import Sequence

_OF = r"(?:face|bounding|b)?[_ .-]?(?:box|rect|roi)?[_ .-]?"  # "bbox_", "face.", "rect ", ...
_LEFT = r"left|x|x[01]|x[_ .-]?min|min[_ .-]?x"
_TOP = r"top|y|y[01]|y[_ .-]?min|min[_ .-]?y"
_SIZE = r"side|size|width|height|w|h|right|bottom|[xy]2|[xy][_ .-]?max|max[_ .-]?[xy]"
_WHOLE = r"(?:face|bounding|b)?[_ .-]?box|face[_ .-]?rect"  # all numbers in one cell


def boxes_by_other_names(header: Sequence[str]) -> list[str]:
    """The columns that look like a box: an edge on the left, one at the top and a size, or all in one; mostly none."""
    left, top, size = ([name for name in header if _is(_OF + f"(?:{part})", name)] for part in (_LEFT, _TOP, _SIZE))
    if not (left and top and size):
        return [name for name in header if _is(_WHOLE, name)]
    return [name for name in header if name in {*left, *top, *size}]


def _is(pattern: str, name: str) -> bool:
    return re.fullmatch(pattern, name, re.IGNORECASE) is not None
