"""Means over frames: by hand, how often their intervals hold, and the table of `rtl-measure`."""

import csv

import numpy as np
import pytest
from test_measure_cli import GIRL, measure  # noqa: F401  (a fixture)

from rtl_tf.clinic.frame_means import frame_means, left_out
from rtl_tf.clinic.frame_means_table import COLUMNS
from rtl_tf.clinic.marked_faces import MarkedFace
from rtl_tf.clinic.measured import Measured
from rtl_tf.clinic.scales import UNKNOWN
from rtl_tf.clinic.sights import Sight
from rtl_tf.measurement import Measurement

ACROSS = Measurement("across", "distance", ("a", "b"), "of something", views=("frontal",))
FRAME = GIRL | {"image": "a.mp4"}


def value(number, time_s, length, view="frontal", half=1.0, film="a.mp4", flags=""):
    cells = {"frame": str(number), "time_s": str(time_s), "flags": flags}
    face = MarkedFace(film, film, "", np.zeros((2, 2)), cells=cells)
    return Measured(face, Sight(view), UNKNOWN, ACROSS, length, length - half, length + 2 * half)


def test_by_hand():
    """Six stretches of two frames each, whose means are 1, ..., 6: Student's 2.5706 x sd / sqrt 6."""
    lengths = [0.5, 1.5, 1.5, 2.5, 2.5, 3.5, 3.5, 4.5, 4.5, 5.5, 5.5, 6.5]
    frames = [value(index, index / 2, length) for index, length in enumerate(lengths)]
    others = [value(20, 10.0, 99.0, "oblique"), value(21, 11.0, np.nan), value(22, 11.0, 99.0, "")]
    flagged = [value(23, 12.0, 99.0, flags="two peaks")]
    twice = [value(3, 1.5, 2.5)]  # beside another norm
    mixed = [frame for pair in zip(frames[:6], frames[6:], strict=True) for frame in pair]  # as a spreadsheet sorts
    of_film, oblique = frame_means([*mixed, *others, *flagged, *twice])
    assert (of_film.frames, of_film.flagged, of_film.mean, of_film.note) == (12, 1, 3.5, "")
    assert oblique.flagged == 0
    half = 2.570582 * np.std([1, 2, 3, 4, 5, 6], ddof=1) / np.sqrt(6)
    assert [of_film.low, of_film.high] == pytest.approx([3.5 - half, 3.5 + half], abs=1e-5)
    assert (of_film.shared_low, of_film.shared_high) == (2.5, 5.5)
    assert of_film.spread == pytest.approx(np.std(lengths, ddof=1))
    assert (oblique.frames, oblique.mean) == (1, 99.0) and np.isnan([oblique.low, oblique.spread]).all()
    assert oblique.note == (
        "no interval: its frames show 1 s, 6 s are needed; oblique view; stands for the head's in a frontal view alone"
    )


def test_frames_of_a_short_film_have_no_interval_however_many_they_are():
    (short,) = frame_means([value(index, index / 100, index % 3) for index in range(400)])
    assert np.isnan([short.low, short.high]).all() and short.note.startswith("no interval: its frames show 4 s")


def test_frames_in_no_mean_are_counted_by_why():
    """Of frame 1 a second value is there, of frame 2 none; a photograph is no frame."""
    frames = [value(0, 0, 1.0), value(1, 0, np.nan), value(1, 0, 2.0), value(2, 0, np.nan), value(2, 0, np.nan)]
    frames += [value(3, 0, 1.0, flags="two peaks"), value(4, 0, 1.0, view="", flags="low peak"), value(5, 0, 1.0, "")]
    frames += [value(3, 0, 1.0, film="b.mp4"), value("", "", np.nan)]
    assert left_out(frames) == "4 of 7 frames are left out: 2 with flags, 1 without a value, 1 of an unknown view"
    assert left_out(frames[:1]) == left_out([]) == ""


