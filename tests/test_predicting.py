"""The table and the pictures of a prediction, with a detector that needs no TensorFlow."""

import csv
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from toys import SCHEMA, toy_samples

from rtl_tf import pyramid
from rtl_tf.csv_rows import read_rows
from rtl_tf.datasets import table
from rtl_tf.datasets.photographs import Photograph, from_files
from rtl_tf.exceptions import InputError
from rtl_tf.inference import predicting
from rtl_tf.inference import predictor as predictor_module
from rtl_tf.inference.doubt import Doubt
from rtl_tf.inference.found_table import FoundTable
from rtl_tf.inference.overlay import is_drawn
from rtl_tf.inference.predictor import Located, Predictor
from rtl_tf.inference.recipe import Recipe

SIZE = 48
SCHEMA_FILE = """
name = "toy"
source = "made up"
mirrored_pairs = [["left", "right"]]
"""


class Spots(Predictor):
    """Finds the brightest px of each colour, a third of a px to the right and below."""

    schema, image_size = SCHEMA, SIZE

    def __init__(self, unlabelled=(), stop_at=None):
        self.unlabelled, self.stop_at, self.batches = unlabelled, stop_at, 0

    def locate(self, pixels):
        self.batches += 1
        if self.batches == self.stop_at:
            raise KeyboardInterrupt
        flat = pixels.reshape(len(pixels), -1, 3)
        rows, columns = np.divmod(flat.argmax(axis=1), SIZE)
        points = np.stack([columns, rows], axis=-1).astype(np.float32) + np.float32(1 / 3)
        peaks = flat.max(axis=1).astype(np.float32) / 255
        return located(points, points // 4, peaks)


def located(points, heatmap_points, peaks):
    """Of crops whose heatmaps have one peak, and of faces that are all alike."""
    return Located(points, heatmap_points, peaks, np.zeros_like(peaks), np.zeros((len(peaks), 4), np.float32))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(predictor_module, "BATCH", 4)


@pytest.fixture
def faces(tmp_path):
    folder = tmp_path / "faces"
    folder.mkdir()
    return [sample.image for sample in toy_samples(folder, count=20, size=SIZE)]


def test_a_square_of_the_face_finder_tells_nothing_of_landmarks(faces):
    spots, square = Spots(), (-0.5, -0.5, float(SIZE))
    spots.recipe = Recipe(box_evidence=lambda points, box: points + 5)
    ways = Photograph(faces[0], square), Photograph(faces[0], square, found=True), Photograph(faces[0])
    given, found, none = (outcome.prediction.points for outcome in predicting.outcomes_of(spots, ways))
    np.testing.assert_array_equal(found, none)
    np.testing.assert_allclose(given, found + 5)


def predict(photographs, output, predictor=None, pictures=None, resume=False, detector="sha256:1", doubt=None):
    found = FoundTable(output, SCHEMA, detector, doubt=doubt)
    photographs = [Photograph(each) if isinstance(each, Path) else each for each in photographs]
    predicting.predict_photographs(predictor or Spots(), photographs, found, pictures, resume)
    return found.summary


def read(output):
    with open(output, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def as_data(output):
    """The samples that train.py reads once somebody has put a column with people before the others."""
    people = output.with_name("landmarks.csv")
    lines = output.read_text(encoding="utf-8").splitlines()
    people.write_text(
        "\n".join([f"subject,{lines[0]}", *(f"s{i},{line}" for i, line in enumerate(lines[1:]))]), "utf-8"
    )
    schema = output.with_name("toy.toml")
    entries = (f'[[landmarks]]\nname = "{name}"\nlabel = "A"\nanatomy = "a spot"\n' for name in SCHEMA.names)
    schema.write_text(SCHEMA_FILE + "".join(entries))
    return table.read(people, str(schema))


def truncate(image):
    image.write_bytes(image.read_bytes()[:200])


def test_broken_images_are_rows_in_error_and_the_others_go_on(faces, tmp_path):
    alone = {row["image"]: row for row in read_after(predict(faces, tmp_path / "alone.csv"), tmp_path / "alone.csv")}
    broken = [faces[0], faces[7], faces[19]]
    for image in broken[:2]:
        truncate(image)
    broken[2].write_text("no image")
    photographs = [*faces, Photograph(tmp_path / "faces" / "unseen.png", problem="its box is empty; remove the row")]
    summary = predict(photographs, tmp_path / "found.csv", pictures=tmp_path / "drawn")
    rows = read(tmp_path / "found.csv")
    assert [row["image"] for row in rows] == [f"faces/{photograph.name}" for photograph in [*faces, Path("unseen.png")]]
    assert (summary.rows, summary.failed) == (
        21,
        [f"faces/{name}" for name in ("000.png", "007.png", "019.png", "unseen.png")],
    )
    for row in rows:
        if row["image"] in summary.failed:
            kept = {"image", "mirrored", "detector", "error"}
            assert row["error"] and not any(cell for name, cell in row.items() if name not in kept)
        else:
            assert row == alone[row["image"]]
    assert rows[0]["error"].startswith("damaged or unreadable image") and rows[20]["error"].startswith("its box is")
    assert {file.stem for file in (tmp_path / "drawn").iterdir()} == {
        image.stem for image in faces if image not in broken
    }
    assert [sample.image.name for sample in as_data(tmp_path / "found.csv")] == [
        image.name for image in faces if image not in broken
    ]


def read_after(summary, output):
    assert not summary.failed
    return read(output)


def test_a_killed_prediction_keeps_its_rows_and_resumes_to_the_same_table(faces, tmp_path):
    truncate(faces[2])
    predict(faces, tmp_path / "whole.csv")
    whole = (tmp_path / "whole.csv").read_bytes()
    for cut in (0, 1, 40):
        output = tmp_path / f"cut{cut}" / "found.csv"
        with pytest.raises(KeyboardInterrupt):
            predict(faces, output, Spots(stop_at=3))
        lines = output.read_bytes().splitlines(keepends=True)
        assert len(lines) == 1 + 8 and output.read_bytes().replace(b"../faces", b"faces") == b"".join(
            whole.splitlines(keepends=True)[:9]
        )
        output.write_bytes(output.read_bytes()[: -cut or None])
        again = Spots()
        summary = predict(faces, output, again, resume=True)
        assert output.read_bytes().replace(b"../faces", b"faces") == whole
        assert (summary.rows, summary.failed, again.batches) == (20, ["../faces/002.png"], 3 if cut == 0 else 4)
    assert predict(faces, output, Spots(stop_at=1), resume=True).rows == 20  # nothing is left to do


def test_a_full_disk_is_named_and_what_is_there_is_gone_on_with(faces, tmp_path):
    resource = pytest.importorskip("resource")  # not on Windows
    predict(faces, tmp_path / "whole.csv")
    limits, output = resource.getrlimit(resource.RLIMIT_FSIZE), tmp_path / "found.csv"
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError) as problem:
            predict(faces, output)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert problem.value.filename == str(output) and output.stat().st_size == 1000
    predict(faces, output, resume=True)
    assert output.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_a_name_with_a_line_break_is_cut_off_whole(faces, tmp_path):
    odd = [faces[0].rename(faces[0].with_name('two\nlines, "quoted".png')), faces[1]]
    predict(odd, tmp_path / "found.csv")
    whole = (tmp_path / "found.csv").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "found.csv").write_bytes(whole[:length])
        predict(odd, tmp_path / "found.csv", resume=True)
        assert (tmp_path / "found.csv").read_bytes() == whole
    assert read(tmp_path / "found.csv")[0]["image"] == 'faces/two\nlines, "quoted".png'


