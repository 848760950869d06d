"""`rtl-frames`: which frames it takes, what it keeps of a film, what it refuses."""

import csv

import numpy as np
import pytest
from film_files import number_of, numbered, write_film

from rtl_tf.cli import run as run_command
from rtl_tf.cli.frames import main
from rtl_tf.clinic.best_frames import best_frames, write_best
from rtl_tf.clinic.facts import read_facts, with_facts
from rtl_tf.clinic.marked_faces import full_name, read_faces
from rtl_tf.images import read_image

POINTS = {"nasion_x": "10", "nasion_y": "10", "nasion_peak": "0.9"}


@pytest.fixture
def frames(tmp_path, monkeypatch, capsys):
    """Write rows of a film's frames (number, yaw, sharpness, more) to found.csv and run the command: status, words."""
    monkeypatch.chdir(tmp_path)
    write_film(tmp_path / "a.mp4", numbered(20))

    def call(rows, *arguments):
        cells = [
            {"image": "a.mp4", "frame": number, "time_s": number / 10, "yaw": yaw, "sharpness": sharp, "face": "",
             "error": "", "flags": "", **POINTS, **more}
            for number, yaw, sharp, more in rows
        ]  # fmt: skip
        with open("found.csv", "w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, list(cells[0]))
            writer.writeheader()
            writer.writerows(cells)
        with pytest.raises(SystemExit) as ended:
            run_command(main, ["found.csv", *map(str, arguments)])
        said = capsys.readouterr()
        return ended.value.code, said.out or said.err

    return call


def read(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


FRONT = [(0, 3, 5.0, {}), (1, 2, 5.2, {}), (5, -14, 4.0, {}), (9, 1, 9.0, {"flags": "two peaks"}), (12, 0, 3.0, {})]
OTHERS = [(2, 40, 1.0, {}), (6, -50, 2.0, {}), (14, 80, 7.0, {}), (15, "", 9.9, {}), (16, 0, 9.9, {"error": "none"})]


def test_the_sharpest_of_each_view_apart_in_time(frames, tmp_path):
    status, said = frames(FRONT + OTHERS, "-n", 2, "--output", "best.csv")
    assert status == 0 and "written: best.csv" in said
    assert (tmp_path / "best.csv").read_bytes().startswith(b"\xef\xbb\xbfimage,")
    rows = read("best.csv")
    assert [(row["view"], row["frame"]) for row in rows] == [
        *(("frontal", "1"), ("frontal", "5")),  # not 0, which is 0.1 s off, nor 9, which has flags
        *(("oblique", "6"), ("oblique", "2"), ("lateral", "14")),
    ]
    assert list(rows[0])[-1] == "view" and rows[0]["nasion_x"] == "10" and rows[0]["image"] == "a.mp4"
    assert frames(FRONT, "-n", 9, "--apart", 0, "--output", "best.csv")[0] == 0
    assert [row["frame"] for row in read("best.csv")] == ["1", "0", "5", "12", "9"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.mp4", "best.csv", "found.csv"]  # no picture


def test_its_own_table_is_written_again_but_not_over_people(frames):
    people = [(number, yaw, sharp, {"subject": "p1"}) for number, yaw, sharp, _ in FRONT]
    assert frames(people, "--output", "best.csv")[0] == 0
    assert frames(people, "--output", "best.csv")[0] == 0
    assert {row["subject"] for row in read("best.csv")} == {"p1"}
    refused = (2, "error: --output best.csv: there already, and not written by rtl-frames; name another file\n")
    assert frames(FRONT, "--output", "best.csv") == refused
    assert frames([(*row[:3], {"subject": ""}) for row in FRONT], "--output", "best.csv") == refused


def test_a_table_to_which_somebody_added_a_column_is_kept(frames, tmp_path):
    assert frames(FRONT, "--output", "best.csv")[0] == 0
    header, *rows = (tmp_path / "best.csv").read_text("utf-8-sig").splitlines()
    (tmp_path / "best.csv").write_text("\n".join(["age," + header, *(f"7,{row}" for row in rows)]) + "\n")
    why = "there already, with columns that rtl-frames does not write: age; name another file"
    assert frames(FRONT, "--output", "best.csv") == (2, f"error: --output best.csv: {why}\n")
    aged = [(*row[:3], {"age": "7"}) for row in FRONT]  # of the films' own table: nothing is lost
    assert frames(aged, "--output", "best.csv")[0] == 0 and read("best.csv")[0]["age"] == "7"


def test_films_whose_pictures_differ_in_case_alone_are_refused(frames, tmp_path):
    write_film(tmp_path / "A.mp4", numbered(20))
    rows = [FRONT[0], (*FRONT[0][:3], {"image": "A.mp4"})]
    assert frames(rows, "--frames", "kept") == (
        2, "error: --frames: a.mp4 and A.mp4: pictures of one would overwrite the other's\n",
    )  # fmt: skip


def test_pictures_only_where_they_are_asked_for(frames, tmp_path):
    assert frames(FRONT + OTHERS, "-n", 1, "--frames", "kept", "--output", "lists/best.csv")[0] == 0
    kept = {"a_000001.png": 1, "a_000006.png": 6, "a_000014.png": 14}
    assert {file.name: number_of(read_image(file)) for file in (tmp_path / "kept").iterdir()} == kept
    assert [row["image"] for row in read("lists/best.csv")] == [f"../kept/{name}" for name in kept]
    status, said = frames(FRONT + OTHERS, "-n", 1, "--frames", "kept")
    assert (status, said) == (2, "error: --frames kept/a_000001.png: there already; name another folder\n")


def test_pictures_of_a_film_are_photographs_that_know_their_film(frames, tmp_path):
    assert frames(FRONT + OTHERS, "-n", 1, "--frames", "kept", "--output", "best.csv")[0] == 0
    rows = read("best.csv")
    assert [(row["image"], row["film"], row["frame"]) for row in rows][:2] == [
        ("kept/a_000001.png", "a.mp4", "1"), ("kept/a_000006.png", "a.mp4", "6"),
    ]  # fmt: skip
    assert frames(FRONT, "--frames", "more", "--output", "best.csv")[0] == 0  # its own table
    (tmp_path / "facts.csv").write_text("image,subject,age\na.mp4,anna,7\nmore/a_000005.png,ben,\n")
    one = 'name = "one"\nsource = "made up"\n[[landmarks]]\nname = "nasion"\nlabel = "n"\nanatomy = "a spot"\n'
    (tmp_path / "one.toml").write_text(one)
    _, faces = read_faces("best.csv", "one.toml")
    assert [full_name(face) for face in faces] == [f"more/a_{number:06d}.png" for number in (1, 5, 12)]
    told = with_facts(faces, read_facts(tmp_path / "facts.csv"))
    assert [(face.subject, face.cells.get("age", "")) for face in told] == [("anna", "7"), ("ben", ""), ("anna", "7")]
    kept = best_frames(tmp_path / "found.csv", 1)
    write_best(tmp_path / "films.csv", *kept, None)
    assert [full_name(face) for face in read_faces("films.csv", "one.toml")[1]] == ["a.mp4 frame 1"]


def test_what_is_wrong_is_said_in_one_line(frames, tmp_path):
    assert frames(FRONT, "--output", "found.csv")[1] == (
        "error: --output found.csv: there already, and not written by rtl-frames; name another file\n"
    )
    assert frames([(0, "x", 5.0, {})])[1].startswith("error: found.csv row 2: ")
    assert frames([(0, "", 5.0, {})])[1] == "error: found.csv: no frame with landmarks and a view of the head\n"
    assert frames(FRONT, "-n", 0)[1] == "error: -n 0: one frame of each view at least\n"
    assert frames([(40, 0, 5.0, {})], "--frames", "kept")[1] == (
        "error: a.mp4: has no frame 40; is it another film than the table's?\n"
    )
    (tmp_path / "a.mp4").unlink()
    assert frames(FRONT)[0] == 0  # the table is enough
    assert frames(FRONT, "--frames", "more")[1] == "error: a.mp4: no such film\n"


def test_a_film_whose_frames_were_saved_is_as_it_was(frames, tmp_path):
    before = (tmp_path / "a.mp4").read_bytes()
    frames(FRONT, "--frames", "kept")
    assert (tmp_path / "a.mp4").read_bytes() == before
    assert read_image(tmp_path / "kept" / "a_000005.png").shape == np.shape(numbered(1)[0])


def test_a_table_of_photographs_is_refused(tmp_path, capsys):
    (tmp_path / "photographs.csv").write_text("image,nasion_x,nasion_y\na.png,1,2\n")
    with pytest.raises(SystemExit) as ended:
        run_command(main, [str(tmp_path / "photographs.csv")])
    assert ended.value.code == 2 and capsys.readouterr().err.endswith(
        "photographs.csv row 1: no column frame, time_s, yaw, sharpness; give what predict.py wrote of films\n"
    )
