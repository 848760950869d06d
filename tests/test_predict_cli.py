"""`predict.py`: its table, its pictures, what it refuses. In a process of its own where that could differ."""

import csv
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from test_export import run  # noqa: F401  (a fixture)
from toys import SCHEMA, toy_samples

from rtl_tf.cli import run as run_command
from rtl_tf.cli.predict import main
from rtl_tf.datasets import table
from rtl_tf.inference.detector import Detector

SCRIPT = Path(__file__).resolve().parents[1] / "predict.py"


def predict_alone(*arguments, cwd):
    """`python predict.py ARGUMENTS`."""
    words = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True)


@pytest.fixture
def predict(monkeypatch, capsys):
    """The same in this process."""

    def call(*arguments, cwd):
        monkeypatch.chdir(cwd)
        with pytest.raises(SystemExit) as ended:
            run_command(main, [*map(str, arguments)])
        return subprocess.CompletedProcess(arguments, ended.value.code, *capsys.readouterr())

    return call


@pytest.fixture
def faces(tmp_path):
    folder = tmp_path / "faces"
    folder.mkdir()
    return folder, toy_samples(folder, count=4)


def test_the_table_has_a_row_for_each_image_and_reads_as_data(run, faces, tmp_path):  # noqa: F811
    folder, samples = faces
    done = predict_alone(run, folder, "--output", "out/found.csv", "--pictures", "drawn", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("predicting: 4 in") for line in done.stderr.splitlines())  # said where it takes long
    assert "4 images: out/found.csv, pictures in drawn/" in done.stdout
    expected = Detector.load(run).predict([sample.image for sample in samples])
    with open(tmp_path / "out/found.csv") as file:
        rows = list(csv.DictReader(file))
    for row, prediction in zip(rows, expected, strict=True):
        points = [[float(row[f"{name}_{axis}"]) for axis in "xy"] for name in SCHEMA.names]
        np.testing.assert_allclose(points, prediction.points, atol=1e-3)
        peaks = [float(row[f"{name}_peak"]) for name in SCHEMA.names]
        np.testing.assert_allclose(peaks, prediction.peaks, atol=1e-4)
    for sample in samples:
        drawn = np.asarray(Image.open(tmp_path / "drawn" / f"{sample.image.stem}.png").convert("RGB"))
        assert (drawn == (255, 196, 0)).all(axis=-1).sum() > 30
    lines = (tmp_path / "out/found.csv").read_text().splitlines()
    labelled = [lines[0] + ",subject", *(f"{line},s{index}" for index, line in enumerate(lines[1:]))]
    (tmp_path / "out/landmarks.csv").write_text("\n".join(labelled))
    again = table.read(tmp_path / "out/landmarks.csv", str(run / "schema.toml"))
    assert [sample.image for sample in again] == [sample.image for sample in samples]


def test_boxes_come_from_a_table(run, faces, tmp_path, predict):  # noqa: F811
    folder, samples = faces
    box, name = (-4.5, -2.5, 52.0), samples[0].image.name
    (folder / "boxes.csv").write_text(
        f"image,box_left,box_top,box_side,mirrored\n{name},-4.5,-2.5,52,true\n{samples[1].image.name},,,,\n"
    )
    done = predict(run, "--table", folder / "boxes.csv", cwd=tmp_path)
    assert done.returncode == 1 and "1 of 2 images: found.csv" in done.stdout
    last = done.stderr.splitlines()[-1]  # a slow machine's progress comes before it
    assert last.startswith("1 of 2 images without landmarks") and samples[1].image.name in last
    expected = Detector.load(run).predict([samples[0].image], [box], [True])[0]
    with open(tmp_path / "found.csv", encoding="utf-8-sig") as file:
        row, without = csv.DictReader(file)
    assert "boxes.csv row 3: " in without["error"] and ": no box; give box_left" in without["error"]
    assert (row["mirrored"], row["box_side"]) == ("true", "52")
    np.testing.assert_allclose([float(row["left_x"]), float(row["left_y"])], expected.points[0], atol=1e-3)


