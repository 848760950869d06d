"""`rtl-lift`: places on textures and on the surface, what is measured there, its files, what it refuses."""

import csv
import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import trimesh
from PIL import Image

from rtl_tf.cli import run as run_command
from rtl_tf.cli.lift import main
from rtl_tf.datasets.meshes.textured import TexturedMesh, TextureMap
from rtl_tf.inference import predicting
from rtl_tf.inference.looked_at import Found
from rtl_tf.records import Prediction
from rtl_tf.schema import load_schema

SIZE = (200, 100)  # px of the texture
SCHEMA = """name = "three"
source = "made up"
[[landmarks]]
name = "a"
label = "A"
anatomy = "a"
[[landmarks]]
name = "b"
label = "B"
anatomy = "b"
[[landmarks]]
name = "c"
label = "C"
anatomy = "c"
[[measurements]]
name = "width"
kind = "distance"
points = ["a", "b"]
meaning = "m"
[[measurements]]
name = "corner"
kind = "angle"
points = ["a", "b", "c"]
meaning = "m"
"""


def textured(vertices, triangles, pixels, uv_triangles=None):
    """A mesh on one texture of SIZE; `pixels` are px, centres on integers."""
    uv = (np.array(pixels, float) + 0.5) / SIZE * [1, -1] + [0, 1]
    triangles = np.array(triangles, np.int32)
    corners = triangles if uv_triangles is None else np.array(uv_triangles, np.int32)
    return TexturedMesh(np.array(vertices, float), triangles, uv, corners, (), np.zeros(len(triangles), np.int32))


SQUARE = textured(
    [(0, 0, 0), (100, 0, 0), (100, 100, 50), (0, 100, 0)],
    [(0, 1, 2), (0, 2, 3)],
    [(10, 60), (60, 60), (60, 10), (10, 10)],
)


def found(mesh, point, reach=2.0):
    return TextureMap(mesh, 0, SIZE).find(np.array(point, float), reach, 1.0)


def test_places_by_hand():
    place = found(SQUARE, (50, 50))  # 0.8 and 0.2 of the square's sides: 0.2, 0.6, 0.2 of the first triangle
    np.testing.assert_allclose(place.position, [80, 20, 10], atol=1e-9)
    assert place[1:3] == (0, "")
    np.testing.assert_allclose(found(SQUARE, (20, 20)).position, [20, 80, 10], atol=1e-9)  # 0.2, 0.2, 0.6 of the second


def test_an_edge_and_a_corner_that_triangles_share_are_one_place():
    place = found(SQUARE, (35, 35))
    np.testing.assert_allclose(place.position, [50, 50, 25], atol=1e-9)
    assert place.note == ""
    corner = found(SQUARE, (60, 10))
    np.testing.assert_allclose(corner.position, [100, 100, 50], atol=1e-9)
    assert corner[1:3] == (0, "within 1 px of the border of its chart")


def test_outside_all_charts_the_nearest_place_or_none():
    near = found(SQUARE, (61.5, 35))
    np.testing.assert_allclose(near.position, [100, 50, 25], atol=1e-9)
    assert near[1:3] == (1.5, "outside all charts: the nearest place, 1.50 px away")
    far = found(SQUARE, (63, 35))
    assert np.isnan(far.position).all()
    assert far.note == "outside all charts: the nearest place is 3.0 px away"
    assert found(SQUARE, (63, 35), reach=3).off_px == 3
    assert found(SQUARE, (190, 35)).note == "outside all charts: the nearest place is more than 50 px away"
    # what rounding in a file moved off is inside
    assert found(SQUARE, (60.005, 35))[1:3] == (0, "within 1 px of the border of its chart")


