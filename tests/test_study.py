"""`train.py --table`: what it says and leaves, with runs that are made up, and one study that really trains."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import worker_tasks
from toy_table import ROOT, flags, refused, write_table
from toys import toy_samples

from rtl_tf.cli.train import main
from rtl_tf.exceptions import InputError
from rtl_tf.runs.finding import find_runs
from rtl_tf.runs.layout import VALIDATION
from rtl_tf.studies import study as running
from rtl_tf.studies.display import StudyProgress
from rtl_tf.system import progress


@pytest.fixture
def train(table, tmp_path, monkeypatch, capsys):
    """Call train.py with trainings that are made up; its status, stdout and stderr."""
    monkeypatch.setattr(running, "make_execute", worker_tasks.make_fake_training)
    monkeypatch.setattr(progress, "LINE_INTERVAL", 600.0)  # of a slow machine's log

    def call(*words, data=table):
        arguments = ["--data", str(data), "--schema", str(table / "toy.toml"), "--image-size", "64"]
        status = main([*words, *arguments, "--runs", str(tmp_path / "runs")])
        return status, *capsys.readouterr()

    return call


def test_a_study_says_a_line_a_run_and_how_to_see_the_outcome(train, tmp_path):
    status, out, err = train("--table", "4", "--seeds", "2")
    lines = out.splitlines()
    assert status == 0 and err == ""
    assert lines[0] == "Table IV, skip connections: 4 runs (seeds 0 to 1), 0 finished, 4 to train"
    line = r"\[1/4\] ft, skip_connections False, seed 0: validation 0.750, test 0.500 heatmap px, 0:\d\d"
    assert re.fullmatch(line + r" \(about 0:\d\d left\)", lines[1])
    assert lines[4].startswith("[4/4] ft, skip_connections True, seed 1: ") and "left" not in lines[4]
    assert lines[5] == f"To see the outcome: python evaluate.py --table 4 --runs {tmp_path / 'runs'}"
    assert len(lines) == 6


def test_what_is_finished_is_skipped(train):
    train("--table", "4", "--seeds", "1")
    status, out, _ = train("--table", "4", "--seeds", "2")
    assert status == 0 and "4 runs (seeds 0 to 1), 2 finished, 2 to train\n[3/4] " in out
    status, out, _ = train("--table", "4", "--seeds", "2")
    assert status == 0 and "4 finished, 0 to train\nTo see" in out


def test_a_failing_run_is_named_at_the_end_and_the_others_go_on(train, tmp_path, table):
    status, out, err = train("--table", "2", "--seeds", "1", "--jobs", "2")
    folder = tmp_path / "runs" / table.name / "rtl-sam" / "seed0"
    assert status == 1 and "rtl-sam, seed 0: failed, 0:" in out
    reason = "epoch 2: the loss is not finite any more"
    assert err == f"failed: rtl-sam, seed 0: {reason} (see {folder / 'train.log'})\n"
    assert (folder / "train.log").read_text() == "what it said\n"
    runs, _ = find_runs(tmp_path / "runs")
    assert sum(run.tested for run in runs) == 7 and not list(tmp_path.glob("runs/*/ft/seed0/train.log"))
    status, out, err = train("--table", "2", "--seeds", "1")
    assert status == 1 and "7 finished, 1 to train, 1 of them begun\n" in out


def test_a_run_that_fails_before_it_has_a_folder_leaves_nothing(train, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("refused").mkdir()
    Path("refused/best.keras").touch()
    status, _, err = train("--table", "4", "--seeds", "1", "--source", "refused")
    assert status == 1 and err.splitlines() == [
        f"failed: ft, skip_connections {value}, seed 0: refused.keras: not a readable Keras model"
        for value in (False, True)
    ]
    assert not (tmp_path / "runs").exists()


def test_a_place_where_no_run_can_lie_is_told_once(train, tmp_path):
    (tmp_path / "runs").touch()
    with pytest.raises(InputError, match=f"--runs {tmp_path}/runs: {tmp_path}/runs is no folder"):
        train("--table", "1", "--seeds", "2")


def test_a_figure_on_validation_leaves_the_test_part_closed(train, tmp_path):
    status, out, _ = train("--figure", "11", "--seeds", "1")
    assert status == 0 and "the test part stays closed" in out and "test 0.5" not in out
    assert out.endswith(shown := f"To see the outcome: python evaluate.py --figure 11 --runs {tmp_path / 'runs'}\n")
    status, out, _ = train("--figure", "11", "--seeds", "1", "--validation-only")  # which it is anyway
    assert status == 0 and out.endswith(shown) and "unopened" not in out
    assert len(list(tmp_path.rglob(VALIDATION))) == 5 and not list(tmp_path.rglob("predictions.csv"))
    status, out, _ = train("--table", "4", "--seeds", "1", "--validation-only")
    assert status == 0 and "the same command without --validation-only opens it" in out
    assert not list(tmp_path.rglob("predictions.csv"))
    status, out, _ = train("--table", "4", "--seeds", "1")
    assert "0 finished, 2 to train, 2 of them begun" in out and len(list(tmp_path.rglob("predictions.csv"))) == 2


def test_errors_of_folds_are_not_called_those_of_a_test(train):
    _, out, _ = train("--table", "4", "--seeds", "1", "--no-test-part", "--folds", "2")
    assert "ft, skip_connections False, seed 0: validation 0.750, folds 0.500 heatmap px, " in out


def test_a_chosen_lambda_is_told(train):
    _, out, _ = train("--table", "2", "--seeds", "1", "--lambda", "auto")
    assert "ft, seed 0: validation 0.750, " in out
    assert "rtl-eo, seed 0: lambda 0.0002 chosen, validation 0.750, test 0.500 heatmap px, " in out


def test_the_command_at_the_end_tells_these_runs_from_others(train, tmp_path, table):
    train("--table", "4", "--seeds", "1")
    _, out, _ = train("--table", "4", "--seeds", "1", "--epochs", "7", "--sigma", "1.5", "--no-flip-swap")
    start = f"To see the outcome: python evaluate.py --table 4 --runs {tmp_path / 'runs'}"
    assert out.splitlines()[-1] == f"{start} --where epochs=7 --where flip_swap=false"
    other = tmp_path / "other"
    other.mkdir()
    write_table(other, toy_samples(other, count=24, seed=1))
    _, out, _ = train("--table", "4", "--seeds", "1", data=other)
    assert out.splitlines()[-1] == f"{start} --data other"


def test_processes_have_one_thread_each_where_there_are_several(train, monkeypatch):
    asked = []
    monkeypatch.setattr(running, "work_through", lambda *args, **options: asked.append(options) or iter(()))
    train("--table", "4", "--seeds", "1", "--jobs", "3")
    train("--table", "4", "--seeds", "1")
    assert [options["jobs"] for options in asked] == [3, 1]
    assert asked[0]["environment"]["TF_NUM_INTRAOP_THREADS"] == "1" and asked[1]["environment"] == {}


class Tasks(tuple):
    """Tasks of the given work."""

    def __new__(cls, *work):
        return super().__new__(cls, [type("Task", (), {"title": f"t{n}", "work": w}) for n, w in enumerate(work)])


def test_time_left_follows_the_work_that_is_done(monkeypatch, capsys):
    monkeypatch.setattr(progress, "LINE_INTERVAL", 600.0)
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])
    shown = StudyProgress(Tasks(10, 10, 30, 50), there=6)
    shown.begin(0)
    now[0] = 20.0
    shown.advance(0, 0.5)
    assert shown.seconds_left() == 20.0 / 5 * 95
    shown.end(0, "good")
    assert shown.seconds_left() == 20.0 / 10 * 90
    shown.begin(1)
    shown.end(1, "failed", failed=True)  # its work is neither done nor to be done
    assert shown.seconds_left() == 20.0 / 10 * 80
    assert capsys.readouterr().out.splitlines() == [
        "[ 7/10] t0: good, 0:20 (about 3:00 left)",
        "[ 8/10] t1: failed, 0:00 (about 2:40 left)",
    ]
    shown.begin(2)
    shown.begin(3)
    shown.advance(2, 1.0)
    shown.advance(3, 1.0)
    shown.end(2, "good")  # the last run has only its predictions left
    assert capsys.readouterr().out == "[ 9/10] t2: good, 0:00 (less than a minute left)\n"
    shown.close()


def test_a_study_has_one_bar_on_a_terminal_and_lines_in_a_log(monkeypatch, capsys):
    monkeypatch.setattr(progress, "INTERVAL", -1.0)
    monkeypatch.setattr(progress, "LINE_INTERVAL", 0.0)
    shown = StudyProgress(Tasks(10, 10), there=1)
    shown.begin(0)
    shown.begin(1)
    shown.advance(0, 0.5)
    assert capsys.readouterr().err.splitlines()[-1] == "[1/3]: about 0:00 left, 50% of t0"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    shown.advance(1, 0.25)
    shown.end(0, "good")
    shown.close()
    out, err = capsys.readouterr()
    bars = ["█" * done + "·" * (24 - done) for done in (9, 15)]
    assert f"[1/3] {bars[0]} about 0:00 left, 25% of t1" in err
    assert f"[2/3] {bars[1]} about 0:00 left, 25% of t1" in err and err.endswith("\r")
    assert out == "[2/3] t0: good, 0:00 (about 0:00 left)\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--table", "9"],
            "--table 9: no study of that name; choose --table 1, 2, 3, 4, detector, robustness, ",
        ),
        (["--figure", "6"], "choose --figure 10, 11"),
        (["--table", "1", "--figure", "10"], "not allowed with"),
        (["--seeds", "3"], "--seeds: goes with --table or --figure"),
        (["--runs", "here"], "--runs: goes with --table or --figure"),
        (["--table", "1", "--seeds", "0"], "--seeds 0: must be at least 1"),
        (["--table", "1", "--jobs", "0"], "--jobs 0: must be at least 1"),
        (["--table", "1", "--seed", "0"], "--seed: is for one run; with --table use --seeds N"),
        (["--table", "1", "--output", "here"], "--output: is for one run; with --table use --runs DIR"),
        (["--table", "1", "--resume"], "--resume: --table goes on by itself"),
    ],
)
def test_bad_flags(words, message):
    with pytest.raises(InputError, match=re.escape(message)):
        main(words)


def test_the_command_refuses_in_one_line(tmp_path):
    runs = tmp_path / "runs"
    refused(["--table", "1", "--data", str(tmp_path / "none"), "--runs", str(runs)], "none: no such file", runs)


def test_a_run_of_a_study_is_the_run_alone_bit_for_bit(table, tmp_path):
    """Two runs after each other in a process of their own, against the second one by itself."""
    runs, alone = tmp_path / "runs", tmp_path / "alone"
    words = [word for word in flags(table, "unused") if word not in ("--method", "rtl-sam", "--output", "unused")]
    answer = subprocess.run(
        [sys.executable, str(ROOT / "train.py"), "--table", "4", "--seeds", "1", "--runs", str(runs), *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0
    assert all(re.match(r"\[\d/2\]: ", line) for line in answer.stderr.splitlines())  # where it takes over 5 s
    folder = runs / table.name / "ft-skip_connections" / "seed0"
    main([*words, "--method", "ft", "--skip-connections", "--output", str(alone)])
    for name in ("predictions.csv", VALIDATION, "metrics.json", "split.csv", "test.csv"):
        assert (folder / name).read_bytes() == (alone / name).read_bytes(), name
    seconds = re.compile(r",[\d.]+$", re.M)
    assert seconds.sub("", (folder / "history.csv").read_text()) == seconds.sub("", (alone / "history.csv").read_text())
    configs = [json.loads((one / "config.json").read_text())["resolved"] for one in (folder, alone)]
    assert all(configs[0][name] == configs[1][name] for name in configs[0] if name != "output")
    assert sorted(os.listdir(folder)) == sorted(os.listdir(alone))
