"""Colour of the eyes: sclera, iris, pupil, lashes, and the eyeball's own normals and highlight."""

import numpy as np

from rtl_tf.datasets.synthetic.head import Head
from rtl_tf.datasets.synthetic.mesh import SKIN
from rtl_tf.datasets.synthetic.profiles import bell, blend, smoothstep
from rtl_tf.datasets.synthetic.surface import Surface
from rtl_tf.datasets.synthetic.texture import noise

_SCLERA = np.array([0.78, 0.75, 0.72], np.float32)
_CARUNCLE = np.array([0.78, 0.48, 0.43], np.float32)
_PUPIL = 0.4  # of the iris's radius


def paint_eyes(surface: Surface, head: Head, light: np.ndarray) -> np.ndarray:
    """Paints both eyes; returns the strength of the catch light for every pixel of the surface."""
    eyes = head.eyes
    at = np.flatnonzero((surface.kind == SKIN) & (surface.z > 1.5) & (eyes.nearness(np.abs(surface.x), surface.y) > 0))
    x, y = surface.x[at], surface.y[at]
    ax, side = np.abs(x), np.sign(x)
    edge = max(0.035, 0.5 * surface.px)
    t, upper, lower, within = eyes.lids(ax)
    open_share = within * smoothstep(-edge, edge, upper - y) * smoothstep(-edge, edge, y - lower)
    gaze_x, gaze_y = eyes.centre_x - 0.02 + side * eyes.gaze[0], 0.10 + eyes.gaze[1]
    radius = np.hypot(ax - gaze_x, y - gaze_y)

    red = 0.8 * smoothstep(eyes.inner_x + 0.38, eyes.inner_x + 0.1, ax)
    red += 0.25 * smoothstep(eyes.outer_x - 0.5, eyes.outer_x, ax)
    colour = blend(_SCLERA, _CARUNCLE, red[:, None])
    iris, pupil = (
        smoothstep(size + edge, size - edge, radius) for size in (eyes.iris_radius, _PUPIL * eyes.iris_radius)
    )
    colour = blend(colour, _iris(head, radius, ax, y), iris[:, None])
    colour = colour * (1 - 0.97 * pupil)[:, None]
    colour = colour * (1 - 0.55 * bell(np.maximum(upper - y, 0), 0.17))[:, None]
    colour = colour * (1 - 0.2 * bell(np.maximum(y - lower, 0), 0.1))[:, None]
    surface.paint(at, open_share, colour)
    _lashes(surface, eyes, at, ax, y, t, upper, lower, within)

    _round(surface, eyes, at, ax, y, side, open_share)
    surface.gloss[at] *= 1 - 0.85 * open_share
    surface.softness[at] *= 1 - open_share
    surface.occlusion[at] = blend(surface.occlusion[at], 0.88, open_share)
    catch = np.zeros(len(surface.x), np.float32)
    spot = np.hypot(ax - gaze_x - 0.18 * np.sign(light[0]) * side, y - gaze_y - 0.2)
    catch[at] = open_share * smoothstep(0.13, 0.05, spot)
    return catch


def _iris(head: Head, radius, ax, y) -> np.ndarray:
    radius = 0.6 * radius / head.eyes.iris_radius
    iris = np.array(head.subject.iris, np.float32)
    ring = 1 + 0.5 * smoothstep(0.25, 0.55, radius) * smoothstep(0.62, 0.5, radius)
    fibres = ring + 0.15 * noise("fine", 50 * ax, 50 * y)
    return blend(1.25 * iris * fibres[:, None], 0.3 * iris, smoothstep(0.48, 0.6, radius)[:, None])


def _lashes(surface: Surface, eyes, at, ax, y, t, upper, lower, within) -> None:
    span = (ax > eyes.inner_x + 0.15) & (ax < eyes.outer_x + 0.12)
    line = np.where(span, bell(y - upper - 0.03, max(0.055, 0.45 * surface.px)), 0) * (0.5 + 0.5 * t)
    surface.albedo[at] *= (1 - 0.8 * line)[:, None]
    surface.albedo[at] *= (1 - 0.35 * np.where(within, bell(y - lower, 0.04), 0))[:, None]


def _round(surface: Surface, eyes, at, ax, y, side, open_share) -> None:
    """The eyeball is smoother than its mesh: normals from the ellipsoid itself, flattened a little by the cornea."""
    step = 0.03
    slope_x = (eyes.eyeball(ax + step, y) - eyes.eyeball(ax - step, y)) / (2 * step)
    slope_y = (eyes.eyeball(ax, y + step) - eyes.eyeball(ax, y - step)) / (2 * step)
    normal = np.stack([-0.7 * slope_x * side, -0.7 * slope_y, np.ones_like(slope_x)], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    surface.normal[at] = blend(surface.normal[at], normal, open_share[:, None])
