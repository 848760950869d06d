"""Images of which no subject is told: two people do not become one because their photographs are called alike."""

import json

import numpy as np
import pytest
from PIL import Image

from rtl_tf import datasets
from rtl_tf.datasets import converting
from rtl_tf.exceptions import InputError
from rtl_tf.schema import load_schema
from rtl_tf.system import notes
from rtl_tf.system.notes import InputWarning

NAMES = load_schema("fas12").names
SIZE = 60
POINTS = np.stack([3 + 4.5 * np.arange(12), 2 + 4.5 * np.arange(12)], axis=-1)
LOCAL, UPLOAD = "/data/local-files/?d=", "/data/upload/1/"


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch):
    monkeypatch.setattr(notes, "_told", set())


def images(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (SIZE, SIZE), "grey").save(folder / name)


def label_studio(folder, *data):
    size = {"original_width": SIZE, "original_height": SIZE}
    regions = [
        {"value": {"x": x / SIZE * 100, "y": y / SIZE * 100, "keypointlabels": [name]}, **size}
        for name, (x, y) in zip(NAMES, POINTS.tolist(), strict=True)
    ]
    tasks = [{"data": each, "annotations": [{"id": 1, "result": regions}]} for each in data]
    (folder / "export.json").write_text(json.dumps(tasks))
    return folder / "export.json"


def tps(folder, *names):
    rows = "".join(f"{x} {SIZE - y}\n" for x, y in POINTS)
    (folder / "faces.tps").write_text("".join(f"LM=12\n{rows}IMAGE={name}\n" for name in names))
    return folder / "faces.tps"


def subjects(path):
    return [sample.subject for sample in datasets.load(path)]


@pytest.mark.parametrize(
    "first, second, there",
    [
        (f"{LOCAL}P001/front.png", f"{LOCAL}P002/front.png", ("P001/front.png", "P002/front.png")),
        (f"{UPLOAD}aaaa1111-front.png", f"{UPLOAD}bbbb2222-front.png", ("aaaa1111-front.png", "bbbb2222-front.png")),
        ("visit1\\front.png", "visit2\\front.png", ("visit1/front.png", "visit2/front.png")),
    ],
)
def test_label_studio_images_of_one_name_need_subjects(tmp_path, first, second, there):
    images(tmp_path, *there)
    path = label_studio(tmp_path, {"image": first}, {"image": second})
    asked = f"images {there[0]} and {there[1]}: one person or two? Give each a 'subject' in the data of its task"
    with pytest.raises(InputError) as error:
        datasets.load(path)
    assert str(error.value) == f"{path}: {asked}"
    assert subjects(label_studio(tmp_path, {"image": first, "subject": "a"}, {"image": second})) == ["a", "front"]


def test_only_an_upload_has_a_code(tmp_path):
    images(tmp_path, "upload/01-front.png", "upload/02-front.png", "visits/a.png")
    data = [{"image": f"{LOCAL}upload/0{k}-front.png"} for k in (1, 2)]
    assert subjects(label_studio(tmp_path, *data, {"image": "visits\\a.png"})) == ["01-front", "02-front", "a"]


def test_tps_blocks_of_one_name_need_ids(tmp_path):
    images(tmp_path, "P001/front.png", "P002/front.png")
    path = tps(tmp_path, "P001\\front.png", "P002\\front.png")
    with pytest.raises(InputError, match=r"front\.png: one person or two\? Give each an ID$"):
        datasets.load(path)
    path.write_text(path.read_text().replace("IMAGE=P001", "ID=p1\nIMAGE=P001"))
    assert subjects(path) == ["p1", "front"]
    assert subjects(tps(tmp_path, "P001/front.png", "P001/front.png")) == ["front_1", "front_2"]


def test_people_who_are_called_like_their_images_are_counted(tmp_path):
    images(tmp_path, "a.png", "b.png")
    told = "of all 2 faces: each counts as a person, by its image's name"
    for path in (label_studio(tmp_path, {"image": "a.png"}, {"image": "b.png"}), tps(tmp_path, "a.png", "b.png")):
        with pytest.warns(InputWarning) as warned:
            assert subjects(path) == ["a", "b"]
        assert [str(warning.message) for warning in warned] == [f"{path}: no subject is told {told}"]


def test_faces_of_nobody_are_written(tmp_path):
    """TPS gives them IDs that no other has; Label Studio, whose files are refused, is told at once."""
    images(tmp_path, "P001/front.png", "P002/front.png")
    points = ",".join(f"{value:g}" for value in POINTS.ravel())
    columns = ",".join(f"{name}_{axis}" for name in NAMES for axis in "xy")
    rows = [f"P00{k}/front.png,x,{points}{',0.9' * 12}\n" for k in (1, 2)]
    peaks = ",".join(f"{name}_peak" for name in NAMES)
    (tmp_path / "found.csv").write_text(f"image,detector,{columns},{peaks}\n{''.join(rows)}")
    converting.convert(converting.collect(tmp_path / "found.csv", None), "tps", tmp_path / "faces.tps")
    assert subjects(tmp_path / "faces.tps") == ["P001_front", "P002_front"]
    found = converting.collect(tmp_path / "found.csv", None)
    _, lines = converting.convert(found, "label_studio", tmp_path / "tasks.json")
    told = "give DATA a column 'subject' first, as a split parts people by it"
    assert lines[-1] == f"no subject is told of 2 faces: {told}"
