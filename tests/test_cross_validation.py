"""Folds of the training part: whom each leaves out, what a run keeps of them, and the blend that they choose."""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from toy_table import flags, refused, toy_source_beside

from rtl_tf.cli.train import main
from rtl_tf.config import Asked
from rtl_tf.csv_rows import read_own_rows
from rtl_tf.datasets import load, splits
from rtl_tf.exceptions import InputError
from rtl_tf.experiments import cross_validation, doubt_signs, experiment
from rtl_tf.experiments.blending import Apart, choose_blend
from rtl_tf.experiments.cross_validation import joined
from rtl_tf.experiments.lineage import write_record
from rtl_tf.experiments.resolving import dataset_key, read_dataset, resolve, thinned
from rtl_tf.records import Sample, Split
from rtl_tf.runs.predictions import Predictions, read_predictions
from rtl_tf.runs.run import read_run
from rtl_tf.training import fit as fit_module


def people(*counts: int) -> list[Sample]:
    return [
        Sample(Path(f"/data/{person}-{image}.png"), np.zeros((3, 2)), f"p{person}")
        for person, count in enumerate(counts)
        for image in range(count)
    ]


def test_folds_hold_whole_people_in_nearly_equal_numbers():
    samples = people(*[3] * 4, *[1] * 9, 5)
    training = tuple(range(len(samples) - 5))
    folds = splits.folds(samples, training, 4)
    assert sorted(index for fold in folds for index in fold) == list(training)
    assert max(map(len, folds)) - min(map(len, folds)) <= 1
    owners = Counter(person for fold in folds for person in {samples[index].subject for index in fold})
    assert set(owners.values()) == {1}
    assert folds == splits.folds(samples, training, 4) != splits.folds(samples, training, 4, seed=1)


def test_folds_never_change():
    """Fixed for good, as the split is: a run must be repeatable, and go on where it was killed."""
    samples = people(2, 1, 3, 1, 1, 2, 1, 1)
    assert splits.folds(samples, range(10), 3, seed=3) == [(3, 4, 5, 7), (0, 1, 6), (2, 8, 9)]
    assert splits.folds(samples, range(10), 3, by="scan", seed=3) == [(3, 4, 5, 6), (2, 7, 8), (0, 1, 9)]


def test_a_fold_takes_the_place_of_the_test_part():
    whole = Split((0, 1, 2, 3), (4,), (5, 6))
    assert splits.without_fold(whole, [(0, 3), (1, 2)], 2) == Split((0, 3), (4,), (1, 2))
    with pytest.raises(InputError, match="--fold 3: there are 2"):
        splits.without_fold(whole, [(0, 3), (1, 2)], 3)


@pytest.mark.parametrize("count", [1, 4])
def test_more_folds_than_people_or_one_are_refused(count):
    with pytest.raises(InputError, match=f"--folds {count}: use 2 to 3, as many subjects as the training part has"):
        splits.folds(people(2, 2, 2), range(6), count)


def test_the_blend_is_the_share_with_the_smallest_error_over_all_answers():
    """Truth 0; the network errs by +2 and the mesh by -3, in boxes of 10 and 20 px: 0 at 2 / 5."""

    def answer(side: float, names: str) -> Apart:
        ones = np.ones((len(names), 1, 2)) * (1, 0)
        return Apart(2 * ones, -3 * ones, 0 * ones, np.full(len(names), side), tuple(names))

    assert choose_blend([answer(10, "abc"), answer(20, "de")]) == 0.4
    assert choose_blend([answer(10, "abc"), answer(20, "a")]) == 0.5  # of three people nothing is chosen
    one = answer(10, "abcde")
    small = one._replace(network=-one.network, mesh=one.mesh, sides=one.sides / 100)  # the network's
    assert choose_blend([one, small]) == 0.0


def test_joined_predictions_are_in_the_order_of_names():
    def told(*names):
        number = np.array([float(name) for name in names], np.float32)
        points = np.broadcast_to(number[:, None, None], (len(names), 1, 2))
        peaks = points[..., 0]
        return Predictions(names, names, ("nasion",), points, points, peaks, points, points, number, number)

    both = joined([told("3", "1"), told("2")])
    assert both.images == both.subjects == ("1", "2", "3") and both.landmarks == ("nasion",)
    assert both.points[:, 0, 0].tolist() == both.mm_per_px.tolist() == [1.0, 2.0, 3.0]


