"""From a subject and a scan to a picture with its 14 landmarks."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter

from rtl_tf.datasets.synthetic import raster
from rtl_tf.datasets.synthetic.attire import paint_clothes, paint_glasses, paint_hair
from rtl_tf.datasets.synthetic.backdrop import backdrop
from rtl_tf.datasets.synthetic.camera import Camera, frame
from rtl_tf.datasets.synthetic.complexion import paint_features, paint_skin
from rtl_tf.datasets.synthetic.gaze import paint_eyes
from rtl_tf.datasets.synthetic.glasses import glasses_part
from rtl_tf.datasets.synthetic.hair import HairCap
from rtl_tf.datasets.synthetic.head import Head
from rtl_tf.datasets.synthetic.landmarks import SCHEMA, Landmarks, locate_landmarks
from rtl_tf.datasets.synthetic.locks import VERTICES_PER_LOCK, locks_part
from rtl_tf.datasets.synthetic.mesh import Part, ear_part, head_part, join
from rtl_tf.datasets.synthetic.people import Subject, sample_subject
from rtl_tf.datasets.synthetic.scans import MAX_POSES, Pose, Scan, sample_pose, sample_scan
from rtl_tf.datasets.synthetic.shading import shade
from rtl_tf.datasets.synthetic.surface import Surface

SUPERSAMPLING = 2
_CLEARANCE_CM = 0.3  # between landmarks and what could hide them
_HIDDEN_CM = 0.1  # a landmark further than this behind the nearest surface is hidden


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
        points: (14, 2) raster px, top left corner of the raster at (0, 0), names as in the unmirrored picture.
        visible: bool (14,): inside the frame and within 1 mm of the nearest surface.
    """

    scene: Scene
    camera: Camera
    faces: raster.Facing
    depth: np.ndarray
    points: np.ndarray
    visible: np.ndarray


@dataclass(frozen=True)
class Rendering:
    """A finished picture.

    Attributes:
        image: uint8 (size, size, 3) RGB.
        points: float32 (14, 2) landmarks of schema fas14, px, pixel centres on integers.
        visible: bool (14,).
        mm_per_px: scale in the plane of the face (mean distance of its landmarks).
        pose: the pose that was used.
    """

    image: np.ndarray
    points: np.ndarray
    visible: np.ndarray
    mm_per_px: float
    pose: Pose


def render_sample(seed: int, subject: int, scan: int, size: int) -> tuple[Rendering, Subject, Scan]:
    """Picture `scan` of person `subject`: the first of its poses that shows all landmarks."""
    person, picture = sample_subject(seed, subject), sample_scan(seed, subject, scan)
    scene = build_scene(person, picture, size)
    for attempt in range(MAX_POSES):
        view = look(scene, sample_pose(seed, subject, scan, attempt), size)
        if view.visible.all():
            break
    else:
        hidden = ", ".join(SCHEMA.names[k] for k in np.flatnonzero(~view.visible))
        raise RuntimeError(f"subject {subject} of seed {seed}, scan {scan}: no pose shows {hidden}")
    picture = replace(picture, pose=sample_pose(seed, subject, scan, attempt))
    return picture_of(view, picture, size), person, picture


def render(subject: Subject, scan: Scan, size: int) -> Rendering:
    """The picture of a subject in exactly the given pose, whether or not every landmark is visible."""
    return picture_of(look(build_scene(subject, scan, size), scan.pose, size), scan, size)


