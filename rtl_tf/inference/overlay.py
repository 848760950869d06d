"""A photograph with the landmarks that were found on it."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from rtl_tf.inference.doubt import Doubt
from rtl_tf.inference.looked_at import Found
from rtl_tf.system.atomic import replacing

DOT, EDGE = (255, 196, 0), (0, 0, 0)
MARK = ("Software", "rtl_tf")


def draw_landmarks(image: np.ndarray, found: Found, doubt: Doubt | None, output: Path) -> None:
    """Write `output` (PNG): the image (H, W, 3), the square that was looked at, the landmarks, and rings of their radii
    where the detector knows its errors.

    The file says of itself that it was drawn here, see `is_drawn`.
    """
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    (left, top, side), points = found.box, found.prediction.points
    width = max(1, round(side / 400))
    draw.rectangle((left, top, left + side, top + side), outline=DOT, width=width)
    radius = max(2.0, side / 120)
    for x, y in points[np.isfinite(points).all(axis=-1)]:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=DOT, outline=EDGE, width=width)
    if doubt:
        for (x, y), ring in zip(points, doubt.radii(found.prediction), strict=True):
            if np.isfinite((x, y, ring)).all():
                draw.ellipse((x - ring, y - ring, x + ring, y + ring), outline=DOT, width=width)
    mark = PngInfo()
    mark.add_text(*MARK)
    with replacing(output) as unfinished:
        picture.save(unfinished, pnginfo=mark)


def is_drawn(file: Path) -> bool:
    """Whether `draw_landmarks` wrote a file; False for a photograph, and for whatever cannot be read."""
    key, value = MARK
    try:
        with Image.open(file, formats=["PNG"]) as picture:
            return picture.info.get(key) == value
    except Exception:  # Pillow raises almost anything
        return False
