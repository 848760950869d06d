"""A ruler in the journal: what is refused, what becomes of it in the table, from which rtl-measure takes it."""

import csv

import pytest

pytest.importorskip("starlette")
pytest.importorskip("httpx2")

import test_app_server  # noqa: E402
from test_app_server import FAS14, change, place  # noqa: E402

from rtl_tf.app.entries import RULER, RULER_ENDS, RULER_MM, VIEW, marks  # noqa: E402
from rtl_tf.app.folder import Folder  # noqa: E402
from rtl_tf.app.journal import NAME, read  # noqa: E402
from rtl_tf.app.labels import AllLabels  # noqa: E402
from rtl_tf.app.training_table import training_table  # noqa: E402
from rtl_tf.cli import run as run_command  # noqa: E402
from rtl_tf.cli.measure import main as measure  # noqa: E402
from rtl_tf.datasets import load  # noqa: E402
from rtl_tf.exceptions import InputError  # noqa: E402
from rtl_tf.schema import Landmark, Schema  # noqa: E402
from rtl_tf.system.notes import InputWarning  # noqa: E402

client, folder = test_app_server.client, test_app_server.folder
FIRST, SECOND = RULER_ENDS
PLACES = {"exocanthion": [20, 30], "endocanthion": [50, 30]}


def labelled(client, *parts, index=0):
    """Two landmarks and parts of a ruler, (name, value)."""
    names = [*(PLACES.items() if index == 0 else ()), *parts]
    changes = [place(value, landmark=name) for name, value in names]
    assert change(client, *changes, index=index, name=f"change-{index}").status_code == 200


def ruler(mm=10, end=(40, 50)):
    return (FIRST, [10, 10]), (SECOND, list(end)), (RULER_MM, mm)


def exported(folder):
    """The table as rtl-app --export writes it, and its notes."""
    photographs, labels = Folder(folder), AllLabels(read(folder / NAME)[1])
    photographs.adopt(labels)
    table = training_table(photographs, labels, FAS14)
    table.write(folder / "landmarks.csv")
    with open(folder / "landmarks.csv", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file)), table.notes


def test_the_table_is_written_again_but_not_over_a_column_that_somebody_added(client, folder):
    view = place("frontal", landmark=VIEW)
    assert change(client, view, index=0, name="change-7").status_code == 200
    labelled(client, *ruler())
    exported(folder)
    exported(folder)
    table = folder / "landmarks.csv"
    header, *rows = table.read_text("utf-8-sig").splitlines()
    table.write_text("\n".join([f"{header},group", *(f"{row},case" for row in rows)]), encoding="utf-8")
    typed = table.read_bytes()
    with pytest.raises(InputError, match="there already, with columns that rtl-app does not write: group;"):
        exported(folder)
    assert table.read_bytes() == typed


def test_a_ruler_is_in_the_journal_and_counts_as_no_landmark(client, folder):
    told = change(client, *(place(value, landmark=name) for name, value in ruler())).json()
    assert told["points"] == {FIRST: [10, 10], SECOND: [40, 50], RULER_MM: 10}
    entries = read(folder / NAME)[1]
    assert [(entry.kind, entry.what, entry.old, entry.new) for entry in entries] == [
        ("place", FIRST, None, (10, 10)), ("place", SECOND, None, (40, 50)), ("place", RULER_MM, None, 10),
    ]  # fmt: skip
    assert client.get("images").json()["images"][0]["said"] == 0
    gone = [place("deleted", old=told["points"][name], landmark=name) for name in RULER]
    change(client, *gone, kind="deleted", name="change-2")
    assert client.get("images/0").json()["points"] == dict.fromkeys(RULER, "deleted")
    back = [place(one["old"], old="deleted", landmark=one["landmark"]) for one in gone]
    assert change(client, *back, kind="undo", name="change-3", after="change-2").json()["points"] == told["points"]


@pytest.mark.parametrize(
    ("one", "kind", "problem"),
    [
        (place([500, 6], landmark=FIRST), "place", "changes[0]: lies outside the photograph"),
        (place(7, landmark=FIRST), "place", "changes[0].new: expected a list"),
        (place([1, 2], landmark=RULER_MM), "place", "changes[0].new: expected a number of mm"),
        (
            place(0, landmark=RULER_MM),
            "place",
            "changes[0].new: expected a number of mm from 0.01 to 10000",
        ),
        (place("deleted", landmark=RULER_MM, old="7"), "deleted", "changes[0].old: '7' is none of deleted"),
        (place("not visible", landmark=FIRST), "not visible", "changes[0]: only a landmark can be not visible"),
    ],
)
def test_what_is_no_ruler_is_refused_in_a_line(client, folder, one, kind, problem):
    answer = change(client, one, kind=kind)
    assert answer.status_code == 400 and problem in answer.json()["problem"]
    assert read(folder / NAME)[1] == []


