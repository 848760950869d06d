"""The view of a head as a person said it: in the journal, in the table, and in what rtl-measure makes of it."""

import csv

import pytest

pytest.importorskip("starlette")
pytest.importorskip("httpx2")

import test_app_server  # noqa: E402
from test_app_ruler import PLACES, exported, labelled  # noqa: E402
from test_app_server import FAS14, change, guess_of, place  # noqa: E402

from rtl_tf.app.entries import VIEW  # noqa: E402
from rtl_tf.app.journal import NAME, read  # noqa: E402
from rtl_tf.cli.measure import main as measure  # noqa: E402
from rtl_tf.datasets import load  # noqa: E402
from rtl_tf.system.notes import InputWarning  # noqa: E402

client, folder = test_app_server.client, test_app_server.folder
FISSURE, HEIGHT = "palpebral_fissure_length", "nasal_height"
FOUND = {"exocanthion": (20, 30), "endocanthion": (50, 30), "nasion": (60, 20), "subnasale": (60, 60)}


def say(client, new, old=None, index=0, number=1, **more):
    return change(client, place(new, old, VIEW), index=index, name=f"view-{index}-{number}", **more)


def test_it_is_in_the_journal_undone_as_a_landmark_and_counts_as_none(client, folder):
    assert say(client, "lateral").json()["points"] == {VIEW: "lateral"}
    assert say(client, None, "lateral", number=2, kind="undo", after="view-0-1").json()["points"] == {}
    assert say(client, "lateral", number=3, kind="redo", after="view-0-2").status_code == 200
    told = [(one.kind, one.what, one.old, one.new, one.who, one.image) for one in read(folder / NAME)[1]]
    about = ("tester", "a.png")
    assert told == [
        ("place", VIEW, None, "lateral", *about), ("undo", VIEW, "lateral", None, *about),
        ("redo", VIEW, None, "lateral", *about),
    ]  # fmt: skip
    assert [one["landmark"] for one in client.get("images/0").json()["history"]] == [VIEW] * 3
    assert client.get("images").json()["images"][0]["said"] == 0


@pytest.mark.parametrize(
    ("new", "kind", "problem"),
    [
        ("above", "place", "changes[0].new: 'above' is none of frontal, oblique, lateral"),
        ([1, 2], "place", "changes[0].new: expected text, there is a list"),
        ("frontal", "accept", "changes: only a place can be accepted"),
        ("frontal", "not visible", "changes[0]: only a landmark can be not visible"),
    ],
)
def test_what_is_no_view_is_refused_in_a_line(client, folder, new, kind, problem):
    answer = say(client, new, kind=kind)
    assert answer.status_code == 400 and problem in answer.json()["problem"]
    assert read(folder / NAME)[1] == []


def test_a_view_that_another_window_changed_is_told(client):
    say(client, "frontal")
    answer = say(client, "lateral", number=2)
    assert answer.status_code == 409
    assert answer.json()["problem"] == "head view was changed in another window: look at it again"


def test_the_page_knows_what_is_outside_of_each_view(client):
    told = client.get("session").json()["view"]
    assert (told["name"], list(told["outside"])) == (VIEW, ["frontal", "oblique", "lateral"])
    side = {one.name for one in FAS14.measurements if one.views == ("lateral",)}
    front = {one.name for one in FAS14.measurements if one.views == ("frontal",)}
    assert side and FISSURE in front
    assert {view: set(reasons) for view, reasons in told["outside"].items()} == {
        "frontal": side, "oblique": side | front, "lateral": front,
    }  # fmt: skip
    found = guess_of(client, 1)
    assert (found["view"], found["outside"]) == ("oblique", told["outside"]["oblique"])


def measured(monkeypatch, folder, *words):
    """Rows of `rtl-measure` in the folder, by image and measurement."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr("rtl_tf.clinic.scales.with_doubts", lambda faces, *_: faces)  # these make no face in mm
    assert measure(list(words)) == 0
    with open("measurements.csv", encoding="utf-8", newline="") as file:
        return {(row["image"], row["measurement"]): row for row in csv.DictReader(file)}


def test_the_table_has_it_and_rtl_measure_measures_by_it(client, folder, monkeypatch):
    """On c.png nobody has said a view, and no face can be found: all that needs one is withheld."""
    labelled(client)
    say(client, "frontal")
    say(client, "lateral", index=1)  # and no landmark
    change(client, *(place(value, landmark=name) for name, value in PLACES.items()), index=2, name="c-points")
    rows, notes = exported(folder)
    assert [(row["image"], row["view"], row["error"]) for row in rows] == [
        ("a.png", "frontal", ""), ("b.png", "lateral", "nobody has placed two landmarks"), ("c.png", "", ""),
    ]  # fmt: skip
    assert notes[1:] == [
        "1 with a scale or view alone (b.png first): their rows are for rtl-measure --facts, not for train.py"
    ]
    with pytest.warns(InputWarning, match="rows with an error, left out: 1"):
        assert [sample.attributes.get("view") for sample in load(folder)] == ["frontal", ""]

    own = measured(monkeypatch, folder, "landmarks.csv", "--mm-per-px", "0.5")
    assert (own["a.png", FISSURE]["value"], own["a.png", FISSURE]["note"]) == ("15.000", "")
    unknown = "view unknown (no face was found around the landmarks); stands for the head's in a frontal view alone"
    assert own["c.png", FISSURE]["note"] == unknown

    header = ["image", *(f"{name}_{axis}" for name in FAS14.names for axis in "xy")]
    cells = [str(value) for name in FAS14.names for value in FOUND.get(name, ("", ""))]
    lines = [header, *([f"{name}.png", *cells] for name in "ab")]
    (folder / "found.csv").write_text("\n".join(map(",".join, lines)))
    for flag in ("--facts", "--corrected"):
        found = measured(monkeypatch, folder, "found.csv", flag, "landmarks.csv", "--mm-per-px", "0.5")
        assert [found[f"{name}.png", FISSURE]["view"] for name in "ab"] == ["frontal", "lateral"]
        assert (found["a.png", FISSURE]["value"], found["a.png", FISSURE]["note"]) == ("15.000", "")
        aside = found["b.png", FISSURE]
        assert aside["note"] == "lateral view; stands for the head's in a frontal view alone"
        assert (found["b.png", HEIGHT]["value"], found["b.png", HEIGHT]["note"]) == ("20.000", "")


def test_a_view_that_was_taken_back_is_in_no_table(client, folder):
    labelled(client)
    say(client, "frontal")
    say(client, None, "frontal", number=2)
    rows, _ = exported(folder)
    assert "view" not in rows[0]
