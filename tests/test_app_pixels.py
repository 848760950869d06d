"""Photographs whose files have other metadata than when they were labelled: they are known by their pixels."""

import csv
import hashlib
import io
import json
import threading

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

pytest.importorskip("starlette")
pytest.importorskip("httpx2")

from app_server import write_photographs  # noqa: E402
from test_app_cli import ended, refused  # noqa: E402
from test_app_server import ACCESS, FAS14, TWO, change, place, served  # noqa: E402

from rtl_tf.app import folder as of_folder  # noqa: E402
from rtl_tf.app.entries import Entry  # noqa: E402
from rtl_tf.app.folder import Folder  # noqa: E402
from rtl_tf.app.journal import NAME, read, writing  # noqa: E402
from rtl_tf.app.labels import AllLabels  # noqa: E402
from rtl_tf.images import image_hash  # noqa: E402
from rtl_tf.system.hashing import file_hash, pixels_hash  # noqa: E402


@pytest.fixture
def folder(tmp_path):
    write_photographs(tmp_path / "photos")
    return tmp_path / "photos"


@pytest.fixture
def open_page(folder):
    """Clients of servers, of which each takes over from the one before."""
    opened = []

    def start():
        for one in opened:
            one.close()
        opened.append(served(folder, ACCESS))
        return next(opened[-1])

    yield start
    for one in opened:
        one.close()


@pytest.fixture
def decoded(monkeypatch) -> list[str]:
    """Names of the photographs that the folder decodes, to know them again."""
    names = []
    monkeypatch.setattr(of_folder, "image_hash", lambda path: names.append(path.name) or image_hash(path))
    return names


def edit(path, into=None) -> None:
    """Other metadata, the same pixels."""
    told = PngImagePlugin.PngInfo()
    told.add_text("Author", "nobody")
    before, image = file_hash(path), Image.open(path)
    image.load()
    image.save(into or path, pnginfo=told)
    if into and into != path:
        path.unlink()
    assert file_hash(into or path) != before


def stripped(content: bytes) -> bytes:
    """A JPEG file without its EXIF segment: a marker FF E1, and the length of what follows."""
    start = content.index(b"\xff\xe1")
    return content[:start] + content[start + 2 + int.from_bytes(content[start + 2 : start + 4], "big") :]


def rows_of(client) -> list[dict]:
    return list(csv.DictReader(io.StringIO(client.get("landmarks.csv").text.removeprefix("\ufeff"))))


def searched(folder) -> tuple[Folder, AllLabels]:
    photos, labels = Folder(folder), AllLabels(read(folder / NAME)[1])
    photos.find_all(labels)
    return photos, labels


def test_pixels_have_a_hash_of_their_shape_and_values():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert pixels_hash(pixels) == pixels_hash(np.asfortranarray(pixels))
    assert pixels_hash(pixels) == hashlib.sha256(b"(2, 4, 3)" + bytes(range(24))).hexdigest()
    assert pixels_hash(pixels) != pixels_hash(pixels.reshape(4, 2, 3))


def test_an_entry_has_the_hash_of_the_pixels_and_older_ones_are_read(folder, open_page):
    change(open_page(), *TWO)
    (first, _) = read(folder / NAME)[1]
    assert first.pixels == image_hash(folder / "a.png") == first.to_json()["pixels"]
    lines = (folder / NAME).read_text().splitlines()
    older = [json.dumps({key: value for key, value in json.loads(line).items() if key != "pixels"}) for line in lines]
    (folder / NAME).write_text("\n".join(older) + "\n")
    entries = read(folder / NAME)[1]
    assert [entry.pixels for entry in entries] == ["", ""] and "pixels" not in entries[0].to_json()


def test_labels_of_an_identical_photograph_are_shown_and_kept_though_this_one_was_opened_before(folder, open_page):
    edit(folder / "a.png", folder / "d.png")
    write_photographs(folder, "a")
    client = open_page()
    for index in (0, 3):
        assert client.get(f"images/{index}").json()["points"] == {}
    change(client, *TWO, index=3)
    assert change(client, place([7, 8]), name="change-2").status_code == 409  # a page that has not looked again
    assert client.get("images/0").json()["points"] == {"nasion": [5, 6], "alare": [9, 9]}
    assert [(entry.image, entry.old) for entry in read(folder / NAME)[1]] == [("d.png", None), ("d.png", None)]


@pytest.mark.parametrize("name", ["a.png", "P001.png"])
def test_a_photograph_with_other_metadata_keeps_its_points(folder, open_page, name):
    change(open_page(), *TWO)
    edit(folder / "a.png", folder / name)
    client = open_page()
    assert [(row["image"], row["nasion_x"]) for row in rows_of(client)] == [(name, "5")]
    assert json.loads(client.get("landmarks.csv").headers["x-notes"])[0].startswith("1 without a person's code")
    index = next(at for at, row in enumerate(client.get("images").json()["images"]) if row["name"] == name)
    told = client.get(f"images/{index}").json()
    assert told["points"] == {"nasion": [5, 6], "alare": [9, 9]} and told["warning"] == ""
    assert [row["said"] for row in client.get("images").json()["images"]].count(2) == 1
    moved = place([7, 8], old=[5, 6])
    assert change(client, moved, index=index, name="change-2").json()["points"]["nasion"] == [7, 8]
    assert read(folder / NAME)[1][-1].sha256 == file_hash(folder / name)
    assert [(row["image"], row["nasion_x"]) for row in rows_of(open_page())] == [(name, "7")]


