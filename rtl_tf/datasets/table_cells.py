"""Cells of the tables that are written: as spreadsheets, `train.py` and people can read them."""

import math
import os
from pathlib import Path

from rtl_tf.exceptions import InputError

# A spreadsheet of a country with decimal commas takes "12.345" for 12345, and "12.1950" for December 1950.
DECIMALS = 5
MARK = "\ufeff"  # of UTF-8: a spreadsheet takes a file without it for one of an older encoding
PEAK, RADIUS = "_peak", "_radius"  # how the columns of a detector's peaks and radii end
DOUBT = ("coverage", "flags")  # its columns on the whole face
FILMED = FRAME, TIME, YAW, SHARPNESS = "frame", "time_s", "yaw", "sharpness"  # columns of frames of films
FILM = "film"  # column of pictures that were saved of one, which have FILMED as well: its file
FORMULA = ("=", "+", "-", "@", "\t", "\r", " ")


def image_cell(image: Path, folder: Path) -> str:
    """The path of an image as a table in `folder` has it, links not resolved; absolute where there is no other way.

    The folder may be one that is still to be made.
    A spreadsheet would run a name such as =A1.png as a formula: there a ./ comes first, which changes no path. A name
    that is not UTF-8 cannot stand in a table: its odd bytes are shown as \\udcff.
    """
    try:
        name = _way(folder, image)
        there = next(start for start in (folder, *Path(os.path.abspath(folder)).parents) if start.exists())
        if image.exists() and not os.path.samefile(there / _way(there, image), image):
            name = str(Path.cwd() / image)
    except (OSError, ValueError):  # over a link the way back leads elsewhere; on Windows, another drive
        name = str(Path.cwd() / image)
    name = name.encode("utf-8", "backslashreplace").decode()
    return f"./{name}" if name.startswith(FORMULA) else name


def _way(folder: Path, image: Path) -> str:
    return Path(os.path.relpath(os.path.abspath(image), os.path.abspath(folder))).as_posix()


def unwritable(image: Path) -> InputError | None:
    """Why a table cannot have the path of an image."""
    try:
        str(image).encode()
    except UnicodeEncodeError:
        return InputError("its name is not UTF-8; rename it")
    return InputError("its name ends in a blank; rename it") if str(image) != str(image).rstrip() else None


def number(value: float) -> str:
    if math.isnan(value):
        return ""
    return f"{value:.{DECIMALS}f}".removesuffix("." + "0" * DECIMALS)
