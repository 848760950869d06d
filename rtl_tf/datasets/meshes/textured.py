"""A mesh with textures, and the map from a place on a texture to the surface."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

TOUCH = 0.01  # px that a place may lie beside a triangle: numbers in files are rounded
LOOKED_AT = 50.0  # px around a place
BORDER = 1.0  # px from the border of a chart within which a detector's error leads off it
ONE_PLACE = 0.01  # mm between places that are taken for one
NEAR = 0.5  # mm between places whose middle is taken
AROUND = 2.0  # px: an error that a detector makes easily
LEAP = 5.0  # mm that it must not make of it on the surface without being said
AT_ONCE = 1000  # points together, for the memory
NOWHERE = np.full(3, np.nan)


@dataclass(frozen=True, eq=False)
class TexturedMesh:
    """V vertices, T triangles, and where these lie on the textures.

    Attributes:
        vertices: float64 (V, 3), in the unit and the axes of the file.
        triangles: int32 (T, 3), of vertices.
        uv: float64 (U, 2): from the left and from below, 1 = the texture's width and height.
        uv_triangles: int32 (T, 3), of uv; -1 = the triangle has none.
        textures: image files.
        texture_of: int32 (T,), of textures; -1 = the triangle has none.
        space: "RAS" where the file says so, else "LPS", which 3D Slicer takes it for.
    """

    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray
    uv_triangles: np.ndarray
    textures: tuple[Path, ...]
    texture_of: np.ndarray
    space: str = "LPS"

    @property
    def extent(self) -> float:
        """Diagonal of the box around all corners of triangles, in the unit of the file."""
        used = self.vertices[np.unique(self.triangles)]
        return float(np.linalg.norm(np.ptp(used, axis=0)))


class Place(NamedTuple):
    """Where a place on a texture lies on the mesh.

    Attributes:
        position: (3,), NaN = nowhere; `note` says why.
        off_px: how far from the triangle that it was taken to; NaN = nowhere.
        spread_mm: how far from there lies what the texture shows AROUND px away; much at the outline of a nose, behind
            which a cheek is seen. NaN = nowhere.
    """

    position: np.ndarray
    off_px: float
    note: str = ""
    spread_mm: float = float("nan")

    @property
    def leaps(self) -> bool:
        """Whether a small error on the texture is a large one on the surface."""
        return self.spread_mm > LEAP


class TextureMap:
    """The triangles of a mesh that lie on one texture, in its px, pixel centres on integers."""

    def __init__(self, mesh: TexturedMesh, texture: int, size: tuple[int, int]):
        """`size` is the (width, height) of the texture."""
        mine = mesh.texture_of == texture
        uv = mesh.uv[mesh.uv_triangles[mine]]
        uv -= np.floor(uv.mean(axis=1, keepdims=True))  # beyond 0 to 1 a texture repeats
        self._corners = uv * [size[0], -size[1]] + [-0.5, size[1] - 0.5]
        self._surface = mesh.vertices[mesh.triangles[mine]]
        self._low, self._high = self._corners.min(axis=1), self._corners.max(axis=1)

    def find(self, point: np.ndarray, reach: float, mm_per_unit: float) -> Place:
        """The place on the surface of a point (2,), px; beside all charts the nearest up to `reach` px away.

        Where triangles of different places share the point, it is nowhere, unless they are less than NEAR mm apart.
        """
        margin = max(reach, LOOKED_AT)
        near = np.flatnonzero(((self._low <= point + margin) & (self._high >= point - margin)).all(axis=1))
        corners = self._corners[near]
        weights, away = nearest_places(corners, point)
        off = float(np.min(away, initial=np.inf))
        if off > max(reach, TOUCH):
            beyond = f"{off:.1f} px" if off < margin else f"more than {margin:g} px"
            return Place(NOWHERE, np.nan, f"outside all charts: the nearest place is {beyond} away")
        same = _in_space(weights, self._surface[near])[away == off]
        apart = float(np.linalg.norm(same - same[0], axis=-1).max()) * mm_per_unit
        if apart > NEAR:
            return Place(NOWHERE, np.nan, f"places of the mesh {apart:.1f} mm apart have this px: none is taken")
        position, off = same.mean(axis=0), off if off > TOUCH else 0.0
        close = away <= max(off, AROUND) + TOUCH
        spread = _spread(corners[close], self._surface[near[close]], point, position) * mm_per_unit
        notes = [f"middle of places {apart:.2f} mm apart"] if apart > ONE_PLACE else []
        if off:
            notes.append(f"outside all charts: the nearest place, {off:.2f} px away")
        elif border_distance(corners, point) <= BORDER:
            notes.append(f"within {BORDER:g} px of the border of its chart")
        if spread > LEAP:
            notes.append(f"what is seen {AROUND:g} px beside it lies up to {spread:.1f} mm away")
        return Place(position, off, "; ".join(notes), spread)

    def places(self, points: np.ndarray, reach: float, mm_per_unit: float) -> np.ndarray:
        """(P, 3): the positions of points (P, 2), px, as `find` has them; NaN = nowhere. For many of one place."""
        found = np.full((len(points), 3), np.nan)
        for start in range(0, len(points), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            found[part] = self._places(points[part], max(reach, TOUCH), mm_per_unit)
        return found

    def _places(self, points: np.ndarray, reach: float, mm_per_unit: float) -> np.ndarray:
        first, last = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
        near = np.flatnonzero(((self._low <= last + reach) & (self._high >= first - reach)).all(axis=1))
        low, high = self._low[near] - reach, self._high[near] + reach
        which, mine = np.nonzero(((points[:, None] >= low) & (points[:, None] <= high)).all(axis=-1))
        weights, away = nearest_places(self._corners[near[mine]], points[which, None])
        least = np.full(len(points), np.inf)
        np.minimum.at(least, which, away)
        same = (away == least[which]) & (away <= reach)
        which, at = which[same], _in_space(weights[same], self._surface[near[mine[same]]])
        place, first_of, back, counts = np.unique(which, return_index=True, return_inverse=True, return_counts=True)
        apart, total = np.zeros(len(place)), np.zeros((len(place), 3))
        np.maximum.at(apart, back, np.linalg.norm(at - at[first_of][back], axis=-1) * mm_per_unit)
        np.add.at(total, back, at)
        found = np.full((len(points), 3), np.nan)
        found[place] = np.where((apart > NEAR)[:, None], np.nan, total / counts[:, None])
        return found


def _in_space(weights: np.ndarray, surface: np.ndarray) -> np.ndarray:
    """(N, 3): the places of barycentric weights (N, 3) in triangles (N, 3, 3)."""
    return (weights[..., None] * surface).sum(axis=1)


def _spread(corners: np.ndarray, surface: np.ndarray, point: np.ndarray, position: np.ndarray) -> float:
    """The largest distance from a position to what triangles show on a circle of AROUND px about its point."""
    farthest = 0.0
    for angle in np.arange(16) * np.pi / 8:
        weights, away = nearest_places(corners, point + AROUND * np.array([np.cos(angle), np.sin(angle)]))
        shown = _in_space(weights, surface)[away <= TOUCH]
        farthest = max(farthest, float(np.max(np.linalg.norm(shown - position, axis=-1), initial=0.0)))
    return farthest


def nearest_places(corners: np.ndarray, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Barycentric weights (N, 3) of the place in each triangle (N, 3, 2) that is nearest to a point (2,), or to one of
    its own (N, 1, 2), and its distance (N,): 0 where the triangle holds the point."""
    shares, away = _feet(corners, point)
    rows, edge = np.arange(len(corners)), away.argmin(axis=1)
    weights = np.zeros((len(corners), 3))
    weights[rows, edge], weights[rows, (edge + 1) % 3] = 1 - shares[rows, edge], shares[rows, edge]
    along, towards = np.roll(corners, -1, axis=1) - corners, point - corners
    parts = along[..., 0] * towards[..., 1] - along[..., 1] * towards[..., 0]  # twice the areas seen from the point
    area = parts.sum(axis=1, keepdims=True)
    inside = ((area != 0) & (parts * np.sign(area) >= 0)).all(axis=1)
    weights[inside] = np.roll(parts[inside] / area[inside], 2, axis=1)  # an edge's part belongs to the corner opposite
    return weights, np.where(inside, 0.0, away.min(axis=1))


def _feet(corners: np.ndarray, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each edge, from corner to corner, (N, 3): the share of it at its nearest place to the point; the distance."""
    along, towards = np.roll(corners, -1, axis=1) - corners, point - corners
    squares = (along**2).sum(axis=-1)
    shares = np.clip((towards * along).sum(axis=-1) / np.where(squares > 0, squares, 1.0), 0.0, 1.0)
    return shares, np.linalg.norm(towards - shares[..., None] * along, axis=-1)


def border_distance(corners: np.ndarray, point: np.ndarray) -> float:
    """From a point to the nearest edge that one triangle (N, 3, 2) alone has; inf where there is none."""
    ends = np.stack([corners, np.roll(corners, -1, axis=1)], axis=2).round(3).reshape(-1, 2, 2)
    swapped = (ends[:, 0, 0] > ends[:, 1, 0]) | ((ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1]))
    ends[swapped] = ends[swapped][:, ::-1]
    _, which, counts = np.unique(ends.reshape(-1, 4), axis=0, return_inverse=True, return_counts=True)
    _, away = _feet(corners, point)
    return float(np.min(away.ravel()[counts[which.ravel()] == 1], initial=np.inf))
