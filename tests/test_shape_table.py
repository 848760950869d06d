"""`evaluate.py --figure shape --data TABLE.csv`: shapes of what a detector found, or people labelled."""

import csv

import numpy as np
import pytest
from test_shape_figure import PEOPLE, SCHEMA, columns, draw, faces, run_with

from rtl_tf import cli
from rtl_tf.cli.evaluate import main
from rtl_tf.clinic.table_specimens import specimens_of_table
from rtl_tf.schema import schema_text

FACES = faces().astype(np.float32) + 20  # all inside their photographs
FOUND = "Shapes found by a detector, not placed by a person, in found.csv."


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """found.csv as predict.py writes it, and facts.csv: two photographs each of twelve people, six of a sex."""
    monkeypatch.chdir(tmp_path)
    write(FACES)
    told = columns()
    lines = [f"{index}.jpg,p{index // 2},0.5,{row['sex']},{row['age']},{row['yaw']}" for index, row in enumerate(told)]
    (tmp_path / "facts.csv").write_text("\n".join(["image,subject,mm_per_px,sex,age,yaw", *lines]) + "\n")
    return tmp_path


def write(points, name="found.csv", found=True, subjects=None):
    ends = ("_x", "_y", "_peak") if found else ("_x", "_y")
    about = ["image", *(["detector"] if found else []), *(["subject"] if subjects else [])]
    with open(name, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*about, *(landmark + end for landmark in SCHEMA.names for end in ends)])
        for index, face in enumerate(points):
            who = ["sha256:0"] * found + ([subjects[index]] if subjects else [])
            writer.writerow([f"{index}.jpg", *who, *(v for x, y in face.tolist() for v in (x, y, 0.9)[: len(ends)])])


def shape(*flags):
    return main(["--figure", "shape", *flags])


def test_shapes_of_photographs_are_those_of_a_run_that_found_the_same(folder, tmp_path, capsys):
    assert shape("--data", "found.csv", "--facts", "facts.csv", "--by", "sex", "--adjust", "age") == 0
    said = capsys.readouterr().out
    lines = draw(run_with(tmp_path / "runs", FACES, columns()), by="sex", adjust=["age"]).lines
    (tested,) = [line for line in lines if "Procrustes distance" in line and line.startswith("female")]
    assert tested in said and FOUND in said and "predictions" not in said
    with open("reports/figure-shape-by-sex.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * PEOPLE and (rows[3]["subject"], rows[3]["sex"], rows[3]["unit"]) == ("p1", "female", "mm")
    assert {file.suffix for file in (tmp_path / "reports").iterdir()} == {".png", ".pdf", ".csv"}
    assert "_peak" not in said and "Placements on one image" not in said


def test_a_person_for_each_photograph_where_nobody_tells_them(folder, capsys):
    assert shape("--data", "found.csv") == 0
    assert f"{2 * PEOPLE} images without a subject, each counted as a person." in capsys.readouterr().out


def test_frames_of_a_film_are_images_of_one_person_and_no_placements(folder, capsys):
    """Four films of six frames each, two of a group."""
    write(FACES)
    header, *rows = (folder / "found.csv").read_text().splitlines()
    told = [(f"{'abcd'[index // 6]}.mp4", index % 6, ("case", "control")[index // 12]) for index in range(24)]
    films = [
        f"{film},{frame},{group},{row.split(',', 1)[1]}" for (film, frame, group), row in zip(told, rows, strict=True)
    ]
    lines = "\n".join([header.replace("image,", "image,frame,group,"), *films])
    (folder / "films.csv").write_text(lines)
    assert shape("--data", "films.csv", "--by", "group") == 0
    said = capsys.readouterr().out
    assert "case (2 people) - control (2 people)" in said and "\nplacement " not in said
    assert "4 films without a subject, each counted as a person." in said
    with open("reports/figure-shape-by-group.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["image"], row["subject"]) for row in rows[5:7]] == [
        ("a.mp4 frame 5", "image a.mp4"), ("b.mp4 frame 0", "image b.mp4"),
    ]  # fmt: skip


def test_a_table_that_people_labelled(folder, capsys):
    write(FACES, "labels.csv", found=False, subjects=[f"p{index // 2}" for index in range(2 * PEOPLE)])
    assert shape("--data", "labels.csv", "--facts", "facts.csv", "--by", "sex", "--output", "out") == 0
    said = capsys.readouterr().out
    assert "Shapes labelled in labels.csv." in said and "detector" not in said
    assert (folder / "out" / "figure-shape-by-sex.png").exists()


def test_a_table_of_a_schema_of_ones_own(folder, capsys):
    """A landmark that no schema of the package has."""
    write(FACES, "mine.csv", found=False, subjects=[f"p{index // 2}" for index in range(2 * PEOPLE)])
    table, name = folder / "mine.csv", SCHEMA.names[0]
    table.write_text(table.read_text().replace(f"{name}_", "spot_"))
    (folder / "mine.toml").write_text(schema_text(SCHEMA.name).replace(f'"{name}"', '"spot"'))
    with pytest.raises(cli.InputError, match="missing landmarks of schema fas12"):
        specimens_of_table(table)
    specimens = specimens_of_table(table, schema="mine.toml")
    assert specimens.landmarks == ("spot", *SCHEMA.names[1:]) and len(specimens.points) == 2 * PEOPLE


def test_codes_as_they_are_written(folder, capsys):
    text = (folder / "facts.csv").read_text()
    (folder / "facts.csv").write_text(text.replace(",p0,", ",007,").replace(",p1,", ",7,"))
    with pytest.raises(cli.InputError, match=r"^subjects '007' \(facts.csv row 2\) and '7' \(facts.csv row 4\) differ"):
        shape("--data", "found.csv", "--facts", "facts.csv", "--by", "sex")
    assert shape("--data", "found.csv", "--facts", "facts.csv", "--by", "sex", "--subjects-as-written") == 0
    assert "female (6 people) - male (6 people)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--data", "found.csv", "--by", "group"],
            "--figure shape: --by group: no such column of the data table; there are",
        ),
        (["--data", "no.csv"], "data no.csv: no such file or folder"),
        (["--data", "found.csv", "--labels"], "--labels does not go with --data found.csv: a table is of no run"),
        (
            ["--data", "found.csv", "--where", "method=ft"],
            "--where does not go with --data found.csv: a table is of no run",
        ),
        (["--facts", "facts.csv"], "--facts goes with --figure shape --data TABLE.csv"),
        (
            ["--subjects-as-written"],
            "--subjects-as-written goes with --measurements, or --figure shape --data TABLE.csv",
        ),
        (["--schema", "mine.toml"], "--schema goes with --measurements, or --figure shape --data TABLE.csv"),
        (
            ["--data", "found.csv", "--schema", "fas13"],
            "found.csv row 1: unknown schema 'fas13'",
        ),
    ],
)
def test_what_is_refused(folder, capsys, flags, message):
    with pytest.raises(SystemExit) as stopped:
        cli.run(main, ["--figure", "shape", *flags])
    said = capsys.readouterr().err
    assert stopped.value.code == 2 and said.startswith(f"error: {message}") and said.count("\n") == 1
    assert not (folder / "reports").exists()
