"""LabelMe, Label Studio and DeepLabCut: pixels, subjects and faces as they are, and what is wrong in one line."""

import csv
import json
import re
import warnings

import numpy as np
import pytest
from PIL import Image

from rtl_tf import datasets
from rtl_tf.datasets.converting import collect
from rtl_tf.exceptions import InputError
from rtl_tf.schema import load_schema
from rtl_tf.system import notes
from rtl_tf.system.notes import InputWarning

FAS12 = load_schema("fas12")
WIDTH, HEIGHT = 80, 60
POINTS = np.stack([3 + 5.25 * np.arange(12), 2 + 4.5 * np.arange(12)], axis=-1)

TURNED = "60 x 80 px in the JSON file, 80 x 60 px as displayed: EXIF?"


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch):
    monkeypatch.setattr(notes, "_told", set())


def image(path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (WIDTH, HEIGHT), "grey").save(path, **options)
    return path


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def refused(path, *words):
    with pytest.raises(InputError) as error:
        datasets.load(path)
    assert all(word in str(error.value) for word in words) and "\n" not in str(error.value), str(error.value)


def said(path, count=1):
    """What is said while so many samples are read, without the path."""
    with pytest.warns(InputWarning) as warned:
        assert len(datasets.load(path)) == count
    return sorted(str(warning.message).removeprefix(f"{path}: ") for warning in warned)


# --- LabelMe ---------------------------------------------------------------------------------------------------


def shape(name, point, group=None, kind="point"):
    return {"label": name, "points": [list(point)], "group_id": group, "shape_type": kind, "flags": {}}


def labelme(name="a.png", **changes):
    return {
        "version": "5.5.0", "flags": {}, "imagePath": name, "imageData": "AAAA", "imageHeight": HEIGHT,
        "imageWidth": WIDTH, "shapes": [shape(*pair) for pair in zip(FAS12.names, POINTS.tolist(), strict=True)],
    } | changes  # fmt: skip


def test_labelme_folder_and_single_file(tmp_path):
    image(tmp_path / "a.png")
    image(tmp_path / "images" / "b c.png")
    image(tmp_path.parent / f"{tmp_path.name}-far" / "d.png")
    write(tmp_path / "a.json", labelme())
    write(
        tmp_path / "b.JSON",
        labelme("C:\\labels\\b c.png", flags={"blurred": True, "subject=p01": True, "subject=p02": False}),
    )
    write(tmp_path / "d.json", labelme(f"..\\{tmp_path.name}-far\\d.png", shapes=labelme()["shapes"][:3]))
    (tmp_path / "._a.json").write_bytes(b"\0\5\x16\7")
    samples = datasets.load(tmp_path)
    assert [(sample.image.name, sample.subject, sample.face) for sample in samples] == [
        ("a.png", "a", ""), ("b c.png", "p01", ""), ("d.png", "d", "")
    ]  # fmt: skip
    np.testing.assert_array_equal(samples[0].points, POINTS.astype(np.float32))
    np.testing.assert_array_equal(samples[2].points[:3], POINTS[:3].astype(np.float32))
    assert np.isnan(samples[2].points[3:]).all()
    (alone,) = datasets.load(tmp_path / "a.json")
    np.testing.assert_array_equal(alone.points, samples[0].points)
    assert datasets.default_schema(tmp_path / "a.json") == "fas12"


def test_a_landmark_that_is_nowhere_labelled(tmp_path):
    """Labels exist where somebody has placed them: the schema has to be asked for."""
    image(tmp_path / "a.png")
    write(tmp_path / "me" / "a.json", labelme("../a.png", shapes=labelme()["shapes"][1:]))
    write(tmp_path / "studio" / "t.json", [task("../a.png", regions()[1:])])
    for folder in ("me", "studio"):
        (sample,) = datasets.load(tmp_path / folder, "fas12")
        assert np.isnan(sample.points[0]).all() and not np.isnan(sample.points[1:]).any()
        advice = "give --schema fas12 if nobody has placed them; or name another schema"
        refused(tmp_path / folder, f": missing landmarks of schema fas12: exocanthion; {advice}")
    write(tmp_path / "me" / "a.json", labelme("../a.png", shapes=[shape("exocantion", (3, 4)), *labelme()["shapes"]]))
    with pytest.raises(InputError, match="unknown landmark 'exocantion' for schema fas12: did you mean 'exocanthion'"):
        datasets.load(tmp_path / "me", "fas12")


