import csv
import json
import math
import shutil
import sys
import types
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rtl_tf import datasets
from rtl_tf.datasets import ibug68
from rtl_tf.datasets.annotations import outside_own_box, require_crop
from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample, image_names
from rtl_tf.schema import load_schema, schema_text
from rtl_tf.system.notes import InputWarning

pytestmark = pytest.mark.filterwarnings(
    "ignore::rtl_tf.system.notes.InputWarning"
)  # the toy of COCO has an image too many
FAS12, FAS14, IBUG68 = (load_schema(name) for name in ("fas12", "fas14", "ibug68"))


def write_image(path, width=60, height=50):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), "grey").save(path)
    return path


def face68(turn=0.0):
    """68 points with distinct coordinates, of a 60 x 50 image; turn > 0 shows more of the right half of the face.

    As in a photograph the right half lies on the left side of the image.
    """
    points = np.stack([20 + 0.25 * np.arange(68), 10 + 0.5 * np.arange(68)], axis=-1)
    points[36], points[45], points[30] = (15, 20), (45, 20), (30 + turn, 28)
    return points


# --- CSV table -------------------------------------------------------------------------------------------------


def write_table(folder, change=None, schema=FAS14):
    """A table of three images of two people; `change` edits the list of rows (dictionaries) before it is written."""
    rows = []
    for i, subject in enumerate("aab"):
        write_image(folder / "photos" / f"{i}.png")
        row = {"image": f"photos/{i}.png", "subject": subject, "site": "Leeds", "age": str(4 + i)}
        for k, name in enumerate(schema.names):
            row |= {f"{name}_x": str(i + 2 * k), f"{name}_y": str(i + 3 * k + 0.25)}
        rows.append(row)
    if change:
        change(rows)
    with open(folder / "landmarks.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def test_table_becomes_samples(tmp_path):
    def with_options(rows):
        for row in rows:
            row |= {"mm_per_px": "", "box_left": "", "box_top": "", "box_side": "", "mirrored": "false"}
        rows[1] |= {"mm_per_px": "0.25", "box_left": "-0.5", "box_top": "2", "box_side": "40", "mirrored": "True"}
        rows[1] |= {"gnathion_x": "", "gnathion_y": "", "age": ""}

    samples = datasets.load(write_table(tmp_path, with_options))
    assert [sample.image for sample in samples] == [tmp_path / "photos" / f"{i}.png" for i in range(3)]
    assert [sample.subject for sample in samples] == ["a", "a", "b"]
    assert samples[0].points.shape == (14, 2) and samples[0].points.dtype == np.float32
    np.testing.assert_array_equal(samples[2].points[3], [8, 11.25])
    assert samples[0].box is None and not samples[0].mirrored and math.isnan(samples[0].mm_per_px)
    assert samples[1].box == (-0.5, 2, 40) and samples[1].mirrored and samples[1].mm_per_px == 0.25
    assert np.isnan(samples[1].points[FAS14.index("gnathion")]).all() and np.isnan(samples[1].points).sum() == 2
    assert samples[0].attributes == {"site": "Leeds", "age": "4"}
    assert samples[1].attributes["age"] == ""


@pytest.mark.parametrize(
    ("column", "meant"),
    [("mm_per_pixel", "mm_per_px"), ("MM_per_px", "mm_per_px"), ("mirrord", "mirrored"), ("Mirrored", "mirrored")]
    + [(name, None) for name in ("race", "stage", "m", "box_found")],
)
def test_an_attribute_that_looks_like_a_column_of_a_table_is_warned_of(tmp_path, capsys, column, meant):
    """It would be lost without a word: both halves of the face trained on as one, errors without mm."""
    samples = datasets.load(write_table(tmp_path, lambda rows: [row.update({column: "1"}) for row in rows]))
    assert samples[0].attributes[column] == "1" and not samples[0].mirrored and math.isnan(samples[0].mm_per_px)
    told = f"{tmp_path / 'landmarks.csv'} row 1: column '{column}' is an attribute; did you mean '{meant}'?"
    assert capsys.readouterr().err == (f"warning: {told}\n" if meant else "")


def test_landmarks_of_ones_own_are_told_to_need_a_schema(tmp_path):
    """Nobody said fas12, which the fewest columns lack."""
    header = "image,subject,eye_left_x,eye_left_y,hat_x,hat_y"
    advice = "no schema here has eye_left, hat: describe yours in a file, --schema FILE.toml"
    for more, missing in (("", ""), (",nasion_x,nasion_y", "missing landmarks of schema fas12: exocanthion, ")):
        (tmp_path / "landmarks.csv").write_text(f"{header}{more}\na.png,a,1,2,3,4{',5,6' if more else ''}\n")
        with pytest.raises(InputError) as raised:
            datasets.load(tmp_path)
        said = str(raised.value).removeprefix(f"{tmp_path / 'landmarks.csv'} row 1: ")
        assert said.startswith(missing or advice) and said.endswith(advice)


def test_table_by_its_file_name(tmp_path):
    write_table(tmp_path)
    other = shutil.copy(tmp_path / "landmarks.csv", tmp_path / "clinic.csv")
    assert len(datasets.load(other)) == 3


def test_schema_of_a_table_is_inferred(tmp_path):
    for schema in (FAS12, FAS14, IBUG68):
        folder = tmp_path / schema.name
        folder.mkdir()
        path = write_table(folder, schema=schema) if schema is not IBUG68 else folder
        if schema is IBUG68:  # its 68 points need a larger image
            write_image(folder / "a.png", 300, 300)
            cells = [str(v) for k in range(68) for v in (k + 1, 2 * k)]
            header = [f"{name}_{axis}" for name in schema.names for axis in "xy"]
            text = ",".join(["image", "subject", *header]) + "\n" + ",".join(["a.png", "a", *cells]) + "\n"
            (folder / "landmarks.csv").write_text(text)
        assert datasets.default_schema(path) == schema.name
        assert datasets.load(path)[0].points.shape == (len(schema), 2)


def test_a_smaller_or_an_own_schema_can_be_asked_for(tmp_path):
    samples = datasets.load(write_table(tmp_path), "fas12")
    np.testing.assert_array_equal(samples[0].points, datasets.load(tmp_path)[0].points[:12])
    own = tmp_path / "own.toml"
    own.write_text(
        'name = "own"\nsource = "here"\n'
        '[[landmarks]]\nname = "menton"\nlabel = "1"\nanatomy = ""\n'
        '[[landmarks]]\nname = "nasion"\nlabel = "2"\nanatomy = ""\n'
    )
    own_table = tmp_path / "own.csv"
    own_table.write_text("image,subject,menton_x,menton_y,nasion_x,nasion_y\nphotos/0.png,a,1,2,3,4\n")
    np.testing.assert_array_equal(datasets.load(own_table, str(own))[0].points, [[1, 2], [3, 4]])


def test_spreadsheet_habits_are_tolerated(tmp_path):
    """Byte order mark, an index column without a name, blank lines, blanks around cells, R's NA."""
    write_image(tmp_path / "a.png")
    header = ",image, subject ," + ",".join(f"{name}_x,{name}_y" for name in FAS12.names)
    cells = ["NA, NA" if k == 0 else f" {k} ,{2 * k}" for k in range(12)]
    text = f"\ufeff{header}\n\n0, a.png,p1 ,{','.join(cells)}\n,,,{',' * 23}\n"
    (tmp_path / "landmarks.csv").write_text(text, encoding="utf-8")
    (sample,) = datasets.load(tmp_path)
    assert sample.subject == "p1" and sample.attributes == {}
    assert np.isnan(sample.points[0]).all() and sample.points[5].tolist() == [5, 10]


def rename(old, new):
    def change(rows):
        rows[:] = [{new if key == old else key: value for key, value in row.items()} for row in rows]

    return change


def drop(*columns):
    def change(rows):
        for row in rows:
            for column in columns:
                del row[column]

    return change


def put(index, **cells):
    def change(rows):
        for row in rows:
            for column in cells:
                row.setdefault(column, "")
        rows[index] |= cells

    return change


ALL_EMPTY = {f"{name}_{axis}": "" for name in FAS14.names for axis in "xy"}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "change, message",
    [
        (drop("image"), r"row 1: no column 'image'"),
        (drop("subject"), r"row 1: no column 'subject'; add one"),
        (drop("cheilion_y"), r"row 1: column cheilion_x without cheilion_y"),
        (put(0, image="visit.mp4"), r"row 2: \S+visit\.mp4: a film; save frames of it with rtl-frames --frames"),
        (drop("cheilion_x", "cheilion_y"), r"row 1: missing landmarks of schema fas12: cheilion "),
        (drop("upper_lobule_x", "upper_lobule_y"), r"row 1: unknown landmark 'triangular_fossa' for schema fas12"),
        (rename("cheilion_x", "cheilon_x"), r"row 1: column cheilion_y without cheilion_x"),
        (lambda rows: (rename("alare_x", "alar_x")(rows), rename("alare_y", "alar_y")(rows)), "did you mean 'alare'"),
        (put(1, subject=""), r"row 3: column subject is empty"),
        (put(1, image=""), r"row 3: column image is empty"),
        (put(2, image="photos/9.png"), r"row 4: .*photos/9\.png: no such image"),
        (put(2, image="./photos/0.png"), r"row 4: \./photos/0\.png is already in row 2"),
        (put(0, nasion_x="left"), r"row 2: column nasion_x: 'left' is not a number"),
        (put(0, nasion_x="inf"), r"row 2: column nasion_x: 'inf' is not a number"),
        (put(1, nasion_x=""), r"row 3: landmark nasion has only one coordinate"),
        (put(1, nasion_x="59.6"), r"row 3: landmark nasion \(59\.6, 7\.25\) lies outside its image of 60 x 50 px"),
        (put(1, nasion_y="-0.6"), r"row 3: landmark nasion .* outside"),
        (put(1, **ALL_EMPTY), r"row 3: no landmark is labelled"),
        (put(1, **ALL_EMPTY | {"nasion_x": "4", "nasion_y": "4"}), r"row 3: its labelled landmarks lie on one spot"),
        (put(1, mm_per_px="0"), r"row 3: mm_per_px 0 is not above 0"),
        (put(1, mm_per_px="1e39"), r"row 3: mm_per_px 1e\+39 is not between 0\.001 and 100; leave it empty"),
        (put(1, mm_per_px="1e-50"), r"row 3: mm_per_px 1e-50 is not between"),
        (put(0, nasion_x="several\nlines " * 9), r"row 2: column nasion_x: 'several[^']{50,80}\.\.\.' is not a number"),
        (put(0, nasion_x="1e39"), r"row 2: landmark nasion \(1e\+39, 6\.25\) lies outside its image of 60 x 50 px"),
        (put(0, nasion_x="1_0"), r"row 2: column nasion_x: '1_0' is not a number"),
        (put(0, nasion_x="１０"), r"row 2: column nasion_x: '１０' is not a number"),
        (
            put(1, nasion_x="0", nasion_y="0.0"),
            r"row 3: landmark nasion lies at exactly \(0, 0\): if it is not labelled",
        ),
        (put(1, box_left="0", box_top="0", box_side="1e9"), r"row 3: .*cannot crop a square of side 1e\+09 px"),
        (put(1, subject="\u200b\ufeff"), r"row 3: column subject is empty, or shows nothing"),
        (put(1, face="2", image="photos/0.png"), r"row 2: photos/0\.png is also in row 3; fill in 'face'"),
        (
            put(1, **ALL_EMPTY | {"nasion_x": "4", "nasion_y": "4"}),
            r"row 3: .* so no crop can be placed .* give its square in the columns box_left, box_top, box_side",
        ),
        (put(1, mirrored="perhaps"), r"row 3: mirrored 'perhaps' is neither true nor false"),
        (put(1, box_left="3"), r"row 1: a box needs all of"),
        (put(1, box_left="3", box_top="", box_side="9"), r"row 3: box .*needs all of"),
        (put(1, box_left="3", box_top="3", box_side="-9"), r"row 3: box .*side above 0"),
        (put(1, box_left="0.1", box_top="0.1", box_side="0.2"), r"row 3: its box .* holds no labelled landmark"),
    ],
)
def test_bad_tables_are_refused_in_one_line(tmp_path, change, message):
    write_table(tmp_path, change)
    with pytest.raises(InputError, match=message) as error:
        datasets.load(tmp_path)
    assert str(error.value).startswith(str(tmp_path / "landmarks.csv")) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "first, second",
    [
        ("a", "A"),
        ("007", "7"),
        ("7", "7.0"),
        ("p 01", "p01"),
        ("p01", "p1"),
        ("p01\u200b", "p01"),
        ("Jos\u00e9", "Jose\u0301"),
        ("7", "\uff17"),
    ],
)
def test_one_person_written_in_two_ways_is_refused(tmp_path, first, second):
    write_table(tmp_path, lambda rows: (put(0, subject=first)(rows), put(1, subject=second)(rows)))
    with pytest.raises(InputError) as error:
        datasets.load(tmp_path)
    for part in (
        repr(first),
        repr(second),
        "(row 2, image 0.png)",
        "(row 3, image 1.png)",
        "give --subjects-as-written",
    ):
        assert part in str(error.value)
    samples = datasets.load(tmp_path, subjects_as_written=True)
    same_letters = unicodedata.normalize("NFC", first) == unicodedata.normalize("NFC", second)
    assert (samples[0].subject == samples[1].subject) == same_letters


