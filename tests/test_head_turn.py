"""The yaw of a head by the key points of its face: by hand, and of built-in heads whose yaw is known."""

from dataclasses import replace

import numpy as np
import pytest

from rtl_tf.datasets.synthetic.people import sample_subject
from rtl_tf.datasets.synthetic.render import render
from rtl_tf.datasets.synthetic.scans import sample_scan
from rtl_tf.inference import head_turn
from rtl_tf.inference.face_finder import SWAPPED, Face
from rtl_tf.inference.head_turn import EYES_OVER_NOSE, face_at, yaw_of
from rtl_tf.measurement import view_of

FRONT = np.array([[-20.0, 0], [20, 0], [0, 25], [0, 50], [-45, 10], [45, 10]])


def face(points):
    return Face((-60.0, -30.0, 120.0), np.asarray(points, float), 1.0)


def test_by_hand():
    assert yaw_of(face(FRONT)) == 0
    turned = FRONT + [[0, 0], [0, 0], [-40 / EYES_OVER_NOSE, 0], [0, 0], [0, 0], [0, 0]]
    assert yaw_of(face(turned)) == pytest.approx(45)  # the nose is as far from the ears as the eyes are apart
    mirrored = (turned * [-1, 1])[SWAPPED]
    assert yaw_of(face(mirrored)) == pytest.approx(-45)
    tilted = turned @ np.array([[0.8, 0.6], [-0.6, 0.8]]) * 3 + 500
    assert yaw_of(face(tilted)) == pytest.approx(45)
    profile = turned * [[0, 1]] * 1.0
    profile[4:, 0] = 60
    assert yaw_of(face(profile)) == pytest.approx(90)


def test_the_face_that_landmarks_lie_on(monkeypatch):
    """Two of 120 px, their middles at x = 0 and 80: the nearer one, if the landmarks' middle lies in it."""
    left, right = face(FRONT), replace(face(FRONT), box=(20.0, -30.0, 120.0))
    monkeypatch.setattr(head_turn, "find_faces", lambda image: [left, right])
    for x, found in ((30, left), (50, right), (-59, left), (-61, None), (139, right), (141, None)):
        assert face_at(None, np.array([[x - 5.0, 30], [x + 5.0, 30], [np.nan, np.nan]])) is found


@pytest.mark.parametrize(
    ("yaw", "view"),
    [(0, "frontal"), (-15, "frontal"), (15.1, "oblique"), (-64.9, "oblique"), (65, "lateral"), (-95, "lateral")],
)
def test_views(yaw, view):
    assert view_of(yaw) == view and view_of(float("nan")) == ""


@pytest.mark.parametrize(("yaw", "mirrored", "off"), [(0, False, 4), (30, False, 4), (30, True, 4), (80, False, 15)])
def test_built_in_heads(yaw, mirrored, off):
    scan = sample_scan(0, 3, 0)
    scan = replace(scan, mirrored=mirrored, pose=replace(scan.pose, yaw=float(yaw), zoom=0.7))
    picture = render(sample_subject(0, 3), scan, 320)
    found = face_at(picture.image, picture.points)
    assert found is not None and yaw_of(found) == pytest.approx(-yaw if mirrored else yaw, abs=off)
    assert view_of(yaw_of(found)) == view_of(yaw)
    assert face_at(picture.image, picture.points + 500) is None