def test_labelme_groups_are_faces(tmp_path):
    image(tmp_path / "a.png")
    shapes = [
        shape(name, point + group / 7, group)
        for group in (0, 7)
        for name, point in zip(FAS12.names, POINTS, strict=True)
    ]
    write(tmp_path / "a.json", labelme(shapes=shapes))
    first, second = datasets.load(tmp_path)
    assert [(face.subject, face.face) for face in (first, second)] == [("a_0", "0"), ("a_7", "7")]
    np.testing.assert_array_equal(second.points - first.points, 1)
    write(tmp_path / "a.json", labelme(shapes=shapes, flags={"subject=p01": True}))
    assert [face.subject for face in datasets.load(tmp_path)] == ["p01_0", "p01_7"]  # two faces are two people


def test_labelme_says_what_it_leaves_out(tmp_path):
    for name in "ab":
        image(tmp_path / f"{name}.png")
    more = [shape("face", (1, 2), kind="rectangle"), shape("ear", (1, 2), kind="polygon")]
    write(tmp_path / "a.json", labelme(shapes=labelme()["shapes"] + more))
    write(tmp_path / "b.json", labelme("b.png", shapes=[]))
    assert said(tmp_path) == [
        "files without a point, left out: 1 (b.json first)",
        "shapes that are no points, left out: 2 (a.json: shapes[12] first)",
    ]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "changes, words",
    [
        ({"imageWidth": HEIGHT, "imageHeight": WIDTH}, [f"image a.png: {TURNED}"]),
        ({"imageWidth": 40, "imageHeight": 30}, ["image a.png: 40 x 30 px", "it was labelled at another size"]),
        (
            {"shapes": [*labelme()["shapes"][:-1], shape(FAS12.names[-1], (1e300, 2))]},
            ["a.json: landmark gnathion (1e+300, 2) lies outside its image"],
        ),
        ({"imagePath": "none.png"}, ["no image none.png"]),
        ({"shapes": [shape("nasion", (1, 2)), shape("nasion", (3, 4))]}, ["shapes[1]: 'nasion' is labelled twice"]),
        ({"shapes": [shape("nasion", (1, 2), 1), shape("alare", (3, 4))]}, ["some points have a group_id"]),
        ({"shapes": [shape("nassion", (1, 2))]}, ["unknown landmark 'nassion'", "did you mean 'nasion'?"]),
        ({"shapes": [{**shape("nasion", (1, 2)), "points": [[1, 2], [3, 4]]}]}, ["shapes[0].points: expected one"]),
        ({"shapes": [{**shape("nasion", (1, 2)), "points": [[1, "2"]]}]}, ["shapes[0].points[0][1]: expected a"]),
        ({"shapes": {}}, ["a.json: shapes: expected a list"]),
        ({"flags": {"subject=a": True, "subject=b": True}}, ["flags: two subjects"]),
        ({"shapes": labelme()["shapes"][:-1] + [shape("gnathion", (80, 2))]}, ["gnathion (80, 2) lies outside"]),
    ],
)  # fmt: skip
def test_bad_labelme_files_are_refused(tmp_path, changes, words):
    image(tmp_path / "a.png")
    write(tmp_path / "a.json", labelme(**changes))
    refused(tmp_path / "a.json", "a.json: ", *words)


def test_labelme_beside_another_format_is_told(tmp_path):
    image(tmp_path / "a.png")
    write(tmp_path / "a.json", labelme())
    write(tmp_path / "b.json", {"images": [], "annotations": []})
    refused(tmp_path, "b.json: not LabelMe's, like other files here")


def test_two_files_of_one_image_are_told(tmp_path):
    image(tmp_path / "a.png")
    write(tmp_path / "a.json", labelme())
    write(tmp_path / "b.json", labelme())
    refused(tmp_path, "b.json: a.png is labelled in ", "a.json already; remove one")


def test_images_of_one_name_in_two_places_are_told(tmp_path):
    image(tmp_path / "a.png")
    image(tmp_path / "images" / "a.png")
    write(tmp_path / "a.json", labelme("../elsewhere/a.png"))
    refused(tmp_path, "no image ../elsewhere/a.png, but both ")