def test_resume_wants_the_same_detector_columns_and_boxes(faces, tmp_path):
    output = tmp_path / "found.csv"
    boxed = [Photograph(image, (-0.5, -0.5, 40.0)) for image in faces[:3]]
    predict(boxed, output)
    before = output.read_bytes()
    for photographs, detector, words in (
        (boxed, "sha256:2", "row 2 was found by another detector"),
        ([Photograph(faces[0], (-0.5, 1.5, 40.0))], "sha256:1", "faces/000.png with another box"),
        ([boxed[0], Photograph(faces[1])], "sha256:1", "faces/001.png with another box"),
        ([Photograph(faces[0], boxed[0].box, mirrored=True)], "sha256:1", "faces/000.png with another box"),
    ):
        with pytest.raises(InputError, match=words):
            predict(photographs, output, resume=True, detector=detector)
    assert output.read_bytes() == before
    for text, words in (
        ("image,subject\na.png,s\n", "other columns"),
        ("image\n", "other columns"),
        ("x", "other columns"),
    ):
        output.write_text(text)
        with pytest.raises(InputError, match=words):
            predict(boxed, output, resume=True)
        assert output.read_text() == text
    output.write_bytes(before.replace(b",-0.5", b"", 1))
    with pytest.raises(InputError, match=r"found\.csv row 2: 18 of 19 cells"):
        predict(boxed, output, resume=True)


