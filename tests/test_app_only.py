"""Photographs in folders of patients, and those alone that a table names."""

import csv
import io
import json
import shutil

import pytest

pytest.importorskip("starlette")
pytest.importorskip("httpx2")

from app_server import write_photographs  # noqa: E402
from test_app_cli import ended, refused  # noqa: E402
from test_app_server import ACCESS, TWO, change, place, served  # noqa: E402

from rtl_tf.app.folder import Folder  # noqa: E402
from rtl_tf.app.journal import NAME, read  # noqa: E402
from rtl_tf.exceptions import InputError  # noqa: E402


@pytest.fixture
def folder(tmp_path):
    """z.png, and of two patients a photograph of one name, of different content."""
    write_photographs(tmp_path / "photos", "z")
    write_photographs(tmp_path / "photos" / "anna", "a", (110, 90))
    write_photographs(tmp_path / "photos" / "ben", "a", (60, 50))
    return tmp_path / "photos"


@pytest.fixture
def flat(tmp_path):
    write_photographs(tmp_path / "photos", "abcd")
    return tmp_path / "photos"


@pytest.fixture
def open_page():
    opened = []

    def start(folder, **more):
        opened.append(served(folder, ACCESS, **more))
        return next(opened[-1])

    yield start
    for one in opened:
        one.close()


def names_in(client) -> list[str]:
    return [row["name"] for row in client.get("images").json()["images"]]


def table_of(path, *images: str, columns: str = "image,doubt"):
    path.write_text("".join(f"{line}\n" for line in (columns, *(f"{image},0.1" for image in images))))
    return path


def rows_of(client) -> list[dict]:
    return list(csv.DictReader(io.StringIO(client.get("landmarks.csv").text.removeprefix("\ufeff"))))


def test_two_photographs_of_one_name_in_two_folders_stay_two(folder, open_page, tmp_path):
    client = open_page(folder, recursive=True)
    assert names_in(client) == ["z.png", "anna/a.png", "ben/a.png"]
    assert client.get("images/2").json()["width"] == 60
    change(client, *TWO, index=1)
    assert change(client, place([7, 8]), place([3, 3], landmark="alare"), index=2, name="change-2").status_code == 200
    assert [entry.image for entry in read(folder / NAME)[1]] == ["anna/a.png"] * 2 + ["ben/a.png"] * 2
    rows = rows_of(client)
    assert [(row["image"], row["subject"], row["nasion_x"]) for row in rows] == [
        ("anna/a.png", "anna/a.png", "5"), ("ben/a.png", "ben/a.png", "7"),
    ]  # fmt: skip
    notes = json.loads(client.get("landmarks.csv").headers["x-notes"])
    assert any(note.startswith("2 without a person's code (anna/a.png first)") for note in notes)


def test_the_command_exports_from_folders_in_folders_where_it_is_asked_to(folder, open_page, tmp_path):
    change(open_page(folder, recursive=True), *TWO, index=2)
    done = ended("--export", tmp_path / "t.csv", "--recursive", folder)
    assert done.stdout.splitlines()[0] == f"1 photographs: {tmp_path / 't.csv'}"
    (row,) = csv.DictReader((tmp_path / "t.csv").open(encoding="utf-8-sig"))
    assert row["image"] == "photos/ben/a.png"
    gone = "1 in the journal, but not in the folder any more, or not readable (ben/a.png first): left out"
    refused(f"{gone}; --recursive looks into folders", "--export", tmp_path / "u.csv", folder)
    (folder / "z.png").unlink()
    refused("; --recursive looks into folders", "--export", tmp_path / "u.csv", folder)


def test_a_photograph_that_was_deleted_from_its_folder_is_no_share_that_went_away(folder):
    photos = Folder(folder, recursive=True)
    (folder / "anna" / "a.png").unlink()
    with pytest.raises(InputError) as problem:
        photos.content_of(photos.photos[1])
    assert type(problem.value) is InputError


def test_the_photographs_of_a_table_are_shown_in_its_order_and_all_are_exported(flat, open_page, tmp_path):
    first = open_page(flat)
    change(first, *TWO, index=1)
    table = table_of(tmp_path / "suggested.csv", "photos/d.png", "photos/a.png", "./photos/d.png", "")
    shutil.copytree(flat, tmp_path / "copy")
    table_of(tmp_path / "other.csv", "copy/d.png", "copy/a.png")
    client = open_page(tmp_path / "copy", only=tmp_path / "other.csv")
    assert names_in(client) == ["d.png", "a.png"]
    assert client.get("session").json()["ordered"] and not first.get("session").json()["ordered"]
    assert client.get("images/2").status_code == 400
    assert change(client, *TWO, index=0, name="change-2").status_code == 200
    assert [entry.image for entry in read(tmp_path / "copy" / NAME)[1]] == ["b.png"] * 2 + ["d.png"] * 2
    assert [row["image"] for row in rows_of(client)] == ["b.png", "d.png"]
    assert [photo.name for photo in Folder(flat, only=table).shown] == ["d.png", "a.png"]


def test_rows_of_no_photograph_are_told_in_a_line(flat, tmp_path, capsys):
    table = table_of(tmp_path / "t.csv", "photos/none.png", "photos/c.png", "elsewhere/a.png")
    assert [photo.name for photo in Folder(flat, only=table).shown] == ["c.png"]
    told = "2 rows (row 2: photos/none.png, row 4: elsewhere/a.png) of no photograph here"
    assert capsys.readouterr().err == f"warning: {table}: {told}\n"


def test_photographs_in_folders_that_were_not_looked_into_are_told_of(folder, tmp_path, capsys):
    table = table_of(tmp_path / "t.csv", "photos/ben/a.png", "photos/z.png")
    assert [photo.name for photo in Folder(folder, only=table).shown] == ["z.png"]
    assert capsys.readouterr().err.endswith("of no photograph here; --recursive looks into folders\n")
    assert [photo.name for photo in Folder(folder, recursive=True, only=table).shown] == ["ben/a.png", "z.png"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("image\nb.png\n", "{}: has none of the images; the first one's name is, from this table, photos/a.png"),
        ("photo\nphotos/a.png\n", "{} row 1: no column image"),
        ("image\n", "{}: no rows below the header"),
    ],
)
def test_tables_that_show_nothing_are_refused(flat, tmp_path, content, message):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(InputError) as problem:
        Folder(flat, only=tmp_path / "t.csv")
    assert str(problem.value) == message.format(tmp_path / "t.csv")


def test_the_command_refuses_a_table_it_cannot_use(flat, tmp_path):
    refused("no such file", "--label", "fas14", "--only", tmp_path / "t.csv", flat)
    assert not (flat / NAME).exists()
    refused("--only: for the page", "--export", tmp_path / "u.csv", "--only", tmp_path / "t.csv", flat)