# --- Label Studio ----------------------------------------------------------------------------------------------


def region(name, point, **changes):
    x, y = point
    value = {"x": x / WIDTH * 100, "y": y / HEIGHT * 100, "width": 0.5, "keypointlabels": [name]}
    size = {"original_width": WIDTH, "original_height": HEIGHT, "image_rotation": 0}
    return {"type": "keypointlabels", "value": value, **size, **changes}


def regions(shift=0.0):
    return [region(name, point) for name, point in zip(FAS12.names, POINTS + shift, strict=True)]


def task(name="/data/upload/1/3f2a-a.png", result=None, data=None, annotations=None):
    whole = annotations if annotations is not None else [{"id": 1, "result": regions() if result is None else result}]
    return {
        "id": 7,
        "data": {"image": name, **(data or {})},
        "annotations": whole,
        "predictions": [{"result": regions(9)}],
    }


def test_label_studio_paths_and_subjects(tmp_path):
    names = {
        "/data/upload/1/3f2a-a.png": "a.png",
        "/data/upload/1/ab12cd34-3f2a-b.png": "images/3f2a-b.png",
        "/data/upload/1/c0de-c.png": "c0de-c.png",
        "/data/local-files/?d=set%20one/d%201.png": "set one/d 1.png",
        "s3://bucket/faces/e.png": "e.png",
        "f#1.png": "f#1.png",
    }
    for file in names.values():
        image(tmp_path / file)
    tasks = [task(name) for name in names]
    tasks[1]["data"]["subject"] = 0
    write(tmp_path / "project.json", tasks)
    for path in (tmp_path, tmp_path / "project.json"):
        samples = datasets.load(path)
        assert [sample.image for sample in samples] == [tmp_path / file for file in names.values()]
        assert [sample.subject for sample in samples] == ["a", "0", "c", "d 1", "e", "f#1"]
        np.testing.assert_allclose(samples[0].points, POINTS, atol=1e-5)


def test_percent_of_a_size_that_is_not_told_are_of_the_image(tmp_path):
    image(tmp_path / "a.png")
    sizes = {"original_width", "original_height"}
    bare = [{key: value for key, value in one.items() if key not in sizes} for one in regions()]
    write(tmp_path / "p.json", [task("a.png", annotations=[], data={}) | {"predictions": [{"result": bare}]}])
    np.testing.assert_allclose(collect(tmp_path, None).samples[0].points, POINTS, atol=1e-5)
    refused(write(tmp_path / "p.json", [task("a.png", [{**bare[0], "original_width": 80}])]), "'original_height' is m")


def test_label_studio_short_form(tmp_path):
    image(tmp_path / "a.png")
    flat = [{**one.pop("value"), **one} for one in regions()]
    write(tmp_path / "min.json", [{"image": "a.png", "id": 1, "annotator": 1, "kp": flat, "subject": "p9"}])
    (sample,) = datasets.load(tmp_path / "min.json")
    assert sample.subject == "p9"
    np.testing.assert_allclose(sample.points, POINTS, atol=1e-5)


def test_of_several_annotations_the_last_one_that_counts_is_read(tmp_path):
    image(tmp_path / "a.png")
    one = {"id": 1, "completed_by": 1, "result": regions(1), "updated_at": "2024-02-01T00:00:00Z"}
    later = {"id": 2, "completed_by": 1, "result": regions(2), "updated_at": "2024-03-01T00:00:00Z"}
    cancelled = {"id": 3, "completed_by": 2, "result": regions(3), "was_cancelled": True}
    for order in ([one, later, cancelled], [cancelled, later, one]):
        write(tmp_path / "p.json", [task(annotations=order)])
        np.testing.assert_allclose(datasets.load(tmp_path)[0].points, POINTS + 2, atol=1e-5)
    edited = {**one, "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-05-01T00:00:00Z"}  # last of all
    write(tmp_path / "p.json", [task(annotations=[edited, {**later, "created_at": "2024-03-01T00:00:00Z"}])])
    np.testing.assert_allclose(datasets.load(tmp_path)[0].points, POINTS + 1, atol=1e-5)
    write(tmp_path / "p.json", [task(annotations=[one, {**later, "completed_by": {"id": 2}}])])
    refused(tmp_path, "p.json: [0].annotations: 2 persons labelled it, and differ; keep the annotation that counts")
    write(tmp_path / "p.json", [task(annotations=[one, {**one, "completed_by": 2}])])
    np.testing.assert_allclose(datasets.load(tmp_path)[0].points, POINTS + 1, atol=1e-5)


