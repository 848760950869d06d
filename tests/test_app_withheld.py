"""Landmarks that a person deleted or said to be not visible: the page, the table and `rtl-measure` say the same."""

import csv

import pytest

pytest.importorskip("uvicorn")
pytest.importorskip("httpx2")

import app_page  # noqa: E402
import test_app_server  # noqa: E402
from app_page import STATE, mark, saved, shown  # noqa: E402
from app_server import POINTS  # noqa: E402
from browser import wait  # noqa: E402
from test_app_head_view import FISSURE, HEIGHT, measured  # noqa: E402
from test_app_ruler import exported  # noqa: E402
from test_app_server import FAS14, change, place  # noqa: E402

from rtl_tf.app.__main__ import main as app  # noqa: E402
from rtl_tf.datasets import load  # noqa: E402
from rtl_tf.exceptions import InputError  # noqa: E402
from rtl_tf.system.notes import InputWarning  # noqa: E402

client, folder = test_app_server.client, test_app_server.folder
browser, serve, server = app_page.browser, app_page.serve, app_page.server
NOT_VISIBLE, DELETED = "landmarks_not_visible", "landmarks_deleted"
FOUND = POINTS | {"subnasale": (70.0, 65.0)}  # 40 px below the nasion


def write_found(folder, names):
    """What a detector found: a fissure of 30 px, a nose of 40 px."""
    header = ["image", "mm_per_px", *(f"{name}_{axis}" for name in FAS14.names for axis in "xy")]
    cells = [str(value) for name in FAS14.names for value in FOUND.get(name, ("", ""))]
    (folder / "found.csv").write_text("\n".join(map(",".join, [header, *([name, "0.5", *cells] for name in names)])))


def test_the_table_names_them_and_rtl_measure_leaves_them_out(client, folder, monkeypatch):
    """On a.png beside two landmarks, on b.png alone, on c.png beside one."""
    two = [place([x, y], landmark=name) for name, x, y in (("nasion", 5, 6), ("gnathion", 5, 66))]
    change(client, *two, place("deleted", landmark="exocanthion"), place("deleted", landmark="alare"))
    change(client, place("not visible", landmark="subnasale"), kind="not visible", name="change-2")
    change(client, place("deleted", landmark="nasion"), kind="deleted", index=1, name="change-3")
    change(client, place([70, 35], landmark="nasion"), index=2, name="change-4")
    rows, notes = exported(folder)
    assert [(row["image"], row[NOT_VISIBLE], row[DELETED], row["nasion_x"], row["error"]) for row in rows] == [
        ("a.png", "subnasale", "exocanthion; alare", "5", ""),
        ("b.png", "", "nasion", "", "nobody has placed two landmarks"),
        ("c.png", "", "", "70", "nobody has placed two landmarks"),
    ]
    assert notes[1:] == [
        "1 with one landmark, or all on one spot (c.png first): their rows are for rtl-measure --corrected, not "
        "for train.py",
        "1 with landmarks that are deleted or not visible, and none with a place (b.png first): their rows are for "
        "rtl-measure --corrected, not for train.py",
    ]
    with pytest.warns(InputWarning, match="rows with an error, left out: 2"):
        assert [sample.image.name for sample in load(folder)] == ["a.png"]
    write_found(folder, ("a.png", "b.png", "c.png"))
    found = measured(monkeypatch, folder, "found.csv", "--corrected", "landmarks.csv", "--view", "frontal")
    assert [(found[image, name]["value"], found[image, name]["note"]) for image, name in (
        ("a.png", FISSURE), ("a.png", HEIGHT), ("b.png", FISSURE), ("b.png", HEIGHT), ("c.png", HEIGHT),
    )] == [
        ("", "deleted by a person: exocanthion"), ("", "not visible: subnasale"),
        ("15.000", ""), ("", "deleted by a person: nasion"), ("15.000", ""),
    ]  # fmt: skip
    assert found["a.png", "fissure_to_nose"]["note"] == "deleted by a person: exocanthion; not visible: subnasale"
    assert found["c.png", HEIGHT]["placed_by"] == "both"
    own = measured(monkeypatch, folder, "landmarks.csv", "--view", "frontal", "--mm-per-px", "0.5")
    assert own["a.png", FISSURE]["note"] == "no endocanthion; deleted by a person: exocanthion"


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({DELETED: "nasin"}, "landmarks_deleted: landmark 'nasin' is none of schema fas14: did you mean 'nasion'?"),
        (
            {DELETED: "alare;nasion"},
            "landmarks_deleted: landmark nasion has a place, too: empty the cells of the wrong one",
        ),
        ({NOT_VISIBLE: "alare", DELETED: "; alare"}, "landmarks_deleted: landmark alare is named twice"),
    ],
)  # fmt: skip
def test_what_they_cannot_be_is_refused(folder, monkeypatch, cells, problem):
    write_found(folder, ["a.png"])
    header, row = (line.split(",") for line in (folder / "found.csv").read_text().split("\n"))
    lines = [[*header, *cells], [*row, *cells.values()]]
    (folder / "said.csv").write_text("\n".join(map(",".join, lines)))
    with pytest.raises(InputError) as refused:
        measured(monkeypatch, folder, "found.csv", "--corrected", "said.csv")
    assert str(refused.value) == f"said.csv row 2: {problem}"


@pytest.mark.parametrize(("key", "said"), [("Delete", "deleted by a person"), ("x", "not visible")])
def test_page_and_table_agree(browser, server, monkeypatch, key, said):
    assert browser.run(STATE)["name"] == "b.png" and shown(browser, FISSURE) == "30.00 px"
    browser.click(*browser.middle(mark("exocanthion")))
    browser.press(key)
    saved(browser)
    wait(lambda: len(server.entries()) == 1, "the change")
    assert shown(browser, FISSURE) == "\u2013"
    server.kill()
    assert app(["--export", str(server.folder / "landmarks.csv"), str(server.folder)]) == 0
    write_found(server.folder, ["b.png"])
    found = measured(monkeypatch, server.folder, "found.csv", "--corrected", "landmarks.csv", "--view", "frontal")
    assert (found["b.png", FISSURE]["value"], found["b.png", FISSURE]["note"]) == ("", f"{said}: exocanthion")
    assert found["b.png", HEIGHT]["value"] == "20.000"
    with open(server.folder / "landmarks.csv", encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert [row[column] for column in (DELETED, NOT_VISIBLE) if column in row] == ["exocanthion"]
    server.start()