def test_left_out_frames_are_told_before_anything_is_written(measure, tmp_path):  # noqa: F811
    rows = [FRAME | {"frame": index, "time_s": index, "flags": "low peak" * (index < 3)} for index in range(5)]
    status, said, _ = measure(rows, "--frame-means", "means.csv")
    assert status == 0 and "3 of 5 frames are left out: 3 with flags.\n" in said
    with open(tmp_path / "means.csv", encoding="utf-8", newline="") as file:
        assert {(row["frames"], row["flagged"]) for row in csv.DictReader(file)} == {("2", "3")}
    (tmp_path / "means.csv").write_text(",".join(COLUMNS[:-1]))  # of an earlier version
    assert measure(rows, "--frame-means", "means.csv")[0] == 0
    for file in ("measurements.csv", "means.csv"):
        (tmp_path / file).unlink()
    status, said, _ = measure(rows[:3], "--frame-means", "out/means.csv")
    message = "error: --frame-means: faces.csv: 3 of 3 frames are left out: 3 with flags\n"
    assert (status, said) == (2, message) and sorted(path.name for path in tmp_path.iterdir()) == ["faces.csv"]


def test_each_film_and_person_by_itself():
    both = frame_means([value(0, 0.0, 1.0), value(0, 0.0, 3.0, film="b.mp4"), value(1, 0.1, 2.0)])
    assert [(each.first.face.name, each.mean) for each in both] == [("a.mp4", 1.5), ("b.mp4", 3.0)]


def test_intervals_hold_where_neighbours_are_alike():
    """25 frames a second, correlated over 0.3 s: in 400 films of 20 s."""
    rng, decay, held = np.random.default_rng(0), np.exp(-1 / (0.3 * 25)), []
    for _ in range(400):
        noise = rng.standard_normal(500) * np.sqrt(1 - decay**2)
        series = [rng.standard_normal()]
        for step in noise[1:]:
            series.append(decay * series[-1] + step)
        (found,) = frame_means([value(index, index / 25, 9 + each) for index, each in enumerate(series)])
        held.append(found.low <= 9 <= found.high)
    assert 0.91 <= np.mean(held) <= 0.98


def test_the_command_writes_a_row_for_each_film_view_and_measurement(measure, tmp_path):  # noqa: F811
    seen = {10: {"view": "", "yaw": 50}, 11: {"view": ""}}
    rows = [
        FRAME | {"frame": index, "time_s": index, "exocanthion_x": 100 + index % 2, "yaw": 3} | seen.get(index, {})
        for index in range(12)
    ]
    status, said, _ = measure(rows, "--frame-means", "out/means.csv")
    assert status == 0 and "written: out/means.csv" in said and "not taken" in said
    with open(tmp_path / "out/means.csv", encoding="utf-8", newline="") as file:
        means = {(row["view"], row["measurement"]): row for row in csv.DictReader(file)}
    fissure = means["frontal", "palpebral_fissure_length"]
    assert tuple(fissure) == COLUMNS and fissure["frames"] == "11" and fissure["image"] == "a.mp4"
    lengths = [np.hypot(30 - shift, 40) / 2 for shift in (0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1)]
    assert float(fissure["mean"]) == pytest.approx(np.mean(lengths), abs=1e-3)
    assert float(fissure["low"]) < np.mean(lengths) < float(fissure["high"])
    assert means["oblique", "palpebral_fissure_length"]["frames"] == "1" and fissure["shared_low"] == ""
    with open(tmp_path / "measurements.csv", encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["frame"] for row in written if row["measurement"] == "nasal_height"] == [
        str(each) for each in range(12)
    ]
    assert measure(rows, "--frame-means", "out/means.csv")[0] == 0
    assert measure(rows, "--frame-means", "faces.csv")[1] == (
        "error: --frame-means faces.csv: there already, and not written by rtl-measure; name another file\n"
    )
    assert measure([GIRL], "--frame-means", "other.csv")[1] == (
        "error: --frame-means: faces.csv is not of films: give what predict.py wrote of them\n"
    )


def test_of_a_film_no_view_or_sticker_is_looked_for(measure):  # noqa: F811
    status, said, rows = measure([FRAME | {"view": "", "mm_per_px": "", "frame": 0, "time_s": 0}], "--sticker-mm", "19")
    notes = rows["a.mp4", "palpebral_fissure_length", ""]["note"]
    assert status == 0 and notes == (
        "no scale: stickers are not looked for in a film; save its frames with rtl-frames --frames and measure these"
    )
    assert "view unknown (no face was found around the landmarks)" in rows["a.mp4", "facial_angle", ""]["note"]