@pytest.mark.filterwarnings("ignore::rtl_tf.system.notes.InputWarning")
def test_predictions_of_label_studio_are_no_labels(tmp_path):
    from rtl_tf.datasets.converting import collect

    image(tmp_path / "a.png")
    untouched = {**task(data={"subject": "p1"}), "annotations": []}
    untouched["predictions"] = [
        {"id": 2, "result": regions(2), "model_version": 7, "created_at": "2024-03-01T00:00:00Z"},
        {"id": 3, "result": [{**one, "score": 0.5} for one in regions(1)], "created_at": "2024-02-01T00:00:00Z"},
        {"id": 9, "result": []},
        4,
    ]
    write(tmp_path / "p.json", [untouched])
    refused(tmp_path, "only predictions, which nobody has looked at; correct them in Label Studio")
    found = collect(tmp_path, None)
    assert found.predicted and found.detectors == ["7"] and found.samples[0].subject == "p1"
    np.testing.assert_allclose(found.samples[0].points, POINTS + 2, atol=1e-5)
    assert np.isnan(found.peaks[0]).all()
    image(tmp_path / "b.png")
    write(tmp_path / "p.json", [untouched, task("b.png")])  # one is labelled: what is not, is left out
    assert [sample.image.name for sample in collect(tmp_path, None).samples] == ["b.png"]
    write(tmp_path / "p.json", [{**untouched, "annotations": [{"result": []}]}])  # somebody saw no landmark
    with pytest.raises(InputError, match="no point is labelled here$"):
        collect(tmp_path, None)


def test_label_studio_says_what_it_leaves_out(tmp_path):
    image(tmp_path / "a.png")
    box = {"type": "rectanglelabels", "value": {"x": 1, "y": 2, "width": 3, "height": 4, "rectanglelabels": ["face"]}}
    write(tmp_path / "p.json", [task("b.png", annotations=[]), task(result=[*regions(), box])])
    assert said(tmp_path) == [
        "regions that are no keypoints, left out: 1 ([1].annotations[0].result[12] first)",
        "tasks without keypoints, left out: 1 ([0] first)",
    ]


@pytest.mark.parametrize(
    "bad, words",
    [
        (task(result=[region("nasion", (1, 2)), region("nasion", (3, 4))]), "result[1]: 'nasion' is labelled twice"),
        (task(result=[region("nasion", (1, 2), image_rotation=90)]), "image_rotation: the image was turned by hand"),
        (
            task(result=[region("nasion", (1, 2), original_width=HEIGHT, original_height=WIDTH)]),
            f"[0]: image a.png: {TURNED}",
        ),
        (task(result=[region("nasion", (1, 2), original_width=0)]), "original_width: expected a whole number"),
        (task("none.png"), "[0]: no image none.png"),
        (task("none"), "[0].data: expected one value that names an image, there are 0"),
        (task(data={"second": "b.png"}), "[0].data: expected one value that names an image, there are 2"),
        (task(data={"subject": []}), "[0].data.subject: expected text or a whole number"),
        ({"data": {"image": "a.png"}, "annotations": 3}, "[0].annotations: expected a list"),
    ],
)
def test_bad_label_studio_exports_are_refused(tmp_path, bad, words):
    image(tmp_path / "a.png")
    write(tmp_path / "p.json", [bad])
    refused(tmp_path, "p.json: ", words)


# --- DeepLabCut ------------------------------------------------------------------------------------------------


