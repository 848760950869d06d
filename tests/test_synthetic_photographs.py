"""Built-in heads as photographs: where the face lies in the frame, exact truth, the folder that is written."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from rtl_tf.datasets import load, synthetic, table
from rtl_tf.datasets.synthetic import rendered
from rtl_tf.datasets.synthetic.__main__ import main
from rtl_tf.datasets.synthetic.camera import frame
from rtl_tf.datasets.synthetic.landmarks import SCHEMA
from rtl_tf.datasets.synthetic.people import FAS_SLIDERS
from rtl_tf.datasets.synthetic.render import render, render_sample
from rtl_tf.datasets.synthetic.scans import photographed, sample_scan
from rtl_tf.datasets.synthetic.scene import build_scene

SIZE = 96


def photograph(subject, scan=0, seed=6):
    return render_sample(seed, subject, scan, SIZE, photograph=True)


def test_a_photograph_shows_the_head_smaller_than_the_frame_off_its_middle_and_tilted():
    scans = [photographed(sample_scan(0, k, k % 3), 0, k, 1200) for k in range(200)]
    tilt, zoom = np.array([[scan.pose.roll, scan.pose.zoom] for scan in scans]).T
    shift = np.array([scan.pose.shift for scan in scans])
    assert -10 <= tilt.min() < -8 and 8 < tilt.max() <= 10
    assert 0.5 <= zoom.min() < 0.53 and 0.72 < zoom.max() <= 0.75
    assert (shift.min(0) >= -0.1).all() and (shift.min(0) < -0.08).all()
    assert (shift.max(0) <= 0.1).all() and (shift.max(0) > 0.08).all()
    yaw = np.array([sample_scan(0, k, k % 3).pose.yaw for k in range(200)])
    assert [scan.pose.yaw for scan in scans] == yaw.tolist()  # the view of the head stays


def test_all_landmarks_are_seen_and_fill_less_of_the_frame_than_in_a_crop():
    for subject in range(8):
        rendering, _, _ = photograph(subject)
        crop, _, _ = render_sample(6, subject, 0, SIZE)
        assert rendering.visible.all() and rendering.image.shape == (SIZE, SIZE, 3)
        assert (rendering.points > 0).all() and (rendering.points < SIZE - 1).all()
        assert np.ptp(rendering.points[:, 1]) < 0.85 * np.ptp(crop.points[:, 1])


def test_points_and_scale_are_those_of_the_camera():
    """Told anew: the head's landmarks through the pinhole, and the length of one of its px there."""
    for subject in range(4):
        rendering, person, scan = photograph(subject)
        scene = build_scene(person, scan, SIZE)
        camera = frame(scan.pose, scene.landmarks.position, scene.outline, SIZE)
        points, depth = camera.project(scene.landmarks.position)
        points -= 0.5
        if scan.mirrored:
            points = (np.array([SIZE - 1, 0]) + points * [-1, 1])[SCHEMA.mirror_permutation]
        np.testing.assert_allclose(rendering.points, points, atol=1e-3)
        face = depth[:-2].mean()  # without the two landmarks of the ear
        assert rendering.mm_per_px == pytest.approx(10 * person.shape.size * face / camera.focal, rel=1e-6)


def test_the_tilt_turns_the_picture():
    """A head that is rolled by 10 degrees is the same picture, turned about the camera's axis."""
    _, person, scan = photograph(1)
    scan = replace(scan, mirrored=False)
    level, tilted = (render(person, replace(scan, pose=replace(scan.pose, roll=roll)), 256) for roll in (0.0, 10.0))
    start, end = SCHEMA.index("nasion"), SCHEMA.index("gnathion")
    (x, y), (u, v) = (one.points[end] - one.points[start] for one in (level, tilted))
    turned = np.rad2deg(np.arctan2(v, u) - np.arctan2(y, x))
    assert abs(abs(turned) - 10) < 1


def test_the_photographs_of_a_folder_are_read_as_data_of_ones_own(tmp_path, capsys):
    folder = tmp_path / "studio"
    numbers = ["--subjects", "3", "--scans", "2", "--size", str(SIZE), "--seed", "6"]
    assert main(["--photographs", "--output", str(folder), *numbers]) == 0
    assert capsys.readouterr().out == f"6 pictures and landmarks.csv in {folder}\n"
    samples = load(folder)
    assert [sample.subject for sample in samples] == ["s0000"] * 2 + ["s0001"] * 2 + ["s0002"] * 2
    for number, sample in enumerate(samples):
        rendering, person, scan = photograph(number // 2, number % 2)
        assert np.array_equal(np.asarray(Image.open(sample.image)), rendering.image)
        np.testing.assert_allclose(sample.points, rendering.points, atol=6e-4)
        assert sample.box is None and sample.mirrored == scan.mirrored
        assert sample.mm_per_px == pytest.approx(rendering.mm_per_px, abs=1e-5)
        assert sample.attributes["sex"] == person.sex
        assert {"age", "age_group", "yaw", "side", *FAS_SLIDERS} <= set(sample.attributes)
    assert {sample.mirrored for sample in samples} == {True, False}


def test_a_folder_is_gone_on_with_but_holds_pictures_of_one_kind(tmp_path, monkeypatch, capsys):
    settings = {"subjects": 2, "scans": 1, "size": 32}
    written, count = rendered.write(tmp_path, **settings, photographs=True)
    assert written == tmp_path / "landmarks.csv" and count == 2
    before = written.read_bytes()
    (tmp_path / "images" / "s0001_0.png").unlink()
    rendered.write(tmp_path, **settings, photographs=True)
    assert written.read_bytes() == before and (tmp_path / "images" / "s0001_0.png").is_file()
    monkeypatch.setattr(rendered, "render_subjects", None)  # nothing is rendered any more
    rendered.write(tmp_path, **settings, photographs=True)
    for other in (["--seed", "1", "--photographs"], []):
        arguments = ["--output", str(tmp_path), "--subjects", "2", "--scans", "1", "--size", "32", *other]
        assert main(arguments) == 2
        message = f"error: {tmp_path}: holds other files or pictures of other settings; name an empty folder\n"
        assert capsys.readouterr().err == message
    assert written.read_bytes() == before


def test_crops_can_be_written_to_a_folder_too(tmp_path):
    rendered.write(tmp_path / "crops", 2, 1, 40, seed=9)
    for ours, theirs in zip(
        synthetic.samples(2, 1, 40, seed=9, cache=tmp_path), table.read(tmp_path / "crops"), strict=True
    ):
        assert np.array_equal(ours.points, theirs.points) and ours.box == theirs.box
        assert ours.image.read_bytes() == theirs.image.read_bytes()


def test_photographs_need_a_folder(tmp_path, capsys):
    assert main(["--photographs"]) == 2
    assert capsys.readouterr().err == "error: --photographs needs --output DIR, a folder for them\n"
    (tmp_path / "file").write_text("")
    assert main(["--photographs", "--output", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'file'}: Not a directory; name another folder\n"
