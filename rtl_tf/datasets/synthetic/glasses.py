"""Glasses: two rims, a bridge and the temple on the seen side, made of tubes."""

import numpy as np

from rtl_tf.datasets.synthetic.head import Head
from rtl_tf.datasets.synthetic.landmarks import SCHEMA, Landmarks
from rtl_tf.datasets.synthetic.mesh import FRAME, Part, fields, grid_normals, join, quads
from rtl_tf.datasets.synthetic.scans import Scan

_SIDES = 6  # of a tube
_HALF_WIDTH, _HALF_HEIGHT = 2.5, 1.9  # of a lens, cm
_OUTWARDS = 0.35  # from the pupil to the middle of the lens, cm
_WRAP = 0.03  # curvature of the front, 1/cm
_BEFORE_CORNEA = 0.6  # cm


def glasses_part(head: Head, landmarks: Landmarks, scan: Scan) -> Part:
    """Glasses that fit the head. Thickness and shape of the rims follow the scan's seed."""
    rng = np.random.default_rng([scan.hair_seed, 1])
    thickness, squareness = rng.uniform(0.07, 0.17), rng.uniform(2.0, 3.6)
    eyes = head.eyes
    nasion = landmarks.position[SCHEMA.index("nasion")]
    fossa = landmarks.position[SCHEMA.index("triangular_fossa")]

    turn = np.linspace(0, 2 * np.pi, 41)
    across = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** (2 / squareness)
    up = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** (2 / squareness)
    lens_x, lens_y = eyes.centre_x + _OUTWARDS + _HALF_WIDTH * across, -0.3 + _HALF_HEIGHT * up
    skin_z = head.skin(*head.skull.locate(lens_x, lens_y)).position[:, 2]
    cornea_z = float(eyes.eyeball(np.array([eyes.centre_x]), np.zeros(1))[0])
    plane_z = max(cornea_z + _BEFORE_CORNEA, float((skin_z + _WRAP * lens_x**2).max()) + thickness)

    def bent(x: np.ndarray, y: np.ndarray, forward: float | np.ndarray = 0.0) -> np.ndarray:
        return np.stack([x, y, plane_z + forward - _WRAP * x**2], axis=-1)

    rims = [bent(side * lens_x, lens_y) for side in (-1, 1)]
    inner, share = lens_x.min(), np.linspace(-1, 1, 9)
    arch = max(nasion[2] + 0.3 - plane_z, 0.1) * (1 - share**4)
    bridge = bent(inner * share, np.full(9, nasion[1] - 0.75) + 0.25 * (1 - share**2), arch)

    hinge = bent(lens_x.max(keepdims=True), np.array([0.4]))[0]
    ear = fossa + [-0.35, 0.55, 0.5]
    temple = hinge + np.linspace(0, 1, 12)[:, None] * (ear - hinge)
    temple[:, 0] += 0.45 * np.sin(np.pi * np.linspace(0, 1, 12))
    return join([_tube(path, thickness) for path in (*rims, bridge, temple)])


def _tube(path: np.ndarray, radius: float) -> Part:
    """A tube along a path (N, 3)."""
    tangent = np.gradient(path, axis=0)
    aside = np.cross(tangent, [0.0, 0.3, 1.0])
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    over = np.cross(aside, tangent)
    over /= np.linalg.norm(over, axis=1, keepdims=True)
    turn = np.linspace(0, 2 * np.pi, _SIDES + 1)[:, None]
    position = path[:, None] + radius * (np.cos(turn) * aside[:, None] + np.sin(turn) * over[:, None])
    normal = (position - path[:, None]) / radius
    inwards = (grid_normals(position) * normal).sum() < 0
    triangles = quads(len(path), _SIDES + 1)
    return Part(fields(position, normal, 0, 0, 0, 0, 0, FRAME), triangles[:, ::-1] if inwards else triangles)
