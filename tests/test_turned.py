"""Images that are displayed turned, in formats that do not tell at which size they were labelled."""

import json
import warnings

import pytest
from PIL import Image
from test_annotation_tools import deeplabcut, image
from test_unnamed_people import NAMES, POINTS, SIZE, nothing_said_yet, tps  # noqa: F401

from rtl_tf import datasets
from rtl_tf.system.notes import InputWarning

SAID = (
    "1 image is displayed turned, by a tag (EXIF): points are taken as placed on the displayed image; of the stored "
    "pixels they would lie elsewhere"
)


def morphoj(folder):
    header = "\t".join(f"{name}_{axis}" for name in NAMES for axis in "xy")
    points = "\t".join(f"{x}\t{SIZE - y}" for x, y in POINTS)
    (folder / "faces.txt").write_text(f"ID\t{header}\na\t{points}\n")


def slicer(folder):
    points = [{"label": n, "position": [x, y, 0]} for n, (x, y) in zip(NAMES, POINTS.tolist(), strict=True)]
    content = {"markups": [{"type": "Fiducial", "controlPoints": points}]}
    (folder / "a.mrk.json").write_text(json.dumps(content))


def pts(folder):
    points = "\n".join(f"{2 + k % 50} {3 + k % 47}" for k in range(68))
    (folder / "a.pts").write_text(f"version: 1\nn_points: 68\n{{\n{points}\n}}\n")


WRITERS = {
    "tps": lambda folder: tps(folder, "a.png"),
    "morphoj": morphoj,
    "slicer": slicer,
    "pts": pts,
    "deeplabcut": lambda folder: deeplabcut(folder / "CollectedData_me.csv", ["a.png"], 1),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_turned_images_are_told(kind, tmp_path):
    image(tmp_path / "a.png")
    WRITERS[kind](tmp_path)
    with warnings.catch_warnings(action="error"):
        assert len(datasets.load(tmp_path)) == 1
    exif = Image.Exif()
    exif[0x0112] = 3
    image(tmp_path / "a.png", exif=exif)
    with pytest.warns(InputWarning) as warned:
        assert len(datasets.load(tmp_path)) == 1
    assert [str(warning.message) for warning in warned] == [f"{tmp_path}: {SAID}"]
