"""A triangle rasteriser in NumPy: many small triangles, a depth buffer, barycentric coordinates for each pixel."""

from typing import NamedTuple

import numpy as np


class Facing(NamedTuple):
    """Projected triangles that turn their outside to the camera, with their bounding boxes in raster px.

    A point at offset (dx, dy) from a triangle's first corner has the barycentric weights
    `to_second @ (dx, dy)` and `to_third @ (dx, dy)` for the other two.
    """

    vertices: np.ndarray  # int (T, 3)
    first: np.ndarray  # (2, T) first corner
    to_second: np.ndarray  # (2, T)
    to_third: np.ndarray  # (2, T)
    low: np.ndarray  # (2, T) left and top
    high: np.ndarray  # (2, T) right and bottom

    def only(self, kept: np.ndarray) -> "Facing":
        """The triangles where `kept` (T,) is true."""
        return Facing(self.vertices[kept], *(part[:, kept] for part in self[1:]))


class Fragments(NamedTuple):
    """The visible surface: one entry for every covered pixel."""

    pixel: np.ndarray  # int (P,) row * side + column
    vertices: np.ndarray  # int (P, 3) of the triangle seen there
    weights: np.ndarray  # float32 (P, 3) barycentric
    depth: np.ndarray  # float32 (P,)

    def interpolate(self, vertex_fields: np.ndarray) -> np.ndarray:
        """(V, F) per-vertex quantities -> (P, F)."""
        result = vertex_fields[self.vertices[:, 0]] * self.weights[:, :1]
        result += vertex_fields[self.vertices[:, 1]] * self.weights[:, 1:2]
        result += vertex_fields[self.vertices[:, 2]] * self.weights[:, 2:]
        return result


def facing(xy: np.ndarray, triangles: np.ndarray) -> Facing:
    """Triangles (T, 3) of the vertices xy (V, 2) that are clockwise in the raster, where y points down."""
    x, y = np.ascontiguousarray(xy.T)
    ax, ay = x[triangles[:, 0]], y[triangles[:, 0]]
    bx, by = x[triangles[:, 1]] - ax, y[triangles[:, 1]] - ay
    cx, cy = x[triangles[:, 2]] - ax, y[triangles[:, 2]] - ay
    area = bx * cy - cx * by
    seen = np.flatnonzero(area > 1e-9)
    ax, ay, bx, by, cx, cy, area = (part[seen] for part in (ax, ay, bx, by, cx, cy, area))
    return Facing(
        triangles[seen],
        np.stack([ax, ay]),
        np.stack([cy, -cx]) / area,
        np.stack([-by, bx]) / area,
        np.stack([ax + np.minimum(np.minimum(bx, cx), 0), ay + np.minimum(np.minimum(by, cy), 0)]),
        np.stack([ax + np.maximum(np.maximum(bx, cx), 0), ay + np.maximum(np.maximum(by, cy), 0)]),
    )


def rasterize(faces: Facing, depth: np.ndarray, side: int) -> Fragments:
    """Nearest surface at every pixel centre of a (side, side) raster.

    Pixel (row, column) has its centre at (column, row) + 0.5; `depth` (V,) is the vertices' distance from the camera.
    """
    left, top = np.maximum(np.ceil(faces.low - 0.5), 0).astype(np.int32)
    right, bottom = np.minimum(np.floor(faces.high - 0.5), side - 1).astype(np.int32)
    seen = np.flatnonzero((right >= left) & (bottom >= top))
    left, top = left[seen], top[seen]

    # every pixel of every bounding box is a candidate
    wide = right[seen] - left + 1
    count = wide * (bottom[seen] - top + 1)
    box = np.repeat(np.arange(len(seen), dtype=np.int32), count)
    place = np.arange(len(box), dtype=np.int32) - np.repeat((np.cumsum(count) - count).astype(np.int32), count)
    row = place // wide[box]
    column = left[box] + place - row * wide[box]
    row += top[box]

    triangle = seen[box]
    parts = _weights(faces, triangle, column.astype(np.float32) + 0.5, row.astype(np.float32) + 0.5)
    inside = np.flatnonzero((parts[0] >= -1e-5) & (parts[1] >= -1e-5) & (parts[2] >= -1e-5))
    weights = np.stack([part[inside] for part in parts], axis=1)
    vertices = faces.vertices[triangle[inside]]
    distance = depth[vertices[:, 0]] * weights[:, 0]
    distance += depth[vertices[:, 1]] * weights[:, 1]
    distance += depth[vertices[:, 2]] * weights[:, 2]
    pixel = row[inside] * side + column[inside]

    buffer = np.full(side * side, np.inf, np.float32)
    np.minimum.at(buffer, pixel, distance)
    nearest = np.flatnonzero(distance == buffer[pixel])
    winner = np.full(side * side, -1, np.int64)
    winner[pixel[nearest]] = nearest
    covered = np.flatnonzero(winner >= 0)
    winner = winner[covered]
    return Fragments(covered, vertices[winner], weights[winner], buffer[covered])


def first_hit(faces: Facing, depth: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Distance of the nearest surface exactly at each of the (K, 2) points; inf where there is none."""
    nearest = np.full(len(points), np.inf)
    for k, (x, y) in enumerate(points):
        near = (faces.low[0] <= x + 1e-3) & (faces.high[0] >= x - 1e-3)
        near = np.flatnonzero(near & (faces.low[1] <= y + 1e-3) & (faces.high[1] >= y - 1e-3))
        weights = np.stack(_weights(faces, near, x, y), axis=1)
        distance = (weights * depth[faces.vertices[near]]).sum(1)
        nearest[k] = np.min(distance[(weights >= -1e-3).all(1)], initial=np.inf)
    return nearest


def _weights(faces: Facing, triangle: np.ndarray, x, y) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Barycentric weights of the points (x, y) in the given triangles."""
    dx, dy = x - faces.first[0][triangle], y - faces.first[1][triangle]
    second = dx * faces.to_second[0][triangle] + dy * faces.to_second[1][triangle]
    third = dx * faces.to_third[0][triangle] + dy * faces.to_third[1][triangle]
    return 1 - second - third, second, third
