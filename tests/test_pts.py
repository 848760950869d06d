"""300-W's `.pts` files: what is read, what is refused with its line, what is left out and said."""

import errno
import os

import numpy as np
import pytest
from PIL import Image
from test_datasets import face68, write_image, write_pts

from rtl_tf import datasets
from rtl_tf.exceptions import InputError
from rtl_tf.system import notes
from rtl_tf.system.folders import folders_below
from rtl_tf.system.notes import InputWarning


@pytest.fixture(autouse=True)
def nothing_said_yet(monkeypatch):
    monkeypatch.setattr(notes, "_told", set())


def labelled(folder, stem, points=None, suffix=".png", points_suffix=".pts"):
    write_pts(folder / f"{stem}{points_suffix}", (face68(4) if points is None else points) + 1)
    return write_image(folder / f"{stem}{suffix}")


def test_names_with_brackets_and_capitals(tmp_path):
    for stem, suffix, points_suffix in (("visit [1]", ".png", ".pts"), ("a*b", ".JPG", ".PTS"), ("c?", ".Tif", ".Pts")):
        labelled(tmp_path, stem, suffix=suffix, points_suffix=points_suffix)
    (tmp_path / "._a*b.PTS").write_bytes(b"\0\5\x16\7")
    samples = datasets.load(tmp_path, "ibug68")
    assert {sample.subject: sample.image.name for sample in samples} == {
        "visit [1]": "visit [1].png", "a*b": "a*b.JPG", "c?": "c?.Tif"
    }  # fmt: skip
    np.testing.assert_allclose(samples[0].points, face68(4), atol=1e-5)


def test_a_folder_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    """A colleague's folder: its people were missing without a word."""
    for name in ("mine", "theirs"):
        (tmp_path / name).mkdir()
        labelled(tmp_path / name, "a")
    listed = os.scandir

    def refused(path="."):
        if os.path.basename(path) == "theirs":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.warns(InputWarning, match="theirs: cannot be read .*; what lies in it is left out"):
        assert [sample.subject for sample in datasets.load(tmp_path, "ibug68")] == ["mine/a"]
    monkeypatch.setattr(notes, "_told", set())
    with pytest.warns(InputWarning, match="theirs: cannot be read"):
        assert [folder.name for folder, *_ in folders_below(tmp_path)] == [tmp_path.name, "mine"]


def two_faces(folder, stem, second_grey=128):
    for number, grey in ((1, 128), (2, second_grey)):
        write_pts(folder / f"{stem}_{number}.pts", face68(4) + number)
        Image.new("RGB", (60, 50), (grey,) * 3).save(folder / f"{stem}_{number}.png")


def test_faces_of_one_photograph(tmp_path):
    two_faces(tmp_path, "same")
    two_faces(tmp_path, "other", second_grey=90)  # two photographs that are only called alike
    for number in (1, 2):
        write_pts(tmp_path / f"shared_{number}.pts", face68(4) + number)
    write_image(tmp_path / "shared.png")
    labelled(tmp_path, "alone_1")
    found = {sample.subject: (sample.image.name, sample.face) for sample in datasets.load(tmp_path)}
    assert found == {
        "same_1": ("same_1.png", "1"), "same_2": ("same_2.png", "2"),
        "other_1": ("other_1.png", ""), "other_2": ("other_2.png", ""),
        "shared_1": ("shared.png", "1"), "shared_2": ("shared.png", "2"),
        "alone_1": ("alone_1.png", ""),
    }  # fmt: skip


def test_what_has_no_partner_is_counted_and_said(tmp_path):
    labelled(tmp_path, "a")
    write_image(tmp_path / "b.png")
    for stem in ("c", "d"):
        write_pts(tmp_path / f"{stem}.pts", face68(4) + 1)
    with pytest.warns(InputWarning) as said:
        samples = datasets.load(tmp_path)
    assert [sample.subject for sample in samples] == ["a"]
    assert sorted(str(warning.message).removeprefix(f"{tmp_path}: ") for warning in said) == [
        ".pts files without an image, left out: 2 (c.pts first)",
        "images without a .pts file, left out: 1 (b.png first)",
    ]


def test_points_outside_are_counted_and_said(tmp_path):
    points = face68(4)
    points[[8, 9]] = (30, 55)
    labelled(tmp_path, "a")
    labelled(tmp_path, "b", points)
    with pytest.warns(InputWarning, match=r": points outside their image, left out: 2 \(b\.pts first\)"):
        samples = datasets.load(tmp_path, "ibug68")
    assert np.isnan(samples[1].points).any(axis=-1).nonzero()[0].tolist() == [8, 9]


def test_two_images_of_one_name_are_refused(tmp_path):
    labelled(tmp_path, "a")
    write_image(tmp_path / "a.jpg")
    with pytest.raises(InputError, match=r"a\.pts: a\.jpg and a\.png lie beside it; keep the one it belongs to"):
        datasets.load(tmp_path)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("version: 1\n", "version: 2\n", " line 1: 'version: 2': expected 'version: 1' or 'n_points: 68'"),
        ("n_points:  68", "n_points: 69", " line 2: 'n_points: 69': expected"),
        ("n_points:  68", "points 68", " line 2: 'points 68': expected"),
        ("{\n", "", ": expected 68 points, as lines of x and y between braces"),
        ("\n}\n", "\n", ": expected 68 points, as lines"),
        ("\n}\n", "\n}\n1 2\n", ": expected 68 points, as lines"),
        ("\n}\n", "\n1 2\n}\n", ": expected 68 points, there are 69"),
        ("21.000000 11.000000\n", "", ": expected 68 points, there are 67"),
        ("21.000000 11.000000\n", "nan 11\n", " line 4: 'nan 11': expected the two numbers of a point"),
        ("21.000000 11.000000\n", "inf 11\n", " line 4: 'inf 11': expected"),
        ("21.000000 11.000000\n", "1_0 11\n", " line 4: '1_0 11': expected"),
        ("21.000000 11.000000\n", "0x1p3 11\n", " line 4: '0x1p3 11': expected"),
        ("21.000000 11.000000\n", "21 11 3\n", " line 4: '21 11 3': expected"),
        ("21.000000 11.000000\n", "\u0662\u0661 11\n", " line 4: "),
    ],
)
def test_what_is_malformed_is_named_with_its_line(tmp_path, old, new, message):
    labelled(tmp_path, "a")
    text = (tmp_path / "a.pts").read_text()
    assert old in text
    (tmp_path / "a.pts").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as error:
        datasets.load(tmp_path)
    assert f"a.pts{message}" in str(error.value) and "\n" not in str(error.value)


def test_numbers_with_exponents_and_without_a_header(tmp_path):
    labelled(tmp_path, "a")
    lines = (tmp_path / "a.pts").read_text().splitlines()
    lines[3] = "+2.1e1 .11e2"
    (tmp_path / "a.pts").write_text("\r\n".join(lines[2:]))
    np.testing.assert_allclose(datasets.load(tmp_path, "ibug68")[0].points[0], [20, 10])


def test_points_of_another_image_are_refused(tmp_path):
    labelled(tmp_path, "a", face68(4) * 3)
    with pytest.raises(InputError, match=r"a\.pts: \d+ of its 68 points lie outside its image of 60 x 50 px"):
        datasets.load(tmp_path)
