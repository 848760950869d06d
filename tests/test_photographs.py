"""What is found to predict, and what is said of the rest."""

import errno
import os
from pathlib import Path

import pytest
from PIL import Image

from rtl_tf.datasets import photographs
from rtl_tf.datasets.photographs import Listing, Photograph, from_files, from_table
from rtl_tf.exceptions import InputError
from rtl_tf.inference.predicting import numbered_faces


def image(path, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 30), "grey").save(path, **options)
    return path


@pytest.fixture
def phone(tmp_path):
    """A folder as phones, Macs and Windows leave it."""
    for name in ("IMG_1.JPG", "b.jpeg", "c.WebP", "d.jfif", "e.jpe", "f.gif", "visit2/IMG_5.jpg"):
        image(tmp_path / name, format="JPEG" if name[-4:].lower() in (".jpg", "jpeg", "jfif", ".jpe") else None)
    (tmp_path / "._IMG_1.JPG").write_bytes(b"\0\5\x16\7Mac OS X")
    (tmp_path / ".DS_Store").write_bytes(b"Bud1")
    for name in ("Thumbs.db", "note.txt", "a.PTS", "b.pts", "raw.DNG", "README"):
        (tmp_path / name).write_text("x")
    return tmp_path


def test_a_folders_photographs_by_name_and_the_kinds_of_the_rest(phone):
    listing = from_files([phone])
    found = ["IMG_1.JPG", "b.jpeg", "c.WebP", "d.jfif", "e.jpe", "f.gif"]
    assert listing.photographs == [Photograph(phone / name) for name in found]
    assert listing.skipped == {
        "._ file": 1, "hidden file": 1, "file without suffix": 1, ".db": 1, ".txt": 1, ".pts": 2, ".dng": 1,
        "folder": 1,
    }  # fmt: skip
    assert listing.sentence(6).startswith("6 of 15 read; skipped ")
    assert "2 .pts" in listing.sentence(6) and "1 folder" in listing.sentence(6)


def test_what_is_said_of_what_was_left_out():
    some = [Photograph("a"), Photograph("b"), Photograph("c", problem="damaged"), Photograph("d", problem="damaged")]
    assert (
        Listing(some, {"folder": 2, ".txt": 1}).sentence(2) == "2 of 7 read; skipped 2 with errors, 2 folders, 1 .txt"
    )
    assert Listing(some[:2], {}).sentence(2) == ""


