import csv
from dataclasses import fields, replace

import numpy as np
import pytest
from fake_runs import make_predictions

from rtl_tf.exceptions import InputError
from rtl_tf.runs.predictions import COLUMNS, read_predictions, write_predictions


@pytest.fixture
def written(tmp_path):
    """Three images with two landmarks each: lines 2 to 7."""
    path = tmp_path / "predictions.csv"
    write_predictions(path, make_predictions(np.arange(6.0).reshape(3, 2)))
    return path


def edit(path, line, column, text):
    rows = list(csv.reader(path.open()))
    rows[line - 1][COLUMNS.index(column)] = text
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def test_what_is_written_reads_back_bit_for_bit(tmp_path):
    random = np.random.default_rng(0)
    predictions = make_predictions(random.normal(size=(5, 4)))
    predictions.points[:] = random.uniform(0, 5000, predictions.points.shape)
    predictions.heatmap_truth[0, 0] = np.nextafter(np.float32(12.5), np.float32(0))  # rounds down, 12.5 would round up
    predictions.truth[1, 2] = predictions.heatmap_truth[1, 2] = np.nan
    predictions.mm_per_px[3] = np.nan
    of_landmarks = {name: random.gamma(2, 1, (5, 4)).astype(np.float32) for name in ("spread", "rivals")}
    of_images = {name: random.gamma(2, 1, 5).astype(np.float32) for name in ("unlikeness", "yaw")}
    mirrored = np.float32([0, 1, 1, 0, 0])
    predictions = replace(predictions, **of_landmarks, **of_images, mirrored=mirrored)
    write_predictions(tmp_path / "predictions.csv", predictions)
    read = read_predictions(tmp_path / "predictions.csv")
    for field in fields(predictions):
        before, after = getattr(predictions, field.name), getattr(read, field.name)
        if isinstance(before, tuple):
            assert before == after
        else:
            assert after.dtype == np.float32
            np.testing.assert_array_equal(before, after)
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.csv"]


def test_the_header_is_the_documented_one(written):
    header = written.read_text().splitlines()[0]
    assert header == (
        "image,subject,landmark,truth_x,truth_y,x,y,peak,"
        "heatmap_truth_x,heatmap_truth_y,heatmap_x,heatmap_y,input_px_per_px,mm_per_px,spread,rival,unlikeness,yaw,mirrored"
    )


def test_an_older_table_has_no_signs_of_doubt(written):
    lines = written.read_text().splitlines()
    signs = ",spread,rival,unlikeness,yaw,mirrored"
    written.write_text("\n".join([lines[0].removesuffix(signs), *(line[:-5] for line in lines[1:])]))
    read = read_predictions(written)
    assert read.spread is read.rivals is read.unlikeness is read.yaw is read.mirrored is None


def test_a_sign_of_the_image_is_the_same_for_all_its_landmarks(written):
    edit(written, 2, "yaw", "-12.5")
    with pytest.raises(InputError, match="row 3: yaw changes within the image"):
        read_predictions(written)
    edit(written, 3, "yaw", "-12.5")
    assert read_predictions(written).yaw[0] == -12.5 and np.isnan(read_predictions(written).yaw[1:]).all()
    edit(written, 6, "mirrored", "2")
    with pytest.raises(InputError, match="row 6: mirrored must be 0 or 1, or empty if unknown"):
        read_predictions(written)
    edit(written, 6, "mirrored", "")
    edit(written, 4, "unlikeness", "-1")
    with pytest.raises(InputError, match="unlikeness must be >= 0, or empty if unknown"):
        read_predictions(written)


def test_one_landmark_and_names_that_look_like_something_else(tmp_path):
    predictions = make_predictions(np.ones((2, 1)))
    predictions = replace(predictions, images=("a, b.png", 'c "d".png'), subjects=("NA", "007"))
    write_predictions(tmp_path / "p.csv", predictions)
    read = read_predictions(tmp_path / "p.csv")
    assert read.images == ("a, b.png", 'c "d".png') and read.subjects == ("NA", "007")
    assert read.points.shape == (2, 1, 2)


@pytest.mark.parametrize(
    ("line", "column", "text", "message"),
    [
        (3, "x", "twelve", "row 3: x is 'twelve'"),
        (4, "y", "", "row 4: y is missing"),
        (5, "peak", "inf", "row 5: peak is missing or not finite"),
        (2, "truth_x", "", "row 2: the truth is there in some columns"),
        (6, "heatmap_truth_y", "", "row 6: the truth is there in some columns"),
        (7, "truth_y", "-inf", "row 7: truth_y is infinite"),
        (2, "input_px_per_px", "0", "row 2: input_px_per_px must be > 0"),
        (7, "mm_per_px", "-1", "row 7: mm_per_px must be > 0"),
        (5, "mm_per_px", "0.7", "row 5: mm_per_px changes"),
        (5, "mm_per_px", "", "row 5: mm_per_px changes"),
        (4, "mm_per_px", "", "row 5: mm_per_px changes"),
        (5, "image", "other.png", "row 5: expected image, subject, landmark = face001.png"),
        (7, "landmark", "exocanthion", "row 7: expected .* endocanthion"),
    ],
)
def test_damage_is_named_by_file_and_line(written, line, column, text, message):
    edit(written, line, column, text)
    with pytest.raises(InputError, match=f"predictions.csv {message}"):
        read_predictions(written)


def test_a_file_cut_between_rows(written):
    written.write_text("\n".join(written.read_text().splitlines()[:-1]))
    with pytest.raises(InputError, match="row 6: the last image has 1 of 2 landmarks"):
        read_predictions(written)


def test_a_file_cut_within_a_row(written):
    written.write_text(written.read_text()[:-30])
    with pytest.raises(InputError, match="row 7: heatmap_x is missing"):
        read_predictions(written)


def test_a_row_with_a_field_too_many(written):
    lines = written.read_text().splitlines()
    written.write_text("\n".join([*lines[:3], lines[3] + ",1", *lines[4:]]))
    with pytest.raises(InputError, match="Expected 19 fields in line 4, saw 20"):
        read_predictions(written)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a table"),
        (b"\xff\xfe\x00", "predictions.csv: not UTF-8"),
        (b"image,subject\n", "missing column landmark, truth_x"),
        (",".join(COLUMNS).encode(), "no rows"),
    ],
)
def test_files_that_are_something_else(tmp_path, content, message):
    path = tmp_path / "predictions.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_predictions(path)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="absent.csv: no such file"):
        read_predictions(tmp_path / "absent.csv")
