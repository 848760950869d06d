"""`predict.py`: its table, its pictures, what it refuses. In a process of its own where that could differ."""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from film_files import write_film
from PIL import Image
from test_export import run  # noqa: F401  (a fixture)
from toys import SCHEMA, toy_samples

from rtl_tf.cli import run as run_command
from rtl_tf.cli.predict import main
from rtl_tf.datasets import table
from rtl_tf.datasets.films import Film
from rtl_tf.datasets.synthetic.rendered import samples as faces_of_people
from rtl_tf.images import read_image
from rtl_tf.inference import exporting
from rtl_tf.inference.detector import Detector
from rtl_tf.inference.exported import ENGINES, exported_file
from rtl_tf.inference.face_finder import find_faces
from rtl_tf.inference.face_square import FaceSquare, Side, turn
from rtl_tf.inference.ridge import Ridge

CENTRAL = "the detector finds no faces: the largest central square of each {} is looked at\n"
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
    assert done.returncode == 1 and done.stdout == "1 of 2 images: found.csv\n"  # all that are looked at have boxes
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
        assert done.stdout == CENTRAL.format("image without a box") + "2 of 4 images: found.csv\n"
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
    (folder / "semicolons.csv").write_text("image;box_left,box_top\n000.png;3,4\n")
    (folder / "misspelt.csv").write_text("image,box_left,box_top,box_sid\n000.png,1,2,3\n")
    (folder / "outside.csv").write_text("image,box_left,box_top,box_side\n000.png,900,2,3\n")
    (folder / "others.csv").write_text("image,left,top,width,height,age\n000.png,1,2,3,3,7\n")
    (folder / "none.csv").write_text("image,age\n000.png,7\n")
    image, namesake = samples[0].image, tmp_path / "others" / samples[0].image.name
    namesake.parent.mkdir()
    shutil.copy(image, namesake)
    alone, here = predict_alone(run, cwd=tmp_path), predict(run, cwd=tmp_path)
    assert (alone.returncode, alone.stdout, alone.stderr) == (here.returncode, here.stdout, here.stderr)
    for arguments, words in (
        ([image], f"what comes first, {image}, is the run folder or exported file of the detector; give images"),
        ([run], "give images (files or folders) behind it, or --table FILE"),
        ([run, image, "--table", folder / "bad.csv"], "give either images (files or folders) or --table FILE"),
        ([run, "--boxes", folder / "bad.csv"], "bad.csv row 2: box"),
        ([run, tmp_path / "none.jpg"], "none.jpg: no such image"),
        ([run, tmp_path / "text.jpg"], "text.jpg: not an image"),
        ([run, tmp_path / "empty"], "empty: no image in this folder"),
        ([run, "--table", folder / "bad.csv"], "bad.csv row 2: box"),
        ([run, "--table", folder / "columns.csv"], "columns.csv row 1: no column 'image'"),
        ([run, "--table", folder / "semicolons.csv"], "separated by commas and by ';': save it with one of the two"),
        ([run, "--table", folder / "misspelt.csv"], "row 1: a box needs all of the columns box_left"),
        ([run, "--table", folder / "outside.csv"], "outside.csv row 2: "),
        (
            [run, "--table", folder / "others.csv"],
            "row 1: boxes are read from columns box_left, box_top, box_side; it has left, top, width, height",
        ),
        (
            [run, "--boxes", folder / "none.csv"],
            "row 1: boxes are read from columns box_left, box_top, box_side",
        ),
        ([tmp_path / "nowhere", image], "nowhere: no run folder"),
        ([run, image, "--engine", "onnx", "--precision", "int8"], "make it with: python -m rtl_tf.cli.export"),
        ([run, image, "--precision", "int8"], "TensorFlow runs fp32"),
        ([run, image, "--output", tmp_path], "a folder; name a file"),
        ([run, image, namesake, "--pictures", "drawn"], "one would overwrite the other"),
    ):
        done = predict(*arguments, cwd=tmp_path)
        assert done.returncode == 2, words
        assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1 and words in done.stderr
    assert not (tmp_path / "found.csv").exists()


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    """Photographs with one and with two built-in heads off their middle, and one without; the finder's answers."""
    folder = tmp_path_factory.mktemp("heads")
    rendered = faces_of_people(subjects=2, scans=1, size=256, cache=tmp_path_factory.mktemp("cache"))
    images = [read_image(sample.image) for sample in rendered]
    one, two = np.full((500, 700, 3), 110, np.uint8), np.full((500, 800, 3), 110, np.uint8)
    one[210:466, 400:656] = two[20:276, 30:286] = images[0]
    two[210:466, 500:756] = images[1]
    for name, pixels in (("none", np.full((90, 90, 3), 110, np.uint8)), ("one", one), ("two", two)):
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder, find_faces(one), find_faces(two)