def test_a_schema_with_a_landmark_of_the_rulers_name_is_refused():
    own = Schema("own", "", (Landmark(FIRST, "1", "left end"),), ())
    with pytest.raises(InputError, match="^schema own: landmark 'ruler end 1': rtl-app calls something else so"):
        marks(own)


def test_the_table_has_the_ruler_and_its_scale_which_rtl_measure_takes(client, folder, monkeypatch, capsys):
    labelled(client, *ruler())  # 50 px
    rows, notes = exported(folder)
    columns = ("ruler_x1", "ruler_y1", "ruler_x2", "ruler_y2", "ruler_mm", "mm_per_px")
    assert [float(rows[0][name]) for name in columns] == [10, 10, 40, 50, 10, 0.2]
    assert not [note for note in notes if "ruler" in note]
    found = {"image": "a.png"} | {f"{name}_{axis}": rows[0][f"{name}_{axis}"] for name in FAS14.names for axis in "xy"}
    (folder / "found.csv").write_text("\n".join(",".join(line) for line in (found, found.values())))
    monkeypatch.chdir(folder)
    for table in (["landmarks.csv"], ["found.csv", "--facts", "landmarks.csv"]):
        with pytest.raises(SystemExit) as ended:
            run_command(measure, [*table, "--view", "frontal"])
        assert ended.value.code == 0, capsys.readouterr().err
        with open("measurements.csv", encoding="utf-8", newline="") as file:
            row = next(csv.DictReader(file))
        expected = ("6.000", "ruler", "0.20000", "0.02828")
        assert (row["value"], row["scale"], row["mm_per_px"], row["scale_error"]) == expected


def test_of_two_scales_the_rulers_is_in_the_table_and_what_is_wrong_is_told(client, folder):
    labelled(client, *ruler())
    change(client, {"attribute": "mm_per_px", "new": "0.5"}, kind="attribute", name="change-7")
    labelled(client, *ruler(mm=100), index=1)  # and no landmark
    labelled(client, ("nasion", [1, 2]), ("alare", [9, 2]), *ruler(end=(10, 10)), index=2)
    rows, notes = exported(folder)
    assert [(row["image"], row["mm_per_px"], row["ruler_mm"]) for row in rows] == [
        ("a.png", "0.2", "10.0"), ("b.png", "2.0", "100.0"), ("c.png", "", ""),
    ]  # fmt: skip
    assert notes[1:] == [
        "1 with a ruler that makes no scale (c.png first): give both ends and the mm between them, or remove it",
        "1 with a ruler and another number of mm in one px (a.png first): the ruler's scale is in the table",
        "1 with a scale or view alone (b.png first): their rows are for rtl-measure --facts, not for train.py",
    ]
    assert [row["error"] for row in rows] == ["", "nobody has placed two landmarks", ""]
    with pytest.warns(InputWarning, match="rows with an error, left out: 1 .row 3 first"):
        assert [sample.image.name for sample in load(folder)] == ["a.png", "c.png"]


def test_a_scale_alone_is_enough_to_measure_what_the_detector_found(client, folder, monkeypatch):
    labelled(client, *ruler(), index=1)  # and no landmark
    rows, _ = exported(folder)
    assert [row["image"] for row in rows] == ["b.png"]
    found = {"image": "b.png"} | dict.fromkeys((f"{name}_{axis}" for name in FAS14.names for axis in "xy"), "")
    found |= {"exocanthion_x": "20", "exocanthion_y": "30", "endocanthion_x": "50", "endocanthion_y": "30"}
    (folder / "found.csv").write_text("\n".join(",".join(line) for line in (found, found.values())))
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as ended:
        run_command(measure, ["found.csv", "--facts", "landmarks.csv", "--view", "frontal"])
    assert ended.value.code == 0
    with open("measurements.csv", encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    assert (row["value"], row["scale"], row["scale_error"]) == ("6.000", "ruler", "0.02828")
    assert row["note"] == ""


def test_a_ruler_that_is_not_whole_leaves_what_was_typed(client, folder):
    labelled(client, *ruler()[:2])
    change(client, {"attribute": "mm_per_px", "new": "0.5"}, kind="attribute", name="change-7")
    rows, notes = exported(folder)
    assert rows[0]["mm_per_px"] == "0.5" and "ruler_mm" not in rows[0]
    assert any(note.startswith("1 with a ruler that makes no scale (a.png first)") for note in notes)


def test_a_ruler_of_one_end_is_told(client, folder):
    labelled(client, *ruler()[:1])
    assert any(note.startswith("1 with a ruler that makes no scale (a.png first)") for note in exported(folder)[1])