@pytest.mark.parametrize("first, second", [("p1", "p10"), ("1.5", "1.05"), ("a", "ä"), ("10", "100"), ("a-1", "a1")])
def test_different_people_are_told_apart(tmp_path, first, second):
    write_table(tmp_path, lambda rows: (put(0, subject=first)(rows), put(1, subject=second)(rows)))
    assert [sample.subject for sample in datasets.load(tmp_path)] == [first, second, "b"]


@pytest.mark.parametrize("yes, no", [("WAHR", "FALSCH"), ("1.0", "0.0"), ("ja", "nein"), ("Vrai", "faux"), ("T", "F")])
def test_truth_in_other_words(tmp_path, yes, no):
    write_table(tmp_path, lambda rows: (put(0, mirrored=yes)(rows), put(1, mirrored=no)(rows)))
    assert [sample.mirrored for sample in datasets.load(tmp_path)] == [True, False, False]


def test_image_names_of_other_systems_are_found(tmp_path):
    """Windows' backslashes; accents composed in the table and decomposed on the disk, and the other way round."""
    write_image(tmp_path / "photos" / "A\u0308.png")
    write_image(tmp_path / "photos" / "\u00d6.png")
    samples = datasets.load(
        write_table(
            tmp_path,
            lambda rows: (
                put(0, image="photos\\0.png")(rows),
                put(1, image="photos/\u00c4.png")(rows),
                put(2, image="photos\\O\u0308.png")(rows),
            ),
        )
    )
    assert [sample.image.name for sample in samples] == ["0.png", "A\u0308.png", "\u00d6.png"]
    assert all(sample.image.is_file() for sample in samples)
    assert image_names(samples) == ["0.png", "\u00c4.png", "\u00d6.png"]


