"""Films to tables: a row a frame, with detectors that need no TensorFlow."""

from dataclasses import replace

import numpy as np
import pytest
from film_files import number_of, numbered, turn_film, write_film
from PIL import Image
from scipy import ndimage
from test_predicting import Spots, read
from toys import SCHEMA, toy_samples

from rtl_tf.clinic import filming
from rtl_tf.clinic.filming import predict_films
from rtl_tf.clinic.sharpness import sharpness
from rtl_tf.datasets.films import Thinning, from_films
from rtl_tf.datasets.synthetic.people import sample_subject
from rtl_tf.datasets.synthetic.render import render
from rtl_tf.datasets.synthetic.scans import sample_scan
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_image
from rtl_tf.inference.found_table import FoundTable
from rtl_tf.inference.looked_at import Found
from rtl_tf.inference.overlay import is_drawn
from rtl_tf.records import Prediction

EACH = Thinning()
HEADER = ["image", "frame", "time_s", "yaw", "sharpness", "face", "box_left"]


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toys")
    return [read_image(sample.image) for sample in toy_samples(folder, count=20)]


@pytest.fixture
def film(tmp_path, images):
    return write_film(tmp_path / "film.mp4", images)


def predict(films, output, predictor=None, thinning=EACH, pictures=None, resume=False):
    table = FoundTable(output, SCHEMA, "sha256:1", of_films=True)
    listing = from_films(films)
    return predict_films(predictor or Spots(), listing.photographs, thinning, table, pictures, resume), table.summary


def test_the_table_has_a_row_for_each_frame(film, images, tmp_path):
    problems, summary = predict([film], tmp_path / "found.csv")
    rows = read(tmp_path / "found.csv")
    assert problems == [] and summary.rows == 20 and not summary.failed
    assert list(rows[0])[:7] == HEADER
    assert [(row["image"], row["frame"], float(row["time_s"])) for row in rows] == [
        ("film.mp4", str(index), pytest.approx(index / 10)) for index in range(20)
    ]
    for row, image in zip(rows, images, strict=True):
        brightest = np.divmod(image[..., 0].argmax(), 48)[::-1]
        assert (float(row["left_x"]), float(row["left_y"])) == pytest.approx(np.add(brightest, 1 / 3), abs=3)
        expected = sharpness(image, [float(row[name]) for name in ("box_left", "box_top", "box_side")])
        assert float(row["sharpness"]) == pytest.approx(expected, rel=0.3)


def test_a_turned_film_has_its_landmarks_where_players_show_them(film, tmp_path):
    predict([film], tmp_path / "a.csv")
    turn_film(film, (0, 1, -1, 0))
    predict([film], tmp_path / "b.csv")
    for plain, turned in zip(read(tmp_path / "a.csv"), read(tmp_path / "b.csv"), strict=True):
        x, y = (float(plain[f"left_{axis}"]) - 1 / 3 for axis in "xy")
        assert [float(turned[f"left_{axis}"]) - 1 / 3 for axis in "xy"] == pytest.approx([47 - y, x], abs=1)


def test_few_frames_are_held_at_a_time(film, tmp_path, monkeypatch):
    held = []

    class Counting(Spots):
        def outcomes(self, images, boxes, mirrored):
            held.append(len(images))
            return super().outcomes(images, boxes, mirrored)

    predict([film], tmp_path / "found.csv", Counting())
    assert held == [filming.AT_ONCE, filming.AT_ONCE, 4]


@pytest.mark.parametrize("thinning", [EACH, Thinning(every=3), Thinning(per_second=4)])
def test_a_stopped_prediction_goes_on_where_it_was(film, tmp_path, monkeypatch, thinning):
    monkeypatch.setattr(filming, "AT_ONCE", 2)
    whole, stopped = tmp_path / "whole.csv", tmp_path / "stopped.csv"
    predict([film], whole, thinning=thinning)
    with pytest.raises(KeyboardInterrupt):
        predict([film], stopped, Spots(stop_at=3), thinning)
    assert len(read(stopped)) == 4
    _, summary = predict([film], stopped, Spots(), thinning, resume=True)
    assert stopped.read_bytes() == whole.read_bytes() and summary.rows == len(read(whole))
    again = Spots()
    predict([film], stopped, again, thinning, resume=True)
    assert again.batches == 0 and stopped.read_bytes() == whole.read_bytes()


def test_damaged_films_are_told_and_the_others_go_on(film, images, tmp_path):
    cut = write_film(tmp_path / "cut.mp4", images)
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    (tmp_path / "text.mp4").write_text("no film")
    films = [tmp_path / "text.mp4", cut, film]
    problems, summary = predict(films, tmp_path / "found.csv", thinning=Thinning(every=4))
    rows = read(tmp_path / "found.csv")
    frames = [int(row["frame"]) for row in rows if row["image"] == "cut.mp4"]
    assert frames == list(range(0, 20, 4))[: len(frames)] and 1 <= len(frames) <= 3
    assert [row["frame"] for row in rows if row["image"] == "film.mp4"] == ["0", "4", "8", "12", "16"]
    reason = "not a film that can be read (a recording that was cut off may lack its index)"
    assert (rows[0]["image"], rows[0]["frame"], rows[0]["error"]) == ("text.mp4", "", reason)
    assert problems[0] == f"{tmp_path / 'text.mp4'}: {reason}" and len(problems) == 2
    assert problems[1].startswith(f"{cut}: damaged: ") and problems[1].endswith(" of 2.00 s")
    before = (tmp_path / "found.csv").read_bytes()
    assert predict(films, tmp_path / "found.csv", thinning=Thinning(every=4), resume=True)[0] == problems
    assert (tmp_path / "found.csv").read_bytes() == before


