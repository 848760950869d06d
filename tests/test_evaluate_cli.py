import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_runs import add_examples, add_history, add_split, add_validation, make_run

from rtl_tf import cli
from rtl_tf.cli.evaluate import main

SCRIPT = Path(__file__).resolve().parents[1] / "evaluate.py"


@pytest.fixture
def runs(tmp_path):
    for method, error in (("ft", 1.0), ("rtl-eo", 0.0)):
        sites = [{"site": "north"}, {"site": "south"}] * 6
        folder = make_run(tmp_path / "runs", method, 0, np.full((12, 2), error), attributes=sites)
        add_examples(folder, ["a.png", "b.png"], [error, error + 0.1])
        add_validation(folder, np.full((4, 2), error))
        add_history(folder, [error + 1] * 12)
        add_split(folder, 40)
    return tmp_path / "runs"


def refuse(arguments, capsys):
    """The one line on standard error of a command that must end with status 2."""
    with pytest.raises(SystemExit) as stopped:
        cli.run(main, [str(argument) for argument in arguments])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return error


def add_seeds(runs):
    """Two more of each method, so that there is something to say of the methods."""
    for seed in (1, 2):
        for method, error in (("ft", 1.0), ("rtl-eo", 0.0)):
            make_run(runs, method, seed, np.full((12, 2), error))


def test_table(runs, capsys):
    add_seeds(runs)
    assert main(["--table", "1", "--runs", str(runs)]) == 0
    printed = capsys.readouterr().out
    assert "1.000±0.00" in printed and "0.86±0.24" in printed and "To train what is missing:" in printed
    assert "\033[1m" not in printed and "0.000±0.00*" in printed
    assert {path.name for path in (runs / "synthetic/reports").iterdir()} == {"table1.md", "table1.tex", "table1.csv"}
    assert f"written: {runs}/synthetic/reports/table1.md" in printed
    assert main(["--table", "1", "--runs", str(runs)]) == 0  # its own reports are no runs


@pytest.mark.parametrize("name", ["2", "3", "4", "samples"])
def test_every_table_prints_and_is_written(runs, capsys, name):
    assert main(["--table", name, "--runs", str(runs)]) == 0
    printed = capsys.readouterr().out
    assert "FT" in printed and "heatmap px" in printed and "To train what is missing:" in printed
    stem = f"table{name}" if name.isdigit() else f"table-{name}"
    assert {path.name for path in (runs / "synthetic/reports").iterdir()} == {
        f"{stem}.{end}" for end in ("md", "tex", "csv")
    }


def test_a_terminal_shows_the_best_in_bold(runs, capsys, monkeypatch):
    add_seeds(runs)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert main(["--table", "1", "--runs", str(runs)]) == 0
    assert "\033[1m0.000±0.00\033[0m" in capsys.readouterr().out


def test_subgroups_and_choices(runs, capsys):
    assert main(["--table", "1", "--by", "site", "--where", "sigma=1.5", "--runs", str(runs)]) == 0
    printed = capsys.readouterr().out
    assert "north" in printed and "table1-by-site.csv" in printed
    assert "there are site\n" in refuse(["--table", 1, "--by", "age", "--runs", runs], capsys)
    assert "--by goes with --table" in refuse(["--figure", 6, "--by", "site", "--runs", runs], capsys)
    assert "width: no such runs, none here has it" in refuse(
        ["--table", 1, "--where", "width=2", "--runs", runs], capsys
    )
    assert "runs with sigma 1.5" in refuse(["--table", 1, "--where", "sigma=3", "--runs", runs], capsys)
    assert "write SETTING=VALUE" in refuse(["--figure", 6, "--where", "sigma", "--runs", runs], capsys)


def test_a_reader_who_has_seen_enough_is_no_error(runs):
    environment = os.environ | {"PYTHONPATH": str(SCRIPT.parent)}
    command = f"{sys.executable} {SCRIPT} --table 1 --runs {runs} | head -n 1"
    answer = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment, check=False)
    assert answer.stdout.startswith("Table I") and answer.stderr == ""


@pytest.mark.parametrize("name", ["4", "6", "7", "8", "9", "10", "11", "12", "samples"])
def test_every_figure_of_runs_is_written(runs, capsys, name):
    assert main(["--figure", name, "--runs", str(runs)]) == 0
    stem = f"figure{name}" if name.isdigit() else f"figure-{name}"
    assert {path.name for path in (runs / "synthetic/reports").iterdir()} == {f"{stem}.png", f"{stem}.pdf"}
    printed = capsys.readouterr()
    assert "To train what is missing:" in printed.out and printed.err == ""
    assert f"written: {runs}/synthetic/reports/{stem}.png" in printed.out


@pytest.mark.parametrize("name", ["2", "3"])
def test_figures_of_built_in_faces_need_no_runs(tmp_path, name, monkeypatch):
    from rtl_tf.datasets.synthetic import portraits

    few = portraits.people
    monkeypatch.setattr(portraits, "people", lambda count, size: few(2, 64))
    assert main(["--figure", name, "--runs", str(tmp_path / "none")]) == 0
    folder = tmp_path / "none/synthetic/reports"
    assert {path.name for path in folder.iterdir()} == {f"figure{name}.png", f"figure{name}.pdf"}