def test_cells_that_a_row_lacks_at_its_end_are_empty(tmp_path):
    write_table(tmp_path, put(0, mm_per_px="0.2", mirrored="yes"))
    lines = (tmp_path / "landmarks.csv").read_text().splitlines()
    lines[2] = lines[2].rstrip(",")
    (tmp_path / "landmarks.csv").write_text("\n".join(lines))
    samples = datasets.load(tmp_path)
    assert samples[0].mirrored and not samples[1].mirrored and math.isnan(samples[1].mm_per_px)
    lines[2] = lines[2].rsplit(",", 1)[0]  # one cell more: half of a landmark
    (tmp_path / "landmarks.csv").write_text("\n".join(lines))
    with pytest.raises(InputError, match="row 3: landmark triangular_fossa has only one coordinate"):
        datasets.load(tmp_path)


def test_faces_of_one_photograph_in_a_table(tmp_path):
    def two_faces(rows):
        put(0, face="left", box_left="0", box_top="0", box_side="40")(rows)
        put(1, face="right", image="photos/0.png", subject="c")(rows)

    one, two, other = datasets.load(write_table(tmp_path, two_faces))
    assert one.image == two.image and (one.face, two.face, other.face) == ("left", "right", "")
    assert one.box == (0, 0, 40) and two.box is None and "face" not in one.attributes
    assert image_names([one, two, other]) == ["0.png#left", "0.png#right", "2.png"]
    with pytest.raises(InputError, match="row 3: photos/0.png is already in row 2; .* its faces apart"):
        datasets.load(write_table(tmp_path, put(1, image="photos/0.png")))


