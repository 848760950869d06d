"""Photographs that are renamed, replaced, taken away or named oddly while people label them."""

import csv
import io
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("starlette")
pytest.importorskip("httpx2")

from app_server import KnownGuesser, write_photographs  # noqa: E402
from test_app_server import ACCESS, FAS14, TWO, change, guess_of, place, served, sha_of  # noqa: E402

from rtl_tf.app.folder import Folder  # noqa: E402
from rtl_tf.app.guesses import Guess  # noqa: E402
from rtl_tf.app.journal import NAME, read  # noqa: E402
from rtl_tf.app.labels import AllLabels  # noqa: E402
from rtl_tf.app.mesh_guesses import MeshGuesser  # noqa: E402
from rtl_tf.images import read_image  # noqa: E402


@pytest.fixture
def folder(tmp_path):
    write_photographs(tmp_path / "photos")
    return tmp_path / "photos"


@pytest.fixture
def open_page(folder):
    """Clients of servers, of which each takes over from the one before."""
    opened = []

    def start(**more):
        for one in opened:
            one.close()
        opened.append(served(folder, ACCESS, **more))
        return next(opened[-1])

    yield start
    for one in opened:
        one.close()


def rows_of(client) -> list[dict]:
    return list(csv.DictReader(io.StringIO(client.get("landmarks.csv").text.removeprefix("\ufeff"))))


def renumbered(folder, open_page) -> None:
    """a.png and b.png are labelled, then each has the next one's name, and a.png is a new photograph."""
    client = open_page()
    change(client, *TWO, index=0, name="change-a")
    change(client, {"attribute": "checked", "old": None, "new": "yes"}, kind="attribute", index=0, name="change-b")
    change(client, place([7, 8]), place([3, 3], landmark="alare"), index=1, name="change-c")
    (folder / "c.png").unlink()
    (folder / "b.png").rename(folder / "c.png")
    (folder / "a.png").rename(folder / "b.png")
    Image.fromarray(np.full((90, 120, 3), 7, np.uint8)).save(folder / "a.png")


def test_renumbered_photographs_keep_their_points_and_the_new_one_has_none(folder, open_page):
    renumbered(folder, open_page)
    client = open_page()
    images = client.get("images").json()["images"]
    assert [(row["name"], row["said"], row["checked"]) for row in images] == [
        ("a.png", 0, False), ("b.png", 2, True), ("c.png", 2, False),
    ]  # fmt: skip
    assert [(row["image"], row["nasion_x"]) for row in rows_of(client)] == [("b.png", "5"), ("c.png", "7")]
    told = [client.get(f"images/{index}").json() for index in range(3)]
    assert [one["points"].get("nasion") for one in told] == [None, [5, 6], [7, 8]]
    assert [bool(one["warning"]) for one in told] == [True, False, False]


def test_the_face_mesh_learns_from_a_photograph_by_its_content(folder, open_page):
    renumbered(folder, open_page)
    photos, labels = Folder(folder), AllLabels(read(folder / NAME)[1])
    photos.adopt(labels)
    guesser = MeshGuesser(FAS14, labels, photos)
    nasion = FAS14.index("nasion")
    points = [guesser._points(photo) for photo in photos.photos]
    assert points[0] is None
    assert [one[nasion].tolist() for one in points[1:]] == [[5, 6], [7, 8]]


def test_a_content_that_was_relabelled_under_its_name_and_moved_away_is_found(folder, open_page):
    change(open_page(), *TWO)
    (folder / "a.png").rename(folder / "d.png")
    Image.fromarray(np.full((90, 120, 3), 7, np.uint8)).save(folder / "a.png")
    change(open_page(), place([7, 8]), place([3, 3], landmark="alare"), name="change-2")
    assert [(row["image"], row["nasion_x"]) for row in rows_of(open_page())] == [("a.png", "7"), ("d.png", "5")]


