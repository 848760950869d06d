"""TPS and 3D Slicer: pixels, subjects and faces as they are, and what is wrong in one line."""

import json
import warnings

import numpy as np
import pytest
from PIL import Image

from rtl_tf import datasets
from rtl_tf.exceptions import InputError
from rtl_tf.schema import load_schema
from rtl_tf.system import notes
from rtl_tf.system.notes import InputWarning

FAS12 = load_schema("fas12")
WIDTH, HEIGHT = 80, 60
POINTS = np.stack([3 + 5.25 * np.arange(12), 2 + 4.5 * np.arange(12)], axis=-1)


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch):
    monkeypatch.setattr(notes, "_told", set())


def image(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (WIDTH, HEIGHT), "grey").save(path)


def refused(path, *words):
    with pytest.raises(InputError) as error, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        datasets.load(path)
    assert all(word in str(error.value) for word in words) and "\n" not in str(error.value), str(error.value)


# --- TPS --------------------------------------------------------------------------------------------------------


def block(name="a.png", points=POINTS, end="\n", **keys):
    rows = [f"{x:g} {HEIGHT - y:g}" for x, y in points]
    keys = {"IMAGE": name, "ID": "p01"} | keys
    return end.join([f"LM={len(rows)}", *rows, *(f"{key}={value}" for key, value in keys.items()), ""])


def tps(folder, *blocks):
    image(folder / "a.png")
    (folder / "faces.tps").write_text("".join(blocks), encoding="utf-8", newline="")
    return folder / "faces.tps"


def test_tps_as_tpsdig_writes_it(tmp_path):
    missing = POINTS.copy()
    missing[3] = -1, HEIGHT + 1  # written as -1 -1
    image(tmp_path / "images" / "b c.png")
    text = block(points=missing, end="\r\n", SCALE="0.25")
    text += block("C:\\\\faces\\\\b c.png", ID="", COMMENT="x=1", VARIABLES="a=2").replace("14.75 ", "NA ", 1)
    samples = datasets.load(tps(tmp_path, text.replace("NA 50.5", "NA NA").replace("IMAGE", "image")))
    first, second = samples
    np.testing.assert_array_equal(first.points[:3], POINTS[:3].astype(np.float32))
    assert np.isnan(first.points[3]).all() and not np.isnan(first.points[4:]).any()
    assert (first.subject, first.mm_per_px, second.subject) == ("p01", 0.25, "b c") and np.isnan(second.mm_per_px)
    assert datasets.default_schema(tmp_path / "faces.tps") == "fas12"
    assert len(datasets.load(tmp_path)) == 2  # the folder, too


def test_tps_says_what_it_leaves_out(tmp_path):
    image(tmp_path / "b.png")
    curves = "CURVES=1\nPOINTS=2\n1 2\n3 4\n"
    file = tps(tmp_path, block().replace("IMAGE", f"{curves}IMAGE"), "LM=0\nIMAGE=b.png\nID=p02\n")
    with pytest.warns() as said:
        (sample,) = datasets.load(file)
    assert sample.subject == "p01"
    assert sorted(str(warning.message).removeprefix(f"{file}: ") for warning in said) == [
        "curves, left out: 1 (line 14 first)",
        "images without a landmark, left out: 1 (b.png first)",
    ]


def test_tps_blocks_of_one_image_are_its_faces(tmp_path):
    samples = datasets.load(tps(tmp_path, block(ID="p1"), block(ID="p2", points=POINTS + 1)))
    assert [(sample.face, sample.subject) for sample in samples] == [("1", "p1"), ("2", "p2")]


