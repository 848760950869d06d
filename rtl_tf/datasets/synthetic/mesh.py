"""Triangles for the seen side of a head. Every face landmark is a vertex: a row and a column run through it."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

from rtl_tf.datasets.synthetic.hair import HairCap
from rtl_tf.datasets.synthetic.head import Head
from rtl_tf.datasets.synthetic.landmarks import Landmarks
from rtl_tf.datasets.synthetic.skull import rest_level

SKIN, EAR, LOCK, FRAME = 0, 1, 2, 3  # what a vertex belongs to
KIND = 11  # the column of the fields that says it
# heights on the average head (cm) and the rows between them: dense at the eyes, the nose's base and the lips
_ROW_BANDS = ((-11.5, -10.9, 7), (-10.9, -8.2, 16), (-8.2, -5.9, 30), (-5.9, -4.9, 10), (-4.9, -3.5, 20),
              (-3.5, -1.3, 14), (-1.3, 1.3, 34), (1.3, 3, 12), (3, 8, 16))  # fmt: skip
_NECK_ROWS, _CROWN_ROWS = 26, 19
_TORSO = 14.0  # cm
_COLUMN_BANDS = ((-80, -46, 3), (-46, 46, 0.85), (46, 100, 2), (100, 166, 4))  # degrees from, to, step


class Part(NamedTuple):
    """A triangulated piece of the scene.

    `fields` is float32 (V, 12): position, normal, and what shading needs: face (or sheet) coordinates x, y, z, hair
    share, cavity (depth of a hollow relative to its surroundings, cm), and the kind of part.
    """

    fields: np.ndarray
    triangles: np.ndarray  # int32 (T, 3), counter-clockwise seen from outside


def join(parts: list[Part]) -> Part:
    """One mesh of several."""
    offsets = np.cumsum([0, *(len(part.fields) for part in parts[:-1])])
    triangles = [part.triangles + np.int32(offset) for part, offset in zip(parts, offsets, strict=True)]
    return Part(np.concatenate([part.fields for part in parts]), np.concatenate(triangles))


def fields(position: np.ndarray, normal: np.ndarray, x, y, z, hair, cavity, kind: int) -> np.ndarray:
    """Packs per-vertex quantities into float32 (V, 12); x to cavity are arrays of one shape or scalars."""
    packed = np.empty((*position.shape[:-1], 12), np.float32)
    packed[..., :3], packed[..., 3:6] = position, normal
    for k, quantity in enumerate((x, y, z, hair, cavity, kind)):
        packed[..., 6 + k] = quantity
    return packed.reshape(-1, 12)


def head_part(head: Head, landmarks: Landmarks, cap: HairCap, detail: float) -> Part:
    """The skin from the shoulders to the crown, with the cap of hair. `detail` 1 suits a 512 px raster."""
    levels, angles = _rows(detail, landmarks.level), _columns(detail, landmarks.angle)
    skin = head.skin(angles[None, :].astype(np.float32), levels[:, None])
    position = skin.position
    share, rise = cap.over(np.broadcast_to(angles.astype(np.float32), skin.x.shape), skin.y)
    position = position + rise[..., None] * grid_normals(position)
    normal = grid_normals(position)
    cavity = 0.9 * _cavity(position, normal, 3.0 * detail)
    coarse = _cavity(position[::3, ::3], normal[::3, ::3], 3.0 * detail)
    cavity += 0.35 * np.repeat(np.repeat(coarse, 3, 0), 3, 1)[: cavity.shape[0], : cavity.shape[1]]
    packed = fields(position, normal, skin.x, skin.y, skin.z, share, np.clip(cavity, -0.3, 0.6), SKIN)
    return Part(packed, quads(len(levels), len(angles))[:, ::-1])


def torso_part(head: Head, landmarks: Landmarks, detail: float) -> Part:
    """What hangs down from the shoulders, below which a photograph of the whole head may reach."""
    angles = _columns(detail, landmarks.angle)
    edge = head.skin(angles.astype(np.float32), np.zeros_like(angles))
    share = np.linspace(0, 1, 12)[:, None] ** 1.5
    down, wider = _TORSO * share, 1 + 0.1 * (1 - (1 - share) ** 4)
    position = edge.position * np.stack([wider, np.ones_like(wider), wider], -1) - down[..., None] * [0, 1, 0]
    packed = fields(position, -grid_normals(position), edge.x, edge.y - down, edge.z, 0, 0, SKIN)
    return Part(packed, quads(len(share), len(angles)))


def ear_part(head: Head, detail: float) -> Part:
    """The ear's sheet with its rolled rim."""
    radii, directions = int(14 + 26 * detail), int(48 + 64 * detail)
    position, uv, relief = head.ear.sheet(radii, directions)
    normal = -grid_normals(position)
    normal[:radii] *= np.sign((normal[:radii] * head.ear.outwards).sum(-1, keepdims=True) + 1e-9)
    cavity = 1.1 * _cavity(position, normal, 2.5 * detail) + 0.25 * np.clip(-relief, 0, 1)
    packed = fields(position, normal, uv[..., 0], uv[..., 1], relief, 0, np.clip(cavity, -0.3, 0.8), EAR)
    return Part(packed, quads(radii + 4, directions))