def test_resume_notices_a_box_for_an_image_that_had_no_face(faces, tmp_path, monkeypatch):
    """It is what the row in error tells to do; once that is removed, the image is looked at."""

    def no_face(*_):
        raise InputError("no face was found; give the square around it")

    output = tmp_path / "found.csv"
    with monkeypatch.context() as patched:
        patched.setattr(predictor_module, "square_to_look_at", no_face)
        predict(faces[:1], output)
    assert read(output)[0]["error"] == "no face was found; give the square around it"
    predict(faces[:1], output, resume=True)  # as before
    boxed = [Photograph(faces[0], (-0.5, -0.5, 40.0))]
    with pytest.raises(InputError, match=r"000\.png with another box; remove its row, or begin a new table"):
        predict(boxed, output, resume=True)
    output.write_text("".join(output.read_text().splitlines(keepends=True)[:1]))
    predict(boxed, output, resume=True)
    assert [row["error"] for row in read(output)] == [""]


def test_an_earlier_table_stays_until_the_new_one_is_complete(faces, tmp_path):
    output, previous = tmp_path / "found.csv", tmp_path / "found.csv.previous"
    predict(faces[:2], output)
    before = output.read_bytes()
    output.chmod(0o600)
    with pytest.raises(KeyboardInterrupt):
        predict(faces, output, Spots(stop_at=1))
    assert output.read_bytes() == before and not previous.exists()
    with pytest.raises(KeyboardInterrupt):
        predict(faces, output, Spots(stop_at=2))
    assert len(read(output)) == 4 and previous.read_bytes() == before
    with pytest.raises(InputError, match=r"found\.csv: not complete, and found\.csv\.previous is the one before it"):
        predict(faces, output)
    assert previous.read_bytes() == before
    predict(faces, output, resume=True)
    assert len(read(output)) == 20 and not previous.exists()
    assert output.stat().st_mode & 0o777 == 0o600 or os.name != "posix"  # who could not read it cannot now
    previous.write_text("a file of the user's")
    predict(faces[:2], tmp_path / "found.csv", resume=True)
    assert previous.read_text() == "a file of the user's"


@pytest.mark.parametrize("column", ["subject", "age", "mm_per_px", "group", "nasion_note"])
def test_a_table_to_which_somebody_added_a_column_stays(faces, tmp_path, column):
    output = tmp_path / "found.csv"
    predict(faces[:2], output)
    lines = output.read_text(encoding="utf-8-sig").splitlines()
    output.write_text("".join(f"{line},{cell}\n" for line, cell in zip(lines, (column, "7", "8"), strict=True)))
    typed = output.read_bytes()
    with pytest.raises(InputError, match=rf"there already, with columns that predict\.py does not write: {column};"):
        predict(faces, output)
    assert output.read_bytes() == typed and sorted(path.name for path in tmp_path.iterdir()) == ["faces", "found.csv"]


def test_a_stopped_table_is_not_replaced_where_there_was_none_before(faces, tmp_path):
    output = tmp_path / "found.csv"
    with pytest.raises(KeyboardInterrupt):
        predict(faces, output, Spots(stop_at=2))
    stopped = output.read_bytes()
    for _ in range(2):
        with pytest.raises(InputError, match=r"found\.csv: not complete: go on with --resume, or remove it$"):
            predict(faces[:2], output)
    assert output.read_bytes() == stopped and len(read(output)) == 4
    predict(faces, output, resume=True)
    assert len(read(output)) == 20 and sorted(path.name for path in tmp_path.iterdir()) == ["faces", "found.csv"]
    with pytest.raises(InputError, match="with another number of faces"):  # a complete one stays complete
        predict([faces[0], faces[0]], output, resume=True)
    predict(faces[:2], output)
    assert len(read(output)) == 2
    with pytest.raises(KeyboardInterrupt):
        predict(faces, output, Spots(stop_at=2))
    output.unlink()
    predict(faces[:2], output)
    assert len(read(output)) == 2