@pytest.fixture
def knowing(run, tmp_path):  # noqa: F811
    """The run, with squares 1.5 times as large as the finder's, shifted to the right by a tenth of those."""
    folder = tmp_path / "knowing"
    shutil.copytree(run, folder, ignore=shutil.ignore_patterns("export"))
    ridge = Ridge(np.zeros(12), np.array([0.1, 0, np.log(1.5)]), np.zeros((12, 3)))
    learned = FaceSquare(ridge, Side(0.0, above=True))
    (folder / "face_square.json").write_text(json.dumps(learned.to_json()))
    return folder


def rows_of(file):
    with open(file, encoding="utf-8-sig") as opened:
        return list(csv.DictReader(opened))


def square_around(face):
    """As `knowing` has it, and whether mirrored: then the shift is to the left."""
    (left, top, side), mirrored = face.box, turn(face) > 0
    return (left + side * (-0.35 if mirrored else -0.15), top - 0.25 * side, 1.5 * side), mirrored


def test_photographs_with_several_faces_are_named(knowing, heads, tmp_path, predict):
    folder, _, faces = heads
    shutil.copy(folder / "two.png", folder / "again.png")
    images = [folder / f"{name}.png" for name in ("two", "one", "again")]
    told = "several faces on 2 images ({0}: 2, {1}: 2): the largest was taken; --all-faces takes all"
    names = [os.path.relpath(image, tmp_path) for image in images]
    for resumed in ([], ["--resume"]):
        done = predict(knowing, *images, *resumed, cwd=tmp_path)
        assert done.stdout.splitlines() == ["3 images: found.csv", told.format(names[0], names[2])]
    rows = rows_of(tmp_path / "found.csv")
    assert [row["faces_found"] for row in rows] == ["2", "1", "2"]
    assert float(rows[0]["box_side"]) == pytest.approx(square_around(faces[0])[0][2], abs=1e-3)
    done = predict(knowing, *images, "--all-faces", cwd=tmp_path)
    assert done.stdout == "5 faces on 3 images: found.csv\n"
    assert {row["faces_found"] for row in rows_of(tmp_path / "found.csv")} == {""}
    (tmp_path / "boxes.csv").write_text(f"image,box_left,box_top,box_side\n{images[0]},20.5,10.5,280\n")
    done = predict(knowing, "--table", tmp_path / "boxes.csv", cwd=tmp_path)
    assert done.stdout == "1 image: found.csv\n" and rows_of(tmp_path / "found.csv")[0]["faces_found"] == ""
    (tmp_path / "images.csv").write_text(f"image\n{images[0]}\n")
    assert "several faces on 1 image (" in predict(knowing, "--table", tmp_path / "images.csv", cwd=tmp_path).stdout
    film = write_film(tmp_path / "film.mp4", [read_image(folder / "two.png"), np.full((500, 800, 3), 110, np.uint8)])
    last = predict(knowing, film, cwd=tmp_path).stdout.splitlines()[-1]
    assert last == "several faces on 1 frame (column faces_found): the largest was taken"


