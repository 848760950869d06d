"""Face Mesh beside a detector, in benchmarks/: where it looks, with whose weights, in which frame it is calibrated."""

import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from detector import mesh_networks, meshes, peers  # noqa: E402
from face_mesh import landmarks  # noqa: E402

from rtl_tf.coordinates import Crop, crop_around  # noqa: E402
from rtl_tf.exceptions import InputError  # noqa: E402
from rtl_tf.images import crop_image, read_image  # noqa: E402
from rtl_tf.inference.face_finder import find_faces  # noqa: E402
from rtl_tf.inference.face_meshes import Mesh, mesh_in  # noqa: E402
from rtl_tf.inference.squares import face_in, mesh_square  # noqa: E402
from rtl_tf.networks.catalogue import FACE_MESH, packaged_weights  # noqa: E402
from rtl_tf.records import Sample  # noqa: E402
from rtl_tf.schema import load_schema  # noqa: E402


def turned_head(heads, degrees: float = 20) -> tuple[np.ndarray, Crop]:
    """A photograph of a head whose eyes are on a line that falls to the right, and the box around its landmarks."""
    head = heads[2]
    image, points = read_image(head.image), head.points
    level = face_in(image, crop_around(points, 128, 0.4)).tilt
    view = Crop(-0.5, -0.5, 256.0, 256, angle=level - math.radians(degrees))
    return crop_image(image, view), crop_around(view.to_input(points), 128, 0.4)


def test_a_face_is_looked_for_upright_where_the_finder_sees_it_whatever_the_box(heads):
    photograph, box = turned_head(heads)
    face = face_in(photograph, box)
    start = mesh_square(face, box)
    assert math.degrees(start.angle) == pytest.approx(20, abs=3)
    (found,) = find_faces(photograph)
    assert (start.centre, start.side) == (pytest.approx(tuple(found.centre)), pytest.approx(1.5 * found.box[2]))
    off = replace(box, left=box.left + 0.2 * box.side, mirrored=True)
    assert mesh_square(face_in(photograph, off), off) == replace(start, mirrored=True)


def test_of_two_faces_the_one_in_the_box_is_looked_at_and_without_any_the_box(heads):
    photograph, box = turned_head(heads, degrees=0)
    pair = np.concatenate([photograph, photograph], axis=1)
    beside = replace(box, left=box.left + 256)
    assert face_in(pair, beside).box[0] - face_in(pair, box).box[0] == pytest.approx(256, abs=8)
    assert face_in(np.full_like(photograph, 90), box) is None
    assert face_in(photograph, beside) is None  # a face is there, but not in the box


def test_looked_at_again_a_box_that_is_off_has_the_same_mesh(heads):
    head = heads[0]
    box = crop_around(head.points, 128, 0.4, head.mirrored)
    shift = 0.2 * box.side
    off = replace(box, left=box.left - shift, top=box.top + shift)
    found = meshes([[head, head]], [[box, off]], None)

    def apart(name: str) -> float:
        one, other = (mesh.points for mesh in found[name][0])
        return float(np.linalg.norm(one - other, axis=-1).mean() / box.side)

    assert apart(" again") == 0
    assert apart("") > 0.05


def test_another_file_of_the_mesh_is_asked_and_one_of_another_network_refused(heads):
    file = packaged_weights(FACE_MESH)
    image, box = read_image(heads[0].image), crop_around(heads[0].points, 128, 0.4)
    assert mesh_networks(None) is None
    np.testing.assert_array_equal(mesh_in(image, box, mesh_networks(file)).points, mesh_in(image, box).points)
    other = file.with_name("iris_landmark.tflite")
    with pytest.raises(InputError, match=f"--mesh {other}: no Face Mesh"):
        mesh_networks(other)


def test_a_mesh_is_calibrated_in_the_box_and_answers_by_the_names_of_the_photograph():
    """Labels stand a twentieth of the box right of the mesh as boxes show it, whichever way they show the face."""
    random, schema = np.random.default_rng(0), load_schema("fas12")
    boxes = [Crop(*random.uniform(5, 20, 2), random.uniform(60, 90), 128, bool(n % 2)) for n in range(60)]
    shown = [box.from_shares(random.uniform(0.2, 0.8, (468, 2))) for box in boxes]
    labels = []
    for box, points in zip(boxes, shown, strict=True):
        moved = box.from_shares(box.to_shares(landmarks(points[None])[0]) + (0.05, 0))
        labels.append(moved[schema.mirror_permutation] if box.mirrored else moved)
    samples = [
        Sample(Path(f"{n}.png"), label, str(n), mirrored=box.mirrored)
        for n, (box, label) in enumerate(zip(boxes, labels, strict=True))
    ]
    found = [Mesh(points, 9.0, box) for box, points in zip(boxes, shown, strict=True)]
    parts = [[whole[:50], whole[50:]] for whole in (samples, boxes, found)]
    answers = peers(parts[0], parts[1], {" again": parts[2]}, schema)
    truth = np.stack(labels[50:])
    for name in ("Face Mesh again, ridge", "Face Mesh again, ridge, flag"):
        np.testing.assert_allclose(answers[name][0], truth, atol=0.01)
    off = np.linalg.norm(answers["Face Mesh again"][0] - truth, axis=-1)
    np.testing.assert_allclose(off, np.array([[0.05 * box.side] for box in boxes[50:]]).repeat(12, 1), rtol=1e-3)
