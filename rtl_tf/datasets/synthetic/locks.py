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
TRIANGLES_PER_LOCK = 2 * (_JOINTS - 1)
_ANGLES, _LEVELS = np.deg2rad(np.linspace(-85, 170, 52)), np.linspace(0.12, 1, 72)
_LONG = 0.3  # length from which hair is laid behind the ear and hangs down
_BEHIND_EAR = np.deg2rad(108)
_BEHIND_EAR_LEVEL = float(rest_level(0.5))


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
    """All locks of a head. Triangles of one lock follow each other, TRIANGLES_PER_LOCK of them."""
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
    return _ribbons(centre, normal, rng)


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


def _combed(scalp, hair: Hair, mess: float, rng, angle, level):
    """(angle, level, lift) along every lock, (count, _JOINTS) each."""
    count = len(angle)
    along = np.linspace(0, 1, _JOINTS)
    line = np.interp(angle, _ANGLES, scalp.hairline)
    front = smoothstep(np.deg2rad(65), np.deg2rad(45), np.abs(angle))
    behind = smoothstep(np.deg2rad(95), np.deg2rad(125), angle)
    cm = 1 / 33.0  # level per centimetre

    beyond = hair.fringe * front * rng.uniform(0.5, 1.05, count)
    beyond += (1 - front) * (1 - behind) * rng.uniform(-0.3, 0.9, count) + behind * rng.uniform(-0.2, 0.8, count)
    beyond += behind * np.clip(hair.length - _LONG, 0, 1) * rng.uniform(10, 18, count)
    beyond += (1 - front) * (1 - behind) * np.clip(hair.length - _LONG, 0, 1) * rng.uniform(6, 16, count)
    reach = np.minimum(level - line, (2.2 + 5 * hair.length + 2.5 * (hair.fringe > 0) * front) * cm * rng.uniform(0.7, 1.2, count))
    swept = front * (hair.fringe == 0)
    fall = np.where(level - line - reach < 1.0 * cm, reach + beyond * cm, reach) * (1 - 0.8 * swept)
    levels = level[:, None] - fall[:, None] * along

    aside = np.sign(angle - hair.parting) * (0.15 + 0.65 * swept) * front * rng.uniform(0.6, 1.1, count)
    aside += 0.10 * (0.3 + mess) * rng.standard_normal(count)
    angles = angle[:, None] + aside[:, None] * along**1.3
    # hair that is long enough is laid behind the ear
    low = smoothstep(0.02, -0.06, levels - np.interp(np.deg2rad(75), _ANGLES, scalp.hairline) - 0.03)
    beside = (angles > np.deg2rad(58)) * low * (hair.length > _LONG)
    angles = np.where(angles < _BEHIND_EAR, angles + beside * (_BEHIND_EAR - angles), angles)
    lift = 0.10 + 0.25 * hair.volume * np.sin(np.pi * along) * (0.4 + 0.6 * swept[:, None])
    loose = (rng.uniform(0, 1, (count, 1)) < 0.2 * mess) * along * rng.uniform(0.2, 0.8, (count, 1))
    return angles, levels, lift + loose


def _curtain(scalp: _Scalp, hair: Hair, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(position, normal) of long hair that hangs straight down from the scalp behind the ears."""
    count = int(70 + 80 * hair.length)
    angle = _ANGLES[0] + np.deg2rad(rng.uniform(178, 250, count))
    start, normal = scalp.at(angle, np.full(count, _BEHIND_EAR_LEVEL) + rng.uniform(0, 0.07, count))
    outwards = normal * [1, 0, 1]
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    along = np.linspace(0, 1, _JOINTS)[:, None]
    drop = (4 + 15 * (hair.length - _LONG)) * rng.uniform(0.75, 1.1, (count, 1, 1)) * along
    bulge = rng.uniform(-0.6, 0.4, (count, 1, 1)) + hair.volume * along * (0.7 - along)
    position = start[:, None] + bulge * outwards[:, None] - drop * [0, 1, 0]
    return position, np.broadcast_to(outwards[:, None], position.shape)


def _waves(hair: Hair, mess: float, rng: np.random.Generator, count: int) -> np.ndarray:
    along = np.linspace(0, 1, _JOINTS)[:, None]
    phase, pace = rng.uniform(0, 2 * np.pi, (count, 1, 3)), rng.uniform(0.7, 1.3, (count, 1, 3))
    size = 0.05 + 0.10 * mess + 0.30 * hair.curl
    return size * along * np.sin(phase + pace * (3 + 9 * hair.curl) * along)


def _ribbons(centre: np.ndarray, normal: np.ndarray, rng: np.random.Generator) -> Part:
    """Two rows of vertices along every lock; the normals tilt outwards, so that a flat ribbon looks round."""
    count = len(centre)
    tangent = np.gradient(centre, axis=1)
    aside = np.cross(tangent, normal)
    aside /= np.maximum(np.linalg.norm(aside, axis=-1, keepdims=True), 1e-6)
    along = np.linspace(0, 1, _JOINTS)
    width = (0.9 * along**0.3 * (1 - along) ** 0.55 + 0.05)[:, None] * rng.uniform(0.35, 0.85, (count, 1, 1))
    position = np.stack([centre - width * aside, centre + width * aside], axis=2)
    tilted = np.stack([normal - 0.45 * aside, normal + 0.45 * aside], axis=2)
    across = np.broadcast_to([-1.0, 1.0], (count, _JOINTS, 2))
    tone = np.broadcast_to(rng.uniform(0, 1, (count, 1, 1)), across.shape)
    packed = fields(position, tilted, across, np.broadcast_to(along[:, None], across.shape), tone, 1, 0.05, LOCK)
    one = quads(_JOINTS, 2)[:, ::-1]
    triangles = (one[None] + (np.arange(count, dtype=np.int32) * 2 * _JOINTS)[:, None, None]).reshape(-1, 3)
    return Part(packed, triangles)
