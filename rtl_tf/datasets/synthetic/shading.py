"""Light on the surface: a key light with soft shadows, sky, a weak fill, and light that scatters within the skin."""

import numpy as np
from scipy.ndimage import gaussian_filter

from rtl_tf.datasets.synthetic.profiles import blend, smoothstep
from rtl_tf.datasets.synthetic.scans import Light
from rtl_tf.datasets.synthetic.surface import Surface

_WRAP = np.array([0.34, 0.20, 0.15], np.float32)  # how far red, green, blue reach around the terminator
_SCATTER = (0.22, 0.10)  # standard deviation of the spread of red and green light in the skin, cm
_MAP_SIDE, _MAP_EXTENT = 96, 32.0  # cells and cm of the shadow map


def shade(surface: Surface, light: Light, towards: np.ndarray, vertices: np.ndarray, pixel, side: int) -> np.ndarray:
    """Linear radiance (P, 3).

    Args:
        towards: unit vector to the camera, head axes.
        vertices: (V, 3) of everything that casts shadows.
        pixel: (P,) raster index of each entry of the surface, for the scattering in the picture plane.
    """
    normal = surface.normal / np.sqrt((surface.normal**2).sum(1, keepdims=True))
    direction, towards = np.array(light.direction, np.float32), towards.astype(np.float32)
    facing = normal @ direction
    key = np.array([1 + light.warmth, 1, 1 - light.warmth], np.float32) * light.strength
    lit = _spread(_lit_share(vertices, surface.position + 0.15 * normal, direction, facing), pixel, side, side / 150)
    occlusion = surface.occlusion[:, None]

    diffuse = np.clip((facing[:, None] + _WRAP) / (1 + _WRAP), 0, 1)
    diffuse *= (1 - (1 - lit)[:, None] * np.array([0.72, 0.80, 0.82], np.float32)) * key * (0.55 + 0.45 * occlusion)
    view = np.clip(normal @ towards, 0, 1)
    around = 0.28 * view + light.ambient * (0.62 + 0.38 * normal[:, 1])
    irradiance = diffuse + around[:, None] * occlusion**1.3 * np.array([0.97, 1, 1.04], np.float32)
    for channel, width in enumerate(_SCATTER):
        scattered = _spread(irradiance[:, channel], pixel, side, width / surface.px)
        irradiance[:, channel] = blend(irradiance[:, channel], scattered, surface.softness)

    half = direction + towards
    glint = np.clip(normal @ (half / np.linalg.norm(half)), 0, 1)
    shine = surface.gloss * (glint**surface.roughness + 0.35 * glint ** (4 * surface.roughness))
    shine *= 0.5 * lit * (0.6 + 0.6 * light.strength)
    rim = 0.03 * (1 - view) ** 3 * surface.occlusion
    return surface.albedo**2.2 * irradiance * 0.85 + (shine + rim)[:, None]


def _spread(values: np.ndarray, pixel: np.ndarray, side: int, width: float) -> np.ndarray:
    """Gaussian mean over the neighbouring pixels of the surface, leaving the background out."""
    if width < 0.3:
        return values
    image, mask = np.zeros((2, side * side), np.float32)
    image[pixel], mask[pixel] = values, 1
    blurred, weight = (gaussian_filter(part.reshape(side, side), width, truncate=2) for part in (image, mask))
    return blurred.ravel()[pixel] / np.maximum(weight.ravel()[pixel], 1e-3)


def _lit_share(vertices: np.ndarray, position: np.ndarray, direction: np.ndarray, facing: np.ndarray) -> np.ndarray:
    """1 in the light, 0 in shadow: vertices splatted into a coarse depth map seen from the light."""
    right = np.cross([0, 1, 0], direction)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(direction, right), direction], axis=1).astype(np.float32)
    scale = _MAP_SIDE / _MAP_EXTENT
    caster = vertices @ axes
    cell = np.clip(((caster[:, :2] + _MAP_EXTENT / 2) * scale).astype(np.int32), 0, _MAP_SIDE - 1)
    nearest = np.full(_MAP_SIDE**2, -99, np.float32)
    np.maximum.at(nearest, cell[:, 1] * _MAP_SIDE + cell[:, 0], caster[:, 2])

    receiver = position @ axes
    bias = 0.3 + 0.4 * np.sqrt(np.maximum(1 - facing**2, 0)) / np.maximum(facing, 0.12)
    place = (receiver[:, :2] + _MAP_EXTENT / 2) * scale - 0.5
    base = np.clip(np.floor(place).astype(np.int32), 0, _MAP_SIDE - 2)
    share_x, share_y = np.clip(place - base, 0, 1).T
    lit = np.zeros(len(position), np.float32)
    for dx, weight_x in ((0, 1 - share_x), (1, share_x)):
        for dy, weight_y in ((0, 1 - share_y), (1, share_y)):
            blocker = nearest[(base[:, 1] + dy) * _MAP_SIDE + base[:, 0] + dx]
            lit += weight_x * weight_y * smoothstep(1, 0, blocker - receiver[:, 2] - bias)
    return lit
