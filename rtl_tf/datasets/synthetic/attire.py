"""Colour of hair, clothes and glasses."""

import numpy as np

from rtl_tf.datasets.synthetic.mesh import FRAME, LOCK, SKIN
from rtl_tf.datasets.synthetic.people import Hair
from rtl_tf.datasets.synthetic.profiles import blend, smoothstep
from rtl_tf.datasets.synthetic.scans import Scan
from rtl_tf.datasets.synthetic.surface import Surface
from rtl_tf.datasets.synthetic.texture import noise

_COLLAR_Y = -15.4  # cm
_FRAME_COLOURS = np.array([[0.10, 0.09, 0.09], [0.28, 0.17, 0.10], [0.45, 0.44, 0.42], [0.20, 0.24, 0.38]])


def paint_hair(surface: Surface, hair: Hair) -> None:
    """Cap and locks."""
    position = surface.position
    across, up = 8 * np.arctan2(position[:, 0], position[:, 2]), position[:, 1]
    fringe = 0.42 * noise("fine", 24 * across, 5 * up) + 0.12 * noise("medium", 30 * across, 9 * up)
    edge = surface.hair + 0.6 * fringe * np.minimum(1, 4 * surface.hair * (1 - surface.hair))
    share = np.where(surface.kind == SKIN, smoothstep(0.25, 0.8, edge), surface.kind == LOCK).astype(np.float32)
    at = np.flatnonzero(share > 0)
    part = share[at]
    across, up = across[at], up[at]
    strands = 0.6 * noise("fine", 26 * across, 3 * up) + 0.5 * noise("medium", 30 * across, 4 * up)
    lock = surface.kind[at] == LOCK
    if lock.any():
        along = noise("fine", 9 * surface.x[at] + 37 * surface.z[at], 14 * surface.y[at])
        strands = np.where(lock, 0.55 * along + 0.9 * (surface.z[at] - 0.5) - 0.25 * np.abs(surface.x[at]), strands)
    colour = np.array(hair.colour, np.float32) * np.clip(1.1 + 0.42 * strands, 0.3, 2.2)[:, None]
    surface.paint(at, part, colour)
    surface.roughness[at] = blend(surface.roughness[at], 12.0, part)
    surface.gloss[at] = blend(surface.gloss[at], 0.17 * (1 - 0.6 * hair.curl), part)
    surface.softness[at] *= 1 - part
    surface.normal[at, 0] += 0.11 * part * strands
    surface.normal[at, 2] += 0.11 * part * strands
    if hair.curl:
        x, y, z = position[at].T
        curls = np.stack([noise("medium", 14 * (0.7 * x + z), 14 * y), noise("medium", 15 * z, 15 * y),
                          noise("medium", 13 * y, 13 * x)], axis=1)  # fmt: skip
        surface.normal[at] += (0.45 * hair.curl * part)[:, None] * curls


def paint_clothes(surface: Surface, scan: Scan, lower: float) -> None:
    """A garment up to the base of the neck."""
    collar = smoothstep(_COLLAR_Y * lower, (_COLLAR_Y - 0.4) * lower, surface.y)
    at = np.flatnonzero((surface.kind == SKIN) & (collar > 0))
    weave = 1 + 0.05 * noise("fine", 40 * surface.position[at, 0], 40 * surface.position[at, 1])
    surface.paint(at, collar[at], np.array(scan.clothes, np.float32) * weave[:, None])
    surface.gloss[at] *= 1 - collar[at]
    surface.softness[at] *= 1 - collar[at]


def paint_glasses(surface: Surface, scan: Scan) -> None:
    """Horn, metal or coloured plastic."""
    at = surface.of_kind(FRAME)
    rng = np.random.default_rng([scan.hair_seed, 2])
    surface.albedo[at] = _FRAME_COLOURS[rng.integers(len(_FRAME_COLOURS))]
    surface.gloss[at], surface.softness[at], surface.occlusion[at] = 0.35, 0, 1
