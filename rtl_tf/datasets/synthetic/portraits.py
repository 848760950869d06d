"""Faces for figures: images uint8 (size, size, 3) with their landmarks of schema fas14, float32 (14, 2) in px."""

from dataclasses import replace

import numpy as np

from rtl_tf.datasets.synthetic.people import sample_subject
from rtl_tf.datasets.synthetic.render import render, render_sample
from rtl_tf.datasets.synthetic.scans import Expression, Light, Pose, sample_scan
from rtl_tf.system.progress import progress

# A subject whose hair leaves face and ear free.
SITTER = 8


def portrait(size: int) -> tuple[np.ndarray, np.ndarray]:
    """One face at rest, in plain light, turned so that all landmarks are seen."""
    scan = replace(
        sample_scan(0, SITTER, 0),
        expression=Expression(),
        pose=Pose(yaw=43.0, pitch=2.0, zoom=1.12),
        light=Light(),
        clutter=0.0,
        glasses=False,
        mirrored=False,
        blur=0.2,
        noise=0.0,
    )
    rendering = render(sample_subject(0, SITTER), scan, size)
    return rendering.image, rendering.points


def people(count: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The first pictures of the first `count` people of the built-in data: (count, size, size, 3), (count, 14, 2)."""
    drawn = progress((render_sample(0, subject, 0, size)[0] for subject in range(count)), count, "rendering faces")
    renderings = list(drawn)
    return np.stack([one.image for one in renderings]), np.stack([one.points for one in renderings])
