"""Contact sheets of synthetic faces."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from skimage.util import montage

from rtl_tf.datasets.synthetic.people import FAS_SLIDERS, Subject, sample_subject
from rtl_tf.datasets.synthetic.render import Rendering, render, render_sample
from rtl_tf.system.progress import progress

_SLIDER_POSITIONS = (0.0, 0.5, 1.0)
_DOT, _CAPTION = (60, 255, 90), (245, 245, 245)


def contact_sheet(subjects: int, size: int, seed: int, columns: int, landmarks: bool) -> Image.Image:
    """The first scan of each of the first subjects, `columns` in a row."""
    tiles = []
    for subject in progress(range(subjects), subjects, "rendering faces"):
        rendering, _, _ = render_sample(seed, subject, 0, size)
        tiles.append(_tile(rendering, landmarks))
    return _mosaic(tiles, columns)


def fas_sheet(subjects: int, size: int, seed: int, landmarks: bool) -> Image.Image:
    """A row for each subject and slider: the slider at 0, 0.5 and 1, all else equal."""
    faces = subjects * len(FAS_SLIDERS) * len(_SLIDER_POSITIONS)
    tiles = progress(_slider_tiles(subjects, size, seed, landmarks), faces, "rendering faces")
    return _mosaic(list(tiles), len(_SLIDER_POSITIONS))


def _slider_tiles(subjects: int, size: int, seed: int, landmarks: bool) -> Iterator[Image.Image]:
    for subject in range(subjects):
        _, _, scan = render_sample(seed, subject, 0, size)
        plain = _with_sliders(sample_subject(seed, subject), dict.fromkeys(FAS_SLIDERS, 0.0))
        calm = replace(scan, mirrored=False, noise=0.0, glasses=False)
        for slider in FAS_SLIDERS:
            for position in _SLIDER_POSITIONS:
                tile = _tile(render(_with_sliders(plain, {slider: position}), calm, size), landmarks)
                ImageDraw.Draw(tile).text((4, 2), f"{slider.replace('_', ' ')} {position:g}", fill=_CAPTION)
                yield tile


def _with_sliders(subject: Subject, sliders: dict[str, Any]) -> Subject:
    return replace(subject, **sliders)


def _tile(rendering: Rendering, landmarks: bool) -> Image.Image:
    tile = Image.fromarray(rendering.image)
    if landmarks:
        draw, radius = ImageDraw.Draw(tile), max(1.0, tile.width / 128)
        for x, y in rendering.points.tolist():
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], outline=_DOT)
    return tile


def _mosaic(tiles: list[Image.Image], columns: int) -> Image.Image:
    """Tiles of one size in rows; black where the last row ends early."""
    columns = min(columns, len(tiles))
    grid = (-(-len(tiles) // columns), columns)
    return Image.fromarray(montage([*map(np.asarray, tiles)], fill=(0, 0, 0), grid_shape=grid, channel_axis=-1))