def test_a_box_ends_at_its_edges_and_need_not_hold_all_landmarks():
    """From (10, 20) to (40, 50)."""
    box = 10.0, 20.0, 30.0
    points = np.array([[10, 20], [40, 50], [9.9, 30], [30, 19.9], [40.1, 30], [30, 50.1], [np.nan, np.nan]])
    assert outside_own_box(points, box).tolist() == [False, False, True, True, True, True, False]
    assert not outside_own_box(points, None).any()
    require_crop(points, box)
    with pytest.raises(InputError, match=r"its box \(left 10, top 20, side 30 px\) holds no labelled landmark"):
        require_crop(points[2:], box)


def test_the_border_of_the_image_belongs_to_it(tmp_path):
    samples = datasets.load(write_table(tmp_path, put(0, nasion_x="-0.5", nasion_y="49.5")))
    np.testing.assert_array_equal(samples[0].points[2], [-0.5, 49.5])


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "the file is empty"),
        (b"image,subject,nasion_x,nasion_y\n", "no rows below the header"),
        (b"image;subject,nasion_x;nasion_y\n1.png;a,1;2\n", "no column 'image'.*save it with one of the two"),
        (b"image,subject,subject\n1.png,a,a\n", "row 1: column 'subject' appears twice"),
        (b"image,subject\n1.png,a\n2.png,a,b\n", "row 3: 3 cells, but the header has 2"),
        (b'image,subject\n"two\nlines",a\n2.png,a,b\n', "row 4: 3 cells"),
        ("image,subject\nMüller.png,a\n".encode("latin-1"), "not UTF-8"),
    ],
)
def test_bad_files_are_refused(tmp_path, content, message):
    (tmp_path / "landmarks.csv").write_bytes(content)
    with pytest.raises(InputError, match=f"landmarks.csv.*{message}"):
        datasets.load(tmp_path)


def test_a_table_of_a_spreadsheet_with_decimal_commas(tmp_path):
    """The y coordinates of the table have a quarter: 7,25."""
    commas, semicolons = (write_table(tmp_path / name) for name in ("commas", "semicolons"))
    file = semicolons / "landmarks.csv"
    file.write_text(file.read_text().replace(",", ";").replace(".25", ",25"))
    assert "0;0,25;" in file.read_text()
    for first, again in zip(datasets.load(commas), datasets.load(semicolons), strict=True):
        np.testing.assert_array_equal(first.points, again.points)
        assert (first.subject, first.attributes) == (again.subject, again.attributes)


# --- 68 points -------------------------------------------------------------------------------------------------


def test_fas12_indices_are_those_of_the_schemas():
    """By the names of the 68-point scheme; 'right' and 'left' are the person's."""
    assert tuple(ibug68.FAS12_INDICES) == FAS12.names
    right = {
        "exocanthion": "right_eye_0",
        "endocanthion": "right_eye_3",
        "alare": "nose_base_0",
        "cheilion": "outer_lip_0",
    }
    for name, (first, second) in ibug68.FAS12_INDICES.items():
        mirrored = IBUG68.mirror_permutation[first]
        if name in right:
            assert IBUG68.names[first] == right[name] and second == mirrored
        elif name.startswith("crista_philtri"):
            assert first == second and mirrored != first
        else:
            assert first == second == mirrored
    # Images show the right crest on the left: its index is the lower one of the pair 50, 52.
    assert ibug68.FAS12_INDICES["crista_philtri_right"][0] == 50


def test_the_half_that_is_turned_to_the_camera_is_read(tmp_path):
    image = write_image(tmp_path / "a.png")
    right, left = (ibug68.sample(image, face68(turn), "s", "fas12") for turn in (4, -4))
    assert not right.mirrored and left.mirrored
    columns = [36, 39, 27, 30, 31, 33, 52, 51, 50, 48, 57, 8]
    np.testing.assert_array_equal(right.points, face68(4)[columns].astype(np.float32))
    columns = [45, 42, 27, 30, 35, 33, 52, 51, 50, 54, 57, 8]
    np.testing.assert_array_equal(left.points, face68(-4)[columns].astype(np.float32))


def test_the_half_does_not_depend_on_roll():
    for degrees in range(0, 360, 30):
        cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        rotation = np.array([[cos, -sin], [sin, cos]])
        assert not ibug68.left_half_is_seen(face68(3) @ rotation)
        assert ibug68.left_half_is_seen(face68(-3) @ rotation)


def test_all_68_points_are_not_mirrored(tmp_path):
    sample = ibug68.sample(write_image(tmp_path / "a.png"), face68(-4), "s", "ibug68")
    assert not sample.mirrored
    np.testing.assert_array_equal(sample.points, face68(-4).astype(np.float32))


def test_points_outside_a_public_image_become_missing(tmp_path):
    points = face68(4)
    points[8] = (30, 50.5)
    sample = ibug68.sample(write_image(tmp_path / "a.png"), points, "s", "fas12")
    assert np.isnan(sample.points[FAS12.index("gnathion")]).all() and np.isnan(sample.points).sum() == 2


# --- YouTube Faces ---------------------------------------------------------------------------------------------


def write_youtube(folder, part="training", change=None):
    rows = []
    for name, turn in (("Ann_B_10.jpg", 4), ("Ann_B_11.jpg", -4), ("Carl_20.jpg", 4)):
        (folder / part).mkdir(parents=True, exist_ok=True)
        Image.new("RGBA", (60, 50), (90, 80, 70, 255)).save(folder / part / name, format="PNG")
        rows.append([name, *map(str, face68(turn).ravel())])
    if change:
        change(rows)
    with open(folder / f"{part}_frames_keypoints.csv", "w", newline="") as file:
        csv.writer(file).writerows([["", *range(136)], *rows])
    return folder