@pytest.mark.parametrize(
    "away, note",
    [(30.0, "places of the mesh 30.0 mm apart have this px: none is taken"), (0.2, "middle of places 0.20 mm apart")],
)
def test_two_triangles_on_one_place_of_the_texture(away, note):
    corners = [(0, 0, 0), (100, 0, 0), (0, 100, 0)]
    behind = [(x, y, away) for x, y, _ in corners]
    pixels = [(10, 60), (60, 60), (10, 10)]
    mesh = textured(corners + behind, [(0, 1, 2), (3, 4, 5)], pixels, [(0, 1, 2), (0, 1, 2)])
    place = found(mesh, (20, 50))
    assert place.note == note
    np.testing.assert_allclose(place.position, [20, 20, 0.1] if away < 1 else [np.nan] * 3, atol=1e-9)


def test_an_outline_behind_which_the_texture_shows_something_else_is_said():
    corners = [(0, 0, 0), (10, 0, 0), (10, 10, 0), (0, 10, 0), (0, 0, -35), (10, 0, -35), (10, 10, -35), (0, 10, -35)]
    pixels = [(10, 60), (60, 60), (60, 10), (10, 10), (60, 60), (110, 60), (110, 10), (60, 10)]
    mesh = textured(corners, [(0, 1, 2), (0, 2, 3), (4, 5, 6), (4, 6, 7)], pixels)
    place = found(mesh, (58.5, 35))
    np.testing.assert_allclose(place.position, [9.7, 5, 0], atol=1e-9)
    assert place.spread_mm == pytest.approx(np.hypot(9.6, 35), abs=0.02)
    assert place.note == "what is seen 2 px beside it lies up to 36.3 mm away"
    inside = found(mesh, (50, 30))
    assert inside.note == "" and not inside.leaps
    assert inside.spread_mm == pytest.approx(0.4)  # 2 of 50 px of 10 mm


def test_of_two_views_the_one_away_from_an_outline_counts(lift):
    """Behind the corner c of the square a second one begins on the texture, 90 mm deeper."""
    behind = "v 0 0 -90\nv 100 0 -90\nv 100 100 -90\nvt 0.3025 0.895\nvt 0.5 0.895\nvt 0.3025 0.6\nf 5/5 6/6 7/7\n"
    first = row((10, 60), (60, 60), (60, 11), face=1, c_peak=0.9)
    assert lift([first, row((10, 60), (60, 60), (57, 13), face=2, c_peak=0.3)], obj=HEAD + behind)[0] == 0
    used = {one["landmark"]: one["face"] for one in table("head_lifted/lifted.csv") if one["used"] == "true"}
    assert used == {"a": "1", "b": "1", "c": "2"}


def test_a_texture_repeats_and_flat_triangles_hold_nothing():
    turned = TexturedMesh(
        SQUARE.vertices, SQUARE.triangles, SQUARE.uv + [3, -2], SQUARE.uv_triangles, (), SQUARE.texture_of
    )
    np.testing.assert_allclose(found(turned, (50, 50)).position, [80, 20, 10], atol=1e-9)
    flat = textured([(0, 0, 0), (100, 0, 0), (50, 0, 0)], [(0, 1, 2)], [(10, 50), (60, 50), (35, 50)])
    np.testing.assert_allclose(found(flat, (20, 50)).position, [20, 0, 0], atol=1e-9)
    assert np.isnan(found(flat, (20, 53)).position).all()


def test_places_are_those_of_trimesh():
    """A wavy sheet, cut in triangles, at 300 places: barycentric coordinates as trimesh has them."""
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[0:12, 0:15]
    pixels = np.stack([10 + 12 * columns, 8 + 7 * rows], axis=-1).reshape(-1, 2) + rng.uniform(-2, 2, (180, 2))
    vertices = np.column_stack([pixels * [0.9, -1.1], 8 * np.sin(pixels[:, 0] / 9)])
    index = np.arange(180).reshape(12, 15)
    corners = [index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, :-1], index[1:, 1:], index[:-1, 1:]]
    triangles = np.stack(corners, axis=-1).reshape(-1, 3)
    mesh = textured(vertices, triangles, pixels)
    flat = np.pad(pixels[triangles], ((0, 0), (0, 0), (0, 1)))
    for point in rng.uniform([14, 12], [170, 80], (300, 2)):
        weights = trimesh.triangles.points_to_barycentric(flat, np.tile([*point, 0], (len(flat), 1)))
        (which,) = np.flatnonzero((weights > -1e-12).all(axis=1))
        expected = weights[which] @ vertices[triangles[which]]
        np.testing.assert_allclose(found(mesh, point).position, expected, atol=1e-9)


