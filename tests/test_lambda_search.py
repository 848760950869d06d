"""`--lambda auto`: chosen on the validation part, recorded, and the test part opened once."""

import json
import re
import zipfile

import h5py
import pytest
from toy_table import flags
from toys import write_network

from rtl_tf.cli.train import main
from rtl_tf.config import Asked
from rtl_tf.exceptions import InputError
from rtl_tf.experiments import experiment, lambda_search, preparing, results
from rtl_tf.experiments.lambda_search import choose_lambda
from rtl_tf.runs.finding import find_runs
from rtl_tf.runs.history import COLUMNS, write_history
from rtl_tf.runs.layout import VALIDATION
from rtl_tf.runs.run import read_run
from rtl_tf.runs.settings import setting

ERRORS = {0.0: 0.7, 2e-5: 0.66, 2e-4: 0.64, 2e-3: 0.64, 2e-2: 0.9}


@pytest.fixture
def run(tmp_path):
    """A folder whose run is to choose its lambda, and a training that makes up ERRORS and keeps a list of its calls."""
    config = {"asked": {"lambda": "auto"}, "resolved": {"lambda": "auto", "method": "rtl-eo"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    calls = []

    def train(value, folder):
        calls.append(value)
        folder.mkdir(parents=True, exist_ok=True)
        errors = enumerate([ERRORS[value] + 0.1, ERRORS[value], ERRORS[value] + 0.2], start=1)
        rows = [dict.fromkeys(COLUMNS, 0.0) | {"epoch": epoch, "val_error": error} for epoch, error in errors]
        write_history(folder / "history.csv", rows)
        write_network(folder / "best.keras", value)
        (folder / VALIDATION).write_text("image\n")

    return tmp_path, train, calls


def test_the_lowest_validation_error_wins_and_of_equals_the_smallest(run):
    folder, train, calls = run
    assert choose_lambda(folder, train) == 2e-4
    assert calls == list(ERRORS)
    record = json.loads((folder / "lambda_search.json").read_text())
    assert record["chosen"] == 2e-4 and "validation" in record["measure"]
    assert record["candidates"] == [
        {"lambda": value, "validation_error": error, "epoch": 2} for value, error in ERRORS.items()
    ]
    assert json.loads((folder / "config.json").read_text())["resolved"]["lambda"] == 2e-4
    with zipfile.ZipFile(folder / "best.keras") as file, h5py.File(file.open("model.weights.h5")) as weights:
        assert weights["value"][0] == 0.0002
    assert (folder / "history.csv").read_text() == (folder / "lambda_search" / "0.0002" / "history.csv").read_text()
    assert not list(folder.glob("lambda_search/*/best.keras"))


def test_an_interrupted_search_trains_what_is_missing(run, monkeypatch):
    folder, train, calls = run

    def interrupted(value, candidate):
        if value == 2e-3:
            raise KeyboardInterrupt
        train(value, candidate)

    with pytest.raises(KeyboardInterrupt):
        choose_lambda(folder, interrupted)
    assert not (folder / "lambda_search.json").exists() and not (folder / "best.keras").exists()
    assert choose_lambda(folder, train) == 2e-4 and calls == list(ERRORS)

    def never(value, candidate):
        raise AssertionError

    assert choose_lambda(folder, never) == 2e-4


def test_a_lost_network_is_told_before_more_is_trained(run):
    folder, train, calls = run
    train(2e-2, folder / "lambda_search" / "0.02")
    (folder / "lambda_search" / "0.02" / "best.keras").unlink()
    with pytest.raises(InputError, match=r"0.02/best.keras: no such file; remove .*/lambda_search/0.02, and --resume"):
        choose_lambda(folder, train)
    assert calls == [2e-2]


def test_a_run_that_chooses_its_lambda_is_the_run_with_that_lambda(table, tmp_path, monkeypatch):
    monkeypatch.setattr(lambda_search, "GRID", (0.0, 0.02))
    monkeypatch.setattr(preparing, "GRID", (0.0, 0.02))
    opened, write_results = [], results.write_results

    def once(folder, *args):
        opened.append(folder)
        write_results(folder, *args)

    monkeypatch.setattr(results, "write_results", once)
    folder = tmp_path / "runs" / "auto"
    main(flags(table, folder, "--lambda", "auto", "--validation-only"))
    assert opened == [] and (folder / VALIDATION).exists()
    with pytest.raises(InputError, match="has lambda = auto, now it is 0.02"):
        main(flags(table, folder, "--lambda", "0.02", "--resume"))
    main(flags(table, folder, "--lambda", "auto", "--resume"))
    assert opened == [folder] and [path.parent for path in folder.rglob("predictions.csv")] == [folder]

    record = json.loads((folder / "lambda_search.json").read_text())
    for candidate in record["candidates"]:
        text = (folder / "lambda_search" / f"{candidate['lambda']:g}" / "history.csv").read_text()
        errors = [float(line.split(",")[5]) for line in text.splitlines()[1:]]
        assert candidate["validation_error"] == min(errors)
    assert record["chosen"] == min(record["candidates"], key=lambda one: one["validation_error"])["lambda"]

    fixed = tmp_path / "fixed"
    main(flags(table, fixed, "--lambda", str(record["chosen"])))
    for name in ("predictions.csv", VALIDATION, "metrics.json"):
        assert (folder / name).read_bytes() == (fixed / name).read_bytes(), name
    config = json.loads((folder / "config.json").read_text())
    assert config["asked"]["lambda"] == "auto" and config["resolved"]["lambda"] == record["chosen"]
    assert setting(read_run(folder), "lambda") == "auto"
    assert [one.folder for one in find_runs(tmp_path / "runs")[0]] == [folder]  # candidates are no runs of a table


def test_auto_is_a_value_of_lambda_alone():
    assert Asked(reg_weight="auto").resolved().reg_weight == "auto"
    with pytest.raises(InputError, match=re.escape("--lambda auto: method ft has no regularizer")):
        experiment.resolve(Asked(method="ft", reg_weight="auto"))