def test_a_copy_is_one_photograph_in_the_table(folder, open_page):
    change(open_page(), *TWO)
    (folder / "d.png").write_bytes((folder / "a.png").read_bytes())
    client = open_page()
    assert client.get("images/3").json()["points"]["nasion"] == [5, 6]
    assert [row["image"] for row in rows_of(client)] == ["a.png"]
    notes = json.loads(client.get("landmarks.csv").headers["x-notes"])
    assert "1 the same as another photograph (d.png first): left out" in notes


def test_a_photograph_that_went_while_it_was_labelled_is_told_and_the_others_are_in_the_table(folder, open_page):
    client = open_page()
    assert client.get("landmarks.csv").status_code == 400
    assert client.get("landmarks.csv").json()["problem"] == "nobody has placed two landmarks on a photograph yet"
    for index in (0, 1):
        change(client, *TWO, index=index, name=f"change-{index}")
    (folder / "a.png").unlink()
    assert [row["image"] for row in rows_of(client)] == ["b.png"]
    notes = json.loads(client.get("landmarks.csv").headers["x-notes"])
    gone = "1 in the journal, but not in the folder any more, or not readable (a.png first): left out"
    assert gone in notes


def test_a_share_that_went_away_is_asked_again(folder, open_page, monkeypatch):
    client = open_page()
    sha256 = sha_of(client)

    def away(*_):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("rtl_tf.app.folder.file_hash", away)
        answer = post(client, sha256)
    assert answer.status_code == 503
    assert answer.json()["problem"] == f"{folder / 'a.png'}: cannot be read (Input/output error)"
    assert read(folder / NAME)[1] == []
    assert post(client, sha256).status_code == 200
    (folder / "a.png").unlink()
    assert post(client, sha256).status_code == 200  # it is saved already
    answer = post(client, sha256, name="change-2")
    assert (answer.status_code, answer.json()["problem"]) == (
        400, f"{folder / 'a.png'}: cannot be read (No such file or directory)"
    )  # fmt: skip


def post(client, sha256: str, name: str = "change-1", **more):
    body = {"change": name, "kind": "place", "sha256": sha256, "changes": [place([5, 6])]}
    return client.post("images/0/changes", json=body | more)


def test_a_photograph_that_cannot_be_decoded_now_is_asked_again(folder, open_page, monkeypatch):
    client = open_page()
    sha256 = sha_of(client)
    content = (folder / "a.png").read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr("rtl_tf.app.pictures.read_image", lambda path: read_image(folder / "nothing.png"))
        os.utime(folder / "a.png", (1, 1))  # decoded anew
        assert post(client, sha256).status_code == 503
    assert (folder / "a.png").read_bytes() == content
    assert post(client, sha256).status_code == 200


def test_an_empty_folder_is_a_share_that_went_away(folder, tmp_path, open_page):
    client = open_page()
    sha256 = sha_of(client)
    folder.rename(tmp_path / "elsewhere")
    folder.mkdir()
    assert post(client, sha256).status_code == 503


def test_a_disk_that_hangs_lets_the_next_change_wait(folder, open_page, monkeypatch):
    client, real = open_page(), os.fsync
    sha256, asked, goes_on = sha_of(client), threading.Event(), threading.Event()

    def hang(file):
        asked.set()
        assert goes_on.wait(60)
        real(file)

    monkeypatch.setattr("os.fsync", hang)
    monkeypatch.setattr("rtl_tf.app.session.PATIENCE", 0.01)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(post, client, sha256)
        assert asked.wait(60)
        answer = post(client, sha256, name="change-2")
        goes_on.set()
        assert first.result().status_code == 200
    assert answer.status_code == 503
    assert answer.json()["problem"] == f"{folder / NAME}: the change before is still being written"


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_journal_that_another_program_took_away_is_told(folder, open_page, how):
    client = open_page()
    assert post(client, sha_of(client)).status_code == 200
    content = (folder / NAME).read_bytes()
    (folder / NAME).rename(folder / "kept")
    if how == "replaced":
        (folder / NAME).write_bytes(content)
    second = place([7, 8], old=[5, 6])
    answer = change(client, second, name="change-2")
    assert answer.status_code == 507
    assert answer.json()["problem"].startswith(f"{folder / NAME}: moved, deleted or replaced by another program")
    assert (folder / "kept").read_bytes() == content
    assert client.get("images/0").json()["points"] == {"nasion": [5, 6]}
    (folder / "kept").rename(folder / NAME)
    assert change(client, second, name="change-2").status_code == 200


