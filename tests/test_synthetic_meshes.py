"""Built-in heads as scans: OBJ, MTL and texture, their landmarks in space, and how well these are found again."""

import csv
import json

import numpy as np
import pytest
import trimesh
from PIL import Image

from rtl_tf.cli.lift import main as lift
from rtl_tf.datasets import load
from rtl_tf.datasets.meshes.obj import read_obj
from rtl_tf.datasets.synthetic.__main__ import main
from rtl_tf.measuring.quantities import measure
from rtl_tf.schema import load_schema

SCHEMA = load_schema("fas14")
SIZE = 384
EXACT = 0.01  # mm
EAR = 0.1  # mm: its landmarks are no corners of triangles, but lie between them


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A folder with two scans."""
    folder = tmp_path_factory.mktemp("scans")
    assert main(["--meshes", "--output", str(folder), "--subjects", "2", "--scans", "1", "--size", str(SIZE)]) == 0
    return folder


def truth(scans, name):
    markup = json.loads((scans / f"images/{name}_truth.mrk.json").read_text())["markups"][0]
    assert markup["coordinateSystem"] == "LPS"
    return {point["label"]: np.array(point["position"]) for point in markup["controlPoints"]}


@pytest.mark.parametrize("name", ["s0000_0", "s0001_0"])
def test_landmarks_lifted_from_their_exact_places_are_those_of_the_head(scans, tmp_path, name):
    flags = ["--points", str(scans / "landmarks.csv"), "--output", str(tmp_path / "out")]
    assert lift([str(scans / f"images/{name}.obj"), *flags]) == 0
    own, used = truth(scans, name), set()
    with open(tmp_path / "out/lifted.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["x"] and not float(row["off_px"]):
                away = np.linalg.norm([float(row[axis]) for axis in "xyz"] - own[row["landmark"]])
                assert away < (EAR if row["landmark"] in ("upper_lobule", "triangular_fossa") else EXACT), row
                used.add(row["landmark"] if row["used"] == "true" else "")
    assert used - {""} == set(SCHEMA.names)
    points = np.array([own[name] for name in SCHEMA.names])
    with open(tmp_path / "out/measurements.csv", encoding="utf-8", newline="") as file:
        values = {row["measurement"]: float(row["value"]) for row in csv.DictReader(file)}
    for each in SCHEMA.measurements:
        expected = float(measure(each, points, SCHEMA.names, 1.0))
        assert values[each.name] == pytest.approx(expected, abs=2 * EAR if each.name == "lobule_to_fossa" else 0.02)


def test_trimesh_reads_the_same_surface(scans):
    ours = read_obj(scans / "images/s0000_0.obj")
    theirs = trimesh.load(scans / "images/s0000_0.obj", process=False)
    assert len(theirs.faces) == len(ours.triangles) > 5000
    assert theirs.area == pytest.approx(trimesh.Trimesh(ours.vertices, ours.triangles, process=False).area, rel=1e-6)
    assert theirs.visual.material.image.size == (2 * SIZE, SIZE)
    for place in truth(scans, "s0000_0").values():  # the truth lies on the surface, by trimesh's own search
        away = np.linalg.norm(
            trimesh.triangles.closest_point(theirs.triangles, np.tile(place, (len(theirs.faces), 1))) - place, axis=1
        )
        assert away.min() < EAR


def test_charts_do_not_lie_over_each_other(scans):
    """Each triangle's middle is found on itself: no two places of the surface share a place of the texture."""
    from rtl_tf.datasets.meshes.textured import TextureMap

    mesh = read_obj(scans / "images/s0001_0.obj")
    chosen = np.random.default_rng(0).choice(len(mesh.triangles), 300, replace=False)
    middles = mesh.vertices[mesh.triangles[chosen]].mean(axis=1)
    pixels = mesh.uv[mesh.uv_triangles[chosen]].mean(axis=1) * [2 * SIZE, -SIZE] + [-0.5, SIZE - 0.5]
    places = [TextureMap(mesh, 0, (2 * SIZE, SIZE)).find(pixel, 0.0, 1.0).position for pixel in pixels]
    away = np.linalg.norm(np.array(places) - middles, axis=1)
    assert np.mean(away < EXACT) > 0.98  # the others lie where a fold hides part of a neighbour


def test_the_table_is_data_of_two_faces_on_each_texture(scans):
    samples = load(scans)
    assert [(sample.image.name, sample.face) for sample in samples] == [
        (f"s{subject:04d}_0.png", str(face)) for subject in range(2) for face in (1, 2)
    ]
    assert np.isfinite(samples[0].points).all() and (samples[0].points[:, 0] < SIZE).all()
    seen = np.isfinite(samples[1].points).all(axis=1)
    assert seen[SCHEMA.index("nasion")] and (samples[1].points[seen][:, 0] > SIZE - 1).all()
    assert not any(sample.mirrored for sample in samples)
    assert Image.open(samples[0].image).size == (2 * SIZE, SIZE)


def test_meshes_need_a_folder_of_their_own(tmp_path, capsys):
    assert main(["--meshes"]) == 2
    assert capsys.readouterr().err == "error: --meshes needs --output DIR, a folder for them\n"
    assert main(["--meshes", "--photographs", "--output", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "error: --photographs and --meshes: choose one\n"
