"""A head set up as triangles, and what a camera sees of it before any shading."""

from dataclasses import dataclass

import numpy as np

from rtl_tf.datasets.synthetic import raster
from rtl_tf.datasets.synthetic.camera import Camera, frame
from rtl_tf.datasets.synthetic.glasses import glasses_part
from rtl_tf.datasets.synthetic.hair import HairCap
from rtl_tf.datasets.synthetic.head import Head
from rtl_tf.datasets.synthetic.landmarks import Landmarks, locate_landmarks
from rtl_tf.datasets.synthetic.locks import VERTICES_PER_LOCK, locks_part
from rtl_tf.datasets.synthetic.mesh import FRAME, KIND, Part, ear_part, head_part, join, torso_part
from rtl_tf.datasets.synthetic.people import Subject
from rtl_tf.datasets.synthetic.scans import Pose, Scan

SUPERSAMPLING = 2  # raster px per px of the picture, along each axis
_HIDDEN_CM = 0.1  # a landmark further than this behind the nearest surface is hidden
_CLEARANCE_CM = 0.3  # between landmarks and what could hide them


@dataclass(frozen=True)
class Scene:
    """A head as triangles, with its landmarks; the same for every pose."""

    head: Head
    landmarks: Landmarks
    mesh: Part
    loose: np.ndarray  # int (V,): lock of hair or glasses that the vertex belongs to; -1 = head and ears
    outline: np.ndarray  # (N, 3) vertices that the frame must hold


@dataclass(frozen=True)
class View:
    """A scene as one camera sees it, before shading.

    Attributes:
        faces, depth: what the rasteriser needs.
        casters: bool (V,), vertices that cast shadows.
        points: (14, 2) raster px, top left corner of the raster at (0, 0), names as in the unmirrored picture.
        visible: bool (14,): inside the frame and within 1 mm of the nearest surface.
    """

    scene: Scene
    camera: Camera
    faces: raster.Facing
    depth: np.ndarray
    casters: np.ndarray
    points: np.ndarray
    visible: np.ndarray


def build_scene(subject: Subject, scan: Scan, size: int) -> Scene:
    """Head, ear and hair as triangles, as dense as a picture of `size` px needs."""
    detail = float(np.clip(size * SUPERSAMPLING / 512, 0.55, 1.0))
    head = Head(subject, scan.expression)
    landmarks = locate_landmarks(head)
    cap = HairCap(subject.hair)
    skin, torso = head_part(head, landmarks, cap, detail), torso_part(head, landmarks, detail)
    ear, locks = ear_part(head, detail), locks_part(head, cap, scan)
    parts = [skin, torso, ear, locks, *([glasses_part(head, landmarks, scan)] if scan.glasses else [])]
    mesh = join(parts)
    solid, strands = sum(len(part.fields) for part in parts[:3]), len(locks.fields)
    loose = (np.arange(len(mesh.fields)) - solid) // VERTICES_PER_LOCK
    loose = np.clip(loose, -1, strands // VERTICES_PER_LOCK)  # whatever comes after the locks is one thing
    y, z = skin.fields[:, 7], skin.fields[:, 8]
    face = skin.fields[(y > -11) & (y < 3) & (z > 1), :3]
    return Scene(head, landmarks, mesh, loose, np.concatenate([face, ear.fields[:, :3]]))


def look(scene: Scene, pose: Pose, size: int) -> View:
    """Projects a scene and finds out which landmarks can be seen."""
    side = size * SUPERSAMPLING
    camera = frame(pose, scene.landmarks.position, scene.outline, side)
    xy, depth = camera.project(scene.mesh.fields[:, :3])
    points, point_depth = camera.project(scene.landmarks.position)
    faces = raster.facing(xy, scene.mesh.triangles)
    clearance = _CLEARANCE_CM * camera.focal / pose.distance
    tucked = _over_landmarks(scene.loose, faces, depth, points, point_depth, clearance)
    gone = np.isin(scene.loose, tucked)
    if len(tucked):
        faces = faces.only(~gone[faces.vertices[:, 0]])
    nearest = raster.first_hit(faces, depth, points)
    inside = ((points >= SUPERSAMPLING) & (points <= side - SUPERSAMPLING)).all(1)
    visible = inside & np.isfinite(nearest) & (point_depth - nearest < _HIDDEN_CM)
    casters = ~gone & (scene.mesh.fields[:, KIND] != FRAME)
    return View(scene, camera, faces, depth, casters, points, visible)


def _over_landmarks(
    loose: np.ndarray, faces: raster.Facing, depth: np.ndarray, points: np.ndarray, point_depth, clearance: float
) -> np.ndarray:
    """The loose things (locks, glasses) that lie in front of a landmark, within `clearance` raster px of it."""
    thing = loose[faces.vertices[:, 0]]
    at = np.flatnonzero(thing >= 0)
    low, high, nearest = faces.low[:, at] - clearance, faces.high[:, at] + clearance, depth[faces.vertices[at, 0]]
    over = np.zeros(len(at), bool)
    for (x, y), distance in zip(points, point_depth, strict=True):
        over |= (low[0] < x) & (high[0] > x) & (low[1] < y) & (high[1] > y) & (nearest < distance)
    return np.unique(thing[at][over])