def test_a_film_without_a_whole_frame_has_one_row(film, tmp_path):
    content = film.read_bytes()
    film.write_bytes(content[: content.index(b"mdat") + 40])
    for resume in (False, True):
        problems, summary = predict([film], tmp_path / "found.csv", resume=resume)
        (row,) = read(tmp_path / "found.csv")
        assert (row["image"], row["frame"], row["error"]) == ("film.mp4", "", "damaged: no frame can be read")
        assert problems == [f"{film}: damaged: no frame can be read"] and summary.failed == ["film.mp4"]


def test_pictures_of_frames(film, images, tmp_path):
    drawn = tmp_path / "drawn"
    predict([film], tmp_path / "found.csv", thinning=Thinning(every=10), pictures=drawn)
    assert sorted(file.name for file in drawn.iterdir()) == ["film_000000.png", "film_000010.png"]
    assert all(map(is_drawn, drawn.iterdir()))
    (drawn / "film_000010.png").unlink()
    before = (tmp_path / "found.csv").read_bytes()
    predict([film], tmp_path / "found.csv", thinning=Thinning(every=10), pictures=drawn, resume=True)
    assert len(list(drawn.iterdir())) == 2 and (tmp_path / "found.csv").read_bytes() == before
    predict([film], tmp_path / "found.csv", thinning=Thinning(every=10), pictures=drawn)
    Image.fromarray(images[0]).save(drawn / "film_000010.png")
    with pytest.raises(InputError, match=r"--pictures .*film_000010\.png: there already, and not drawn"):
        predict([film], tmp_path / "new.csv", pictures=drawn)
    assert not (tmp_path / "new.csv").exists()  # not in the middle of the film
    other = write_film(tmp_path / "FILM.mkv", images[:2])
    with pytest.raises(InputError, match=r"film\.mp4 and .*FILM\.mkv: pictures of one would overwrite"):
        predict([film, other], tmp_path / "other.csv", pictures=tmp_path / "more")
    assert not (tmp_path / "other.csv").exists()


class Knowing(Spots):
    """Knows the landmarks of each frame."""

    def __init__(self, points, size):
        super().__init__()
        self.frames = iter(points)
        self.size = size

    def outcomes(self, images, boxes, mirrored):
        for index, image in enumerate(images):
            points = next(self.frames)
            if points is None:
                yield InputError(f"images[{index}]: no face was found; give the square around it, see --table")
            else:
                found = Prediction(points, np.ones(len(points)), points)
                yield Found(found, (-0.5, -0.5, float(self.size)), image.shape[1::-1])


def test_the_yaw_of_built_in_heads(tmp_path):
    yaws, size, scan, subject = (0, 30, None, 80), 240, sample_scan(0, 3, 0), sample_subject(0, 3)
    scan = replace(scan, mirrored=False)

    def head(yaw):
        return render(subject, replace(scan, pose=replace(scan.pose, yaw=float(yaw), zoom=0.7)), size)

    heads = [None if yaw is None else head(yaw) for yaw in yaws]
    path = write_film(tmp_path / "a.mp4", [heads[0].image * 0 if head is None else head.image for head in heads])
    points = [None if head is None else head.points[:3] for head in heads]
    _, summary = predict([path], tmp_path / "found.csv", Knowing(points, size))
    rows = read(tmp_path / "found.csv")
    assert summary.failed == ["a.mp4"] and rows[2]["error"] == "no face was found" and rows[2]["yaw"] == ""
    found = [float(row["yaw"]) for row in rows if row["yaw"]]
    assert found == [pytest.approx(0, abs=5), pytest.approx(30, abs=5), pytest.approx(80, abs=15)]


def test_sharpness():
    rng = np.random.default_rng(0)
    noise = ndimage.gaussian_filter(rng.uniform(0, 255, (300, 300, 3)), (2, 2, 0))
    sharp = np.clip(128 + 3 * (noise - noise.mean()), 0, 255)
    box = (20.0, 20.0, 256.0)
    values = [sharpness(ndimage.gaussian_filter(sharp, (blur, blur, 0)).astype(np.uint8), box) for blur in (0, 1, 2, 4)]
    assert values == sorted(values, reverse=True) and values[0] > 1.5 * values[2]
    assert sharpness((sharp / 3 + 60).astype(np.uint8), box) == pytest.approx(values[0], rel=0.02)
    assert np.isnan(sharpness(np.full((300, 300, 3), 90, np.uint8), box))


def test_numbered_frames_are_told_apart():
    assert [number_of(image) for image in numbered(20)] == list(range(20))