def run_flags(table, output):
    return flags(table, output, "--method", "ft", "--folds", "2", epochs=1)


def test_a_run_with_folds_predicts_each_training_image_by_a_network_without_its_person(table, tmp_path, monkeypatch):
    trained = {}

    def listening(detector, training, *more, **options):
        trained[str(more[3])] = len(training.images)
        return fit(detector, training, *more, **options)

    fit = fit_module.fit
    monkeypatch.setattr("rtl_tf.experiments.experiment.fit", listening)
    monkeypatch.setattr(doubt_signs, "yaw_in", lambda image, box: box[2])  # toys have no face
    run = tmp_path / "run"
    main(run_flags(table, run))
    told = read_predictions(run / "out-of-fold-predictions.csv")
    training = [line.split(",") for line in (run / "split.csv").read_text().splitlines() if line.endswith(",training")]
    assert sorted(told.images) == sorted(row[0] for row in training) and np.isfinite(told.points).all()
    whole, *folds = trained.values()
    assert sum(whole - images for images in folds) == whole and len(folds) == 2
    assert not (run / "folds").exists() and (run / "metrics.json").exists()
    kept = json.loads((run / "config.json").read_text())["resolved"]
    assert (kept["folds"], kept["fold"]) == (2, 0)
    first = tmp_path / "first"
    main([*run_flags(table, first), "--fold", "1"])
    alone = read_predictions(first / "predictions.csv")
    rows = [told.images.index(name) for name in alone.images]
    for name in ("points", "rivals", "unlikeness", "yaw"):
        np.testing.assert_array_equal(getattr(told, name)[rows], getattr(alone, name))
    assert np.isfinite(told.unlikeness).all() and (told.yaw > 0).all() and (told.mirrored == 0).all()
    assert (run / "familiar_faces.json").read_bytes() != (first / "familiar_faces.json").read_bytes()