@pytest.mark.parametrize(
    "text, words",
    [
        (block(points=POINTS[:5]), ["line 1: 5 landmarks without names, as many as no schema has; name one"]),
        (block() + block("b.png", POINTS[:5]), ["line 16: 5 landmarks, but schema fas12 has 12"]),
        (block("none.png"), ["line 1: no image none.png"]),
        (block().replace("IMAGE=a.png\n", ""), ["line 1: no line IMAGE= names its image"]),
        (block().replace("LM=12", "LM=13"), ["line 14: 'IMAGE=a.png': expected x and y of point 13 of 13"]),
        (block().replace("LM=12", "LM=11"), ["line 13: '60.75 8.5': expected a line as LM=14"]),
        (block().replace("LM=12", "LM3=12"), ["line 1: landmarks in three dimensions"]),
        (block().replace("LM=12", "LM=x"), ["line 1: 'x' is not a number of points"]),
        (block().replace("3 58", "3 5,8"), ["line 2: '5,8' is not a number"]),
        (block().replace("3 58", "3 58 1"), ["line 2: '3 58 1': expected x and y of point 1 of 12"]),
        (block().replace("3 58", "300 58"), ["landmark exocanthion (300, 2) lies outside its image"]),
        (block().replace("3 58", "NA 58"), ["landmark exocanthion has only one coordinate"]),
        (block(SCALE="900"), ["line 1: SCALE 900 is not between 0.001 and 100 mm a px"]),
        ("ID=1\n", ["line 1: 'ID=1' before the first LM="]),
        ("LM=0\nIMAGE=a.png\n", ["no point is labelled here"]),
        ("LM=9\n1 2\n", ["line 1: '': expected x and y of point 2 of 9"]),
        ("", ["no point is labelled here"]),
    ],
)
def test_tps_that_is_wrong(tmp_path, text, words):
    refused(tps(tmp_path, text), *words)


# --- 3D Slicer ----------------------------------------------------------------------------------------------------


def point(name, place, **more):
    return {"label": name, "position": [*place, 0.0], "positionStatus": "defined"} | more


def markups(points=POINTS, sign=1, **changes):
    controls = [point(name, (sign * place).tolist()) for name, place in zip(FAS12.names, points, strict=True)]
    return {"@schema": "x#", "markups": [{"type": "Fiducial", "controlPoints": controls} | changes]}


def slicer(folder, content, name="a.mrk.json"):
    image(folder / "a.png")
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder / name


@pytest.mark.parametrize("system, sign", [({}, 1), ({"coordinateSystem": "LPS"}, 1), ({"coordinateSystem": "RAS"}, -1)])
def test_slicer_in_either_system(tmp_path, system, sign):
    content = markups(sign=sign, **system)
    controls = content["markups"][0]["controlPoints"]
    controls[2] |= {"positionStatus": "undefined", "position": [0, 0, 0]}
    controls[0]["description"] = "subject=p 7"
    (sample,) = datasets.load(slicer(tmp_path, content))
    np.testing.assert_array_equal(sample.points[[0, 1, 3]], POINTS[[0, 1, 3]].astype(np.float32))
    assert np.isnan(sample.points[2]).all() and (sample.subject, sample.image.name) == ("p 7", "a.png")
    assert datasets.default_schema(tmp_path) == "fas12"


def test_slicer_files_of_one_image_are_its_faces(tmp_path):
    slicer(tmp_path, markups(), "a_2.mrk.json")
    slicer(tmp_path, markups(POINTS + 0.5), "a_10.mrk.json")
    samples = datasets.load(tmp_path)
    assert sorted((sample.face, sample.subject) for sample in samples) == [("10", "a_10"), ("2", "a_2")]


def test_slicer_without_a_point_is_left_out(tmp_path):
    slicer(tmp_path, markups())
    image(tmp_path / "b.png")
    slicer(tmp_path, markups(controlPoints=[]), "b.mrk.json")
    with pytest.warns(match=r"files without a point, left out: 1 \(b.mrk.json first\)"):
        assert len(datasets.load(tmp_path)) == 1


@pytest.mark.parametrize(
    "content, words",
    [
        ({"markups": []}, ["expected one list of points"]),
        (markups(type="Curve"), ["expected one list of points"]),
        (markups(coordinateSystem="IJK"), ["markups[0].coordinateSystem: expected one of LPS, RAS, there is 'IJK'"]),
        (markups(controlPoints=[point("nasion", (1, 2))] * 2), ["controlPoints[1]: 'nasion' is there twice"]),
        (
            markups(controlPoints=[point("nasion", (1, 2), position=[1, 2, 3.5])]),
            ["controlPoints[0].position: it lies 3.5 off the photograph"],
        ),
        (markups(controlPoints=[point("nasion", (1, 2), position=[1, 2])]), ["position: expected 3 elements"]),
        (markups(controlPoints=[point("nasio", (1, 2))]), ["did you mean 'nasion'?"]),
        (markups(sign=-1), ["lies outside its image"]),
    ],
)
def test_slicer_that_is_wrong(tmp_path, content, words):
    refused(slicer(tmp_path, content), "a.mrk.json", *words)