def deeplabcut(file, images, columns=3, individuals=("",), change=None):
    pairs = [(owner, name) for owner in individuals for name in FAS12.names for _ in "xy"]
    empty = [""] * (columns - 1)
    rows = [["scorer", *empty, *("me" for _ in pairs)], ["bodyparts", *empty, *(name for _, name in pairs)]]
    if individuals != ("",):
        rows.insert(1, ["individuals", *empty, *(owner for owner, _ in pairs)])
    rows.append(["coords", *empty, *("x" if k % 2 == 0 else "y" for k in range(len(pairs)))])
    for path in images:
        points = [value for shift in range(len(individuals)) for value in (POINTS + shift).ravel()]
        rows.append([*(path.split("/") if columns == 3 else [path]), *points])
    if change:
        change(rows)
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "w", newline="", encoding="utf-8-sig") as opened:
        csv.writer(opened).writerows(rows)
    return file


@pytest.mark.parametrize("columns", [1, 3])
def test_deeplabcut_file_folder_and_project(tmp_path, columns):
    for video in ("anna", "bert"):
        folder, names = tmp_path / "labeled-data" / video, [f"labeled-data/{video}/img{k}.png" for k in range(2)]
        for name in names:
            image(tmp_path / name)

        def blank(rows):
            rows[-1][columns : columns + 2] = ["", "nan"]

        slashes = names if columns == 3 else [name.replace("/", "\\") for name in names]
        deeplabcut(folder / "CollectedData_me.csv", slashes, columns, change=blank)
    for path in (folder, folder / "CollectedData_me.csv"):
        with pytest.warns(InputWarning, match="no subject is told of all 2 faces: each counts as a person"):
            samples = datasets.load(path)
        assert [(sample.image, sample.subject) for sample in samples] == [
            (folder / f"img{k}.png", f"img{k}") for k in range(2)
        ]
    np.testing.assert_array_equal(samples[0].points, POINTS.astype(np.float32))
    assert np.isnan(samples[1].points).any(axis=-1).nonzero()[0].tolist() == [0]
    assert [sample.subject for sample in datasets.load(tmp_path)] == ["anna", "anna", "bert", "bert"]
    assert datasets.default_schema(tmp_path) == "fas12"


def test_deeplabcut_individuals_are_faces(tmp_path):
    image(tmp_path / "img0.png")
    image(tmp_path / "img1.png")

    def one_less(rows):
        rows[-1][-24:] = [""] * 24

    file = deeplabcut(
        tmp_path / "CollectedData_me.csv", [f"labeled-data/v/img{k}.png" for k in range(2)], 3, ("a", "b"), one_less
    )
    with pytest.warns(InputWarning) as said:
        samples = datasets.load(file)
    assert "rows without a point, left out: 1 (row 6 b first)" in str(said[0].message)
    assert [(sample.subject, sample.face) for sample in samples] == [("img0_a", "a"), ("img0_b", "b"), ("img1_a", "a")]
    np.testing.assert_array_equal(samples[1].points, POINTS.astype(np.float32) + 1)


def test_deeplabcut_individuals_of_several_videos_are_people(tmp_path):
    for video in ("anna", "bert"):
        image(tmp_path / "labeled-data" / video / "img0.png")
        file = tmp_path / "labeled-data" / video / "CollectedData_me.csv"
        deeplabcut(file, [f"labeled-data/{video}/img0.png"], 3, ("a", "b"))
    assert [sample.subject for sample in datasets.load(tmp_path)] == ["anna_a", "anna_b", "bert_a", "bert_b"]


def test_a_deeplabcut_file_of_a_spreadsheet_with_decimal_commas(tmp_path):
    image(tmp_path / "img0.png")
    file = deeplabcut(tmp_path / "CollectedData_me.csv", ["labeled-data/v/img0.png"], change=cell(3, 3, "12.5"))
    text = file.read_text("utf-8-sig").replace(",", ";")
    file.write_text(re.sub(r"(\d)\.(\d)", r"\1,\2", text))
    assert ";12,5;" in file.read_text()
    (sample,) = datasets.load(file)
    assert sample.points[0].tolist() == [12.5, POINTS[0, 1]]


def cell(row, column, value):
    def change(rows):
        rows[row][column] = value

    return change


