"""From a subject and a scan to a picture with its 14 landmarks."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter

from rtl_tf.datasets.synthetic import raster
from rtl_tf.datasets.synthetic.attire import paint_clothes, paint_glasses, paint_hair
from rtl_tf.datasets.synthetic.backdrop import backdrop
from rtl_tf.datasets.synthetic.complexion import paint_features, paint_skin
from rtl_tf.datasets.synthetic.gaze import paint_eyes
from rtl_tf.datasets.synthetic.landmarks import SCHEMA
from rtl_tf.datasets.synthetic.people import Subject, sample_subject
from rtl_tf.datasets.synthetic.scans import MAX_POSES, Pose, Scan, photographed, sample_pose, sample_scan
from rtl_tf.datasets.synthetic.scene import SUPERSAMPLING, Scene, View, build_scene, look
from rtl_tf.datasets.synthetic.shading import shade
from rtl_tf.datasets.synthetic.surface import Surface


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


def render_sample(
    seed: int, subject: int, scan: int, size: int, photograph: bool = False
) -> tuple[Rendering, Subject, Scan]:
    """Picture `scan` of person `subject`: the first of its poses that shows all landmarks.

    It is a crop of the face, or a photograph with the face somewhere inside.
    """
    person, picture = sample_subject(seed, subject), sample_scan(seed, subject, scan)
    view, posed = posed_view(build_scene(person, picture, size), picture, (seed, subject), size, photograph)
    return picture_of(view, posed, size), person, posed


def posed_view(
    scene: Scene, picture: Scan, source: tuple[int, int], size: int, photograph: bool = False
) -> tuple[View, Scan]:
    """The first pose of a picture that shows all landmarks; `source` is the seed and the subject."""
    seed, subject = source
    for attempt in range(MAX_POSES):
        posed = replace(picture, pose=sample_pose(seed, subject, picture.index, attempt))
        posed = photographed(posed, seed, subject, size) if photograph else posed
        view = look(scene, posed.pose, size)
        if view.visible.all():
            return view, posed
    hidden = ", ".join(SCHEMA.names[k] for k in np.flatnonzero(~view.visible))
    raise RuntimeError(f"subject {subject} of seed {seed}, scan {picture.index}: no pose shows {hidden}")


def render(subject: Subject, scan: Scan, size: int) -> Rendering:
    """The picture of a subject in exactly the given pose, whether or not every landmark is visible."""
    return picture_of(look(build_scene(subject, scan, size), scan.pose, size), scan, size)


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
    radiance = shade(
        surface, scan.light, view.camera.towards, scene.mesh.fields[view.casters, :3], fragments.pixel, side
    )
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
