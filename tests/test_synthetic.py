"""Synthetic faces: exact landmarks, sliders, mirror, determinism, cache and sheets."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from rtl_tf.datasets import synthetic, table
from rtl_tf.datasets.synthetic import crew, portraits, raster, rendered, sheet
from rtl_tf.datasets.synthetic.__main__ import main
from rtl_tf.datasets.synthetic.head import Head
from rtl_tf.datasets.synthetic.landmarks import locate_landmarks
from rtl_tf.datasets.synthetic.mesh import EAR, KIND, SKIN
from rtl_tf.datasets.synthetic.people import AGE_GROUPS, FAS_SLIDERS, sample_subject
from rtl_tf.datasets.synthetic.render import render, render_sample
from rtl_tf.datasets.synthetic.scans import Expression, sample_scan
from rtl_tf.datasets.synthetic.scene import build_scene, look
from rtl_tf.exceptions import InputError
from rtl_tf.schema import load_schema

SCHEMA = load_schema("fas14")
NAMES = SCHEMA.names
PEOPLE = range(6)


def distance_to_triangle(point, a, b, c):
    """Euclidean distances of one point from triangles (T, 3) each, by the regions of the barycentric plane."""
    best = np.full(len(a), np.inf)
    for start, end in ((a, b), (b, c), (c, a)):
        along = end - start
        share = np.clip(((point - start) * along).sum(1) / np.maximum((along**2).sum(1), 1e-18), 0, 1)
        best = np.minimum(best, np.linalg.norm(point - start - share[:, None] * along, axis=1))
    normal = np.cross(b - a, c - a)
    area = np.linalg.norm(normal, axis=1)
    solid = area > 1e-12
    a, b, c, normal = a[solid], b[solid], c[solid], normal[solid] / area[solid, None]
    height = ((point - a) * normal).sum(1)
    foot = point - height[:, None] * normal
    inside = np.ones(len(a), bool)
    for start, end in ((a, b), (b, c), (c, a)):
        inside &= (np.cross(end - start, foot - start) * normal).sum(1) >= 0
    best[np.flatnonzero(solid)[inside]] = np.minimum(best[solid][inside], np.abs(height[inside]))
    return best


def scene_of(subject, size=128, **changes):
    return build_scene(replace(sample_subject(3, subject), **changes), sample_scan(3, subject, 0), size)


@pytest.mark.parametrize("size", [64, 256])
def test_landmarks_lie_within_half_a_millimetre_of_the_mesh(size):
    for subject in PEOPLE:
        scene = scene_of(subject, size)
        triangles = scene.mesh.triangles[scene.loose[scene.mesh.triangles[:, 0]] < 0]
        vertices = scene.mesh.fields[:, :3].astype(float)
        for name, point in zip(NAMES, scene.landmarks.position, strict=True):
            near = triangles[(np.abs(vertices[triangles[:, 0]] - point) < 1.5).all(1)]
            distance = distance_to_triangle(point, *(vertices[near[:, k]] for k in range(3))).min()
            assert 10 * distance < 0.5, f"{name} of subject {subject}: {10 * distance:.2f} mm"


def test_landmarks_lie_on_the_depth_that_is_rendered():
    scene = scene_of(1, 400)
    view = look(scene, sample_scan(3, 1, 0).pose, 400)
    side = 800
    fragments = raster.rasterize(view.faces, view.depth, side)
    _, depth = view.camera.project(scene.landmarks.position)
    buffer = np.full(side * side, np.inf)
    buffer[fragments.pixel] = fragments.depth
    compared = 0
    for k in np.flatnonzero(view.visible):
        column, row = view.points[k].astype(int)
        window = buffer.reshape(side, side)[row - 1 : row + 2, column - 1 : column + 2]
        if np.ptp(window) < 0.3:  # not on the outline, where depth changes by centimetres within a pixel
            assert np.abs(window - depth[k]).min() < 0.05, NAMES[k]
            compared += 1
    assert compared >= 8


def test_landmarks_are_the_extrema_that_define_them():
    for subject in PEOPLE:
        scene = scene_of(subject)
        fields, landmarks = scene.mesh.fields, dict(zip(NAMES, scene.landmarks.position, strict=True))
        skin = fields[(fields[:, KIND] == SKIN) & (fields[:, 8] > 3)]
        midline = skin[np.abs(skin[:, 6]) < 1e-4]
        y, z = midline[:, 1], midline[:, 2]

        nose = scene.head.nose
        near_tip = np.abs(midline[:, 7] - nose.tip_y) < 1.5
        assert landmarks["pronasale"][2] >= z[near_tip].max() - 1e-3
        root = (midline[:, 7] > -0.9) & (midline[:, 7] < 1.7)
        assert landmarks["nasion"][2] <= z[root].min() + 1e-3
        assert -0.8 < landmarks["nasion"][1] < 1.6  # inside the window, not at its end
        chin = (midline[:, 8] > 5) & (y > -13)
        assert landmarks["gnathion"][1] <= y[chin].min() + 1e-3
        throat = (
            (midline[:, 8] > 3.5) & (midline[:, 8] < landmarks["gnathion"][2] - 1) & (y < landmarks["gnathion"][1] + 2)
        )
        assert (y[throat] > landmarks["gnathion"][1] - 0.1).any()

        wing = nose.wing_radius(np.abs(skin[:, 6]), skin[:, 7])
        on_wing = (wing < 0.985) & (skin[:, 6] > 0)
        assert landmarks["alare"][0] >= skin[on_wing, 0].max() - 1e-3
        k = SCHEMA.index("alare")
        further = scene.head.skin(
            scene.landmarks.angle[k] + np.linspace(0, 0.03, 40), np.full(40, scene.landmarks.level[k])
        )
        assert further.position[:, 0].min() < landmarks["alare"][0] - 0.01  # the wing overhangs its crease

        ear = fields[fields[:, KIND] == EAR]
        hollow = (np.abs(ear[:, 6] - 0.92) < 0.4) & (np.abs(ear[:, 7] - 1.9) < 0.4)
        inwards = ear[hollow, :3] @ scene.head.ear.outwards
        assert landmarks["triangular_fossa"] @ scene.head.ear.outwards <= inwards.min() + 0.01


def test_every_landmark_is_visible_and_in_the_frame():
    for subject in range(40):
        rendering, _, _ = render_sample(11, subject, subject % 3, 48)
        assert rendering.visible.all()
        assert (rendering.points > 0).all() and (rendering.points < 47).all()


def test_a_head_that_hides_a_landmark_from_every_drawn_pose_is_turned_to_the_camera():
    """One of the first 1,800 pictures: its nose hides its own base from yaw 36 on."""
    rendering, _, _ = render_sample(0, 568, 0, 256)
    assert rendering.visible.all() and rendering.pose.yaw == 35.5


def test_mirrored_pictures_swap_the_pair():
    subject, scan = sample_subject(0, 4), replace(sample_scan(0, 4, 0), mirrored=False)
    straight, mirrored = render(subject, scan, 96), render(subject, replace(scan, mirrored=True), 96)
    assert np.array_equal(mirrored.image, straight.image[:, ::-1])
    left, right = SCHEMA.index("crista_philtri_left"), SCHEMA.index("crista_philtri_right")
    flipped = np.stack([95 - straight.points[:, 0], straight.points[:, 1]], axis=1)
    np.testing.assert_allclose(mirrored.points[left], flipped[right], atol=1e-4)
    np.testing.assert_allclose(mirrored.points[right], flipped[left], atol=1e-4)
    others = [k for k in range(14) if k not in (left, right)]
    np.testing.assert_allclose(mirrored.points[others], flipped[others], atol=1e-4)
    for picture in (straight, mirrored):  # facing a person, their left is on the viewer's right
        assert picture.points[left, 0] > picture.points[right, 0]


MOVES = {
    "smooth_philtrum": {"labiale_superius", "crista_philtri_left", "crista_philtri_right", "subnasale"},
    "thin_upper_lip": {"labiale_superius", "crista_philtri_left", "crista_philtri_right"},
    "short_palpebral_fissure": {"exocanthion", "endocanthion"},
}


@pytest.mark.parametrize("slider", FAS_SLIDERS)
def test_a_slider_moves_its_landmarks_and_no_others(slider):
    for subject in PEOPLE:
        plain = replace(sample_subject(3, subject), **dict.fromkeys(FAS_SLIDERS, 0.0))
        before, after = (
            locate_landmarks(Head(replace(plain, **{slider: value}), Expression())).position for value in (0.0, 1.0)
        )
        moved = 10 * np.linalg.norm(after - before, axis=1)
        for name, distance in zip(NAMES, moved, strict=True):
            assert name in MOVES[slider] or distance < 0.2, f"{slider} moves {name} by {distance:.2f} mm"
        assert moved[[SCHEMA.index(name) for name in MOVES[slider]]].max() > 0.5


@pytest.mark.parametrize(
    ("slider", "centre", "reach"),
    [("smooth_philtrum", "labiale_superius", 3.0), ("thin_upper_lip", "labiale_superius", 3.6),
     ("short_palpebral_fissure", "endocanthion", 5.0)],
)  # fmt: skip
def test_a_slider_changes_only_the_surface_around_it(slider, centre, reach):
    angle, level = np.linspace(-1.3, 1.6, 150)[None, :], np.linspace(0.2, 0.9, 220)[:, None]
    plain = replace(sample_subject(3, 2), **dict.fromkeys(FAS_SLIDERS, 0.0))
    heads = [Head(replace(plain, **{slider: value}), Expression()) for value in (0.0, 1.0)]
    before, after = (head.skin(angle, level).position for head in heads)
    middle = locate_landmarks(heads[0]).position[SCHEMA.index(centre)]
    folded = (
        np.abs(before - [0, *middle[1:]])
        if middle[0] == 0
        else np.abs(np.abs(before) * [1, 0, 0] + before * [0, 1, 1] - middle)
    )
    changed = np.abs(after - before).max(-1) > 0.01
    assert changed.any()
    assert np.linalg.norm(folded, axis=-1)[changed].max() < reach


def test_sliders_do_what_their_names_say():
    def measures(**sliders):
        head = Head(replace(plain, **sliders), Expression())
        place = dict(zip(NAMES, locate_landmarks(head).position, strict=True))
        height = (head.mouth.bow_y + head.nose.base_y) / 2
        ridge_x = np.linspace(0, 0.8, 60)
        profile = head.skin(*head.skull.locate(ridge_x, np.full(60, height))).position[:, 2]
        stomion = head.mouth.curves(np.zeros(1))[2][0]
        return (
            np.linalg.norm(place["exocanthion"] - place["endocanthion"]),
            place["labiale_superius"][1] - stomion,
            profile.max() - profile[0],
        )

    for subject in PEOPLE:
        plain = replace(sample_subject(3, subject), **dict.fromkeys(FAS_SLIDERS, 0.0))
        fissure, vermilion, groove = measures()
        assert measures(short_palpebral_fissure=1.0)[0] < 0.82 * fissure
        assert measures(short_palpebral_fissure=0.5)[0] < 0.91 * fissure
        assert measures(thin_upper_lip=1.0)[1] < 0.55 * vermilion
        assert groove > 0.1  # cm
        assert measures(smooth_philtrum=1.0)[2] < 0.25 * groove


def test_a_person_is_a_function_of_seed_and_number():
    assert sample_subject(5, 7) == sample_subject(5, 7)
    assert sample_subject(5, 7) != sample_subject(5, 8) and sample_subject(5, 7) != sample_subject(6, 7)
    assert sample_scan(5, 7, 1) == sample_scan(5, 7, 1) != sample_scan(5, 7, 2)
    first, again = (render_sample(5, 7, 1, 48)[0] for _ in range(2))
    assert np.array_equal(first.image, again.image) and np.array_equal(first.points, again.points)


def test_people_cover_all_ages_tones_and_sliders():
    people = [sample_subject(0, k) for k in range(300)]
    for group, (youngest, oldest) in AGE_GROUPS.items():
        ages = [person.age for person in people if person.age_group == group]
        assert len(ages) > 30 and youngest <= min(ages) and max(ages) <= oldest
    tones = [person.skin_tone for person in people]
    assert min(tones) < 0.1 and max(tones) > 0.8
    for slider in FAS_SLIDERS:
        values = np.array([getattr(person, slider) for person in people])
        assert (values == 0).sum() > 90 and (values > 0.5).sum() > 40 and values.max() <= 1


def test_any_size_shows_the_same_face():
    subject, scan = sample_subject(0, 1), sample_scan(0, 1, 0)
    small, large = render(subject, scan, 64), render(subject, scan, 256)
    # pixel centres on integers: edges at -0.5 and size - 0.5
    np.testing.assert_allclose((small.points + 0.5) * 4 - 0.5, large.points, atol=0.5)
    shrunk = large.image.reshape(64, 4, 64, 4, 3).mean((1, 3))
    assert np.abs(shrunk - small.image).mean() < 8  # grey values of 255


def test_scale_is_that_of_the_face():
    rendering, subject, scan = render_sample(2, 0, 0, 256)
    frontal = render(subject, replace(scan, pose=replace(scan.pose, yaw=0.0, pitch=0.0, roll=0.0)), 256)
    position = locate_landmarks(Head(subject, scan.expression)).position
    k, m = SCHEMA.index("exocanthion"), SCHEMA.index("endocanthion")
    width_mm = 10 * subject.shape.size * (position[k] - position[m])[0]
    width_px = abs(frontal.points[k, 0] - frontal.points[m, 0])
    assert frontal.mm_per_px * width_px == pytest.approx(width_mm, rel=0.05)
    assert 0.5 < rendering.mm_per_px < 1.5  # about 20 cm across 256 px


def test_samples_and_the_table_that_anyone_can_read(tmp_path):
    faces = synthetic.samples(2, 2, 40, seed=9, cache=tmp_path)
    assert [face.subject for face in faces] == ["s0000", "s0000", "s0001", "s0001"]
    for face in faces:
        assert Image.open(face.image).size == (40, 40)
        assert face.points.shape == (14, 2) and face.points.dtype == np.float32
        assert face.box == (-0.5, -0.5, 40.0) and not face.mirrored
        assert {"age_group", "sex", "age", "skin_tone", "yaw", "side", *FAS_SLIDERS} <= set(face.attributes)
    folder = faces[0].image.parents[1]
    header = (folder / "landmarks.csv").read_text().splitlines()[0].split(",")
    assert header[:4] == ["image", "subject", "site", "mm_per_px"]
    assert {f"{name}_{axis}" for name in NAMES for axis in "xy"} <= set(header)
    for ours, theirs in zip(faces, table.read(folder), strict=True):
        assert np.array_equal(ours.points, theirs.points)
        assert (ours.image, ours.subject, ours.box) == (theirs.image, theirs.subject, theirs.box)
        assert (ours.mm_per_px, ours.attributes) == (theirs.mm_per_px, theirs.attributes)


def test_cache_hit_renders_nothing(tmp_path, monkeypatch):
    first = synthetic.samples(2, 1, 32, cache=tmp_path)
    monkeypatch.setattr(rendered, "render_subjects", None)
    again = synthetic.samples(2, 1, 32, cache=tmp_path)
    assert [face.image for face in again] == [face.image for face in first]
    with pytest.raises(TypeError):  # other settings are another folder
        synthetic.samples(2, 1, 32, seed=1, cache=tmp_path)


def test_an_interrupted_render_is_resumed(tmp_path, monkeypatch):
    faces = synthetic.samples(3, 1, 32, cache=tmp_path)
    folder = faces[0].image.parents[1]
    pictures = [face.image.read_bytes() for face in faces]
    rows = [line for line in (folder / "rendered.jsonl").read_text().splitlines() if line]
    (folder / "rendered.jsonl").write_text(rows[0] + "\n" + rows[1][:50])  # cut while the second was written
    (folder / "landmarks.csv").unlink()
    faces[2].image.unlink()

    asked = []
    original = rendered.render_subjects
    monkeypatch.setattr(rendered, "render_subjects", lambda todo, *rest: asked.extend(todo) or original(todo, *rest))
    resumed = synthetic.samples(3, 1, 32, cache=tmp_path)
    assert sorted(asked) == sorted({0, 1, 2} - {json.loads(rows[0])["subject"]})
    assert [face.image.read_bytes() for face in resumed] == pictures
    for before, after in zip(faces, resumed, strict=True):
        assert np.array_equal(before.points, after.points)

    asked.clear()
    faces[1].image.unlink()  # a table alone is not taken for a whole data set
    synthetic.samples(3, 1, 32, cache=tmp_path)
    assert asked == [1]


def test_workers_serve_a_script_without_a_main_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from rtl_tf.datasets.synthetic import samples\nprint(len(samples(5, 2, 32)))\n")
    package = str(rendered.Path(synthetic.__file__).parents[3])
    environment = {**rendered.os.environ, "RTL_TF_CACHE": str(tmp_path / "crew"), "PYTHONPATH": package}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "10\n"
    (folder,) = (tmp_path / "crew" / "synthetic").iterdir()
    here = render_sample(0, 4, 1, 32)[0]
    assert np.array_equal(np.asarray(Image.open(folder / "images" / "s0004_1.png")), here.image)


def test_a_worker_that_ends_is_told_and_takes_the_others_with_it(tmp_path, monkeypatch):
    started = []
    start = crew._start
    monkeypatch.setattr(crew, "_start", lambda *given: started.append(start(*given)) or started[-1])
    monkeypatch.setattr(crew.child, "command", lambda *_: [sys.executable, "-c", "print('no rows')"])
    monkeypatch.setattr(crew, "_cores", lambda: 2)
    with pytest.raises(RuntimeError, match=r"rendering subject \d failed \(a worker ended"):
        synthetic.samples(5, 2, 32, cache=tmp_path)
    assert len(started) == 2 and all(worker.poll() is not None for worker in started)


@pytest.mark.parametrize("bad", [{"subjects": 0}, {"scans": 0}, {"size": 8}, {"seed": -1}])
def test_bad_numbers_are_named(tmp_path, bad):
    with pytest.raises(InputError, match=next(iter(bad))):
        synthetic.samples(**{"subjects": 1, "scans": 1, "size": 32, **bad}, cache=tmp_path)


def test_an_unwritable_cache_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="RTL_TF_CACHE"):
        synthetic.samples(1, 1, 32, cache=tmp_path / "file")


def test_sheets(tmp_path, capsys, monkeypatch):
    plain, marked, sliders = tmp_path / "plain.png", tmp_path / "marked.png", tmp_path / "fas.png"
    common = ["--subjects", "3", "--size", "48", "--columns", "2", "--seed", "1"]
    assert main(["--contact-sheet", str(plain), *common]) == 0
    assert main(["--contact-sheet", str(marked), "--landmarks", *common]) == 0
    assert Image.open(plain).size == (96, 96)
    assert (np.asarray(Image.open(plain)) != np.asarray(Image.open(marked))).any()
    counted: list[int] = []
    monkeypatch.setattr(sheet, "progress", lambda tiles, total, _: counted.append(total) or tiles)
    assert main(["--fas-sliders", str(sliders), "--size", "48"]) == 0  # of one person
    assert Image.open(sliders).size == (144, 144)
    assert counted == [9]
    assert main(["--contact-sheet", str(tmp_path / "no" / "folder.png"), "--subjects", "1", "--size", "48"]) == 2
    assert "folder.png" in capsys.readouterr().err
    assert main(["--contact-sheet", str(plain), "--seed", "-1"]) == 2
    assert "seed -1" in capsys.readouterr().err


def test_tiles_lie_in_rows_and_an_unfinished_row_ends_black():
    tiles = [Image.new("RGB", (3, 3), colour) for colour in ("red", "lime", "blue")]
    red, green, blue, black = (
        np.tile(np.uint8(colour), (3, 3, 1)) for colour in np.vstack([np.eye(3) * 255, [[0] * 3]])
    )
    expected = np.vstack([np.hstack([red, green]), np.hstack([blue, black])])
    np.testing.assert_array_equal(np.asarray(sheet._mosaic(tiles, 2)), expected)
    np.testing.assert_array_equal(np.asarray(sheet._mosaic(tiles, 8)), np.hstack([red, green, blue]))


def test_importing_loads_nothing_heavy():
    modules = "rtl_tf.datasets.synthetic, rtl_tf.datasets.synthetic.worker"
    heavy = "{'tensorflow', 'keras', 'pandas', 'matplotlib'}"
    code = f"import sys, {modules}; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_faces_for_figures_show_all_landmarks_and_are_those_of_the_data():
    image, points = portraits.portrait(64)
    assert image.shape == (64, 64, 3) and ((points > 0) & (points < 63)).all()
    assert points[NAMES.index("pronasale"), 0] < points[NAMES.index("triangular_fossa"), 0]  # turned to the left
    images, points = portraits.people(2, 64)
    second = render_sample(0, 1, 0, 64)[0]
    np.testing.assert_array_equal(images[1], second.image)
    np.testing.assert_array_equal(points[1], second.points)
