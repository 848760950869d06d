"""A built-in head as 3dMD's scanners would export it: the surface that two cameras see, with their pictures on it."""

from dataclasses import dataclass, replace

import numpy as np

from rtl_tf.datasets.meshes.textured import TexturedMesh
from rtl_tf.datasets.synthetic import raster
from rtl_tf.datasets.synthetic.people import Subject, sample_subject
from rtl_tf.datasets.synthetic.render import Rendering, picture_of, posed_view
from rtl_tf.datasets.synthetic.scans import Scan, sample_scan
from rtl_tf.datasets.synthetic.scene import Scene, View, build_scene, look

BETWEEN_CAMERAS = 40.0  # degrees: the second one looks at the face more from the front
_HIDDEN_CM = 0.1  # a vertex further than this behind the nearest surface is hidden


@dataclass(frozen=True)
class Scanned:
    """A scan.

    Attributes:
        mesh: mm, head axes: x to the subject's left, y up, z forward; one texture, which is not named.
        texture: uint8 (size, 2 * size, 3): the pictures of the cameras side by side.
        views: of the cameras, their points in px of their own pictures.
        landmarks: float64 (14, 3), mm, of schema fas14: the truth.
    """

    mesh: TexturedMesh
    texture: np.ndarray
    views: tuple[Rendering, ...]
    landmarks: np.ndarray


def scan_head(seed: int, subject: int, scan: int, size: int) -> tuple[Scanned, Subject, Scan]:
    """Scan `scan` of person `subject`, without glasses and seen from the left; the first camera sees all landmarks."""
    person = sample_subject(seed, subject)
    picture = replace(sample_scan(seed, subject, scan), glasses=False, mirrored=False)
    scene = build_scene(person, picture, size)
    first, picture = posed_view(scene, picture, (seed, subject), size)
    second = replace(picture, pose=replace(picture.pose, yaw=picture.pose.yaw - BETWEEN_CAMERAS))
    views = (first, look(scene, second.pose, size))
    pictures = tuple(picture_of(view, posed, size) for view, posed in zip(views, (picture, second), strict=True))
    mm = 10 * person.shape.size
    texture = np.concatenate([one.image for one in pictures], axis=1)
    return Scanned(_mesh(scene, views, mm), texture, pictures, scene.landmarks.position * mm), person, picture


def _mesh(scene: Scene, views: tuple[View, ...], mm: float) -> TexturedMesh:
    """Each triangle that a camera sees whole, on the picture of the camera that sees it largest."""
    triangles = scene.mesh.triangles
    seen = np.stack([_seen_areas(view, len(triangles)) for view in views])
    kept = np.flatnonzero(seen.max(axis=0) > 0)
    camera = seen[:, kept].argmax(axis=0)
    projected = [view.camera.project(scene.mesh.fields[:, :3].astype(np.float64))[0] for view in views]
    uv = np.concatenate([
        np.stack([(xy[:, 0] / view.camera.side + index) / len(views), 1 - xy[:, 1] / view.camera.side], axis=1)
        for index, (view, xy) in enumerate(zip(views, projected, strict=True))
    ])  # fmt: skip
    used, corners = np.unique(triangles[kept], return_inverse=True)
    used_uv, uv_corners = np.unique(triangles[kept] + len(scene.mesh.fields) * camera[:, None], return_inverse=True)
    return TexturedMesh(
        vertices=scene.mesh.fields[used, :3].astype(np.float64) * mm,
        triangles=corners.reshape(-1, 3).astype(np.int32),
        uv=uv[used_uv],
        uv_triangles=uv_corners.reshape(-1, 3).astype(np.int32),
        textures=(),
        texture_of=np.zeros(len(kept), np.int32),
    )


def _seen_areas(view: View, count: int) -> np.ndarray:
    """(T,) areas in the picture of triangles that face the camera, all corners inside it and unhidden; else 0."""
    side = view.camera.side
    fields, triangles = view.scene.mesh.fields, view.scene.mesh.triangles
    xy, depth = view.camera.project(fields[:, :3])
    fragments = raster.rasterize(view.faces, view.depth, side)
    nearest = np.full(side * side, np.inf, np.float32)
    nearest[fragments.pixel] = fragments.depth
    column, row = np.clip(xy.astype(np.int64), 0, side - 1).T
    inside = ((xy >= 1) & (xy <= side - 1)).all(axis=1)
    visible = inside & (depth - nearest[row * side + column] < _HIDDEN_CM)
    first, second, third = (xy[triangles[:, corner]] for corner in range(3))
    one, other = second - first, third - first
    areas = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    return np.where(visible[triangles].all(axis=1) & _drawn(view, count), np.maximum(areas, 0), 0)


def _drawn(view: View, count: int) -> np.ndarray:
    """bool (T,): the triangles of the head, and of the locks of hair that were not tucked away."""
    kept = np.zeros(len(view.scene.mesh.fields), bool)
    kept[view.faces.vertices.ravel()] = True
    return kept[view.scene.mesh.triangles].all(axis=1)