def test_youtube_faces(tmp_path):
    samples = datasets.load(write_youtube(tmp_path))
    assert datasets.default_schema(tmp_path) == "fas12"
    assert [sample.subject for sample in samples] == ["Ann_B", "Ann_B", "Carl"]
    assert [sample.mirrored for sample in samples] == [False, True, False]
    assert samples[0].image == tmp_path / "training" / "Ann_B_10.jpg"
    assert samples[0].points.shape == (12, 2)
    assert datasets.load(tmp_path, "ibug68")[1].points.shape == (68, 2)


@pytest.mark.parametrize("name", ["fas12", "ibug68"])
def test_68_points_are_read_as_the_schema_whose_copy_a_run_keeps(tmp_path, name):
    (tmp_path / "schema.toml").write_text(schema_text(name))
    copied = datasets.load(write_youtube(tmp_path), str(tmp_path / "schema.toml"))
    for sample, expected in zip(copied, datasets.load(tmp_path, name), strict=True):
        np.testing.assert_array_equal(sample.points, expected.points)
        assert sample.mirrored == expected.mirrored


def test_youtube_faces_test_part_by_its_file(tmp_path):
    write_youtube(tmp_path, "test")
    samples = datasets.load(tmp_path / "test_frames_keypoints.csv")
    assert samples[0].image == tmp_path / "test" / "Ann_B_10.jpg"


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda rows: rows[1].__setitem__(0, "Ann_B_99.jpg"), r"row 3: .*Ann_B_99\.jpg: no such image"),
        (lambda rows: rows[1].__setitem__(5, "x"), r"row 3: .*'x'"),
        (lambda rows: rows[1].__setitem__(0, "Ann_B_10.jpg"), r"row 3: Ann_B_10\.jpg is already in row 2"),
        (lambda rows: rows[1].__setitem__(5, "1_0"), r"row 3: '1_0' is not a number"),
        (lambda rows: rows[1].__setitem__(0, ""), r"row 3: the file name is empty"),
        (lambda rows: rows[2].pop(), r"row 4: column 135 is empty"),
        (lambda rows: rows[2].__setitem__(7, "nan"), r"row 4: column 6 is empty"),
        (lambda rows: rows[2].append("1"), r"row 4: 138 cells, but the header has 137"),
        (lambda rows: rows[0].__setitem__(slice(3, 5), ["0", "0"]), r"row 2: landmark jaw_1 lies at exactly \(0, 0\)"),
        (
            lambda rows: rows[0].__setitem__(slice(1, None), ["70"] * 136),
            r"row 2: 68 of its 68 points lie outside its image of 60 x 50 px",
        ),
    ],
)
def test_bad_youtube_tables_are_refused(tmp_path, change, message):
    with pytest.raises(InputError, match=rf"training_frames_keypoints\.csv {message}"):
        datasets.load(write_youtube(tmp_path, change=change))
    with pytest.raises(InputError, match="fas14.*fas12 or ibug68"):
        datasets.load(tmp_path, "fas14")


def test_real_youtube_faces(real_faces):
    samples = datasets.load(real_faces)
    assert len(samples) == 3462 and len({sample.subject for sample in samples}) == 347
    points = np.stack([sample.points for sample in samples])
    assert np.isnan(points).any(axis=-1).sum() <= 20
    # In the half that is seen, made to look the same way, the outer corner of the eye lies left of the nose.
    sign = np.where([sample.mirrored for sample in samples], -1, 1)
    assert np.nanmean((points[:, 3, 0] - points[:, 0, 0]) * sign > 0) > 0.99
    assert len(datasets.fingerprint(real_faces, samples)) == 64


# --- 300-W -----------------------------------------------------------------------------------------------------


def write_pts(file, points):
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(f"{x:.6f} {y:.6f}" for x, y in points)
    file.write_text(f"version: 1\nn_points:  68\n{{\n{lines}\n}}\n")


def test_pts_count_from_one(tmp_path):
    for stem in ("01_Indoor/indoor_001", "01_Indoor/indoor_002", "02_Outdoor/outdoor_001"):
        write_pts(tmp_path / f"{stem}.pts", face68(4) + 1)
        write_image(tmp_path / f"{stem}.png")
    samples = datasets.load(tmp_path, "ibug68")
    np.testing.assert_allclose(samples[0].points, face68(4), atol=1e-5)
    assert [sample.subject for sample in samples][1:] == ["01_Indoor/indoor_002", "02_Outdoor/outdoor_001"]
    assert datasets.default_schema(tmp_path) == "fas12"
    assert datasets.load(tmp_path)[0].points.shape == (12, 2)


def test_bad_pts_are_refused(tmp_path):
    write_pts(tmp_path / "a.pts", face68())
    with pytest.raises(InputError, match=r"a\.pts: no image a"):
        datasets.load(tmp_path)
    write_image(tmp_path / "a.png")
    for points in (face68()[:67], [("x", "y")]):
        text = "\n".join(f"{x} {y}" for x, y in points)
        (tmp_path / "a.pts").write_text(f"{{\n{text}\n}}")
        with pytest.raises(InputError, match=r"a\.pts: expected 68 points"):
            datasets.load(tmp_path)
    (tmp_path / "a.pts").write_text("")
    with pytest.raises(InputError, match=r"a\.pts: expected 68 points"):
        datasets.load(tmp_path)


# --- COCO ------------------------------------------------------------------------------------------------------


