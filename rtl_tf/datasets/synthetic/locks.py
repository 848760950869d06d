"""Locks of hair: tapered ribbons that are combed over the scalp, fall over the brow or hang down the neck."""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import map_coordinates

from rtl_tf.datasets.synthetic.hair import HairCap
from rtl_tf.datasets.synthetic.head import Head
from rtl_tf.datasets.synthetic.mesh import LOCK, Part, fields, grid_normals, quads
from rtl_tf.datasets.synthetic.people import Hair
from rtl_tf.datasets.synthetic.profiles import smoothstep
from rtl_tf.datasets.synthetic.scans import Scan
from rtl_tf.datasets.synthetic.skull import rest_level

_JOINTS = 9  # points along a lock
VERTICES_PER_LOCK = 2 * _JOINTS
_ANGLES, _LEVELS = np.deg2rad(np.linspace(-85, 170, 52)), np.linspace(0.12, 1, 72)
_LONG = 0.3  # length from which hair hangs down behind the ears
_LEVEL_PER_CM = 0.03  # roughly, on the scalp
_EAR_LEVEL = float(rest_level(np.array(0.5)))


class _Scalp(NamedTuple):
    """The skull with its cap of hair on a coarse grid of (level, angle)."""

    position: np.ndarray  # (levels, angles, 3)
    normal: np.ndarray
    hairline: np.ndarray  # (angles,) level of the hairline

    def at(self, angle: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(position, normal), each (..., 3), by bilinear interpolation."""
        rows = (level - _LEVELS[0]) / (_LEVELS[1] - _LEVELS[0])
        columns = (angle - _ANGLES[0]) / (_ANGLES[1] - _ANGLES[0])
        both = np.concatenate([self.position, self.normal], axis=-1)
        sampled = [map_coordinates(both[..., k], [rows, columns], order=1, mode="nearest") for k in range(6)]
        return np.stack(sampled[:3], axis=-1), np.stack(sampled[3:], axis=-1)


def locks_part(head: Head, cap: HairCap, scan: Scan) -> Part:
    """All locks of a head. The vertices of a lock follow each other, VERTICES_PER_LOCK of them."""
    hair = head.subject.hair
    rng = np.random.default_rng([scan.hair_seed, 0])
    scalp = _scalp(head, cap)
    count = int(190 + 60 * hair.length)
    angle, level = _roots(scalp, rng, count)
    angle, level, lift = _combed(scalp, hair, scan.hair_mess, rng, angle, level)
    centre, normal = scalp.at(angle, level)
    centre = centre + (lift + 0.12 * rng.uniform(0, 1, (count, 1)))[..., None] * normal
    if hair.length > _LONG:
        curtain, outwards = _curtain(scalp, hair, rng)
        centre, normal = np.concatenate([centre, curtain]), np.concatenate([normal, outwards])
    centre = centre + _waves(hair, scan.hair_mess, rng, len(centre))
    clear_of_ear = ~head.ear.surrounds(centre).any(axis=1)
    return _ribbons(centre[clear_of_ear], normal[clear_of_ear], 1 - 0.55 * hair.curl, rng)


def _scalp(head: Head, cap: HairCap) -> _Scalp:
    x, y, z = head.skull.surface(_ANGLES[None, :], _LEVELS[:, None])
    position = np.stack([x, y, z], axis=-1)
    share, rise = cap.over(np.broadcast_to(_ANGLES, y.shape), y)
    normal = grid_normals(position)
    haired = _LEVELS[np.argmax(share > 0.55, axis=0)]
    return _Scalp(position + rise[..., None] * normal, normal, haired)


def _roots(scalp: _Scalp, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Spread evenly over the angles; more of them near the hairline, where locks show."""
    angle = _ANGLES[0] + (_ANGLES[-1] - _ANGLES[0]) * (np.arange(count) + rng.uniform(0, 1, count)) / count
    line = np.interp(angle, _ANGLES, scalp.hairline)
    return angle, line + (0.95 - line) * rng.uniform(0, 1, count) ** 1.6


def _combed(scalp: _Scalp, hair: Hair, mess: float, rng: np.random.Generator, angle, level):
    """(angle, level, lift) along every lock, (count, _JOINTS) each: where its joints lie over the scalp.

    With a fringe the front hair falls over the brow; without one it is swept aside from the parting.
    """
    count = len(angle)
    along = np.linspace(0, 1, _JOINTS)
    front = smoothstep(np.deg2rad(65), np.deg2rad(45), np.abs(angle))
    swept = (front * (hair.fringe == 0))[:, None]
    fall = _fall(scalp, hair, rng, angle, level, front)[:, None]
    levels = level[:, None] - fall * along ** (1 + 0.8 * swept)
    aside = np.sign(angle - hair.parting)[:, None] * (0.15 + 0.45 * swept) * front[:, None]
    aside = aside * rng.uniform(0.6, 1.1, (count, 1)) + 0.08 * (0.3 + mess) * rng.standard_normal((count, 1))
    angles = angle[:, None] + aside * along ** (1.3 - 0.6 * swept)
    levels = np.where(swept > 0.3, np.maximum(levels, np.interp(angles, _ANGLES, scalp.hairline)), levels)
    lift = 0.10 + 0.25 * hair.volume * np.sin(np.pi * along) * (0.4 + 0.6 * swept)
    loose = (rng.uniform(0, 1, (count, 1)) < 0.2 * mess) * along * rng.uniform(0.2, 0.8, (count, 1))
    return angles, levels, lift + loose


def _fall(scalp: _Scalp, hair: Hair, rng: np.random.Generator, angle, level, front) -> np.ndarray:
    """Levels from root to tip: locks that come near the hairline fall beyond it."""
    count = len(angle)
    behind = smoothstep(np.deg2rad(95), np.deg2rad(125), angle)
    beside = (1 - front) * (1 - behind)
    beyond = hair.fringe * front * rng.uniform(0.5, 1.05, count)
    beyond += beside * rng.uniform(-0.6, 0.5, count)
    beyond += behind * (rng.uniform(-0.2, 0.8, count) + 14 * max(hair.length - _LONG, 0) * rng.uniform(0.7, 1.3, count))
    length = 2.2 + 5 * hair.length + 2.5 * (hair.fringe > 0) * front
    length = length * (1 - 0.6 * hair.curl) * rng.uniform(0.7, 1.2, count)
    above_line = level - np.interp(angle, _ANGLES, scalp.hairline)
    reach = np.minimum(above_line, length * _LEVEL_PER_CM)
    return reach + np.where(above_line - reach < _LEVEL_PER_CM, beyond * _LEVEL_PER_CM, 0)


def _curtain(scalp: _Scalp, hair: Hair, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(position, normal) of long hair that hangs straight down from the scalp behind the ears."""
    count = int(70 + 80 * hair.length)
    angle = np.deg2rad(rng.uniform(106, 165, count))
    start, normal = scalp.at(angle, np.full(count, _EAR_LEVEL) + rng.uniform(0, 0.07, count))
    outwards = normal * [1, 0, 1]
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    along = np.linspace(0, 1, _JOINTS)[:, None]
    drop = (4 + 15 * (hair.length - _LONG)) * rng.uniform(0.75, 1.1, (count, 1, 1)) * along
    inwards = along * rng.uniform(-0.2, 3.0, (count, 1, 1))
    bulge = rng.uniform(-0.3, 0.4, (count, 1, 1)) + hair.volume * along * (0.7 - along) - inwards
    position = start[:, None] + bulge * outwards[:, None] - drop * [0, 1, 0]
    return position, np.broadcast_to(outwards[:, None], position.shape)


def _waves(hair: Hair, mess: float, rng: np.random.Generator, count: int) -> np.ndarray:
    along = np.linspace(0, 1, _JOINTS)[:, None]
    phase, pace = rng.uniform(0, 2 * np.pi, (count, 1, 3)), rng.uniform(0.7, 1.3, (count, 1, 3))
    size = 0.05 + 0.10 * mess + 0.30 * hair.curl
    return size * along * np.sin(phase + pace * (3 + 9 * hair.curl) * along)


def _ribbons(centre: np.ndarray, normal: np.ndarray, breadth: float, rng: np.random.Generator) -> Part:
    """Two rows of vertices along every lock; the normals tilt outwards, so that a flat ribbon looks round."""
    count = len(centre)
    tangent = np.gradient(centre, axis=1)
    aside = np.cross(tangent, normal)
    aside /= np.maximum(np.linalg.norm(aside, axis=-1, keepdims=True), 1e-6)
    along = np.linspace(0, 1, _JOINTS)
    width = (0.9 * along**0.3 * (1 - along) ** 0.55 + 0.05)[:, None] * breadth * rng.uniform(0.35, 0.85, (count, 1, 1))
    position = np.stack([centre - width * aside, centre + width * aside], axis=2)
    tilted = np.stack([normal - 0.45 * aside, normal + 0.45 * aside], axis=2)
    across = np.broadcast_to([-1.0, 1.0], (count, _JOINTS, 2))
    tone = np.broadcast_to(rng.uniform(0, 1, (count, 1, 1)), across.shape)
    packed = fields(position, tilted, across, np.broadcast_to(along[:, None], across.shape), tone, 1, 0.05, LOCK)
    one = quads(_JOINTS, 2)[:, ::-1]
    triangles = (one[None] + (np.arange(count, dtype=np.int32) * VERTICES_PER_LOCK)[:, None, None]).reshape(-1, 3)
    return Part(packed, triangles)