@pytest.mark.parametrize("engine", ["tensorflow", "onnx", "litert"])
def test_the_face_is_found_without_a_box(knowing, heads, tmp_path, predict, engine):
    folder, (face,), _ = heads
    chosen = ["--engine", engine]
    if engine != "tensorflow":
        pytest.importorskip(ENGINES[engine].package)
        exporting.export(knowing, exported_file(knowing, engine, "fp32"), engine)
    done = predict(knowing, folder / "one.png", folder / "none.png", *chosen, cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == "1 of 2 images: found.csv\n"
    found, none = rows_of(tmp_path / "found.csv")
    assert none["error"].startswith("no face was found; give the square around it, see --table")
    assert not any(none[name] for name in ("box_left", "mirrored", "left_x", "left_peak"))
    box, mirrored = square_around(face)
    np.testing.assert_allclose([float(found[f"box_{name}"]) for name in ("left", "top", "side")], box, atol=1e-3)
    assert found["mirrored"] == str(mirrored).lower()
    expected = Detector.load(knowing).predict(folder / "one.png", box, mirrored)[0]
    for name, point in zip(SCHEMA.names, expected.points, strict=True):
        np.testing.assert_allclose([float(found[f"{name}_{axis}"]) for axis in "xy"], point, atol=0.02)
    frame = Detector.load(knowing).predict_frame(read_image(folder / "one.png"))
    np.testing.assert_allclose(frame.points, expected.points, atol=0.5)
    again = predict(knowing, folder / "one.png", folder / "none.png", *chosen, "--resume", cwd=tmp_path)
    assert again.returncode == 1 and rows_of(tmp_path / "found.csv") == [found, none]


def test_what_is_given_wins_and_the_side_comes_from_the_face_in_a_box(knowing, heads, tmp_path, predict):
    folder, _, faces = heads
    given = [(20.5, 10.5, 280.0), (490.5, 200.5, 280.0)]
    lines = [f"{folder / 'two.png'},{','.join(map(str, box))}" for box in given]
    (tmp_path / "boxes.csv").write_text("\n".join(["image,box_left,box_top,box_side", *lines]))
    assert predict(knowing, "--table", tmp_path / "boxes.csv", cwd=tmp_path).returncode == 0
    rows = rows_of(tmp_path / "found.csv")
    assert [float(row["box_left"]) for row in rows] == [20.5, 490.5]
    assert {row["box_found"] for row in rows} == {"false"}
    sides = [turn(min(faces, key=lambda face, box=box: abs(face.box[0] - box[0]))) > 0 for box in given]
    assert [row["mirrored"] for row in rows] == [str(side).lower() for side in sides]
    table_of = "\n".join(["image,box_left,box_top,box_side,mirrored", *(f"{line},{not sides[0]}" for line in lines)])
    (tmp_path / "boxes.csv").write_text(table_of)
    assert predict(knowing, "--table", tmp_path / "boxes.csv", cwd=tmp_path).returncode == 0
    assert [row["mirrored"] for row in rows_of(tmp_path / "found.csv")] == [str(not sides[0]).lower()] * 2


def test_all_faces_have_a_row_each_that_reads_as_data(knowing, heads, run, tmp_path, predict):  # noqa: F811
    folder, (face,), faces = heads
    arguments = [knowing, *(folder / f"{name}.png" for name in ("none", "one", "two")), "--all-faces"]
    done = predict(*arguments, "--pictures", "drawn", cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == "3 faces on 2 of 3 images: found.csv, pictures in drawn/\n"
    assert done.stderr.splitlines()[-1].startswith(
        "1 of 4 rows without landmarks (the column error of found.csv says why)"
    )
    none, *rows = rows_of(tmp_path / "found.csv")
    assert none["error"].startswith("no face was found")
    assert [row["face"] for row in rows] == ["", "1", "2"] and len(faces) == 2
    for row, found in zip(rows, [face, *faces], strict=True):
        assert float(row["box_side"]) == pytest.approx(1.5 * found.box[2], abs=1e-3)
        assert row["box_found"] == "true"
    assert {file.name for file in (tmp_path / "drawn").iterdir()} == {"one.png", "two_1.png", "two_2.png"}
    assert predict(*arguments, "--resume", cwd=tmp_path).returncode == 1
    assert rows_of(tmp_path / "found.csv") == [none, *rows]
    refused = predict(*arguments[:-1], "--resume", cwd=tmp_path)
    assert refused.returncode == 2 and "two.png with another number of faces; begin a new table" in refused.stderr
    refused = predict(run, *arguments[1:], cwd=tmp_path)
    assert refused.returncode == 2 and "--all-faces: too few training images showed a face" in refused.stderr
    lines = (tmp_path / "found.csv").read_text(encoding="utf-8-sig").splitlines()
    people = [f"{lines[0]},subject", *(f"{line},s{index}" for index, line in enumerate(lines[1:]))]
    (tmp_path / "landmarks.csv").write_text("\n".join(people))
    again = table.read(tmp_path / "landmarks.csv", str(run / "schema.toml"))
    assert [(sample.face, sample.mirrored) for sample in again] == [
        (row["face"], row["mirrored"] == "true") for row in rows
    ]


def test_a_stop_tells_rows_where_there_is_one_for_each_face(knowing, heads, tmp_path, predict, monkeypatch):
    def stopped(predictor, photographs, table, *_):
        table.summary.rows = len(photographs) - 1
        raise KeyboardInterrupt

    monkeypatch.setattr("rtl_tf.inference.predicting.predict_photographs", stopped)
    for more, told in (([], "1 of 2 images"), (["--all-faces"], "2 of 3 rows")):
        done = predict(knowing, *(heads[0] / f"{name}.png" for name in ("one", "two")), *more, cwd=tmp_path)
        assert f"\n{told} are in found.csv: the same command with --resume goes on\n" in done.stderr


def test_a_film_has_a_row_for_each_frame(run, faces, tmp_path, predict):  # noqa: F811
    folder, samples = faces
    film = write_film(tmp_path / "film.mp4", [read_image(sample.image) for sample in samples])
    done = predict_alone(run, film, "--pictures", "drawn", "--every", 2, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == CENTRAL.format("frame") + "landmarks on 2 of 2 frames: found.csv, pictures in drawn/\n"
    with open(tmp_path / "found.csv", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["image"], row["frame"], row["time_s"]) for row in rows] == [
        ("film.mp4", "0", "0"), ("film.mp4", "2", "0.20000"),
    ]  # fmt: skip
    pixels = [frame.pixels for frame in Film(film).frames(lambda number, _: number % 2 == 0)]
    for row, prediction in zip(rows, Detector.load(run).predict(pixels), strict=True):
        points = [[float(row[f"{name}_{axis}"]) for axis in "xy"] for name in SCHEMA.names]
        np.testing.assert_allclose(points, prediction.points, atol=1e-3)
    done = predict(run, film, "film.mp4", "--resume", cwd=tmp_path)
    told = "landmarks on 4 of 4 frames: found.csv\n1 of 2 read; skipped 1 film named twice\n"
    assert (done.returncode, done.stdout) == (0, CENTRAL.format("frame") + told)
    film.write_bytes(film.read_bytes()[: film.stat().st_size * 3 // 4])
    done = predict(run, film, "--output", "cut.csv", cwd=tmp_path)
    last = done.stdout.removeprefix(CENTRAL.format("frame"))
    assert done.returncode == 1 and re.fullmatch(r"landmarks on ([123]) of \1 frames: cut\.csv\n", last)
    assert re.search(r"film\.mp4: damaged: [123] frames? can be read, the last at 0\.\d0 s of 0\.40 s\n$", done.stderr)


def test_flags_of_films_and_folders_that_make_no_sense(faces, tmp_path, predict):
    folder, samples = faces
    (tmp_path / "text.mp4").write_text("no film")
    photograph, film = samples[0].image, tmp_path / "text.mp4"
    for arguments, problem in (
        (
            [film, photograph],
            f"{film}: a film; films and photographs make tables of their own: predict one, then others",
        ),
        ([film, "--all-faces"], "--all-faces: for photographs; of a film's frames the largest face is looked at"),
        ([film, "--every", 0], "--every 0: 1 is each frame, 2 every other one, ..."),
        ([film, "--frames-per-second", "-1"], "--frames-per-second -1: a number above 0"),
        ([film, "--frames-per-second", "nan"], "--frames-per-second nan: a number above 0"),
        ([film], f"{film}: not a film that can be read (a recording that was cut off may lack its index)"),
        (
            [photograph, "--every", 2],
            "--every and --frames-per-second choose among the frames of films (mp4, mov, ...); name one",
        ),
        (
            [folder, "--recursive", "--pictures", folder / "drawn"],
            f"--pictures {folder / 'drawn'}: inside {folder}, which is searched; name another folder",
        ),
    ):
        done = predict("no run", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (2, f"error: {problem}\n")
