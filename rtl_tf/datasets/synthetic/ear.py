"""The outer ear: a polar sheet in its own plane (u backwards, v upwards), with helix, antihelix, crura, fossa, concha.

The relief is written on one canonical ear, so the distances to its ridges are computed once and kept.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline

from rtl_tf.datasets.synthetic.people import Subject
from rtl_tf.datasets.synthetic.profiles import bell2, smooth_maximum, smoothstep
from rtl_tf.datasets.synthetic.skull import Skull, rest_level

# outline, from the upper lobule around the lobe and the helix back to it
_OUTLINE = np.array([
    [-0.05, -2.1], [0.3, -2.85], [0.95, -3.05], [1.5, -2.6], [1.9, -1.7], [2.55, -0.6], [3.0, 0.6], [3.05, 1.7],
    [2.6, 2.7], [1.6, 3.2], [0.6, 3.0], [-0.05, 2.3], [-0.3, 1.4], [-0.3, 0.4], [-0.3, -0.5], [-0.2, -1.3],
])  # fmt: skip
_CENTRE = np.array([1.2, 0.2])
_LOBULE = _OUTLINE[0]
_ANTIHELIX = [[0.75, -1.75], [1.45, -1.15], [1.8, -0.2], [1.65, 0.75], [1.45, 1.25]]
_SUPERIOR_CRUS = [[1.5, 1.1], [1.7, 1.8], [1.55, 2.5]]
_INFERIOR_CRUS = [[1.5, 1.1], [0.95, 1.25], [0.25, 1.45]]
_CRUS_OF_HELIX = [[-0.2, 1.1], [0.3, 0.55], [0.8, 0.25]]
_FRONT_EDGE = np.array([[-0.3, -0.5], [-0.3, 0.4]])  # in front of tragus and crus
_BURIED = 0.12  # cm of the front edge that stay under the skin
_CLEAR_OF_CHEEK = 0.08  # cm that the upper lobule stands out of the skin
_FOSSA_BOX = ((0.45, 1.4), (1.45, 2.35))  # u and v between which the triangular fossa lies


class _Canonical(NamedTuple):
    """Places of the canonical ear: their plane coordinates and distances to the edge and to the ridges."""

    uv: np.ndarray
    edge: np.ndarray
    antihelix: np.ndarray
    superior: np.ndarray
    inferior: np.ndarray
    crus_of_helix: np.ndarray


class Ear:
    """The left ear of a subject (the side that the camera sees), set on the skull.

    Attributes:
        lobule, fossa: (3,) positions of the upper lobule and of the deepest point of the triangular fossa, cm.
    """

    def __init__(self, subject: Subject, skull: Skull, skin: Callable):
        """`skin` is the head's surface function: the upper lobule is put upon it."""
        shape = subject.shape
        self.size, self.lobe, self.ridge = shape.ear_size, shape.ear_lobe, shape.antihelix
        self._attachment = 0.0
        self._set_on(skull, shape.ear_tilt, shape.ear_flare)
        self._fit_to(_cheek(skin))
        self.lobule = self._place(_LOBULE, self._relief(_lobule_place()))[0]
        self.fossa = self._fossa()

    def sheet(self, radii: int, directions: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(radii + 4, directions, 3) positions, (..., 2) plane coordinates and (...) relief.

        The last four rows roll the rim back. The first direction runs through the upper lobule.
        """
        places = _polar_places(radii, directions)
        relief = self._relief(places)
        outline = places.uv[-1]
        outwards = (outline - _CENTRE) / np.linalg.norm(outline - _CENTRE, axis=1, keepdims=True)
        spread = np.array([0.03, 0.02, -0.05, -0.35])[:, None, None]
        sink = np.array([-0.12, -0.32, -0.55, -0.9])[:, None]
        uv = np.concatenate([places.uv, outline + outwards * spread])
        relief = np.concatenate([relief, relief[-1] + sink])
        return self._place(uv, relief), uv, relief

    def surrounds(self, position: np.ndarray) -> np.ndarray:
        """bool (...): whether points (..., 3) lie in the space that the ear takes up."""
        offset = (position - self._origin) / self.size
        u, v, height = offset @ self._back, offset @ self._up, offset @ self.outwards
        inside_outline = ((u - _CENTRE[0]) / 2.1) ** 2 + ((v - _CENTRE[1]) / 3.4) ** 2 < 1
        return inside_outline & (np.abs(height) < 1.2)

    def _set_on(self, skull: Skull, tilt: float, flare: float) -> None:
        """Axes and origin of the ear's plane, beside the skull."""
        middle_y = -1.5 * skull.lower
        top = np.array([0, middle_y + 2.0 * self.size, -0.15 - 2 * tilt])
        bottom = np.array([0, middle_y - 2.1 * self.size, -0.15 + 2 * tilt])
        for end in (top, bottom):
            end[0] = skull.side_x(end[1], end[2]) + 0.10
        self._up = (top - bottom) / np.linalg.norm(top - bottom)
        backwards = np.array([np.sin(flare), 0, -np.cos(flare)])
        backwards -= self._up * (backwards @ self._up)
        self._back = backwards / np.linalg.norm(backwards)
        self.outwards = np.cross(self._back, self._up)
        self.outwards *= np.sign(self.outwards[0])
        self._origin = bottom + self._up * 2.1 * self.size

    def _fit_to(self, cheek: np.ndarray) -> None:
        """Moves the ear sideways until its front edge comes out of the cheek, and bends the lobule back onto it."""
        edge = self._place(_FRONT_EDGE, np.zeros(len(_FRONT_EDGE)))
        out = max(_cheek_x(cheek, y, z) - _BURIED - x for x, y, z in edge.tolist())
        self._origin[0] += max(out, self._gap_at_lobule(cheek))
        for _ in range(4):  # bending moves the lobule to another place of the cheek
            self._attachment = max(0.0, self._attachment - self._gap_at_lobule(cheek) / (self.size * self.outwards[0]))

    def _gap_at_lobule(self, cheek: np.ndarray) -> float:
        """How far the lobule has to move outwards, cm."""
        x, y, z = self._place(_LOBULE, self._relief(_lobule_place()))[0].tolist()
        return _cheek_x(cheek, y, z) + _CLEAR_OF_CHEEK - x

    def _place(self, uv: np.ndarray, relief: np.ndarray) -> np.ndarray:
        """Plane coordinates and relief to head coordinates, with the subject's own length of lobe."""
        v = np.where(uv[..., 1] < -1.5, -1.5 + (uv[..., 1] + 1.5) * self.lobe, uv[..., 1])[..., None]
        plane = uv[..., :1] * self._back + v * self._up + relief[..., None] * self.outwards
        return self._origin + self.size * plane

    def _relief(self, places: _Canonical) -> np.ndarray:
        """Height over the plane of the ear."""
        u, v = places.uv[..., 0], places.uv[..., 1]
        rim = smoothstep(-1.7, -0.6, v) * np.where(u < 0.6, smoothstep(0.9, 1.5, v), 1)
        relief = rim * (0.42 * np.exp(-(((places.edge - 0.20) / 0.2) ** 2)))
        relief -= rim * (0.18 * np.exp(-(((places.edge - 0.58) / 0.16) ** 2)))
        relief += 0.46 * self.ridge * np.exp(-((places.antihelix / 0.30) ** 2))
        relief = smooth_maximum(relief, 0.36 * self.ridge * np.exp(-((places.superior / 0.26) ** 2)), 0.1)
        relief = smooth_maximum(relief, 0.40 * self.ridge * np.exp(-((places.inferior / 0.22) ** 2)), 0.1)
        relief -= 0.30 * bell2(u, v, 0.95, 1.95, 0.36, 0.26)  # triangular fossa
        relief -= 1.0 * bell2(u, v, 0.75, -0.35, 0.5, 0.65) + 0.55 * bell2(u, v, 0.85, 0.75, 0.5, 0.28)  # concha
        relief += 0.35 * np.exp(-((places.crus_of_helix / 0.2) ** 2))
        relief += 0.62 * bell2(u, v, -0.12, -0.45, 0.30, 0.42)  # tragus
        relief += 0.34 * bell2(u, v, 0.62, -1.5, 0.35, 0.25)  # antitragus
        relief += 0.22 * bell2(u, v, 0.75, -2.35, 0.6, 0.45)  # lobe
        return relief - self._attachment * bell2(u, v, _LOBULE[0], _LOBULE[1], 0.5, 0.55)

    def _fossa(self) -> np.ndarray:
        places = _fossa_places()
        relief = self._relief(places)
        deepest = np.unravel_index(np.argmin(relief), relief.shape)
        return self._place(places.uv[deepest], relief[deepest])


def _cheek(skin: Callable) -> np.ndarray:
    """(N, 3) points of the skin around the front edge of the ear."""
    low, high = rest_level(np.array([-8.0, -1.5]))
    angle, level = np.deg2rad(np.linspace(72, 112, 24)), np.linspace(low, high, 30)
    return skin(angle[None, :], level[:, None]).position.reshape(-1, 3)


def _cheek_x(cheek: np.ndarray, y: float, z: float) -> float:
    """x of the cheek at height y and depth z: of a plane through the nearest of its points."""
    distance = (cheek[:, 1] - y) ** 2 + (cheek[:, 2] - z) ** 2
    nearest = cheek[np.argpartition(distance, 8)[:8]]
    plane = np.column_stack([np.ones(8), nearest[:, 1] - y, nearest[:, 2] - z])
    return float(np.linalg.lstsq(plane, nearest[:, 0], rcond=None)[0][0])


def _canonical(uv: np.ndarray, edge: np.ndarray) -> _Canonical:
    ridges = (_ANTIHELIX, _SUPERIOR_CRUS, _INFERIOR_CRUS, _CRUS_OF_HELIX)
    return _Canonical(uv, edge, *(_distance_to_curve(uv, ridge) for ridge in ridges))


@lru_cache(maxsize=4)
def _polar_places(radii: int, directions: int) -> _Canonical:
    outline = _outline(directions)
    share = np.linspace(0, 1, radii) ** 0.8
    uv = _CENTRE + (outline - _CENTRE) * share[:, None, None]
    edge = (1 - share)[:, None] * np.linalg.norm(outline - _CENTRE, axis=1)
    return _canonical(uv, edge)


@lru_cache(maxsize=1)
def _lobule_place() -> _Canonical:
    return _canonical(_LOBULE[None], np.zeros(1))


@lru_cache(maxsize=1)
def _fossa_places() -> _Canonical:
    """A grid of 0.15 mm over the region of the triangular fossa."""
    (u0, u1), (v0, v1) = _FOSSA_BOX
    uv = np.stack(np.meshgrid(np.linspace(u0, u1, 64), np.linspace(v0, v1, 64)), axis=-1)
    outline = _outline(720) - _CENTRE
    bearing = np.arctan2(outline[:, 1], outline[:, 0])
    order = np.argsort(bearing)
    from_centre = uv - _CENTRE
    ray = np.arctan2(from_centre[..., 1], from_centre[..., 0])
    reach = np.interp(ray, bearing[order], np.linalg.norm(outline, axis=1)[order], period=2 * np.pi)
    return _canonical(uv, np.maximum(reach - np.linalg.norm(from_centre, axis=-1), 0))


def _outline(points: int) -> np.ndarray:
    """(points, 2) closed outline; first and last point are the upper lobule."""
    closed = np.vstack([_OUTLINE, _OUTLINE[:1]])
    return CubicSpline(np.arange(len(closed)), closed, bc_type="periodic")(np.linspace(0, len(_OUTLINE), points))


def _distance_to_curve(uv: np.ndarray, knots: list[list[float]]) -> np.ndarray:
    spline = CubicSpline(np.arange(len(knots)), np.array(knots))
    curve = spline(np.linspace(0, len(knots) - 1, 9))
    squared = np.full(uv.shape[:-1], np.inf)
    for start, end in zip(curve[:-1], curve[1:], strict=True):
        along = end - start
        share = np.clip((uv - start) @ along / (along @ along), 0, 1)
        squared = np.minimum(squared, ((uv - start - share[..., None] * along) ** 2).sum(-1))
    return np.sqrt(squared)