@pytest.mark.parametrize("resume", [False, True])
def test_two_predictions_do_not_write_one_table(faces, tmp_path, resume):
    """The second would put the first's rows aside, and who ended first removed them."""
    output = tmp_path / "found.csv"
    predict(faces[:2], output)
    before = output.read_bytes()
    with (
        FoundTable(output, SCHEMA, "sha256:1"),
        pytest.raises(InputError, match=r"found\.csv is being written by another"),
    ):
        predict(faces, output, resume=resume)
    assert output.read_bytes() == before and sorted(path.name for path in tmp_path.iterdir()) == ["faces", "found.csv"]


def test_numbers_and_text_survive_a_spreadsheet_of_another_country(faces, tmp_path):
    image = faces[0].rename(faces[0].with_name("Müller.png"))
    output = tmp_path / "found.csv"
    predict([Photograph(image, (-0.125, 0.5, 31.0625)), *faces[1:]], output)
    assert output.read_bytes().startswith(b"\xef\xbb\xbfimage,")
    numbers = [
        row[name] for row in read(output) for name in row if name in table.BOX or name[-2:] in ("_x", "_y", "ak")
    ]
    assert len(numbers) == 20 * 12
    for number in numbers:
        # no groups of three digits, no day.month, no month.year
        assert re.fullmatch(r"-?\d+(\.\d{5})?", number), number


@pytest.mark.parametrize(
    "name", ["=A1.png", "+1.png", "-x.png", "@SUM(A1).png", " blank.png", "\ttab.png", "a'b;c,d.png", "ü.png"]
)
def test_no_name_is_a_formula_and_each_leads_back_to_its_image(faces, name):
    image = faces[0].rename(faces[0].with_name(name))
    output = image.parent / "found.csv"
    predict([image, faces[1]], output)
    assert read(output)[0]["image"][0] not in "=+-@\t\r "
    assert [sample.image for sample in as_data(output)] == [image, faces[1]]


def test_the_path_is_the_users_links_not_resolved(faces, tmp_path, monkeypatch):
    (tmp_path / "link.png").symlink_to(faces[0])
    (tmp_path / "folder").symlink_to(faces[0].parent)
    monkeypatch.chdir(tmp_path)
    given = [Path("link.png"), Path("folder/001.png"), tmp_path / "faces" / "002.png"]
    predict(given, Path("out/found.csv"))
    assert [row["image"] for row in read("out/found.csv")] == ["../link.png", "../folder/001.png", "../faces/002.png"]
    for sample, image in zip(as_data(Path("out/found.csv")), given, strict=True):
        assert os.path.samefile(sample.image, image)
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "here").symlink_to(tmp_path / "far" / "away")
    predict(given[:1], Path("here/found.csv"))  # ../link.png would be looked for in far/
    assert read("here/found.csv")[0]["image"] == str(tmp_path / "link.png")


