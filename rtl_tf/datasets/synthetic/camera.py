"""The camera: an oblique perspective view, framed so that the whole seen face and its ear are in the picture."""

from dataclasses import dataclass

import numpy as np

from rtl_tf.datasets.synthetic.scans import Pose

_PIVOT = np.array([0.0, 0.2, 0.0])  # the head turns about this point


@dataclass(frozen=True)
class Camera:
    """A pinhole looking along -z of its own axes from `distance` cm.

    `focal` is in px of a raster whose side is `side` px; `offset` is where the optical axis meets the plane through
    the pivot, cm.
    """

    rotation: np.ndarray  # (3, 3) head axes -> camera axes
    distance: float
    focal: float
    offset: tuple[float, float]
    side: int

    def project(self, position: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N, 3) head cm -> (N, 2) raster px with the top left corner at (0, 0), and (N,) distance along the axis."""
        view = (position - _PIVOT.astype(position.dtype)) @ self.rotation.T.astype(position.dtype)
        depth = self.distance - view[:, 2]
        scale = self.focal / depth
        right = self.side / 2 + (view[:, 0] - self.offset[0]) * scale
        down = self.side / 2 - (view[:, 1] - self.offset[1]) * scale
        return np.stack([right, down], axis=1), depth

    def cm_per_px(self, depth: float) -> float:
        """Size of a raster pixel at a distance along the axis."""
        return depth / self.focal

    @property
    def towards(self) -> np.ndarray:
        """Unit vector from the head to the camera, in head axes."""
        return self.rotation[2]


def frame(pose: Pose, landmarks: np.ndarray, face: np.ndarray, side: int) -> Camera:
    """A camera whose picture holds the landmarks (14, 3) and the outline of the face (N, 3), with room above."""
    rotation = _rotation(pose)
    points = (landmarks - _PIVOT) @ rotation.T
    outline = (face - _PIVOT) @ rotation.T
    left, right = min(points[:, 0].min(), outline[:, 0].min()), max(points[:, 0].max(), outline[:, 0].max())
    bottom, top = points[:, 1].min(), points[:, 1].max()
    span = float(max((top - bottom) * 1.66, (right - left) * 1.30)) / pose.zoom
    offset = ((left + right) / 2 + 0.3 + pose.shift[0] * span, (bottom + top) / 2 + 1.0 + pose.shift[1] * span)
    return Camera(rotation, pose.distance, side * pose.distance / span, (float(offset[0]), float(offset[1])), side)


def _rotation(pose: Pose) -> np.ndarray:
    yaw, pitch, roll = np.deg2rad([pose.yaw, pose.pitch, pose.roll])
    about_y = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return about_z @ about_x @ about_y
