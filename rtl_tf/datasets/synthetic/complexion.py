"""Colour of the skin: tone, redness, pores, freckles, lips, nostrils and brows."""

import numpy as np

from rtl_tf.datasets.synthetic.head import Head
from rtl_tf.datasets.synthetic.mesh import EAR, SKIN
from rtl_tf.datasets.synthetic.profiles import bell2, blend, smoothstep
from rtl_tf.datasets.synthetic.surface import Surface
from rtl_tf.datasets.synthetic.texture import noise

_FLUSH = np.array([0.25, -0.75, -0.65], np.float32)  # what more blood does to red, green, blue
_TEETH = np.array([0.80, 0.77, 0.70], np.float32)
_TOOTH_WIDTH = 0.65  # cm
_MOUTH_INSIDE = np.array([0.13, 0.045, 0.045], np.float32)


def paint_skin(surface: Surface, head: Head) -> None:
    """Tone, flush and fine texture on face, neck and ear."""
    subject = head.subject
    position = surface.position
    around, up = 8 * np.arctan2(position[:, 0], position[:, 2]), position[:, 1]  # lengths on the skin, cm
    surface.albedo[:] = np.array(subject.skin, np.float32)
    _flush(surface, head)
    fine = min(1.0, 0.05 / surface.px)  # what is smaller than a pixel averages out
    blotches = 0.030 * noise("coarse", 14 * around, 14 * up) + 0.018 * noise("medium", 26 * around, 26 * up)
    pores = 0.022 * fine * noise("fine", 34 * around + 91, 34 * up)
    surface.albedo *= (1 + blotches + pores)[:, None]
    if subject.freckles:
        spots = smoothstep(1.5, 2.3, noise("fine", 20 * around + 40, 20 * up)) * subject.freckles
        spots *= (surface.kind == SKIN) * bell2(np.abs(surface.x), surface.y, 2.2, -2.2, 2.2, 1.4)
        surface.albedo *= 1 - spots[:, None] * np.array([0.18, 0.32, 0.38], np.float32)
    bumps = np.stack([noise("fine", 36 * around + 400, 36 * up), noise("fine", 36 * around + 499, 36 * up)], 1)
    surface.normal[:, :2] += 0.028 * fine * bumps
    if subject.stubble:
        _stubble(surface, head, fine * noise("fine", 60 * around, 60 * up))
    surface.gloss[:] = 0.085 + 0.02 * noise("medium", 20 * around, 20 * up)


def paint_features(surface: Surface, head: Head) -> None:
    """Lips, inside of the mouth, nostrils and brows."""
    at = surface.face
    x, y = surface.x[at], surface.y[at]
    ax = np.abs(x)
    _lips(surface, head, at, ax, y)
    _nostrils(surface, head, at, ax, y)
    _brows(surface, head, at, ax, y)


def _stubble(surface: Surface, head: Head, grain: np.ndarray) -> None:
    """Beard shadow on jaw, chin, upper lip and in front of the ears."""
    lower = head.skull.lower
    at = np.flatnonzero((surface.kind == SKIN) & (surface.y < 1.0) & (surface.y > -14) & (surface.z > -1.0))
    ax, y, z = np.abs(surface.x[at]), surface.y[at], surface.z[at]
    edge = y + lower * (5.4 - 1.9 * smoothstep(3.0, 6.5, ax)) - 3.0 * smoothstep(3.0, 0.5, z) * smoothstep(6, 6.6, ax)
    beard = smoothstep(1.0, -1.4, edge) * smoothstep(-13.0, -11.0, y / lower)
    beard *= smoothstep(-1.0, 1.2, z) * (1 - 0.7 * bell2(ax, y, 0.9, head.mouth.line_y - 2.0, 1.3, 0.35))
    cover = head.subject.stubble * beard * np.clip(0.34 + 0.16 * grain[at], 0, 1)
    surface.paint(at, cover, 0.5 * np.array(head.subject.hair.colour, np.float32) + 0.05)


