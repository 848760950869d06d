"""What a study still has to train, by the settings of the runs that are there."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_runs import make_predictions
from PIL import Image
from toy_table import NAMES, write_table
from toys import toy_samples

from rtl_tf.cli.pack import main as pack
from rtl_tf.cli.train import make_parser
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.lineage import write_record
from rtl_tf.experiments.resolving import dataset_key, found_out, read_dataset, resolve, thinned
from rtl_tf.networks.catalogue import SOURCES as SOURCES_BY_NAME
from rtl_tf.networks.weight_files import locate
from rtl_tf.reports import commands
from rtl_tf.reports.tables import TABLES
from rtl_tf.runs.config_file import asked_to_json, from_json, to_json
from rtl_tf.runs.designs import load_study, parse_study
from rtl_tf.runs.finding import find_runs
from rtl_tf.runs.history import COLUMNS, write_history
from rtl_tf.runs.layout import SOURCES, VALIDATION
from rtl_tf.runs.predictions import write_predictions
from rtl_tf.runs.run import read_run
from rtl_tf.runs.selection import select
from rtl_tf.studies.epochs import epochs_left, epochs_of
from rtl_tf.studies.jobs import Job, share_callback, state_of
from rtl_tf.studies.planning import make_plan
from rtl_tf.system.lock import alone_in

TABLE_2, TABLE_4 = load_study("table", "2"), load_study("table", "4")


@pytest.fixture
def typed(table):
    """Flags that a person types for all runs."""
    return {"data": str(table), "schema": str(table / "toy.toml"), "image_size": 64, "epochs": 4}


def fake(task, *, epochs=4, validated=False, tested=False):
    """The folder of a task, as a training leaves it that got so far."""
    settings, folder = resolve(task.asked), Path(task.asked.output)
    folder.mkdir(parents=True)
    facts = found_out(settings, read_dataset(*dataset_key(settings)))
    config = {"asked": asked_to_json(task.asked), "resolved": to_json(settings) | facts}
    (folder / "config.json").write_text(json.dumps(config))
    write_history(folder / "history.csv", [dict.fromkeys(COLUMNS, 0.5) | {"epoch": n + 1} for n in range(epochs)])
    predictions = make_predictions(np.ones((4, 3)), landmarks=NAMES)
    if validated or tested:
        write_predictions(folder / VALIDATION, predictions)
    if tested:
        write_predictions(folder / "predictions.csv", predictions)
        (folder / "metrics.json").write_text("{}")
    return folder


def folders(plan, root):
    return [Path(task.asked.output).relative_to(root).as_posix() for task in plan.tasks]


def test_all_of_a_study_seed_by_seed(typed, tmp_path):
    plan = make_plan(TABLE_2, typed, 2, tmp_path)
    assert [(task.asked.method, task.asked.seed) for task in plan.tasks] == [
        (one["method"], seed) for seed in (0, 1) for one in TABLE_2.configurations
    ]
    name = Path(typed["data"]).name
    assert folders(plan, tmp_path)[:2] == [f"{name}/ft/seed0", f"{name}/rtl-co/seed0"]
    assert not any(task.resume for task in plan.tasks) and not plan.done
    assert {task.asked.epochs for task in plan.tasks} == {4} and len(
        {task.asked.split_seed for task in plan.tasks}
    ) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_a_study_names_wins_over_the_preset_and_its_default_is_not_spelt_out(typed, tmp_path):
    tasks = make_plan(TABLE_4, typed, 1, tmp_path).tasks
    assert [task.asked.skip_connections for task in tasks] == [None, True]
    assert [task.title for task in tasks] == ["ft, skip_connections False, seed 0", "ft, skip_connections True, seed 0"]
    tasks = make_plan(load_study("figure", "10"), typed, 1, tmp_path).tasks
    assert [resolve(task.asked).reg_weight for task in tasks] == [0.0, 2e-5, 2e-4, 2e-3, 2e-2]


def test_flags_go_to_the_methods_that_they_apply_to(typed, tmp_path):
    tasks = make_plan(TABLE_2, typed | {"reg_weight": 0.02, "sigma": 2.0}, 1, tmp_path).tasks
    assert {task.asked.method: task.asked.reg_weight for task in tasks if task.asked.method in ("ft", "rtl-eo")} == {
        "ft": None,
        "rtl-eo": 0.02,
    }
    assert {task.asked.sigma for task in tasks} == {2.0}


def test_finished_runs_are_found_wherever_they_lie(typed, tmp_path):
    first, second = make_plan(TABLE_4, typed, 1, tmp_path).tasks
    fake(first, tested=True).rename(tmp_path / "elsewhere")
    plan = make_plan(TABLE_4, typed, 1, tmp_path)
    assert [run.folder for run in plan.done] == [tmp_path / "elsewhere"]
    assert [task.title for task in plan.tasks] == [second.title]
    fake(second, tested=True)
    assert make_plan(TABLE_4, typed, 1, tmp_path).tasks == ()


def test_a_run_that_was_killed_before_its_metrics_goes_on(typed, tmp_path):
    (first, _) = make_plan(TABLE_4, typed, 1, tmp_path).tasks
    (fake(first, tested=True) / "metrics.json").unlink()
    assert [task.resume for task in make_plan(TABLE_4, typed, 1, tmp_path).tasks] == [True, False]


def test_runs_serve_every_study_that_wants_their_settings(typed, tmp_path):
    (ft, *_) = make_plan(TABLE_2, typed, 1, tmp_path).tasks
    fake(ft, tested=True)
    for name, wanted in (("1", 1), ("2", 1), ("4", 1), ("samples", 1), ("robustness", 1), ("3", 1)):
        assert len(make_plan(load_study("table", name), typed, 1, tmp_path).done) == wanted, name


@pytest.mark.parametrize(
    "other",
    [{"epochs": 5}, {"learning_rate": 0.5}, {"image_size": 32}, {"split_seed": 1}, {"train_images": 8}],
    ids=str,
)
def test_runs_of_other_settings_do_not_count_and_are_left_alone(typed, tmp_path, other):
    for task in make_plan(TABLE_4, typed | other, 1, tmp_path).tasks:
        fake(task, tested=True)
    plan = make_plan(TABLE_4, typed, 1, tmp_path)
    name = Path(typed["data"]).name
    assert not plan.done and folders(plan, tmp_path) == [f"{name}/ft-2/seed0", f"{name}/ft-skip_connections-2/seed0"]


def test_settings_that_change_no_result_do_not_part_runs(typed, tmp_path):
    for task in make_plan(TABLE_4, typed | {"cache_gb": 1.0, "memory_gb": 0.0}, 1, tmp_path).tasks:
        fake(task, tested=True)
    assert make_plan(TABLE_4, typed, 1, tmp_path).tasks == ()


def test_other_data_of_the_same_name_do_not_count(typed, tmp_path):
    for task in make_plan(TABLE_4, typed, 1, tmp_path / "runs").tasks:
        fake(task, tested=True)
    other = tmp_path / Path(typed["data"]).name
    other.mkdir()
    write_table(other, toy_samples(other, count=24, seed=1))
    plan = make_plan(TABLE_4, typed | {"data": str(other)}, 1, tmp_path / "runs")
    assert not plan.done and folders(plan, tmp_path / "runs")[0] == f"{other.name}/ft-2/seed0"


def test_a_begun_run_is_gone_on_with(typed, tmp_path):
    tasks = make_plan(TABLE_4, typed, 2, tmp_path).tasks
    folder = fake(tasks[0], epochs=3)
    again = make_plan(TABLE_4, typed | {"memory_gb": 1.0}, 2, tmp_path).tasks
    assert [task.resume for task in again] == [True, False, False, False]
    assert Path(again[0].asked.output) == folder and again[0].asked.memory_gb is None
    assert again[0].work == pytest.approx(tasks[0].work / 4)


def test_a_run_that_never_opened_the_test_part_is_gone_on_with_for_a_table_and_done_for_a_figure(typed, tmp_path):
    figure = load_study("figure", "10")
    tasks = make_plan(figure, typed, 1, tmp_path).tasks
    for task in tasks:
        fake(task, validated=True)
    assert len(make_plan(figure, typed, 1, tmp_path).done) == 5
    of_table = {task.asked.method: task for task in make_plan(TABLE_2, typed, 1, tmp_path).tasks}
    usual = next(task for task in tasks if resolve(task.asked).reg_weight == 0.002)
    assert of_table["rtl-eo"].resume and of_table["rtl-eo"].asked.output == usual.asked.output
    assert not any(task.resume for method, task in of_table.items() if method != "rtl-eo")


def test_runs_without_a_finished_test_warn_of_nothing(typed, tmp_path):
    begun, validated = make_plan(TABLE_4, typed, 1, tmp_path).tasks
    fake(validated, validated=True)
    assert find_runs(tmp_path)[1] == []
    fake(begun)
    assert "is not finished" in find_runs(tmp_path)[1][0]


def test_a_damaged_run_is_named_and_trained_elsewhere(typed, tmp_path):
    first, second = make_plan(TABLE_4, typed, 1, tmp_path).tasks
    folder = fake(first, tested=True)
    (folder / "predictions.csv").write_text("image\n")
    broken = fake(second, tested=True)
    (broken / "config.json").write_text("{")
    plan = make_plan(TABLE_4, typed, 1, tmp_path)
    assert any(f"{folder}/predictions.csv: missing column" in warning for warning in plan.warnings)
    assert any(f"{broken}/config.json: not JSON" in warning for warning in plan.warnings)
    assert all("-2/seed0" in task.asked.output for task in plan.tasks)


def test_runs_that_were_packed_without_predictions_are_trained_anew_and_told_in_one_line(typed, tmp_path):
    for task in make_plan(TABLE_4, typed, 1, tmp_path / "runs").tasks:
        fake(task, tested=True)
    pack([str(tmp_path / "runs"), "--output", str(tmp_path / "shared")])
    plan = make_plan(TABLE_4, typed, 1, tmp_path / "shared")
    assert len(plan.tasks) == 2 and not plan.done
    (line,) = plan.warnings
    assert line.startswith(f"2 runs in {tmp_path}/shared/runs.json.gz have no predictions (packed without), ")


def test_a_lambda_to_be_chosen_is_a_setting_of_its_own(typed, tmp_path):
    study = parse_study('title = "t"\nseeds = 1\n[[runs]]\nmethod = ["ft", "rtl-eo"]\n', "table", "x")
    ft, fixed = make_plan(study, typed, 1, tmp_path).tasks
    fake(ft, tested=True)
    fake(fixed, tested=True)
    (chosen,) = make_plan(study, typed | {"reg_weight": "auto"}, 1, tmp_path).tasks
    assert chosen.asked.reg_weight == "auto" and chosen.work == 5 * fixed.work
    folder = fake(chosen, tested=True)
    config = json.loads((folder / "config.json").read_text())
    config["resolved"]["lambda"] = 0.002
    (folder / "config.json").write_text(json.dumps(config))
    assert make_plan(study, typed | {"reg_weight": "auto"}, 1, tmp_path).tasks == ()
    assert [run.folder for run in make_plan(study, typed, 1, tmp_path).done] == [
        Path(ft.asked.output),
        Path(fixed.asked.output),
    ]


def test_the_alignment_source_is_the_one_that_was_pretrained(typed, tmp_path):
    def source():
        tasks = make_plan(load_study("table", "3"), typed, 1, tmp_path).tasks
        return next(task.asked.source for task in tasks if "youtube_faces" in task.title)

    assert source() == "youtube_faces"
    folder = tmp_path / SOURCES / "youtube_faces_keypoints-alignment-resnet50"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text("{}")
    (folder / "best.keras").write_bytes(b"weights")
    assert source() == str(folder)
    task = next(
        task
        for task in make_plan(load_study("table", "3"), typed, 1, tmp_path).tasks
        if task.asked.source == str(folder)
    )
    assert Path(task.asked.output).parent.name == "ft-youtube_faces"
    config = json.loads((fake(task, tested=True) / "config.json").read_text())
    config["resolved"]["encoder_stride"] = 32  # the network told it
    (Path(task.asked.output) / "config.json").write_text(json.dumps(config))
    assert len(make_plan(load_study("table", "3"), typed, 1, tmp_path).done) == 1
    shutil.rmtree(folder)  # what was trained from it stays done
    assert len(make_plan(load_study("table", "3"), typed, 1, tmp_path).done) == 1


def test_a_study_from_a_source_that_knows_its_test_people_is_refused(typed, tmp_path):
    data = read_dataset(typed["data"], typed["schema"], 64, "subject", 0)
    folder = tmp_path / SOURCES / "youtube_faces_keypoints-alignment-resnet50"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text("{}")
    (folder / "best.keras").write_bytes(b"weights")
    used = (*data.split.training, *data.split.validation)
    write_record(folder, None, data.hashes["dataset_hash"], data.samples, used)
    make_plan(load_study("table", "3"), typed, 1, tmp_path)
    with pytest.raises(InputError, match="it was trained on a person of the test part"):
        make_plan(load_study("table", "3"), typed | {"split_seed": 1}, 1, tmp_path)


def test_training_parts_of_the_learning_curve_are_nested(typed, tmp_path):
    tasks = make_plan(load_study("table", "samples"), typed, 1, tmp_path).tasks
    parts = {}
    for task in tasks:
        settings = resolve(task.asked)
        split = thinned(read_dataset(*dataset_key(settings)), settings)
        parts.setdefault(settings.train_fraction, set()).add((split.training, split.validation, split.test))
    assert list(parts) == [0.05, 0.1, 0.25, 0.5, 1.0]
    assert all(len(of_methods) == 1 for of_methods in parts.values())  # the same for all methods
    (*smaller, whole) = [next(iter(of_methods)) for of_methods in parts.values()]
    for less, more in zip(smaller, [*smaller[1:], whole], strict=True):
        assert set(less[0]) < set(more[0]) and less[1:] == more[1:]


def test_work_counts_images(typed, tmp_path):
    tasks = make_plan(load_study("table", "samples"), typed, 1, tmp_path).tasks
    whole, half = (next(task for task in tasks if f"train_fraction {share}" in task.title) for share in (1.0, 0.5))
    assert (whole.work, half.work) == (4 * (3 * 16 + 4), 4 * (3 * 16 + 4))


@pytest.mark.parametrize(
    ("more", "trainings"),
    [
        ({}, 1),
        ({"lambda": "auto"}, 5),
        ({"folds": 5}, 1 + 5),
        ({"folds": 5, "fold": 2}, 1),
        ({"parts": True}, 1 + 1),
        ({"lambda": "auto", "folds": 5, "parts": True}, 5 + 5 + 6),
    ],
)
def test_epochs_of_all_trainings_are_counted(more, trainings):
    """Fig. 10 has five values of lambda, of which one becomes the run's; parts are looked at in each fold too."""
    assert epochs_of(to_json(from_json({"epochs": 4} | more).resolved())) == 4 * trainings