def test_the_sheet_of_faces_is_of_the_runs_data_where_they_are_photographs(runs, capsys):
    add_examples(make_run(runs, "ft", 0, np.ones((4, 2)), data="clinic"), ["face000.png"], [1.0])
    assert "choose with --data" in refuse(["--figure", 3, "--runs", runs], capsys)
    assert main(["--figure", "3", "--runs", str(runs), "--data", "clinic"]) == 0
    assert (runs / "clinic/reports/figure3.png").is_file()


def test_figures_draw_runs_of_one_study_and_say_what_else_is_there(runs, tmp_path, capsys):
    make_run(runs, "rtl-eo", 0, np.ones((12, 2)), name="strong", **{"lambda": 0.02})
    assert main(["--figure", "6", "--runs", str(runs), "--output", str(tmp_path / "out")]) == 0
    assert "Left aside: 1 run with other settings (lambda 0.02)" in capsys.readouterr().out
    for method in ("ft", "rtl-eo"):
        (runs / "synthetic" / method / "seed0" / "predictions.csv").unlink()
    (runs / "synthetic/strong/seed0/predictions.csv").unlink()
    error = refuse(["--figure", 6, "--runs", runs], capsys)
    assert "--figure 6: no finished run of FE, DSNT" in error and "begin with: python train.py" in error


def test_single_run_writes_nothing(runs, capsys):
    before = sorted(runs.rglob("*"))
    assert main(["--run", str(runs / "synthetic/ft/seed0")]) == 0
    assert "exocanthion" in capsys.readouterr().out
    assert sorted(runs.rglob("*")) == before


def test_a_damaged_run_is_named_and_the_rest_still_prints(runs, capsys):
    (runs / "synthetic/ft/seed0/predictions.csv").write_text("image\n")
    assert main(["--table", "1", "--runs", str(runs)]) == 0
    printed = capsys.readouterr()
    assert "warning: left out:" in printed.err and "ft/seed0/predictions.csv" in printed.err
    assert "0.000±0.00" in printed.out


def test_bad_input_is_one_line_and_status_2(runs, tmp_path, capsys):
    assert "python train.py" in refuse(["--table", 1, "--runs", tmp_path / "nothing"], capsys)
    names = "1, 2, 3, 4, samples, robustness, detector"
    assert refuse(["--table", 9, "--runs", runs], capsys) == f"error: unknown table 9: choose --table {names}\n"
    assert "unknown figure 5: choose --figure 2, 3, 4" in refuse(["--figure", 5, "--runs", runs], capsys)
    assert "no run folder" in refuse(["--run", tmp_path / "nothing"], capsys)
    (runs / "synthetic/ft/seed0/predictions.csv").unlink()
    assert "has lost its predictions.csv" in refuse(["--run", runs / "synthetic/ft/seed0"], capsys)
    assert "--run only prints" in refuse(["--run", runs, "--output", tmp_path], capsys)
    assert "there are runs on synthetic" in refuse(["--table", 1, "--runs", runs, "--data", "clinic"], capsys)
    assert "required" in refuse([], capsys)
    (tmp_path / "file").write_text("")
    assert f"--output {tmp_path}/file/x: Not a directory" in refuse(
        ["--table", 1, "--runs", runs, "--output", tmp_path / "file" / "x"], capsys
    )
    assert f"{tmp_path}/file/x: Not a directory" in refuse(
        ["--figure", 6, "--runs", runs, "--output", tmp_path / "file" / "x"], capsys
    )
    assert "unknown table" in refuse(["--table", "", "--runs", runs], capsys)


def test_runs_that_differ_are_refused_and_nothing_is_written(runs, capsys):
    make_run(runs, "fe", 0, np.ones((12, 2)), image_size=64)
    assert "different image_size" in refuse(["--table", 1, "--runs", runs], capsys)
    assert not (runs / "synthetic/reports").exists()


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], ("numpy", "pandas", "matplotlib", "tensorflow")),
        (["--table", "1"], ("scipy.stats", "matplotlib", "tensorflow")),
        (["--figure", "4"], ("tensorflow", "keras")),
        (["--figure", "3"], ("tensorflow", "keras")),
    ],
)
def test_slow_modules_stay_unloaded(runs, arguments, unwanted):
    """Without them help and tables answer at once."""
    program = (
        "import sys, runpy\n"
        f"sys.argv = ['evaluate.py', *{arguments!r}]\n"
        "try:\n"
        f"    runpy.run_path({str(SCRIPT)!r}, run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        f"print('LOADED', [name for name in {unwanted!r} if name in sys.modules])\n"
    )
    environment = os.environ | {"PYTHONPATH": str(SCRIPT.parent)}
    command = [sys.executable, "-c", program]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=runs.parent, env=environment, check=False)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == "LOADED []"