@pytest.mark.parametrize(("orientation", "points"), [(1, {"nasion": [5, 6]}), (6, {})])
def test_a_jpeg_without_its_exif_keeps_its_points_unless_that_turned_it(folder, open_page, orientation, points):
    for name in "abc":
        (folder / f"{name}.png").unlink()
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "a camera"
    Image.fromarray(np.arange(90 * 120 * 3, dtype=np.uint8).reshape(90, 120, 3)).save(folder / "a.jpg", exif=exif)
    change(open_page(), place([5, 6]))
    (folder / "a.jpg").write_bytes(stripped((folder / "a.jpg").read_bytes()))
    told = open_page().get("images/0").json()
    assert told["points"] == points and bool(told["warning"]) == (not points)


def test_one_that_is_edited_while_the_page_is_open_keeps_its_points(folder, open_page):
    client = open_page()
    change(client, *TWO)
    edit(folder / "a.png")
    assert [(row["image"], row["nasion_x"]) for row in rows_of(client)] == [("a.png", "5")]
    assert client.get("images/0").json()["points"]["nasion"] == [5, 6]


def test_a_copy_with_other_metadata_is_the_same_photograph_once_it_is_opened(folder, open_page):
    change(open_page(), *TWO)
    (folder / "d.png").write_bytes((folder / "a.png").read_bytes())
    edit(folder / "d.png")
    client = open_page()
    assert client.get("images/3").json()["points"]["nasion"] == [5, 6]
    assert [row["image"] for row in rows_of(client)] == ["a.png"]
    assert "1 the same as another photograph (d.png first): left out" in json.loads(
        client.get("landmarks.csv").headers["x-notes"]
    )


def test_one_that_was_labelled_by_itself_keeps_its_own_labels():
    def entry(sha256: str, x: float, pixels: str) -> Entry:
        return Entry("", "", "place", f"{sha256}.png", sha256, f"{sha256}{x}", "nasion", None, (x, 1.0), None, pixels)

    labels = AllLabels([entry("f1", 1, ""), entry("f2", 2, ""), entry("f1", 3, "p"), entry("f2", 4, "p")])
    assert [labels.of(sha256).points["nasion"][0] for sha256 in ("f1", "f2")] == [3, 4]
    labels.learn("f3", "p")
    labels.learn("f4", "q")
    assert labels.of("f3").points == {"nasion": (3, 1)} and not labels.knows("f4")
    assert labels.without(["f3"]) == {"f2"}
    labels.add([entry("f3", 5, "p")])
    assert labels.of("f1").points == {"nasion": (5, 1)} and labels.name_of["f1"] == "f3.png"


def test_only_while_something_is_missing_and_only_the_unknown_are_decoded(folder, open_page, decoded):
    client = open_page()
    for index in (0, 1):
        change(client, *TWO, index=index, name=f"change-{index}")
    open_page().get("landmarks.csv")
    assert decoded == []
    edit(folder / "a.png")
    photos, labels = searched(folder)
    assert decoded == ["a.png"] and labels.knows(file_hash(folder / "a.png"))
    photos.find_all(labels)
    assert decoded == ["a.png"]
    decoded.clear()
    (folder / "a.png").rename(folder / "P.png")
    (folder / "c.png").rename(folder / "a.png")
    searched(folder)
    assert decoded == ["a.png", "P.png"]  # under the name first
    decoded.clear()
    (folder / "b.png").unlink()  # for one that is gone all that are unknown are decoded
    Image.fromarray(np.full((90, 120, 3), 7, np.uint8)).save(folder / "z.png")
    searched(folder)
    assert decoded == ["a.png", "P.png", "z.png"]


def test_a_journal_without_pixels_lets_nothing_be_decoded(folder, decoded):
    with writing(folder / NAME, FAS14) as journal:
        journal.append([Entry("", "", "place", "a.png", "f" * 64, "change-1", "nasion", None, (5.0, 6.0))])
    searched(folder)
    assert decoded == []


def test_the_command_finds_what_was_edited_and_renamed(folder, open_page, tmp_path):
    change(open_page(), *TWO)
    edit(folder / "a.png", folder / "P001.png")
    done = ended("--export", tmp_path / "t.csv", folder)
    assert done.returncode == 0, done.stderr
    (row,) = csv.DictReader((tmp_path / "t.csv").open(encoding="utf-8-sig"))
    assert (row["image"], row["nasion_x"]) == ("photos/P001.png", "5")


def test_the_reason_stands_in_the_error_where_there_is_no_table(folder, open_page, tmp_path):
    client = open_page()
    change(client, *TWO)
    Image.fromarray(np.full((90, 120, 3), 7, np.uint8)).save(folder / "a.png")
    message = (
        "nobody has placed two landmarks on a photograph yet; 1 in the journal, but not in the folder any more, or not "
        "readable (a.png first): left out"
    )
    assert client.get("landmarks.csv").json()["problem"] == message
    refused(f"error: {message}\n", "--export", tmp_path / "t.csv", folder)
    assert not (tmp_path / "t.csv").exists()


def test_the_search_of_several_threads_is_one(folder, open_page, decoded):
    change(open_page(), *TWO)
    edit(folder / "a.png", folder / "P001.png")
    photos, labels = Folder(folder), AllLabels(read(folder / NAME)[1])
    threads = [threading.Thread(target=photos.find_all, args=(labels,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert decoded == ["P001.png"]