def test_without_a_test_part_all_people_are_trained_on_and_folds_tell_the_errors(table, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(doubt_signs, "yaw_in", lambda image, box: box[2])  # toys have no face
    held_out, run = tmp_path / "held-out", tmp_path / "run"
    main(run_flags(table, held_out))
    main([*run_flags(table, run), "--no-test-part"])
    assert "tested by folds" in (output := capsys.readouterr().out) and "Training part, by its folds: " in output
    before, parts = (
        {name: {row.cells["image"] for row in read_own_rows(folder / "split.csv") if row.cells["part"] == name}
         for name in ("training", "validation", "test")}
        for folder in (held_out, run)
    )  # fmt: skip
    assert parts["training"] == before["training"] | before["test"] and not parts["test"]
    assert parts["validation"] == before["validation"]
    told, found = (read_predictions(run / name) for name in ("out-of-fold-predictions.csv", "predictions.csv"))
    assert set(found.images) == parts["training"]
    np.testing.assert_array_equal(found.points, told.points)
    assert json.loads((run / "metrics.json").read_text())["images"] == len(found.images)
    card = json.loads((run / "card.json").read_text())
    assert card["judged_on"] == "training part, by its folds" and set(card["data"]["parts"]) == {
        "training",
        "validation",
    }
    assert "Errors on the training part, by its folds" in (run / "MODEL_CARD.md").read_text()
    assert len((run / "test.csv").read_text().splitlines()) == 1 + len(found.images)


def test_without_a_test_part_one_fold_is_tested_on_its_people(table, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(doubt_signs, "yaw_in", lambda image, box: box[2])  # toys have no face
    run = tmp_path / "run"
    main([*run_flags(table, run), "--no-test-part", "--fold", "1"])
    assert "Test part: " in capsys.readouterr().out and not read_run(run).cross_validated
    part_of = {row.cells["image"]: row.cells["part"] for row in read_own_rows(run / "split.csv")}
    tested = {image for image, part in part_of.items() if part == "test"}
    assert tested and set(read_predictions(run / "predictions.csv").images) == tested


def test_a_fold_searches_lambda_without_its_people(table, tmp_path, monkeypatch):
    begin, candidates = experiment.run_experiment, []

    def asked_for(candidate, **more):
        candidates.append(candidate)
        raise KeyboardInterrupt

    monkeypatch.setattr(experiment, "run_experiment", asked_for)
    asked = Asked(**{"data": str(table), "schema": str(table / "toy.toml"), "image_size": 64, "epochs": 1})
    asked = asked.but(
        source=str(toy_source_beside(table)), reg_weight="auto", folds=2, fold=2, output=str(tmp_path / "run")
    )
    with pytest.raises(KeyboardInterrupt):
        begin(asked)
    (settings,) = [resolve(candidate) for candidate in candidates]
    dataset, fold = read_dataset(*dataset_key(settings)), resolve(asked)
    assert settings.reg_weight == 0.0 and thinned(dataset, settings) == thinned(dataset, fold)
    assert len(thinned(dataset, settings).training) < len(dataset.split.training)


def test_without_a_test_part_and_folds_nothing_would_tell_the_errors(table, tmp_path):
    asked = flags(table, tmp_path / "run", "--method", "ft", "--no-test-part", epochs=1)
    told = "--no-test-part: nothing would tell the errors, give --folds 5 as well"
    refused(asked, told, tmp_path / "run")
    study = ["--table", "4", "--data", str(table), "--schema", str(table / "toy.toml"), "--no-test-part"]
    refused([*study, "--runs", str(tmp_path / "runs")], told, tmp_path / "runs")


def test_folds_of_a_run_from_another_are_out_of_sample(table, tmp_path, monkeypatch, capsys):
    """The source knows five of twelve people, of a time when the data were fewer: all five are always trained on."""
    monkeypatch.setattr(doubt_signs, "yaw_in", lambda image, box: box[2])  # toys have no face
    samples, source = load(table, str(table / "toy.toml")), tmp_path / "source"
    known = {"s0", "s1", "s2", "s3", "s4"}
    source.mkdir()
    shutil.copy(toy_source_beside(table), source / "source.keras")
    used = [index for index, sample in enumerate(samples) if sample.subject in known]
    write_record(source, "", "before", samples, used)
    run = tmp_path / "run"
    more = ("--method", "ft", "--folds", "2", "--source", str(source / "source.keras"))
    main(flags(table, run, *more, epochs=1))
    part_of = {row.cells["image"]: row.cells for row in read_own_rows(run / "split.csv")}
    judged = set(read_predictions(run / "out-of-fold-predictions.csv").images)
    strangers = {image for image, row in part_of.items() if row["part"] == "training" and row["subject"] not in known}
    assert judged == strangers and len(strangers) == 6
    assert {row["part"] for row in part_of.values() if row["subject"] in known} == {"training"}
    said = capsys.readouterr().err
    assert said.count("warning: --folds: of people whom the source does not know; the others are trained on") == 1
    crowded = [*flags(table, tmp_path / "other", *more, epochs=1), "--folds", "5"]
    message = "--folds 5: the source knows all but 3 of the training part's 8 subjects: give at most --folds 3, or a"
    refused(crowded, message, tmp_path / "other")


def test_a_run_that_was_killed_between_folds_goes_on(table, tmp_path, monkeypatch):
    class Killed(Exception):
        pass

    def killed(*arguments):
        raise Killed

    run, whole = tmp_path / "run", tmp_path / "whole"
    monkeypatch.setattr(cross_validation, "write_predictions", killed)
    with pytest.raises(Killed):
        main(run_flags(table, run))
    assert (run / "folds" / "2" / "best.keras").exists() and not (run / "metrics.json").exists()
    monkeypatch.undo()
    main([*run_flags(table, run), "--resume"])
    main(run_flags(table, whole))
    name = "out-of-fold-predictions.csv"
    assert (run / name).read_text() == (whole / name).read_text() and not (run / "folds").exists()


def test_folds_that_cannot_be_are_refused_before_anything_is_written(table, tmp_path):
    refused(flags(table, tmp_path / "run", "--folds", "99"), "--folds 99: use 2 to ", tmp_path / "run")
    refused(flags(table, tmp_path / "run", "--folds", "2", "--fold", "3"), "--fold 3: there are 2", tmp_path / "run")
    refused(flags(table, tmp_path / "run", "--fold", "1"), "--fold 1: goes with --folds", tmp_path / "run")