def test_nothing_is_overwritten_but_an_earlier_prediction(run, faces, tmp_path, predict):  # noqa: F811
    folder, samples = faces
    image, truth = samples[0].image, folder / "landmarks.csv"
    truth.write_text("image,subject,left_x,left_y\n000.png,anna,3,4\n")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for arguments in (
        [image, "--output", truth],
        [image, "--output", image],
        ["--table", truth, "--output", truth],
        [folder, "--pictures", folder],
    ):
        done = predict(run, *arguments, cwd=tmp_path)
        assert done.returncode == 2 and re.search(r"^error: --(output|pictures) .*; name another", done.stderr), (
            done.stderr
        )
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    for _ in range(2):
        assert predict(run, image, cwd=tmp_path).returncode == 0
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["found.csv"]


def test_a_batch_with_broken_images_ends_with_status_1_and_names_them(run, faces, tmp_path, predict):  # noqa: F811
    folder, samples = faces
    samples[1].image.write_bytes(samples[1].image.read_bytes()[:200])
    samples[2].image.write_text("no image")
    command = [sys.executable, "-m", "rtl_tf.cli.predict", str(run), "faces"]
    options = {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(SCRIPT.parent)}}
    alone = subprocess.run(command, capture_output=True, text=True, **options)
    for done in (alone, predict(run, "faces", "--resume", cwd=tmp_path)):
        assert done.returncode == 1, done.stderr
        assert done.stdout == "2 of 4 images: found.csv\n"
        assert done.stderr.splitlines()[-1] == (
            "2 of 4 images without landmarks (the column error of found.csv says why): faces/001.png, faces/002.png"
        )
    with open(tmp_path / "found.csv", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["image"], bool(row["error"])) for row in rows] == [
        *(("faces/000.png", False), ("faces/001.png", True), ("faces/002.png", True), ("faces/003.png", False))
    ]
    assert {row["detector"] for row in rows} == {
        "sha256:" + hashlib.sha256((run / "best.keras").read_bytes()).hexdigest()[:16]
    }


def test_what_is_wrong_is_said_in_one_line(run, faces, tmp_path, predict):  # noqa: F811
    folder, samples = faces
    (tmp_path / "text.jpg").write_text("no image")
    (tmp_path / "empty").mkdir()
    (folder / "bad.csv").write_text("image,box_left,box_top,box_side\n000.png,1,2,-3\n")
    (folder / "columns.csv").write_text("file\n000.png\n")
    (folder / "semicolons.csv").write_text("image;box_left\n000.png;3\n")
    (folder / "misspelt.csv").write_text("image,box_left,box_top,box_sid\n000.png,1,2,3\n")
    (folder / "outside.csv").write_text("image,box_left,box_top,box_side\n000.png,900,2,3\n")
    image = samples[0].image
    alone, here = predict_alone(run, cwd=tmp_path), predict(run, cwd=tmp_path)
    assert (alone.returncode, alone.stdout, alone.stderr) == (here.returncode, here.stdout, here.stderr)
    for arguments, words in (
        ([run], "give either images"),
        ([run, image, "--table", folder / "bad.csv"], "give either images"),
        ([run, tmp_path / "none.jpg"], "none.jpg: no such image"),
        ([run, tmp_path / "text.jpg"], "text.jpg: not an image"),
        ([run, tmp_path / "empty"], "empty: no image in this folder"),
        ([run, "--table", folder / "bad.csv"], "bad.csv row 2: box"),
        ([run, "--table", folder / "columns.csv"], "columns.csv row 1: no column 'image'"),
        ([run, "--table", folder / "semicolons.csv"], "separated by ';': save it with commas"),
        ([run, "--table", folder / "misspelt.csv"], "row 1: a box needs all of the columns box_left"),
        ([run, "--table", folder / "outside.csv"], "outside.csv row 2: "),
        ([tmp_path / "nowhere", image], "nowhere: no run folder"),
        ([run, image, "--engine", "onnx", "--precision", "int8"], "make it with: python -m rtl_tf.cli.export"),
        ([run, image, "--precision", "int8"], "TensorFlow runs fp32"),
        ([run, image, "--output", tmp_path], "a folder; name a file"),
        ([run, image, image, "--pictures", "drawn"], "one would overwrite the other"),
    ):
        done = predict(*arguments, cwd=tmp_path)
        assert done.returncode == 2, words
        assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1 and words in done.stderr
    assert not (tmp_path / "found.csv").exists()