def test_landmarks_outside_the_image_have_a_peak_and_no_place(faces, tmp_path):
    output, pixels = tmp_path / "found.csv", np.asarray(Image.open(faces[0])).copy()
    bottom = int(pixels.reshape(-1, 3).argmax(axis=0).max() // SIZE)
    Image.fromarray(pixels[:bottom]).save(faces[0])
    boxes = [Photograph(faces[0], (-0.5, -0.5, float(SIZE))), Photograph(faces[1], (30.5, 47.0, 48.0))]
    predictor = Spots()
    predictor.locate = lambda crops: located(
        np.float32([[[3, 4], [5, bottom + 0.5], [-1.5, 2]], [[40, 40], [41, 41], [42, 42]]])[: len(crops)],
        np.zeros((len(crops), 3, 2), np.float32), np.full((len(crops), 3), 0.5, np.float32),
    )  # fmt: skip
    summary = predict(boxes, output, predictor, pictures=tmp_path / "drawn")
    first, second = read(output)
    assert (first["left_x"], first["left_y"], first["right_x"], first["middle_y"]) == ("3", "4", "", "")
    assert [row[f"{name}_peak"] for row in (first, second) for name in SCHEMA.names] == ["0.50000"] * 6
    assert (first["error"], second["error"]) == ("", "no landmark was found on the image")
    assert (summary.outside, summary.failed) == (5, [])
    (sample,) = as_data(output)
    np.testing.assert_array_equal(sample.points, [[3, 4], [np.nan, np.nan], [np.nan, np.nan]])


def test_the_corner_is_a_place(faces, tmp_path):
    predictor = Spots()
    predictor.locate = lambda crops: located(
        np.float32([[[0, -0.0], [47.5, 47.5], [-0.5, -0.5]]]), np.zeros((1, 3, 2)), np.ones((1, 3), np.float32)
    )
    predict(faces[:1], tmp_path / "found.csv", predictor)
    (row,) = read(tmp_path / "found.csv")
    assert [row[f"{name}_{axis}"] for name in SCHEMA.names for axis in "xy"] == [
        *("0.00001", "0.00001", "47.50000", "47.50000", "-0.50000", "-0.50000")
    ]
    np.testing.assert_allclose(as_data(tmp_path / "found.csv")[0].points[1:], [[47.5, 47.5], [-0.5, -0.5]])


def test_landmarks_without_training_labels_are_empty_and_not_drawn(faces, tmp_path):
    predict(faces, tmp_path / "all.csv")
    predict(faces, tmp_path / "found.csv", Spots(unlabelled=("right",)), pictures=tmp_path / "drawn")
    for row, complete in zip(read(tmp_path / "found.csv"), read(tmp_path / "all.csv"), strict=True):
        assert row == complete | {"right_x": "", "right_y": "", "right_peak": ""}
    assert np.isnan(as_data(tmp_path / "found.csv")[0].points[1]).all()


def test_several_faces_of_an_image_are_told_apart(faces, tmp_path):
    boxes = [(-0.5, -0.5, 48.0), (-0.5, -0.5, 40.0)]
    photographs = [Photograph(faces[0], boxes[0]), Photograph(faces[1]), Photograph(faces[0], boxes[1])]
    predict(photographs, tmp_path / "found.csv")
    assert [(row["image"][-7:], row["face"]) for row in read(tmp_path / "found.csv")] == [
        ("000.png", "1"), ("001.png", ""), ("000.png", "2"),
    ]  # fmt: skip
    assert predict(photographs, tmp_path / "found.csv", Spots(stop_at=1), resume=True).rows == 3


def test_each_face_of_an_image_has_a_picture_and_what_a_kill_left_of_one_goes(faces, tmp_path):
    photographs = [Photograph(Path(faces[0]), (-0.5, -0.5, 48.0)), Photograph(Path(faces[0]), (-0.5, -0.5, 40.0))]
    drawn = tmp_path / "drawn"
    drawn.mkdir()
    for name in ("unfinished-99-000_1.png", "unfinished-99-other.png"):
        (drawn / name).touch()
    predict([*photographs, faces[1]], tmp_path / "found.csv", pictures=drawn)
    assert sorted(file.name for file in drawn.iterdir()) == [
        "000_1.png", "000_2.png", "001.png", "unfinished-99-other.png",
    ]  # fmt: skip
    second = shutil.copy(faces[2], faces[0].with_name("000_2.png"))
    with pytest.raises(InputError, match="000.png and .*/000_2.png: one would overwrite the other as 000_2.png"):
        predict([*photographs, second], tmp_path / "other.csv", pictures=drawn)


def test_a_name_that_is_no_text_is_said(faces, tmp_path):
    odd = Path(os.fsdecode(os.fsencode(faces[0].parent) + b"/m\xfcller.png"))
    shutil.copy(faces[0], odd)
    summary = predict([odd, faces[1]], tmp_path / "found.csv")
    row = read(tmp_path / "found.csv")[0]
    assert row["image"] == "faces/m\\udcfcller.png" and row["error"] == "its name is not UTF-8; rename it"
    assert summary.failed == [row["image"]]


class Attachment(os.PathLike):
    def __init__(self, file):
        self.file = file

    def __fspath__(self):
        return str(self.file)


def test_a_file_is_named_by_its_path_whatever_object_stands_for_it(faces, tmp_path):
    (expected,), (found,) = Spots().predict(faces[0]), Spots().predict(Attachment(faces[0]))
    np.testing.assert_array_equal(found.points, expected.points)
    missing = Attachment(tmp_path / "missing.png")
    with pytest.raises(InputError, match=f"^{re.escape(str(missing.file))}: no such image$"):
        Spots().predict(missing)
    with pytest.raises(InputError, match=f"^{re.escape(str(missing.file))}: "):
        Spots().predict(missing, boxes=(0, 0, -1))


def test_images_are_read_as_they_are_needed(faces, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(pyramid, "read_image", lambda path, _: opened.append(path) or np.zeros((48, 48, 3), np.uint8))
    outcomes = Spots().outcomes(faces, [None] * 20, [False] * 20)
    next(outcomes)
    assert len(opened) <= 8
    assert len(list(outcomes)) == 19 and len(opened) == 20


def test_pictures_take_the_place_of_pictures_alone(faces, tmp_path):
    drawn, output = tmp_path / "drawn", tmp_path / "found.csv"
    predict(faces, output, pictures=drawn)
    assert all(is_drawn(file) for file in drawn.iterdir())
    predict(faces, output, pictures=drawn)
    shutil.copy(faces[3], drawn / "003.PNG")
    (drawn / "other.png").write_text("left alone")
    before = {file.name: file.read_bytes() for file in drawn.iterdir()}
    with pytest.raises(InputError, match=r"003\.PNG: there already, and not drawn by predict\.py"):
        predict(faces, tmp_path / "new.csv", pictures=drawn)
    (drawn / "003.PNG").unlink()
    (drawn / "003.png").unlink()
    (drawn / "003.png").symlink_to(faces[3])
    with pytest.raises(InputError, match=r"003\.png: there already"):
        predict(faces, tmp_path / "new.csv", pictures=drawn)
    (drawn / "003.png").unlink()
    predict(faces, output, pictures=drawn)
    assert {file.name: file.read_bytes() for file in drawn.iterdir()} == {
        name: content for name, content in before.items() if name != "003.PNG"
    }
    assert not (tmp_path / "new.csv").exists()


def test_pictures_are_drawn_of_rows_that_were_made_without(faces, tmp_path):
    drawn, output = tmp_path / "drawn", tmp_path / "found.csv"
    truncate(faces[1])
    predict(faces[:4], output)
    before = output.read_bytes()
    predict(faces[:4], tmp_path / "whole.csv", pictures=tmp_path / "whole")
    expected = {file.name: file.read_bytes() for file in (tmp_path / "whole").iterdir()}
    assert sorted(expected) == ["000.png", "002.png", "003.png"]
    predict(faces[:4], output, resume=True, pictures=drawn)
    assert {file.name: file.read_bytes() for file in drawn.iterdir()} == expected and output.read_bytes() == before
    (drawn / "002.png").unlink()
    again = Spots()
    predict(faces[:4], output, again, resume=True, pictures=drawn)
    assert sorted(file.name for file in drawn.iterdir()) == sorted(expected) and again.batches == 1
    predict(faces[:4], output, again, resume=True, pictures=drawn)
    assert again.batches == 1


def test_two_images_of_one_name_are_not_drawn_over_each_other(faces, tmp_path):
    for other in ("visit2/000.png", "visit2/Ä.png", "visit2/a\u0308.jpg"):
        (tmp_path / other).parent.mkdir(exist_ok=True)
        shutil.copy(faces[0], tmp_path / other)
    for names in (("faces/000.png", "visit2/000.png"), ("visit2/Ä.png", "visit2/a\u0308.jpg")):
        with pytest.raises(InputError, match="one would overwrite the other") as refusal:
            predict([tmp_path / name for name in names], tmp_path / "found.csv", pictures=tmp_path / "drawn")
        assert all(str(tmp_path / name) in str(refusal.value) for name in names)
    (tmp_path / "link").symlink_to(tmp_path / "visit2")
    with pytest.raises(InputError, match="photographs lie there"):
        predict([tmp_path / "visit2" / "000.png"], tmp_path / "found.csv", pictures=tmp_path / "link")


def test_files_that_cannot_be_read_stop_nothing_unless_all_are_such(faces):
    faces[0].write_text("no image")
    assert [photograph.image for photograph in from_files([faces[0].parent]).photographs] == faces
    with pytest.raises(InputError, match=r"000\.png: not an image"):
        from_files(faces[:1])
    with pytest.raises(InputError, match=r"none\.png: no such image"):
        from_files([faces[1], faces[0].with_name("none.png")])


def test_a_byte_order_mark_within_the_header_is_no_part_of_a_name(tmp_path):
    (tmp_path / "table.csv").write_text("subject,\ufeffimage\ns1,a.png\n", encoding="utf-8")
    assert read_rows(tmp_path / "table.csv")[0] == ["subject", "image"]


def test_pictures_of_folders_in_folders_lie_in_such_folders(faces, tmp_path):
    root, drawn = tmp_path / "people", tmp_path / "drawn"
    for name in ("anna/1.png", "ben/1.png", "ben/2/1.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(faces[0], root / name)
    photographs = from_files([root], recursive=True).photographs
    for _ in range(2):
        predict(photographs, tmp_path / "found.csv", pictures=drawn)
        pictures = sorted(str(file.relative_to(drawn)) for file in drawn.rglob("*.png"))
        assert pictures == ["anna/1.png", "ben/1.png", "ben/2/1.png"]
    shutil.copy(faces[0], drawn / "ben" / "1.png")
    with pytest.raises(InputError, match=r"drawn/ben/1\.png: there already, and not drawn"):
        predict(photographs, tmp_path / "other.csv", pictures=drawn)
    with pytest.raises(InputError, match="photographs lie there and could be drawn over"):
        predict(photographs, tmp_path / "other.csv", pictures=root)


class Known:
    """A confidence that knows everything: half a peak is a radius, and the first face is odd."""

    def radii(self, signs, coverage):
        return np.where(np.arange(signs.peaks.shape[1]) == 2, np.nan, coverage * signs.peaks)

    def flags(self, signs):
        return [("unsure", "improbable shape") if signs.points[0, 0, 0] < 20 else ()]


def test_radii_and_flags_are_columns_that_train_reads_over(faces, tmp_path):
    output = tmp_path / "found.csv"
    summary = predict(faces, output, doubt=Doubt(Known(), 0.8), pictures=tmp_path / "drawn")
    rows = read(output)
    assert {row["coverage"] for row in rows} == {"0.80000"}
    names = SCHEMA.names
    for row in rows:
        assert float(row[f"{names[0]}_radius"]) == pytest.approx(0.8 * float(row[f"{names[0]}_peak"]), abs=1e-5)
        assert row[f"{names[2]}_radius"] == ""
        assert row["flags"] == ("unsure; improbable shape" if float(row[f"{names[0]}_x"]) < 20 else "")
    assert summary.flagged == sum(row["flags"] != "" for row in rows) > 0
    (first, *_) = as_data(output)
    assert not {"coverage", "flags", f"{names[0]}_radius"} & first.attributes.keys()
    with pytest.raises(InputError, match="--resume: .*found.csv row 2 has another --coverage, 0.80000"):
        predict(faces, output, doubt=Doubt(Known(), 0.9), resume=True)
    with pytest.raises(InputError, match="other columns"):
        predict(faces, output, resume=True)


def test_a_detector_that_knows_its_training_faces_says_how_unlike_and_how_turned_a_face_is(faces, monkeypatch):
    class Familiar:
        def unlikeness(self, features):
            return 10.0 + np.arange(len(features))

    monkeypatch.setattr(predictor_module, "yaw_in", lambda photograph, box, face: -30.0)
    plain, knowing = Spots(), Spots()
    knowing.familiar = Familiar()
    told, silent = knowing.predict(faces[:3]), plain.predict(faces[:3])
    assert [(one.unlikeness, one.yaw) for one in told] == [(10.0, -30.0), (11.0, -30.0), (12.0, -30.0)]
    assert all(np.isnan([one.unlikeness, one.yaw]).all() and (one.rivals == 0).all() for one in silent)
    np.testing.assert_array_equal(told[2].points, silent[2].points)


def test_a_coverage_that_nobody_can_tell_is_refused():
    assert Doubt.of(None, None, "run") is None and Doubt.of(Known(), None, "run").coverage == 0.9
    with pytest.raises(InputError, match="--coverage 0.9: run does not know its errors; train it with --folds 5"):
        Doubt.of(None, 0.9, "run")
    for wrong in (0.3, 1.0, float("nan")):
        with pytest.raises(InputError, match="--coverage .*: give 0.5 to 0.99"):
            Doubt.of(Known(), wrong, "run")