def coco(names=FAS12.names):
    """Two annotated images and one without; keypoints in the reverse of the schema's order."""
    keypoints = [value for k in reversed(range(len(names))) for value in (2 * k + 1, 3 * k, 2)]
    hidden = [*keypoints[:-3], 0, 0, 0]
    return {
        "images": [{"id": i, "file_name": f"{i}.png", "width": 60, "height": 50} for i in range(3)],
        "categories": [{"id": 1, "name": "car"}, {"id": 7, "name": "face", "keypoints": list(names)[::-1]}],
        "annotations": [
            {"id": 1, "image_id": 0, "category_id": 7, "keypoints": keypoints, "bbox": [0, 0, 1, 1]},
            {"id": 2, "image_id": 1, "category_id": 7, "keypoints": hidden, "attributes": {"subject": "ann"}},
        ],
    }


def write_coco(folder, content, images="images"):
    for i in range(3):
        write_image(folder / images / f"{i}.png")
    (folder / "faces.json").write_text(json.dumps(content))
    return folder


def test_what_coco_and_tables_leave_out_is_said(tmp_path):
    with pytest.warns(
        InputWarning, match=r"faces\.json: images without an annotation, left out: 1 \(images\[2\] first\)"
    ):
        assert len(datasets.load(write_coco(tmp_path, coco()))) == 2
    write_table(tmp_path, put(1, error="no face"))
    with pytest.warns(InputWarning, match=r"landmarks\.csv: rows with an error, left out: 1 \(row 3 first\)"):
        assert len(datasets.load(tmp_path / "landmarks.csv")) == 2
    (tmp_path / "boxes").mkdir()
    write_table(tmp_path / "boxes", put(1, left="1", top="2", width="30"))
    read = "boxes are read from columns box_left, box_top, box_side, and left, top, width are attributes"
    with pytest.warns(InputWarning, match=rf"landmarks\.csv row 1: {read}: crops are made around the landmarks"):
        assert datasets.load(tmp_path / "boxes")[1].box is None


@pytest.mark.parametrize("images", ["images", "."])
def test_coco(tmp_path, images):
    first, second = datasets.load(write_coco(tmp_path, coco(), images))
    np.testing.assert_array_equal(first.points, [(2 * k + 1, 3 * k) for k in range(12)])
    assert first.image == tmp_path / images / "0.png" and first.subject == "0"
    assert second.subject == "ann" and np.isnan(second.points[0]).all() and not np.isnan(second.points[1:]).any()
    assert datasets.default_schema(tmp_path) == "fas12" == datasets.default_schema(tmp_path / "faces.json")


def test_a_coco_landmark_that_is_labelled_but_hidden_is_a_point(tmp_path):
    content = coco()
    content["annotations"][0]["keypoints"][2::3] = [1] * 12  # visibility: labelled, not visible
    first, _ = datasets.load(write_coco(tmp_path, content))
    np.testing.assert_array_equal(first.points, [(2 * k + 1, 3 * k) for k in range(12)])


def test_coco_where_there_is_no_file(tmp_path):
    for reader in (datasets.coco.read, datasets.coco.default_schema):
        with pytest.raises(InputError, match="expected one .json file"):
            reader(tmp_path)


def test_coco_annotations_folder(tmp_path):
    write_coco(tmp_path, coco())
    (tmp_path / "annotations").mkdir()
    file = (tmp_path / "faces.json").rename(tmp_path / "annotations" / "faces.json")
    assert datasets.load(file)[0].image == tmp_path / "images" / "0.png"


def edit(path, value):
    """An edit of nested lists and dictionaries: edit("annotations/0/image_id", 1)."""

    def change(content):
        *parents, last = [int(key) if key.isdecimal() else key for key in path.split("/")]
        for key in parents:
            content = content[key]
        content[last] = value

    return change


@pytest.mark.parametrize(
    "change, message",
    [
        (edit("annotations/0/image_id", 777), r"annotation 1: no image 777$"),
        (edit("annotations/0/keypoints", [1, 2, 3]), r"image 0\.png: annotation 1: 1 triplets for the 12 keypoints of"),
        (edit("annotations/0/keypoints", [1] * 39), r"image 0\.png: annotation 1: 13 triplets for the 12 keypoints"),
        (edit("annotations/0/keypoints", "none"), r"annotations\[0\]\.keypoints: expected a list, there is \"none\""),
        (
            edit("annotations/0/keypoints/3", None),
            r"annotations\[0\]\.keypoints\[3\]: expected a number",
        ),
        (
            edit("annotations/0/keypoints/2", 3),
            r"annotations\[0\]\.keypoints\[2\]: expected a whole .* 0 to 2",
        ),
        (edit("annotations/0/keypoints/0", 60), r"image 0\.png: annotation 1: landmark gnathion .* outside"),
        (
            edit("annotations/0/keypoints/33", 0),
            r"image 0\.png: annotation 1: .* exocanthion lies at exactly",
        ),
        (edit("images/0/file_name", "x" * 5000), r"image x+ \.\.\. x+: no such file beside"),
        (
            edit("annotations/0/subject", True),
            r"annotations\[0\]\.subject: expected text or a whole number, .* true",
        ),
        (edit("images/1/id", 0), r"images\[1\]: the id 0 is also that of 0\.png"),
        (
            edit("images/1/file_name", "./0.png"),
            r"images\[1\]: the file \./0\.png is also that of image 0",
        ),
        (
            edit("images/0/width", 50),
            r"image 0\.png: 50 x 50 px in the JSON file, 60 x 50 px .* at another size",
        ),
        (
            lambda content: content["images"][0].update(width=50, height=60),
            r"image 0\.png: 50 x 60 px in the JSON file, 60 x 50 px as displayed: EXIF\?",
        ),
        (edit("images/0/width", "60"), r"images\[0\]\.width: expected a whole number"),
        (edit("categories/0/id", 7), r"categories\[1\]: the id 7 appears twice"),
        (edit("categories/1/keypoints/0", "nasion"), r"categories\[1\]\.keypoints: 'nasion' appears twice"),
        (edit("images/0/file_name", "x.png"), r"image x\.png: no such file"),
        (edit("annotations", []), "no annotation of category 'face'"),
        (edit("categories/1/keypoints/0", "gnation"), "unknown landmark 'gnation'.*did you mean 'gnathion'"),
        (edit("categories/1/keypoints", []), "no category has keypoints"),
    ],
)
def test_bad_coco_is_refused(tmp_path, change, message):
    content = coco()
    change(content)
    with pytest.raises(InputError, match=rf"faces\.json: {message}") as error:
        datasets.load(write_coco(tmp_path, content))
    assert "\n" not in str(error.value)