def test_epochs_that_are_made_are_not_left(tmp_path):
    resolved = to_json(from_json({"epochs": 4, "folds": 3, "parts": True, "lambda": "auto"}).resolved())
    total = 4 * (5 + 3 + 4)
    assert epochs_left(tmp_path / "nowhere", resolved) == total

    def made(place, epochs):
        (tmp_path / place).mkdir(parents=True, exist_ok=True)
        rows = [dict.fromkeys(COLUMNS, 0.5) | {"epoch": number + 1} for number in range(epochs)]
        write_history(tmp_path / place / "history.csv", rows)

    for value in (0.0, 0.002):
        made(f"lambda_search/{value:g}", 4)
    assert epochs_left(tmp_path, resolved) == total - 8
    made(".", 4)  # the best of those that were tried, and none of its own
    made("parts", 4)
    made("folds/1", 4)
    made("folds/1/parts", 4)
    made("folds/2", 3)
    assert epochs_left(tmp_path, resolved) == total - 8 - 4 - 4 - 4 - 3
    (tmp_path / "folds" / "2" / "history.csv").write_text("epoch\n")
    assert epochs_left(tmp_path, resolved) == total
    (tmp_path / "out-of-fold-predictions.csv").touch()
    assert epochs_left(tmp_path, resolved) == 0