def grid_normals(position: np.ndarray) -> np.ndarray:
    """Unit normals of a (rows, columns, 3) grid, by central differences; along columns x along rows."""
    across, along = np.empty_like(position), np.empty_like(position)
    across[:, 1:-1] = position[:, 2:] - position[:, :-2]
    across[:, 0], across[:, -1] = position[:, 1] - position[:, 0], position[:, -1] - position[:, -2]
    along[1:-1] = position[2:] - position[:-2]
    along[0], along[-1] = position[1] - position[0], position[-1] - position[-2]
    a, b = np.moveaxis(across, -1, 0), np.moveaxis(along, -1, 0)
    normal = np.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]], axis=-1)
    return normal / np.maximum(np.sqrt((normal * normal).sum(-1, keepdims=True)), 1e-9)


@lru_cache(maxsize=32)
def quads(rows: int, columns: int) -> np.ndarray:
    """int32 (T, 3): two triangles for every cell of a grid of vertices."""
    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1].ravel(), index[:-1, 1:].ravel(), index[1:, 1:].ravel(), index[1:, :-1].ravel()
    return np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])


def _cavity(position: np.ndarray, normal: np.ndarray, width: float) -> np.ndarray:
    """How far a point lies below the mean of its neighbourhood on the grid: positive in hollows."""
    smooth = gaussian_filter(position, (width, width, 0), mode="nearest", truncate=2.5)
    return ((smooth - position) * normal).sum(-1)


@lru_cache(maxsize=8)
def _plain_rows(detail: float) -> np.ndarray:
    heights = [np.linspace(a, b, max(int(n * detail), 3), endpoint=False) for a, b, n in _ROW_BANDS]
    levels = rest_level(np.concatenate([*heights, [8.0]]))
    neck = np.linspace(0, levels[0], int(_NECK_ROWS * detail), endpoint=False)
    return np.concatenate([neck, levels[:-1], np.linspace(levels[-1], 1, int(_CROWN_ROWS * detail) + 4)])


def _rows(detail: float, landmark_levels: np.ndarray) -> np.ndarray:
    return _drawn_through(_plain_rows(detail), landmark_levels[np.isfinite(landmark_levels)])


def _columns(detail: float, landmark_angles: np.ndarray) -> np.ndarray:
    through = np.abs(landmark_angles[np.isfinite(landmark_angles)])
    bands = [np.arange(a, b, step / detail) for a, b, step in _COLUMN_BANDS]
    plain = np.deg2rad(np.concatenate([*bands, [_COLUMN_BANDS[-1][1]]]))
    return _drawn_through(plain, np.concatenate([through, -through]))


def _drawn_through(lines: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Grid lines shifted so that one runs through every place; the shift fades linearly to the next such line."""
    places = np.unique(places)
    anchors = np.searchsorted((lines[1:] + lines[:-1]) / 2, places)
    for k in range(1, len(anchors)):
        anchors[k] = max(anchors[k], anchors[k - 1] + 1)
    anchors = np.concatenate([[0], anchors, [len(lines) - 1]])
    shifts = np.concatenate([[0], places - lines[anchors[1:-1]], [0]])
    shifted = lines + np.interp(np.arange(len(lines)), anchors, shifts)
    shifted[anchors[1:-1]] = places
    return shifted
