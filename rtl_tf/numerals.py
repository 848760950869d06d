"""Numbers in the cells of tables, as people write and read them."""

import math
import re

from rtl_tf.exceptions import InputError, shortened

MISSING = ("", "na", "nan")
# What a person reads as a number; Python takes `1_0` and the digits of all scripts too.
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
DECIMAL_POINT, DECIMAL_COMMA = (
    re.compile(rf"[+-]?\d*{sign}\d+(e[+-]?\d+)?", re.ASCII | re.IGNORECASE) for sign in (r"\.", ",")
)


def as_number(cell: str) -> float:
    """A cell's number; NaN where it is empty, `NA` or `nan`.

    InputError for anything else, and for what Python alone takes for a number: `1_0`, digits of other scripts.
    """
    if cell.lower() in MISSING:
        return math.nan
    number = float(cell) if NUMBER.fullmatch(cell) else math.inf
    if math.isinf(number):
        advice = "; write decimals with a point, and thousands without a comma" if DECIMAL_COMMA.fullmatch(cell) else ""
        raise InputError(f"'{shortened(cell)}' is not a number{advice}")
    return number