def test_coco_subject_zero_is_a_subject(tmp_path):
    content = coco()
    content["images"][0]["subject"], content["annotations"][0]["subject"] = 5, 0
    content["images"][1]["subject"] = "eve"
    assert [sample.subject for sample in datasets.load(write_coco(tmp_path, content))] == ["0", "ann"]
    content["annotations"][0]["subject"] = None
    assert datasets.load(write_coco(tmp_path, content))[0].subject == "5"


@pytest.mark.parametrize("subject", ["a\ud800", "a\x00", "\u2060"])
def test_coco_subjects_that_no_file_can_keep_or_nobody_sees(tmp_path, subject):
    content = coco()
    content["annotations"][0]["subject"] = subject
    with pytest.raises(InputError, match=r"image 0\.png: its subject '.*' shows nothing, or holds characters"):
        datasets.load(write_coco(tmp_path, content))


def test_of_two_coco_categories_none_is_dropped(tmp_path):
    content = coco()
    content["categories"].append(dict(content["categories"][1], id=8, name="profile"))
    assert len(datasets.load(write_coco(tmp_path, content))) == 2
    content["annotations"][1]["category_id"] = 8
    with pytest.raises(InputError, match="the categories 'face' and 'profile' both fit and have annotations"):
        datasets.load(write_coco(tmp_path, content))


@pytest.mark.parametrize("keypoints", [None, [], [0] * 36])
def test_coco_annotations_without_a_point_are_left_out(tmp_path, keypoints):
    content = coco()
    content["annotations"].append({"id": 3, "image_id": 0, "category_id": 7, "keypoints": keypoints})
    content["annotations"][1]["keypoints"] = keypoints
    with pytest.warns(InputWarning) as warned:
        (sample,) = datasets.load(write_coco(tmp_path, content))
    assert (sample.image.name, sample.face) == ("0.png", "")
    assert [str(warning.message).partition(".json: ")[2] for warning in warned] == [
        "images without an annotation, left out: 1 (images[2] first)",
        "annotations without a point, left out: 2 (annotation 2 first)",
    ]
    del content["annotations"][0]
    with pytest.raises(InputError, match=r"faces\.json: no annotation of category 'face' with a point$"):
        datasets.load(write_coco(tmp_path, content))


def test_faces_of_a_coco_category_that_does_not_fit_are_not_lost(tmp_path):
    content = coco()
    misspelt = ["gnation", *content["categories"][1]["keypoints"][1:]]
    content["categories"] += [{"id": 8, "name": "child", "keypoints": misspelt}]
    content["categories"] += [{"id": 9, "name": "hand", "keypoints": ["thumb", "wrist"]}]
    assert len(datasets.load(write_coco(tmp_path, content))) == 2
    content["annotations"][1]["category_id"] = 9
    with pytest.warns(InputWarning, match=r"faces\.json: annotations of category 'hand', left out: 1 .annotation 2 f"):
        assert len(datasets.load(write_coco(tmp_path, content))) == 1
    for annotation in content["annotations"][::-1]:
        annotation["category_id"] = 8
        said = r"category 'child' is annotated, too: unknown landmark 'gnation'.*did you mean 'gnathion'"
        with pytest.raises(InputError, match=said):
            datasets.load(write_coco(tmp_path, content))
    content["categories"][2] = {"id": 8, "name": "whole", "keypoints": list(load_schema("fas14").names)}
    content["annotations"][1:] = [{"id": 1, "image_id": 0, "category_id": 8, "keypoints": [3, 4, 2] * 14}]
    with pytest.raises(InputError, match="category 'face' is annotated, too: missing landmarks of schema fas14"):
        content["annotations"] += coco()["annotations"][:1]
        datasets.load(write_coco(tmp_path, content), "fas14")


def test_faces_of_one_coco_image(tmp_path):
    content = coco()
    content["annotations"][1]["image_id"] = 0
    one, two = datasets.load(write_coco(tmp_path, content))
    assert (one.image, one.face, one.subject) == (two.image, "1", "0#1") and (two.face, two.subject) == ("2", "ann")
    assert image_names([one, two]) == ["0.png#1", "0.png#2"]
    content["annotations"] += [dict(one, id=number, image_id=1) for number, one in enumerate(content["annotations"], 8)]
    assert [sample.face for sample in datasets.load(write_coco(tmp_path, content))] == ["1", "2", "1", "2"]
    del content["annotations"][2:]
    content["images"][0]["subject"] = "bob"
    with pytest.raises(InputError, match=r"0\.png has several faces and one subject; give each annotation its own"):
        datasets.load(write_coco(tmp_path, content))
    content["annotations"][1] = dict(content["annotations"][0], id=5)
    del content["images"][0]["subject"]
    with pytest.raises(InputError, match=r"image 0\.png: annotation 5 is there twice"):
        datasets.load(write_coco(tmp_path, content))