HEAD = (
    "mtllib head.mtl\nv 0 0 0\nv 100 0 0\nv 100 100 50\nv 0 100 0\nvt 0.0525 0.395\nvt 0.3025 0.395\nvt 0.3025 0.895\n"
    "vt 0.0525 0.895\nusemtl skin\nf 1/1 2/2 3/3 4/4\n"
)


@pytest.fixture
def lift(tmp_path, monkeypatch, capsys):
    """Write the square as head.obj, rows to points.csv, and run the command: status, what it said."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "three.toml").write_text(SCHEMA)
    (tmp_path / "head.mtl").write_text("newmtl skin\nmap_Kd face.png\n")
    Image.new("RGB", SIZE).save(tmp_path / "face.png")

    def call(rows, *arguments, obj=HEAD, source=("--points", "points.csv", "--schema", "three.toml")):
        (tmp_path / "head.obj").write_text(obj)
        with open("points.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)
        with pytest.raises(SystemExit) as ended:
            run_command(main, ["head.obj", *source, *map(str, arguments)])
        said = capsys.readouterr()
        return ended.value.code, said.out or said.err

    return call


def row(a, b, c, **more):
    points = {
        f"{name}_{axis}": value
        for name, place in zip("abc", (a, b, c), strict=True)
        for axis, value in zip("xy", place, strict=True)
    }
    return {"image": "face.png", **points, **more}


ROW = row((10, 60), (60, 60), (60, 10))


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_points_distances_and_a_list_for_slicer(lift, tmp_path):
    status, said = lift([ROW])
    assert status == 0
    assert "head.obj: 2 triangles, a unit is 1 mm (taken for granted); texture face.png\n" in said
    assert "3 of 3 landmarks on the mesh, from 1 view\n" in said and "Research use, no diagnosis." in said
    points = table("head_lifted/lifted.csv")
    assert [[one[name] for name in ("x", "y", "z", "used")] for one in points] == [
        ["0.00000", "0.00000", "0.00000", "true"],
        ["100.00000", "0.00000", "0.00000", "true"],
        ["100.00000", "100.00000", "50.00000", "true"],
    ]
    assert {one["mesh"] for one in points} == {"../head.obj"} and {one["texture"] for one in points} == {"../face.png"}
    values = {
        one["measurement"]: (one["value"], one["unit"], one["use"]) for one in table("head_lifted/measurements.csv")
    }
    assert values["width"] == ("100.000", "mm", "research use, no diagnosis")
    assert values["corner"][:2] == ("90.00", "deg")
    markup = json.loads((tmp_path / "head_lifted/head.mrk.json").read_text())["markups"][0]
    assert (markup["coordinateSystem"], markup["coordinateUnits"]) == ("LPS", "mm")
    places = {point["label"]: point["position"] for point in markup["controlPoints"]}
    np.testing.assert_allclose([places[name] for name in "abc"], [[0, 0, 0], [100, 0, 0], [100, 100, 50]], atol=1e-9)


def test_a_point_beside_the_charts_is_missing_and_said(lift, tmp_path):
    status, said = lift([row((10, 60), (68, 60), (60, 10))])
    assert status == 0
    assert "b: outside all charts: the nearest place is 8.0 px away" in said
    assert [one["note"] for one in table("head_lifted/measurements.csv")] == ["no b", "no b"]
    markup = json.loads((tmp_path / "head_lifted/head.mrk.json").read_text())["markups"][0]
    assert [point["positionStatus"] for point in markup["controlPoints"]] == ["defined", "undefined", "defined"]
    assert lift([row((10, 60), (68, 60), (60, 10))], "--reach", 8, "--output", "again")[0] == 0
    assert table("again/measurements.csv")[0]["value"] == "100.000"


def test_a_point_outside_the_texture_is_missing_and_said(lift):
    status, said = lift([row((10, 60), (201, 60), (60, 10))], "--reach", 100)
    assert status == 0 and "points.csv row 2: outside the texture: b\n" in said
    place = table("head_lifted/lifted.csv")[1]
    assert (place["landmark"], place["x"], place["note"]) == ("b", "", "not on this texture")


def test_of_two_views_the_surer_one_counts_and_the_other_is_compared(lift):
    peaks = [{f"{name}_peak": peak for name in "abc"} for peak in (0.4, 0.9)]
    first, second = row((10, 60), (60, 60), (60, 10), face=1), row((15, 60), (60, 60), (61, 10), face=2)
    status, _ = lift([{**first, **peaks[0]}, {**second, **peaks[1]}])
    assert status == 0
    points = {(one["face"], one["landmark"]): one for one in table("head_lifted/lifted.csv")}
    assert (points["2", "a"]["used"], points["1", "a"]["used"]) == ("true", "false")
    assert (points["1", "a"]["apart_mm"], points["2", "a"]["apart_mm"]) == ("10.000", "")
    assert points["1", "c"]["used"] == "true"  # the surer one lies outside the chart
    assert table("head_lifted/measurements.csv")[0]["value"] == "90.000"


def test_the_halves_of_the_face_are_not_mixed(lift):
    other = row((20, 60), (50, 60), (50, 10), face=2, mirrored="true")
    assert lift([{**ROW, "face": 1, "mirrored": "false"}, other])[0] == 0
    values = {(one["mirrored"], one["measurement"]): one["value"] for one in table("head_lifted/measurements.csv")}
    assert (values["false", "width"], values["true", "width"]) == ("100.000", "60.000")
    assert {one["apart_mm"] for one in table("head_lifted/lifted.csv")} == {""}
    assert sorted(os.listdir("head_lifted")) == [
        "head.mrk.json",
        "head_mirrored.mrk.json",
        "lifted.csv",
        "measurements.csv",
    ]


def test_the_unit(lift, tmp_path):
    metres = HEAD.replace("100", "0.1").replace("v 0.1 0.1 50", "v 0.1 0.1 0.05")
    status, said = lift([ROW], obj=metres)
    assert status == 2 and not os.path.exists("head_lifted")
    assert said == (
        "error: head.obj: the mesh is 0.15 units across, which is no face in mm: tell --mm-per-unit (1000 for metres, "
        "10 for centimetres, 1 if they are mm)\n"
    )
    assert lift([ROW], "--mm-per-unit", 1000, obj=metres)[0] == 0
    assert table("head_lifted/measurements.csv")[0]["value"] == "100.000"
    assert table("head_lifted/lifted.csv")[1]["x"] == "0.10000"  # in the unit of the mesh, on which it is shown
    assert "coordinateUnits" not in json.loads((tmp_path / "head_lifted/head.mrk.json").read_text())["markups"][0]


def test_the_axes_are_those_that_the_file_names(lift, tmp_path):
    assert lift([ROW], obj="# SPACE=RAS\n" + HEAD)[0] == 0
    markup = json.loads((tmp_path / "head_lifted/head.mrk.json").read_text())["markups"][0]
    assert markup["coordinateSystem"] == "RAS" and markup["controlPoints"][1]["position"][0] == pytest.approx(100)


@pytest.mark.parametrize(
    "rows, flags, message",
    [
        ([{**ROW, "image": "other.png"}], [], "points.csv: no row with the image face.png, which the mesh has"),
        ([{**ROW, "error": "no face"}], [], "points.csv row 2: no face"),
        ([row((150, 60), (160, 60), (170, 60))], [], "head.obj: no landmark lies on the mesh; the first: outside"),
        ([ROW], ["--mm-per-unit", 0], "--mm-per-unit 0: not between 1e-06 and 1e+06"),
        ([ROW], ["--reach", -1], "--reach -1: not between 0 and 100"),
        ([ROW], ["--all-faces"], "--all-faces goes with --run: a table has the faces that it has"),
        ([ROW], ["--output", "face.png"], "--output face.png: a file; name a folder"),
        ([ROW], ["--run", "run"], "argument --run: not allowed with argument --points (see --help)"),
        ([ROW], ["--texture", "other.png"], "other.png: no such image"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_nothing_is_written(lift, tmp_path, rows, flags, message):
    status, said = lift(rows, *flags)
    assert status == 2 and said.startswith(f"error: {message}") and said.count("\n") == 1
    assert sorted(os.listdir(tmp_path)) == ["face.png", "head.mtl", "head.obj", "points.csv", "three.toml"]


def test_nothing_that_is_there_is_replaced(lift):
    assert lift([ROW])[0] == 0
    before = {file.name: file.read_bytes() for file in Path("head_lifted").iterdir()}
    status, said = lift([row((20, 60), (60, 60), (60, 10))])
    assert status == 2 and "lifted.csv is there already; remove it, or name another folder" in said
    assert before == {file.name: file.read_bytes() for file in Path("head_lifted").iterdir()}


def test_rows_of_a_table_in_another_folder_are_known_by_the_name_of_the_texture(lift):
    assert lift([{**ROW, "image": "D:/exports/Face.PNG"}, {**ROW, "image": "another.png"}])[0] == 0
    assert len(table("head_lifted/lifted.csv")) == 3


def test_of_scans_whose_textures_have_one_name_the_one_that_lies_there_is_meant(lift, tmp_path):
    other = row((20, 60), (50, 60), (50, 20), image="scan2/face.png")
    (tmp_path / "scan1").mkdir()
    (tmp_path / "scan1" / "face.png").symlink_to("../face.png")
    assert lift([other, {**ROW, "image": "scan1/face.png"}])[0] == 0
    assert [each["x"] for each in table("head_lifted/lifted.csv")] == ["0.00000", "100.00000", "100.00000"]
    status, said = lift([other, {**ROW, "image": "scan3/face.png"}], "--output", "lost")
    told = "2 images (scan2/face.png, scan3/face.png) are called like the mesh's face.png, and none lies there"
    assert status == 2 and said.startswith(f"error: points.csv: {told}: ") and said.count("\n") == 1
    assert not (tmp_path / "lost").exists()


def test_a_detector_looks_at_the_textures(lift, monkeypatch):
    """What it finds on each texture, by the way that predict.py goes; its network is another test's."""
    schema = load_schema("fas12")
    points = np.linspace((12, 58), (58, 12), len(schema)).astype(np.float32)

    def outcomes(images, boxes, mirrored, found):
        assert [image.name for image in images] == ["face.png"] and boxes == [None]
        prediction = Prediction(points, np.full(len(schema), 0.8, np.float32), np.zeros((len(schema), 2)))
        yield Found(prediction, (0, 0, 100), SIZE, mirrored=True)

    detector = SimpleNamespace(schema=schema, face_square=None, outcomes=outcomes)
    monkeypatch.setattr(predicting, "load_predictor", lambda *arguments: detector)
    status, said = lift([ROW], source=("--run", "runs/mine"))
    assert status == 0
    assert "the detector finds no faces: the largest central square of each texture is looked at" in said
    lifted = table("head_lifted/lifted.csv")
    assert {(one["mirrored"], one["peak"]) for one in lifted} == {("true", "0.800")}
    np.testing.assert_allclose(float(lifted[0]["x"]), 4, atol=1e-4)  # 2 of 50 px of 100 mm
    assert lift([ROW], "--all-faces", source=("--run", "runs/mine"))[0] == 2
