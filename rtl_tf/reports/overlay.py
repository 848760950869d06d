"""A photograph with the landmarks that were found on it."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from rtl_tf.atomic import replacing

DOT, EDGE = (255, 196, 0), (0, 0, 0)


def draw_landmarks(image: np.ndarray, box: tuple[float, float, float], points: np.ndarray, output: Path) -> None:
    """Write `output` (PNG): the image (H, W, 3), the square that was looked at, and points (K, 2), in px."""
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    left, top, side = box
    width = max(1, round(side / 400))
    draw.rectangle((left, top, left + side, top + side), outline=DOT, width=width)
    radius = max(2.0, side / 120)
    for x, y in points:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=DOT, outline=EDGE, width=width)
    with replacing(output) as unfinished:
        picture.save(unfinished)