def test_a_damaged_photograph_does_not_end_the_others(tmp_path):
    whole = image(tmp_path / "a.jpg")
    (tmp_path / "b.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200))
    (tmp_path / "c.jpg").write_text("no image")
    listing = from_files([tmp_path])
    assert [photograph.image.name for photograph in listing.photographs] == ["a.jpg", "b.heic", "c.jpg"]
    assert listing.photographs[0] == Photograph(whole)
    assert listing.photographs[2].problem.endswith("c.jpg: not an image that can be read; save it as JPEG or PNG")
    assert listing.sentence(1) == "1 of 3 read; skipped 2 with errors"
    with pytest.raises(InputError, match=r"c\.jpg: not an image"):
        from_files([tmp_path / "c.jpg"])
    with pytest.raises(InputError, match=r"none\.jpg: no such image"):
        from_files([tmp_path, tmp_path / "none.jpg"])


def test_heic_without_its_package_is_left_out_and_told(tmp_path, monkeypatch):
    image(tmp_path / "a.jpg")
    for name in ("b.HEIC", "c.heif"):
        (tmp_path / name).write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    monkeypatch.setattr(photographs, "heic_is_readable", lambda: False)
    assert from_files([tmp_path]).sentence(1) == '1 of 3 read; skipped 2 HEIC (pip install -e ".[heic]")'


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders are POSIX's")
def test_a_pipe_among_the_images_is_left_out(tmp_path):
    image(tmp_path / "a.jpg")
    os.mkfifo(tmp_path / "b.jpg")
    listing = from_files([tmp_path])
    assert [photograph.image.name for photograph in listing.photographs] == ["a.jpg"]
    assert listing.skipped == {"pipe or device": 1}


def test_a_folder_without_images_says_what_lies_there(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match=r"no image in this folder \(\.bmp, .*\); 0 of 1 read; skipped 1 \.txt"):
        from_files([tmp_path])


def test_rows_of_a_table_that_cannot_be_looked_at_have_a_problem(tmp_path):
    image(tmp_path / "a.png")
    image(tmp_path / "b.png")
    table = tmp_path / "boxes.csv"
    table.write_text(
        "image,box_left,box_top,box_side,mirrored\na.png,1,2,20,yes\nb.png,,,,\nnone.png,1,2,3,\na.png,900,2,3,\n"
        "b.png,1,2,-3,\nb.png,1,2,3,perhaps\n,1,2,3,\n"
    )
    listing = from_table(table)
    assert listing.photographs[0] == Photograph(tmp_path / "a.png", (1, 2, 20), True)
    (tmp_path / "found.csv").write_text("image,box_left,box_top,box_side,box_found\na.png,1,2,20,yes\nb.png,1,2,20,\n")
    assert [photograph.found for photograph in from_table(tmp_path / "found.csv").photographs] == [True, False]
    problems = [photograph.problem for photograph in listing.photographs[1:]]
    for row, (problem, words) in enumerate(
        zip(problems, ("b.png: no box", "no such image", "outside the image", "side above 0", "neither"), strict=True),
        3,
    ):
        assert problem.startswith(f"{table} row {row}: ") and words in problem and "\n" not in problem
    assert [photograph.image.name for photograph in listing.photographs] == [
        "a.png", "b.png", "none.png", "a.png", "b.png", "b.png"
    ]  # fmt: skip
    assert listing.sentence(1) == "1 of 7 read; skipped 5 with errors, 1 row without an image"


def test_faces_keep_their_numbers(tmp_path):
    """Of an --all-faces table without the row of a bystander, with a face that somebody added, and one of a kind."""
    for name in "abc":
        image(tmp_path / f"{name}.png")
    table, header = tmp_path / "kept.csv", "image,face,box_left,box_top,box_side\n"
    told = ("a.png,3", "a.png,2", "b.png,2", "b.png,", "b.png,", "c.png,2.0")
    table.write_text(header + "".join(f"{row},1,2,20\n" for row in told))
    photographs = from_table(table).photographs
    assert [one.face for one in photographs] == ["3", "2", "2", "", "", "2"]
    assert [face for _, face in numbered_faces(photographs)] == ["3", "2", "2", "1", "3", "2"]
    plain = [Photograph(tmp_path / name) for name in ("a.png", "b.png", "a.png")]
    assert [face for _, face in numbered_faces(plain)] == ["1", "", "2"]
    table.write_text(f"{header}a.png,2,1,2,20\na.png,,1,2,20\na.png,2,3,2,20\n")
    with pytest.raises(InputError, match=r"kept\.csv row 4: face 2 of a\.png is already in row 2; remove one$"):
        from_table(table)


def test_a_table_without_boxes_has_no_problem(tmp_path):
    image(tmp_path / "a.png")
    (tmp_path / "boxes.csv").write_text("image\na.png\n")
    assert from_table(tmp_path / "boxes.csv").photographs == [Photograph(tmp_path / "a.png")]


@pytest.mark.parametrize(
    ("header", "boxes"),
    [
        ("image,x,y,w,h", "x,y,w,h"),
        ("image,BBox X,BBox Y,BBox Width,BBox Height,age", "BBox X,BBox Y,BBox Width,BBox Height"),
        ("image,xmin,ymin,xmax,ymax", "xmin,ymin,xmax,ymax"),
        ("image,face_x1,face_y1,face_x2,face_y2", "face_x1,face_y1,face_x2,face_y2"),
        ("image,bounding_box", "bounding_box"),
        ("image,left_x,left_y,right_x,right_y,width,height,face,age,x", ""),  # landmarks, the image's size
    ],
)
def test_boxes_in_columns_of_other_names_are_refused(tmp_path, header, boxes):
    image(tmp_path / "a.png")
    file = tmp_path / "boxes.csv"
    file.write_text(f"{header}\na.png{',1' * header.count(',')}\n")
    if not boxes:
        assert from_table(file).photographs == [Photograph(tmp_path / "a.png", face="1")]
        return
    told = f"boxes are read from columns box_left, box_top, box_side; it has {boxes.replace(',', ', ')}"
    with pytest.raises(InputError) as raised:
        from_table(file)
    assert str(raised.value) == f"{file} row 1: {told}"


def test_a_misspelt_column_is_warned_of(tmp_path, capsys):
    image(tmp_path / "a.png")
    file = tmp_path / "boxes.csv"
    file.write_text("image,box_left,box_top,box_side,Mirrored,mirror_shop\na.png,1,2,20,yes,no\n")
    assert from_table(file, boxes=True).photographs == [Photograph(tmp_path / "a.png", (1, 2, 20))]
    assert capsys.readouterr().err == (
        f"warning: {file} row 1: column 'Mirrored' says nothing here; did you mean 'mirrored'?\n"
    )


def test_folders_in_folders_are_searched_once_each(tmp_path):
    root = tmp_path / "photos"
    names = ("b.png", "anna/a.png", "anna/visit 2/a.png", "ben/a.png", ".hidden/a.png", "empty/note.txt")
    for name in names[:-1]:
        image(root / name)
    (root / "empty").mkdir()
    (root / "empty" / "note.txt").touch()
    (root / "anna" / "film.MP4").touch()
    (root / "anna" / "back").symlink_to(root)
    (root / "ben" / "herself").symlink_to(".")
    image(tmp_path / "elsewhere" / "c.png")
    (root / "link").symlink_to(tmp_path / "elsewhere")
    listing = from_files([root], recursive=True)
    found = ["b.png", "anna/a.png", "anna/visit 2/a.png", "ben/a.png", "link/c.png"]
    below = [Path(name).parent for name in found]
    assert listing.photographs == [
        Photograph(root / name, below=folder) for name, folder in zip(found, below, strict=True)
    ]
    assert listing.skipped == {
        "hidden folder": 1, "folder met twice": 2, ".txt": 1, "film (give its name to have it looked at)": 1,
    }  # fmt: skip
    assert [photograph.image for photograph in from_files([root]).photographs] == [root / "b.png"]
    with pytest.raises(InputError, match=r"skipped 1 folder; --recursive looks into folders$"):
        (tmp_path / "outer" / "inner").mkdir(parents=True)
        from_files([tmp_path / "outer"])
    with pytest.raises(InputError, match=r"no image in this folder .*skipped 1 \.txt$"):
        from_files([root / "empty"], recursive=True)


def test_of_several_folders_none_is_searched_twice(tmp_path):
    for name in ("x/anna/a.png", "y/a.png"):
        image(tmp_path / name)
    listing = from_files([tmp_path / "x" / "anna", tmp_path / "x", tmp_path / "y", tmp_path / "y"], recursive=True)
    assert [(each.image, str(each.below)) for each in listing.photographs] == [
        (tmp_path / "x" / "anna" / "a.png", "anna"), (tmp_path / "y" / "a.png", "y"),
    ]  # fmt: skip


def test_a_photograph_that_is_named_twice_is_looked_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("x/a.png", "x/b.png", "x/c.png"):
        image(Path(name))
    Path("link.png").symlink_to("x/b.png")
    paths = [
        Path("x/a.png"),
        tmp_path / "x" / "a.png",
        Path("link.png"),
        Path("x"),
        tmp_path / "x",
        Path("x/../x/c.png"),
    ]
    listing = from_files(paths)
    assert [each.image for each in listing.photographs] == [Path("x/a.png"), Path("link.png"), Path("x/c.png")]
    assert listing.sentence(3) == "3 of 10 read; skipped 7 photographs named twice"
    assert from_files([Path("x"), Path("link.png")]).sentence(3) == "3 of 4 read; skipped 1 photograph named twice"
    Path("x/d.png").symlink_to("a.png")
    Path("x/chosen").mkdir()
    Path("x/chosen/c.png").symlink_to("../c.png")
    listing = from_files([Path("x")], recursive=True)
    assert [each.image.name for each in listing.photographs] == ["a.png", "b.png", "c.png"]
    assert listing.sentence(3) == "3 of 5 read; skipped 2 photographs named twice"


def test_a_folder_that_cannot_be_read_does_not_end_the_others(tmp_path, monkeypatch):
    whole, entries = image(tmp_path / "b" / "a.png"), Path.iterdir
    problems = {"a": PermissionError(13, "Permission denied"), "c": FileNotFoundError(2, "gone"), "d": OSError(116)}
    for name in problems:
        (tmp_path / name).mkdir()

    def refused(folder):
        if folder.name in problems:
            raise problems[folder.name]
        return entries(folder)

    monkeypatch.setattr(Path, "iterdir", refused)
    listing = from_files([tmp_path], recursive=True)
    assert [each.image for each in listing.photographs] == [whole]
    assert listing.skipped == {"folder that cannot be read": 3}


def test_an_entry_of_which_nothing_can_be_learnt_has_a_problem_and_the_others_are_listed(tmp_path, monkeypatch):
    """As on a network share: the folder names it, and every question about it fails."""
    whole, stale, ask = image(tmp_path / "a.png"), image(tmp_path / "b.png"), os.stat

    def asked(path, *arguments, **more):
        if Path(path) == stale:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))
        return ask(path, *arguments, **more)

    monkeypatch.setattr(os, "stat", asked)
    good, bad = from_files([tmp_path]).photographs
    assert (good.image, good.problem, bad.image) == (whole, "", stale)
    assert os.strerror(errno.ESTALE) in bad.problem


def test_a_folder_of_many_folders_is_looked_through_in_one_pass(tmp_path, monkeypatch):
    for name in "abcdef":
        image(tmp_path / name / "1.png")
    compared = []
    monkeypatch.setattr(Path, "__eq__", lambda one, other: compared.append(1) or str(one) == str(other))
    assert len(from_files([tmp_path], recursive=True).photographs) == 6
    assert len(compared) < 6  # a list of folders in which each is sought makes it 15, and of 10,000 patients 40 s