def test_coco_images_of_one_name_in_two_folders_need_subjects(tmp_path):
    content = coco()
    for i, name in enumerate(("visit1/001.png", "visit2/001.png")):
        content["images"][i]["file_name"] = name
        write_image(tmp_path / name)
    with pytest.raises(InputError, match=r"images visit1/001\.png and visit2/001\.png: one person or two\?"):
        del content["annotations"][1]["attributes"]
        datasets.load(write_coco(tmp_path, content))
    for image in content["images"]:
        image["subject"] = "ann"
    assert [sample.subject for sample in datasets.load(write_coco(tmp_path, content))] == ["ann", "ann"]


def test_coco_with_a_byte_order_mark_and_as_cvat_lays_it_out(tmp_path):
    write_coco(tmp_path, coco(), "images/default")
    text = (tmp_path / "faces.json").read_text()
    (tmp_path / "faces.json").unlink()
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "person_keypoints_default.json").write_text("\ufeff" + text, encoding="utf-8")
    (tmp_path / "annotations" / "instances_default.json").write_text("{}")
    assert datasets.default_schema(tmp_path) == "fas12"
    assert datasets.load(tmp_path)[0].image == tmp_path / "images" / "default" / "0.png"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_no_coco_at_all(tmp_path, text):
    (tmp_path / "faces.json").write_text(text)
    with pytest.raises(InputError, match=r"faces\.json: not"):
        datasets.load(tmp_path)


# --- load ------------------------------------------------------------------------------------------------------


def test_unknown_places_list_the_formats(tmp_path):
    with pytest.raises(InputError, match="no data set in a known format here: .*landmarks.csv.*pts.*json"):
        datasets.load(tmp_path)
    with pytest.raises(InputError, match="missing: no such file or folder"):
        datasets.load(tmp_path / "missing")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match="known format"):
        datasets.default_schema(tmp_path / "notes.txt")


def test_synthetic_faces_by_name(monkeypatch):
    """The name's numbers, size and seed reach the generator; the landmarks asked for come back."""
    asked = []

    def samples(**options):
        asked.append(options)
        return [Sample(Path("a.png"), np.arange(28, dtype=np.float32).reshape(14, 2), "s")]

    stand_in = types.ModuleType("rtl_tf.datasets.synthetic")
    stand_in.samples = samples
    monkeypatch.setitem(sys.modules, "rtl_tf.datasets.synthetic", stand_in)
    monkeypatch.setattr(datasets, "synthetic", stand_in, raising=False)
    assert datasets.load("synthetic:subjects=20,scans=2", size=64, seed=5)[0].points.shape == (14, 2)
    assert datasets.load("synthetic", "fas12")[0].points.tolist() == np.arange(24).reshape(12, 2).tolist()
    first = {"subjects": 20, "scans": 2, "size": 64, "seed": 5, "cache": None}
    assert asked == [first, {"size": 128, "seed": 0, "cache": None}]
    assert datasets.default_schema("synthetic:scans=2") == "fas14"
    with pytest.raises(InputError, match="unknown landmark 'jaw_0'"):
        datasets.load("synthetic", "ibug68")


@pytest.mark.parametrize("name", ["synthetic:people=3", "synthetic:subjects", "synthetic:scans=0", "synthetic:scans=x"])
def test_bad_synthetic_names(name):
    with pytest.raises(InputError, match="synthetic:subjects=200,scans=2"):
        datasets.load(name)


def test_names_for_run_folders(tmp_path):
    folder = tmp_path / "My clinic (2024)"
    folder.mkdir()
    write_table(folder)
    assert datasets.dataset_name(folder) == datasets.dataset_name(folder / "landmarks.csv") == "My-clinic-2024"
    assert datasets.dataset_name(folder / "follow up.csv") == "follow-up"
    assert datasets.dataset_name("synthetic") == "synthetic"
    assert datasets.dataset_name("synthetic:subjects=200,scans=2") == "synthetic-subjects200-scans2"


def test_fingerprint_changes_with_what_training_sees(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        write_table(folder)
    known = datasets.fingerprint(here, datasets.load(here))
    assert known == datasets.fingerprint(there, datasets.load(there)[::-1])
    seen = {known}
    for change in (put(0, nasion_x="5"), put(1, subject="c"), put(1, mirrored="yes"), put(0, mm_per_px="0.1")):
        seen.add(datasets.fingerprint(there, datasets.load(write_table(there, change))))
    write_table(there)
    Image.new("RGB", (60, 50), "red").save(there / "photos" / "0.png")
    seen.add(datasets.fingerprint(there, datasets.load(there)))
    assert len(seen) == 6


def test_every_byte_of_every_image_counts(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        write_table(folder)
        noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / "photos" / "0.png")
    known = datasets.content_hashes(here, datasets.load(here))
    assert known == datasets.content_hashes(there, datasets.load(there)[::-1])
    content = bytearray((there / "photos" / "0.png").read_bytes())
    content[200_000] ^= 1
    (there / "photos" / "0.png").write_bytes(content)
    changed = datasets.content_hashes(there, datasets.load(there))
    assert changed["dataset_hash"] == known["dataset_hash"]  # as older runs know it
    assert changed["images_hash"] != known["images_hash"] and len(known["images_hash"]) == 64
    assert list(datasets.content_hashes("synthetic", [])) == ["dataset_hash"]


def test_built_in_faces_are_known_by_their_recipe():
    """Their last bits depend on the processor: the same faces of two computers must be able to share a table."""
    names = ("synthetic", "synthetic:subjects=100,scans=3", "synthetic:subjects=99", "synthetic:scans=2")
    known = [datasets.fingerprint(name, []) for name in names]
    assert known[0] == known[1] and len(set(known)) == 3


def test_readers_need_no_tensorflow():
    import subprocess

    code = "import sys, rtl_tf.datasets.splits; sys.exit('tensorflow' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1]).returncode == 0