def build_scene(subject: Subject, scan: Scan, size: int) -> Scene:
    """Head, ear and hair as triangles, as dense as a picture of `size` px needs."""
    detail = float(np.clip(size * SUPERSAMPLING / 512, 0.55, 1.0))
    head = Head(subject, scan.expression)
    landmarks = locate_landmarks(head)
    cap = HairCap(subject.hair)
    skin, ear, locks = head_part(head, landmarks, cap, detail), ear_part(head, detail), locks_part(head, cap, scan)
    parts = [skin, ear, locks, *([glasses_part(head, landmarks, scan)] if scan.glasses else [])]
    mesh = join(parts)
    solid, strands = len(skin.fields) + len(ear.fields), len(locks.fields)
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
    faces = faces.only(~_over_landmarks(scene, faces, depth, points, point_depth, clearance))
    nearest = raster.first_hit(faces, depth, points)
    inside = ((points >= SUPERSAMPLING) & (points <= side - SUPERSAMPLING)).all(1)
    visible = inside & np.isfinite(nearest) & (point_depth - nearest < _HIDDEN_CM)
    return View(scene, camera, faces, depth, points, visible)


def _over_landmarks(scene: Scene, faces: raster.Facing, depth, points, point_depth, clearance: float) -> np.ndarray:
    """bool (T,): triangles of those loose things that lie over a landmark, within `clearance` raster px of it."""
    thing = scene.loose[faces.vertices[:, 0]]
    at = np.flatnonzero(thing >= 0)
    low, high, nearest = faces.low[:, at] - clearance, faces.high[:, at] + clearance, depth[faces.vertices[at, 0]]
    over = np.zeros(len(at), bool)
    for (x, y), distance in zip(points, point_depth, strict=True):
        over |= (low[0] < x) & (high[0] > x) & (low[1] < y) & (high[1] > y) & (nearest < distance)
    return (thing >= 0) & np.isin(thing, thing[at][over])


def picture_of(view: View, scan: Scan, size: int) -> Rendering:
    """Shades a view."""
    side = size * SUPERSAMPLING
    scene, subject = view.scene, view.scene.head.subject
    fragments = raster.rasterize(view.faces, view.depth, side)
    _, point_depth = view.camera.project(scene.landmarks.position)
    face_depth = float(point_depth[np.isfinite(scene.landmarks.angle)].mean())
    surface = Surface.of(fragments.interpolate(scene.mesh.fields), view.camera.cm_per_px(face_depth))

    paint_skin(surface, scene.head)
    paint_features(surface, scene.head)
    catch_light = paint_eyes(surface, scene.head, np.array(scan.light.direction))
    paint_clothes(surface, scan, scene.head.skull.lower)
    paint_hair(surface, subject.hair)
    paint_glasses(surface, scan)
    radiance = shade(surface, scan.light, view.camera.towards, scene.mesh.fields[:, :3], fragments.pixel, side)
    radiance += 0.8 * catch_light[:, None]

    picture = backdrop(scan, side).reshape(-1, 3)
    picture[fragments.pixel] = radiance
    image = _develop(picture.reshape(size, SUPERSAMPLING, size, SUPERSAMPLING, 3).mean((1, 3)), scan, size)
    points = view.points / SUPERSAMPLING - 0.5
    visible = view.visible
    if scan.mirrored:
        image = image[:, ::-1]
        points = np.stack([size - 1 - points[:, 0], points[:, 1]], axis=1)[SCHEMA.mirror_permutation]
        visible = visible[SCHEMA.mirror_permutation]
    mm_per_px = 10 * subject.shape.size * view.camera.cm_per_px(face_depth) * SUPERSAMPLING
    return Rendering(np.ascontiguousarray(image), points.astype(np.float32), visible, mm_per_px, scan.pose)


def _develop(radiance: np.ndarray, scan: Scan, size: int) -> np.ndarray:
    """Linear radiance to an 8-bit picture: tone curve, gamma, the lens's blur and the sensor's noise."""
    grey = np.clip(1.12 * radiance / (1 + 0.28 * radiance), 0, 1) ** (1 / 2.2)
    grey = gaussian_filter(grey, (*[scan.blur * size / 256 + 0.15] * 2, 0), truncate=3)
    rng = np.random.default_rng([scan.noise_seed, 0])
    grey += scan.noise * rng.standard_normal(grey.shape, dtype=np.float32)
    return (np.clip(grey, 0, 1) * 255 + 0.5).astype(np.uint8)
