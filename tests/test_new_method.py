"""A method of one's own is one line: nothing else has to know of it."""

import csv

import pytest
from toys import toy_source

from rtl_tf.cli import evaluate
from rtl_tf.cli.train import make_parser
from rtl_tf.experiments import building
from rtl_tf.experiments.data import DataLoader
from rtl_tf.experiments.experiment import run_experiment
from rtl_tf.methods import CAM, METHODS, SAM, Method
from rtl_tf.reports.figures.style import curve_style
from rtl_tf.reports.figures.writing import draw_runs
from rtl_tf.runs.designs import parse_study
from rtl_tf.runs.history import read_history
from rtl_tf.runs.run import read_run
from rtl_tf.studies.planning import make_plan
from rtl_tf.training.objective import objective_of

STUDY = 'title = "Both attentions"\nseeds = 1\n[[runs]]\nmethod = ["ft", "at"]\n'


def test_both_attentions_together_are_trained_planned_tabulated_and_drawn(table, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(METHODS, "at", Method("at", "AT", regularizers=(SAM, CAM)))  # the line
    monkeypatch.setattr(building, "load_source", lambda name, size, **more: toy_source(size))
    assert make_parser().parse_args(["--method", "at"]).method == "at"

    typed = {"data": str(table), "schema": str(table / "toy.toml"), "image_size": 64, "epochs": 1, "batch_size": 4}
    typed |= {"decoder_filters": 8, "temperature": 2.0}
    study, root, loader = parse_study(STUDY, "table", "at"), tmp_path / "runs", DataLoader()
    tasks = make_plan(study, typed, 1, root).tasks
    assert [task.title for task in tasks] == ["ft, seed 0", "at, seed 0"]
    for task in tasks:
        run_experiment(task.asked, loader=loader)
    assert "at, lambda 0.002 from source dlib" in capsys.readouterr().out
    assert make_plan(study, typed, 1, root).tasks == ()

    run = read_run(tasks[1].asked.output)
    assert run.resolved["lambda"] == 0.002 and run.resolved["temperature"] is None
    assert read_history(run.folder / "history.csv")[0]["regularizer"] > 0

    assert evaluate.main(["--table", "1", "--runs", str(root)]) == 0
    with open(root / "table0/reports/table1.csv", encoding="utf-8") as file:
        assert {row["row"] for row in csv.DictReader(file) if row["seeds"] == "1"} == {"FT", "AT"}
    drawing = draw_runs("6", [read_run(task.asked.output) for task in tasks], root, {})
    shown = [text.get_text().partition(":")[0] for text in drawing.figure.legends[0].get_texts()]
    assert shown == ["FT", "AT"]


def test_it_looks_like_no_other_in_figures(monkeypatch):
    monkeypatch.setitem(METHODS, "at", Method("at", "AT", regularizers=(SAM, CAM)))
    styles = [curve_style(method.title, 0) for method in METHODS.values()]
    assert all(styles.count(one) == 1 for one in styles)


def test_a_loss_or_function_that_does_not_exist_is_named():
    with pytest.raises(AttributeError, match="of_dreams"):
        objective_of(Method("at", "AT", loss="of_dreams"))