@pytest.mark.parametrize(
    "change, words",
    [
        (cell(3, 3, "1_0"), "row 4: landmark exocanthion: '1_0' is not a number"),
        (cell(3, 3, "inf"), "row 4: landmark exocanthion: 'inf' is not a number"),
        (cell(3, 3, ""), "row 4: landmark exocanthion has only one coordinate"),
        (cell(3, 3, "99"), "row 4: landmark exocanthion (99, 2) lies outside its image of 80 x 60 px"),
        (cell(3, 2, "none.png"), "row 4: no image labeled-data/v/none.png"),
        (cell(2, 4, "likelihood"), "column 5: 'exocanthion likelihood': expected x and y of each body part"),
        (cell(1, 3, "nasal"), "body part nasal has only one coordinate"),
        (lambda rows: rows[3].pop(), "row 4: 26 cells, but the header has 27"),
        (lambda rows: rows[0].pop(), "its first rows differ in length"),
        (lambda rows: rows.pop(1), "expected rows called scorer, (individuals,) bodyparts and coords"),
        (lambda rows: rows.append(rows[3]), "row 5: img0.png is labelled in "),
    ],
)
def test_bad_deeplabcut_files_are_refused(tmp_path, change, words):
    image(tmp_path / "img0.png")
    file = deeplabcut(tmp_path / "CollectedData_me.csv", ["labeled-data/v/img0.png"], change=change)
    with warnings.catch_warnings(action="ignore"):
        refused(file, "CollectedData_me.csv", words)


def test_labels_of_other_systems_are_those_of_the_schema(tmp_path):
    """Accents of a schema composed, those of the labels decomposed; blanks around them."""
    schema, composed, decomposed = tmp_path / "own.toml", "\u00e9\u00e8", "e\u0301e\u0300"
    landmarks = (f'[[landmarks]]\nname = "{name}"\nlabel = "1"\nanatomy = ""\n' for name in composed)
    schema.write_text('name = "own"\nsource = "here"\n' + "".join(landmarks), encoding="utf-8")
    names = [f" {decomposed[:2]}", decomposed[2:]]
    points = [(1, 2), (30, 40)]
    image(tmp_path / "a.png")
    shapes, regions = ([made(*pair) for pair in zip(names, points, strict=True)] for made in (shape, region))
    table = "\n".join(
        [f"scorer{',me' * 4}", ",".join(["bodyparts", *np.repeat(names, 2)]), "coords,x,y,x,y", "a.png,1,2,30,40"]
    )
    (tmp_path / "CollectedData_me.csv").write_text(table, encoding="utf-8")
    files = [
        write(tmp_path / "labelme.json", labelme(shapes=shapes)),
        write(tmp_path / "label_studio.json", [task(result=regions)]),
        tmp_path / "CollectedData_me.csv",
    ]
    for file in files:
        np.testing.assert_allclose(datasets.load(file, str(schema))[0].points, points, atol=1e-5)


# --- Several formats in one folder -----------------------------------------------------------------------------


def test_a_folder_of_two_formats_says_which_one_is_read(tmp_path):
    image(tmp_path / "a.png")
    cells = [str(value) for value in POINTS.ravel()]
    header = ["image", "subject", *(f"{name}_{axis}" for name in FAS12.names for axis in "xy")]
    (tmp_path / "landmarks.csv").write_text(f"{','.join(header)}\na.png,p,{','.join(cells)}\n")
    write(tmp_path / "notes.json", {"camera": "x"})
    assert len(datasets.load(tmp_path)) == 1  # a file of another meaning is no data set
    write(tmp_path / "notes.json", labelme())
    with pytest.warns(InputWarning, match=r"read as a CSV table \(landmarks\.csv\); LabelMe's \.json files left aside"):
        assert datasets.load(tmp_path)[0].subject == "p"


def test_an_unknown_folder_says_what_lies_there(tmp_path):
    for name in ("a.csv", "b.csv", "c.json", "d.json"):
        (tmp_path / name).write_text("{}")
    refused(tmp_path, "no data set in a known format here (2 .csv, 2 .json): ")
    (tmp_path / "landmarks.xlsx").touch()
    for place, content in ((tmp_path, " (2 .csv, 2 .json, 1 .xlsx)"), (tmp_path / "landmarks.xlsx", "")):
        with pytest.raises(InputError) as raised:
            datasets.load(place)
        assert str(raised.value).startswith(f"data {place}: no data set in a known format here{content}: training_")
        assert str(raised.value).endswith("; a spreadsheet is read once it is saved as 'CSV UTF-8'")