def test_an_undo_is_of_what_was_done_last(folder, open_page):
    client = open_page()
    change(client, place([5, 6]), name="change-1")
    change(client, place([9, 9], landmark="gnathion"), name="change-2")
    back = {"landmark": "nasion", "old": [5, 6], "new": None}
    answer = change(client, back, kind="undo", name="change-3", after="change-1")
    assert answer.status_code == 409
    assert answer.json()["problem"] == "the last change was made in another window: look at it again"
    assert client.get("images/0").json()["points"] == {"nasion": [5, 6], "gnathion": [9, 9]}
    back = {"landmark": "gnathion", "old": [9, 9], "new": None}
    change(client, {"attribute": "subject", "new": "P7"}, kind="attribute", name="change-4")
    assert change(client, back, kind="undo", name="change-5", after="change-2").status_code == 200


@pytest.mark.parametrize("what", ["guess", "overview", "tiles/0/0", "heatmap/nasion"])
def test_nothing_of_a_replaced_photograph_comes_onto_the_one_that_is_shown(folder, open_page, what):
    client = open_page()
    guess_of(client)
    address = f"images/0/{what}?of={sha_of(client)}"
    assert client.get(address).status_code == 200
    Image.fromarray(np.full((90, 120, 3), 40, np.uint8)).save(folder / "a.png")
    assert client.get(address).status_code == 409
    assert client.get(address).json()["problem"] == "the photograph's file has changed: look at it again"


class OfPixels(KnownGuesser):
    """A guess that depends on what the photograph shows."""

    def guess(self, photo, pixels) -> Guess:
        return Guess({"nasion": (float(pixels[0, 0, 0]), 1.0)}, self.name)


def test_a_photograph_that_was_replaced_is_looked_at_anew(folder, open_page):
    client = open_page(guesser=OfPixels)
    assert guess_of(client)["points"] == {"nasion": [90, 1]}
    Image.fromarray(np.full((90, 120, 3), 40, np.uint8)).save(folder / "a.png")
    assert guess_of(client)["points"] == {"nasion": [40, 1]}


def test_the_face_mesh_of_a_replaced_photograph_is_found_anew(folder, monkeypatch):
    seen = []
    monkeypatch.setattr("rtl_tf.app.mesh_guesses.meshes_in", lambda pixels: seen.append(int(pixels[0, 0, 0])))
    photos = Folder(folder)
    guesser = MeshGuesser(FAS14, AllLabels(), photos)
    for value in (70, 40):
        Image.fromarray(np.full((90, 120, 3), value, np.uint8)).save(folder / "a.png")
        for _ in range(2):
            guesser.guess(photos.photos[0], read_image(folder / "a.png"))
    assert seen == [70, 40]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' names are text")
def test_names_that_are_not_utf_8_take_nothing_down(tmp_path):
    folder = tmp_path / "Zo\udceb"
    write_photographs(folder)
    write_photographs(folder, ["Zo\udceb"])
    opened = served(folder, ACCESS)
    client = next(opened)
    images = client.get("images").json()["images"]
    assert [row["name"] for row in images] == ["Zo\\udceb.png", "a.png", "b.png", "c.png"]
    assert images[0]["flags"] == ["cannot be read"]
    assert "its name is not UTF-8; rename it" in images[0]["problem"]
    assert client.get("session").json()["folder"].endswith("Zo\udceb")
    assert client.get("images/0").status_code == 400
    opened.close()