def test_a_share_is_of_the_epochs_of_all_trainings():
    told = []
    callback = share_callback(4, told.append)
    for epoch in (0, 1, 0, 1, 0):  # of two trainings, and one that was made once more
        callback.on_epoch_end(epoch)
    assert told == [0.25, 0.5, 0.75, 1.0, 1.0]


@pytest.mark.parametrize(
    ("kind", "name", "more", "message"),
    [
        ("table", "1", {"method": "ft"}, "--method: table 1 varies it, leave the flag out"),
        ("figure", "10", {"reg_weight": 0.1}, "--lambda: figure 10 varies it"),
        ("table", "4", {"skip_connections": True}, "--skip-connections: table 4 varies it"),
        ("table", "4", {"method": "rtl-eo"}, "--method: table 4 is of its own method, leave the flag out"),
        ("figure", "10", {"method": "ft"}, "--method ft: figure 10 varies lambda, which it does not have"),
        ("table", "1", {"sigma": -1.0}, "--sigma -1.0: must be"),
        ("table", "1", {"validation_images": 99}, "99 validation images: the validation part has 4"),
        ("table", "1", {"train_images": 99}, "99 training images: the training part has 16"),
        ("table", "1", {"train_images": 99, "train_fraction": 0.05}, "99 training images: the training part has 16"),
        ("table", "1", {"source": "nowhere"}, "--source nowhere: no known source"),
        ("table", "1", {"data": "nowhere"}, "data nowhere: no such file or folder"),
    ],
)
def test_what_is_wrong_is_found_before_anything_starts(typed, tmp_path, kind, name, more, message):
    with pytest.raises(InputError, match=message):
        make_plan(load_study(kind, name), typed | more, 1, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_study_holds_constant_can_be_asked_for(typed, tmp_path):
    tasks = make_plan(load_study("figure", "10"), typed | {"method": "rtl-sam"}, 1, tmp_path).tasks
    assert {task.asked.method for task in tasks} == {"rtl-sam"}


def test_a_plan_and_the_commands_below_a_table_name_the_same_folders(typed, tmp_path):
    (ft, *others) = make_plan(TABLE_2, typed, 1, tmp_path).tasks
    fake(ft, tested=True)
    runs = find_runs(tmp_path)[0]
    table = TABLES["2"]
    text = commands.missing_text(select(table.rows, table.varied, runs), table.varied, runs[0], tmp_path)
    lines = [shlex.split(line.partition("train.py ")[2]) for line in text.splitlines() if "train.py" in line]
    printed = [make_parser().parse_args(line) for line in lines]
    assert [options.output for options in printed] == [task.asked.output for task in others]
    assert [options.epochs for options in printed] == [task.asked.epochs for task in others]
    fake(others[0], epochs=1)
    assert read_run(others[0].asked.output).asked["method"] == "rtl-co"


def test_a_run_that_another_process_trains_is_left_to_it(typed, tmp_path):
    task = make_plan(TABLE_4, typed, 1, tmp_path).tasks[0]
    fake(task, epochs=1)
    with alone_in(task.asked.output):
        plan = make_plan(TABLE_4, typed, 1, tmp_path)
    assert [one.title for one in plan.tasks] == ["ft, skip_connections True, seed 0"] and not plan.done
    assert plan.warnings == (f"{task.asked.output} is being trained by another process",)
    assert make_plan(TABLE_4, typed, 1, tmp_path).tasks[0].resume


def test_a_source_trained_anew_in_its_folder_is_another_source(typed, tmp_path):
    source = tmp_path / "mine"
    source.mkdir()
    (source / "best.keras").write_bytes(b"weights")
    runs, typed = tmp_path / "runs", typed | {"source": str(source)}
    fake(make_plan(TABLE_4, typed, 1, runs).tasks[0], tested=True)
    assert len(make_plan(TABLE_4, typed, 1, runs).done) == 1
    (source / "best.keras").write_bytes(b"other weights")
    assert len(make_plan(TABLE_4, typed, 1, runs).done) == 0


def copied(table, tmp_path):
    """The data set at another place, to be changed."""
    return shutil.copytree(table, tmp_path / "elsewhere" / table.name)


def runs_there(typed, runs, **other):
    return len(make_plan(TABLE_4, typed | other, 1, runs).done)


def test_a_schema_counts_by_its_content_however_it_is_spelt(typed, table, tmp_path):
    runs, copy = tmp_path / "runs", copied(table, tmp_path)
    for task in make_plan(TABLE_4, typed, 1, runs).tasks:
        fake(task, tested=True)
    toml = copy / "toy.toml"
    toml.write_text("# mine\n" + toml.read_text().replace('"toy"', '"ours"'))
    assert runs_there(typed, runs, schema=str(toml)) == runs_there(typed, runs, data=str(copy)) == 2
    toml.write_text("".join(line for line in toml.open() if "mirrored_pairs" not in line))
    assert runs_there(typed, runs, schema=str(toml)) == 0


def test_pixels_beyond_the_first_64_kib_count(typed, table, tmp_path):
    runs, copy = tmp_path / "runs", copied(table, tmp_path)
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(copy / "000.png", compress_level=0)
    typed |= {"data": str(copy)}
    for task in make_plan(TABLE_4, typed, 1, runs).tasks:
        fake(task, tested=True)
    assert runs_there(typed, runs) == 2
    noise[-1] = 0
    size = (copy / "000.png").stat().st_size
    Image.fromarray(noise).save(copy / "000.png", compress_level=0)
    assert (copy / "000.png").stat().st_size == size
    assert runs_there(typed, runs) == 0


def test_a_weights_file_counts_by_its_content(typed, tmp_path):
    runs, file = tmp_path / "runs", tmp_path / "weights.h5"
    file.write_bytes(b"weights")
    for task in make_plan(TABLE_4, typed | {"source": "vggface2", "source_weights": str(file)}, 1, runs).tasks:
        fake(task, tested=True)
    shutil.copy(file, tmp_path / "moved.h5")
    assert runs_there(typed, runs, source="vggface2", source_weights=str(tmp_path / "moved.h5")) == 2
    file.write_bytes(b"other weights")
    assert runs_there(typed, runs, source="vggface2", source_weights=str(file)) == 0
    assert runs_there(typed, runs, source="vggface2") == 0
    with pytest.raises(InputError, match="--source-weights .*none.h5: no such file"):
        runs_there(typed, runs, source="vggface2", source_weights=str(tmp_path / "none.h5"))


def test_a_copy_of_the_published_weights_is_the_published_source(typed, tmp_path):
    weights = locate(SOURCES_BY_NAME["dlib"])
    runs = tmp_path / "runs"
    for task in make_plan(TABLE_4, typed, 1, runs).tasks:
        fake(task, tested=True)
    assert runs_there(typed, runs, source_weights=str(shutil.copy(weights, tmp_path / "copy.dat"))) == 2


def test_runs_of_before_images_were_hashed_whole_still_count(typed, tmp_path):
    for task in make_plan(TABLE_4, typed, 1, tmp_path).tasks:
        path = fake(task, tested=True) / "config.json"
        config = json.loads(path.read_text())
        for name in ("images_hash", "schema_hash"):
            del config["resolved"][name]
        path.write_text(json.dumps(config))
        shutil.copy(typed["schema"], path.with_name("schema.toml"))
    assert runs_there(typed, tmp_path) == 2


def test_a_begun_run_goes_on_with_data_schema_and_source_where_they_are_now(typed, table, tmp_path):
    source = tmp_path / "mine"
    source.mkdir()
    (source / "best.keras").write_bytes(b"weights")
    fake(make_plan(TABLE_4, typed | {"source": str(source)}, 1, tmp_path / "runs").tasks[0], epochs=2)
    copy, moved = copied(table, tmp_path), source.rename(tmp_path / "moved")
    now = {"data": str(copy), "schema": str(copy / "toy.toml"), "source": str(moved)}
    task = make_plan(TABLE_4, typed | now, 1, tmp_path / "runs").tasks[0]
    assert task.resume and {name: getattr(task.asked, name) for name in now} == now


def test_a_damaged_history_does_not_stop_the_others(typed, tmp_path):
    (fake(make_plan(TABLE_4, typed, 1, tmp_path).tasks[0], epochs=2) / "history.csv").write_text("epoch\n1\n")
    plan = make_plan(TABLE_4, typed, 1, tmp_path)
    assert [task.resume for task in plan.tasks] == [True, False] and plan.tasks[0].work == plan.tasks[1].work


def test_what_another_study_did_in_the_meantime_is_there(typed, tmp_path):
    first, second = make_plan(TABLE_4, typed, 1, tmp_path).tasks

    def state(task, validation_only=False):
        return state_of(Job(task.asked, task.run, False, validation_only, tmp_path / "log"))

    assert state(first) == (False, False)
    fake(first, epochs=2)
    assert state(first) == (True, False)
    fake(second, tested=True)
    assert state(second) == (True, True)
    (Path(second.asked.output) / "metrics.json").unlink()
    assert state(second) == (True, False) and state(second, validation_only=True) == (True, True)
    (Path(first.asked.output) / "config.json").write_text((Path(second.asked.output) / "config.json").read_text())
    assert state(first) == (False, False)  # of other settings: refused when it trains


def test_data_are_kept_as_an_absolute_path(typed, table, tmp_path, monkeypatch):
    monkeypatch.chdir(table.parent)
    task = make_plan(TABLE_4, typed | {"data": table.name}, 1, tmp_path).tasks[0]
    assert task.asked.data == table.name
    assert json.loads((fake(task) / "config.json").read_text())["resolved"]["data"] == str(table)
    built_in = make_plan(TABLE_4, {"data": "synthetic:subjects=5,scans=1", "image_size": 32}, 1, tmp_path).tasks[0]
    assert built_in.run.resolved["data"] == "synthetic:subjects=5,scans=1"


def test_a_plan_needs_no_tensorflow(typed, tmp_path):
    code = (
        "import sys; from pathlib import Path; from rtl_tf.studies.planning import make_plan; "
        "from rtl_tf.runs.designs import load_study; "
        f"make_plan(load_study('table', '1'), {typed!r}, 1, Path({str(tmp_path)!r})); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
