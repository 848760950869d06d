"""A triangle rasteriser in NumPy: many small triangles, a depth buffer, barycentric coordinates for each pixel."""

from typing import NamedTuple

import numpy as np


class Fragments(NamedTuple):
    """The visible surface: one entry for every covered pixel."""

    pixel: np.ndarray  # int (P,) row * side + column
    corners: np.ndarray  # int (P, 3) vertices of the triangle seen there
    weights: np.ndarray  # float32 (P, 3) barycentric
    depth: np.ndarray  # float32 (P,)

    def interpolate(self, vertex_fields: np.ndarray) -> np.ndarray:
        """(V, F) per-vertex quantities -> (P, F)."""
        weights = self.weights
        result = vertex_fields[self.corners[:, 0]] * weights[:, :1]
        result += vertex_fields[self.corners[:, 1]] * weights[:, 1:2]
        result += vertex_fields[self.corners[:, 2]] * weights[:, 2:]
        return result


def facing(xy: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """The triangles that turn their outside to the camera (clockwise in raster coordinates, where y points down)."""
    a, b, c = (xy[triangles[:, k]] for k in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
    return triangles[area > 1e-9]


def rasterize(xy: np.ndarray, depth: np.ndarray, triangles: np.ndarray, side: int) -> Fragments:
    """Nearest surface at every pixel centre of a (side, side) raster.

    Args:
        xy: float32 (V, 2) projected vertices, px; pixel (row, column) has its centre at (column, row) + 0.5.
        depth: float32 (V,) distance from the camera.
        triangles: int (T, 3), facing the camera.
    """
    corners = xy[triangles]
    low = np.maximum(np.ceil(corners.min(1) - 0.5), 0).astype(np.int32)
    high = np.minimum(np.floor(corners.max(1) - 0.5), side - 1).astype(np.int32)
    seen = np.flatnonzero((high >= low).all(1))
    triangles, corners, low, high = triangles[seen], corners[seen], low[seen], high[seen]

    # every pixel of every bounding box is a candidate
    wide, tall = (high - low + 1).T
    count = wide * tall
    owner = np.repeat(np.arange(len(seen), dtype=np.int32), count)
    place = np.arange(len(owner), dtype=np.int32) - np.repeat((np.cumsum(count) - count).astype(np.int32), count)
    row = place // wide[owner]
    column = low[owner, 0] + place - row * wide[owner]
    row += low[owner, 1]

    origin_x, origin_y, inverse = _inverse(corners)
    px = column.astype(np.float32) + 0.5 - origin_x[owner]
    py = row.astype(np.float32) + 0.5 - origin_y[owner]
    second = px * inverse[0][owner] + py * inverse[1][owner]
    third = px * inverse[2][owner] + py * inverse[3][owner]
    first = 1 - second - third
    inside = np.flatnonzero((first >= -1e-5) & (second >= -1e-5) & (third >= -1e-5))
    weights = np.stack([first[inside], second[inside], third[inside]], axis=1)
    vertices = triangles[owner[inside]]
    distance = (depth[vertices] * weights).sum(1)
    pixel = row[inside] * side + column[inside]

    buffer = np.full(side * side, np.inf, np.float32)
    np.minimum.at(buffer, pixel, distance)
    nearest = np.flatnonzero(distance == buffer[pixel])
    winner = np.full(side * side, -1, np.int64)
    winner[pixel[nearest]] = nearest
    covered = np.flatnonzero(winner >= 0)
    winner = winner[covered]
    return Fragments(covered, vertices[winner], weights[winner], buffer[covered])


def first_hit(xy: np.ndarray, depth: np.ndarray, triangles: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Distance of the nearest surface exactly at each of the (K, 2) points; inf where there is none."""
    corners = xy[triangles]
    low, high = corners.min(1), corners.max(1)
    nearest = np.full(len(points), np.inf)
    for k, point in enumerate(points):
        near = np.flatnonzero(((low <= point + 1e-3) & (high >= point - 1e-3)).all(1))
        origin_x, origin_y, inverse = _inverse(corners[near])
        px, py = point[0] - origin_x, point[1] - origin_y
        second, third = px * inverse[0] + py * inverse[1], px * inverse[2] + py * inverse[3]
        first = 1 - second - third
        inside = (first >= -1e-3) & (second >= -1e-3) & (third >= -1e-3)
        distance = first * depth[triangles[near, 0]] + second * depth[triangles[near, 1]]
        distance += third * depth[triangles[near, 2]]
        nearest[k] = np.min(distance[inside], initial=np.inf)
    return nearest


def _inverse(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
    """First corner of each triangle, and the 2x2 matrix from offsets to it to the other two barycentric weights."""
    ax, ay = corners[:, 0, 0], corners[:, 0, 1]
    bx, by = corners[:, 1, 0] - ax, corners[:, 1, 1] - ay
    cx, cy = corners[:, 2, 0] - ax, corners[:, 2, 1] - ay
    area = bx * cy - cx * by
    return ax, ay, (cy / area, -cx / area, -by / area, bx / area)