def _flush(surface: Surface, head: Head) -> None:
    """Redder cheeks, nose, chin, lids and ears; fainter on dark skin. Shadows under the brows and the eyes."""
    subject, lower = head.subject, head.skull.lower
    amount = 0.22 * subject.redness * (0.25 + 0.75 * (1 - subject.skin_tone))
    at = np.flatnonzero((surface.kind == SKIN) & (surface.z > 0.5))
    ax, y, eye_x = np.abs(surface.x[at]), surface.y[at], head.eyes.centre_x
    flush = 0.5 * bell2(ax, y, 4.2, -2.7 * lower, 1.4, 1.2) + 0.45 * bell2(ax, y, 0, head.nose.tip_y, 1.0, 0.6)
    flush += 0.25 * bell2(ax, y, 0, -10 * lower, 1.3, 0.8) + 0.3 * bell2(ax, y, eye_x, 0, 1.7, 0.7)
    flush += 0.2 * bell2(ax, y, 1.4 * head.nose.width, head.nose.base_y + 0.4, 0.5, 0.5)
    surface.albedo[at] *= 1 + (amount * flush)[:, None] * _FLUSH
    shade = bell2(ax, y, eye_x - 0.4, -0.75, 1.1, 0.3) + bell2(ax, y, eye_x, 0.55, 1.3, 0.5)
    surface.albedo[at] *= (1 - 0.12 * shade)[:, None]
    at = surface.of_kind(EAR)
    flush = 0.35 + 0.35 * np.clip(2 * surface.cavity[at], 0, 1)
    surface.albedo[at] *= 1 + (amount * flush)[:, None] * _FLUSH


def _lips(surface: Surface, head: Head, at, ax, y) -> None:
    subject, edge = head.subject, max(0.07, 0.7 * surface.px)
    t, upper, upper_edge, lower_edge, lower = head.mouth.curves(ax)
    lip = smoothstep(-edge, edge, upper - y) * smoothstep(-edge, edge, y - lower) * smoothstep(1.0, 0.985, t)
    light = 1 - subject.skin_tone
    natural = np.array(subject.skin, np.float32) * np.array([0.82, 0.60, 0.58], np.float32)
    full = np.array([0.66, 0.30, 0.30], np.float32) * (0.45 + 0.6 * light)
    colour = blend(natural, full, 0.45 * subject.lip_colour) * (1 - 0.1 * subject.skin_tone)
    wrinkles = 1 + 0.07 * noise("fine", 70 * ax, 6 * y)
    surface.paint(at, 0.68 * lip, colour * wrinkles[:, None])
    surface.gloss[at] += 0.16 * lip
    surface.albedo[at] *= (1 - 0.08 * lip * smoothstep(-edge, edge, y - upper_edge))[:, None]
    soft = 0.8 * edge
    gap = smoothstep(-soft, soft, upper_edge + 0.02 - y) * smoothstep(-soft, soft, y - lower_edge + 0.02) * (t < 0.99)
    width = upper_edge - lower_edge
    depth = (upper_edge - y) / np.maximum(width, 0.05)
    teeth = smoothstep(0.1, 0.3, width) * smoothstep(0.80, 0.45, t) * smoothstep(0.62, 0.5, depth * width / 0.75)
    from_middle = np.abs((ax / _TOOTH_WIDTH) % 1 - 0.5)
    enamel = _TEETH * (1 - 0.3 * smoothstep(0.40, 0.5, from_middle))[:, None]
    inside = blend(_MOUTH_INSIDE, enamel, (teeth * gap)[:, None])
    surface.paint(at, 0.95 * gap, inside)
    surface.occlusion[at] *= 1 - 0.4 * gap * (1 - teeth)
    surface.softness[at] *= 1 - gap


def _nostrils(surface: Surface, head: Head, at, ax, y) -> None:
    dark = smoothstep(1.35, 0.35, head.nose.nostril(ax, y))
    surface.albedo[at] *= 1 - dark[:, None] * np.array([0.62, 0.74, 0.76], np.float32)
    surface.occlusion[at] *= 1 - 0.45 * dark
    surface.gloss[at] *= 1 - dark


def _brows(surface: Surface, head: Head, at, ax, y) -> None:
    """Short hairs along an arch, slanting outwards, thinner towards the tail."""
    subject, shape, raise_ = head.subject, head.subject.shape, head.expression.brow_raise
    t = np.clip((ax - 1.2) / 3.75, 0, 1)
    arch = 0.68 * np.sin(np.pi * np.clip(0.72 * t + 0.02, 0, 1)) - 0.15 * t
    middle = 1.60 + arch + shape.brow_height + 0.12 * shape.eye_tilt
    middle += 0.32 * raise_ * (1 - 0.5 * t if raise_ > 0 else 1.2 * (1 - t))
    height = 0.44 * (1 - 0.62 * t) * subject.brow_thickness * (0.8 + 0.2 * (1 - subject.youth))
    strands = 0.85 + 0.3 * noise("fine", 34 * ax - 26 * y, 26 * y + 10 * ax)
    cover = smoothstep(1.3, 0.25, np.abs(y - middle) / height) * smoothstep(0, 0.09, t) * smoothstep(1, 0.82, t)
    cover = np.clip(cover * strands, 0, 1) * (0.58 + 0.32 * (1 - subject.youth))
    surface.paint(at, cover, 0.75 * np.array(subject.hair.colour, np.float32) + 0.03)
    surface.gloss[at] *= 1 - 0.7 * cover