def test_slicer_with_two_subjects_or_without_image(tmp_path):
    content = markups()
    for control, subject in zip(content["markups"][0]["controlPoints"], "ab", strict=False):
        control["description"] = f"subject={subject}"
    refused(slicer(tmp_path, content), "two subjects: a, b")
    refused(slicer(tmp_path, markups(), "other.mrk.json"), "no image other{")


# --- MorphoJ ----------------------------------------------------------------------------------------------------


def morphoj(folder, *rows, header=""):
    columns = [f"{name}_{axis}" for name in FAS12.names for axis in "xy"]
    lines = [header or "\t".join(["ID", *columns]), *rows]
    (folder / "faces.txt").write_text("\n".join(lines), encoding="utf-8")
    return folder / "faces.txt"


def row(name="a", points=POINTS):
    return "\t".join([name, *(f"{x:g}\t{HEIGHT - y:g}" for x, y in points)])


def test_morphoj_names_images_beside_it_and_has_y_upwards(tmp_path):
    for name in ("a.png", "b, c.png", "d_1.png", "d.png"):
        image(tmp_path / name)
    (tmp_path / "notes.txt").write_text("IDs are secret")
    missing = row(points=POINTS + 1).replace("4\t57", "NA\t", 1)
    file = morphoj(tmp_path, missing, row("b c"), row("d_1"), row("d_2"), row("d_3"))
    assert file.read_text().count("NA") == 1
    samples = datasets.load(tmp_path)
    assert [sample.image.name for sample in samples] == ["a.png", "b, c.png", "d_1.png", "d.png", "d.png"]
    assert [sample.face for sample in samples] == ["", "", "", "2", "3"]
    assert [sample.subject for sample in samples] == ["a", "b, c", "d_1", "d_2", "d_3"]
    assert np.isnan(samples[0].points[0]).all()
    np.testing.assert_array_equal(samples[0].points[1:], (POINTS[1:] + 1).astype(np.float32))
    np.testing.assert_array_equal(datasets.load(file)[1].points, POINTS.astype(np.float32))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_morphoj_in_utf_16_is_known_and_refused(tmp_path, encoding):
    image(tmp_path / "a.png")
    file = morphoj(tmp_path, row())
    file.write_bytes(("\ufeff" + file.read_text()).encode(encoding))
    for path in (file, tmp_path):
        with pytest.raises(InputError, match=r"faces\.txt: not UTF-8; save it with that encoding$"):
            datasets.load(path)


def test_morphoj_rows_without_a_point_are_left_out(tmp_path):
    image(tmp_path / "a.png")
    image(tmp_path / "b.png")
    file = morphoj(tmp_path, row(), "b" + "\tNA" * 2 * len(POINTS))
    with pytest.warns(InputWarning, match=r"faces\.txt: rows without a point, left out: 1 \(line 3 first\)"):
        (sample,) = datasets.load(file)
    assert sample.image.name == "a.png"


@pytest.mark.parametrize(
    "rows, header, words",
    [
        ([row("none")], "", "line 2: no image none{.jpg"),
        ([row(), "", row()], "", "line 4: a.png is labelled in"),
        ([row() + "\t1"], "", "line 2: 26 cells, but the header has 25"),
        ([row().replace("3\t58", "3\tx")], "", "line 2: 'x' is not a number"),
        ([row().replace("3\t58", "3\t99")], "", "line 2: landmark exocanthion"),
        ([row()], "Id\tx1\ty1", "line 1: expected ID, then the columns <landmark>_x and <landmark>_y of each landmark"),
        ([row()], "ID\tnasion_x\tnasion_y\tnasion_x\tnasion_y", "line 1: landmark 'nasion' is there twice"),
        ([], "", "no point is labelled here"),
    ],
)
def test_bad_morphoj_files_are_refused(tmp_path, rows, header, words):
    image(tmp_path / "a.png")
    refused(morphoj(tmp_path, *rows, header=header), "faces.txt", words)
