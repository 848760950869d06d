"""Nothing that handles photographs opens a connection or leaves anything in the home that the README does not name."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from fake_runs import make_run
from film_files import numbered, write_film
from toy_table import ROOT

from rtl_tf.inference.exported import ENGINES

# Python runs a module of this name at its start, in child processes too. The first thing it refuses is written down.
BLOCK = """
import os, socket, sys

def refuse(*arguments, **more):
    with open(os.environ["CONNECTIONS"], "a", encoding="utf-8") as file:
        file.write(f"{sys.argv}: {arguments}\\n")
    raise OSError("no connections in this test")

for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, refuse)
for name in ("getaddrinfo", "gethostbyname", "create_connection"):
    setattr(socket, name, refuse)
"""
IN_HOME = {".keras/keras.json", ".cache/matplotlib", ".config/matplotlib"}


@pytest.fixture(scope="module")
def blocked(tmp_path_factory) -> Path:
    """A folder with an empty home, and the environment that keeps connections away, for `command`."""
    folder = tmp_path_factory.mktemp("blocked")
    (folder / "home").mkdir()
    (folder / "sitecustomize.py").write_text(BLOCK, encoding="utf-8")
    return folder


def environment(folder: Path) -> dict[str, str]:
    told = {name: value for name, value in os.environ.items() if name not in ("CI", "KERAS_HOME", "MPLCONFIGDIR")}
    told |= {"HOME": str(folder / "home"), "CONNECTIONS": str(folder / "connections")}
    return told | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}


def require_nothing_left(folder: Path) -> None:
    """No connection was asked for, and the home has only what the README names."""
    assert not (folder / "connections").exists(), (folder / "connections").read_text(encoding="utf-8")
    left = [path.relative_to(folder / "home") for path in (folder / "home").rglob("*") if path.is_file()]
    assert all(any(path.is_relative_to(name) for name in IN_HOME) for path in left), left


def command(folder: Path, *words) -> None:
    done = subprocess.run(
        [sys.executable, *map(str, words)], cwd=folder, env=environment(folder), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    require_nothing_left(folder)


def test_the_block_works(blocked):
    with pytest.raises(AssertionError, match="example.org"):
        code = "import contextlib, urllib.request\nwith contextlib.suppress(OSError): urllib.request.urlopen('http://example.org')"
        command(blocked, "-c", code)
    (blocked / "connections").unlink()


@pytest.fixture(scope="module")
def trained(blocked, table) -> Path:
    """A run folder, trained without a connection."""
    flags = ["--method", "unet", "--width", "0.125", "--image-size", "64", "--batch-size", "4", "--epochs", "1"]
    data = ["--data", table, "--schema", table / "toy.toml", "--output", blocked / "run"]
    command(blocked, ROOT / "train.py", *flags, *data)
    return blocked / "run"


def test_measuring(blocked, table):
    marked = table / "marked.csv"
    marked.write_text("image,exocanthion_x,exocanthion_y,endocanthion_x,endocanthion_y\n000.png,10,10,40,50\n")
    schema = (table / "toy.toml").read_text(encoding="utf-8").split('[[landmarks]]\nname = "nasion"')[0]
    (blocked / "two.toml").write_text(
        schema + '[[measurements]]\nname = "m"\nmeaning = "m"\nbetween = ["exocanthion", "endocanthion"]\n'
    )
    flags = ["--schema", blocked / "two.toml", "--sticker-mm", "19", "--output", blocked / "measurements.csv"]
    command(blocked, "-m", "rtl_tf.cli.measure", marked, *flags)
    assert "no scale: no round sticker was found" in (blocked / "measurements.csv").read_text(encoding="utf-8")


def test_lifting(blocked, table):
    corners = [(x, y) for y in (0, 1) for x in (0, 1)]
    lines = ["mtllib head.mtl", *(f"v {200 * x} {200 * y} 0" for x, y in corners), *(f"vt {x} {y}" for x, y in corners)]
    (table / "head.obj").write_text("\n".join([*lines, "usemtl skin", "f 1/1 2/2 4/4 3/3"]))
    (table / "head.mtl").write_text("newmtl skin\nmap_Kd 000.png\n")
    flags = ["--points", table / "landmarks.csv", "--schema", table / "toy.toml", "--output", blocked / "lifted"]
    command(blocked, "-m", "rtl_tf.cli.lift", table / "head.obj", *flags)
    assert (blocked / "lifted" / "head.mrk.json").exists()


def test_training_and_predicting(blocked, trained, table):
    command(blocked, ROOT / "predict.py", trained, table / "000.png", "--output", blocked / "tensorflow.csv")


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine(blocked, trained, table, engine):
    pytest.importorskip(ENGINES[engine].package)
    chosen = ["--engine", engine, "--precision", "int8"]
    predicting = [str(trained), str(table / "000.png"), *chosen, "--output", str(blocked / f"{engine}.csv")]
    code = "from rtl_tf.cli import export, predict\n"
    code += f"export.main({[str(trained), *chosen]})\nassert predict.main({predicting}) == 0"
    command(blocked, "-c", code)
    assert (blocked / f"{engine}.csv").exists()


def converting(folder, table):
    return ["rtl_tf.cli.convert", table, "--schema", table / "toy.toml", "--to", "tps", "--output", folder / "out.tps"]


def checking(folder, table):
    return ["rtl_tf.cli.check", table, "--schema", table / "toy.toml", "--output", folder / "check"]


def choosing_frames(folder, table):
    pytest.importorskip("av")
    write_film(folder / "a.mp4", numbered(3))
    (folder / "found.csv").write_text("image,frame,time_s,yaw,sharpness,nasion_x,nasion_y\na.mp4,1,0.1,3,5,10,10\n")
    return ["rtl_tf.cli.frames", folder / "found.csv", "--frames", folder / "frames"]


def fake_runs(folder) -> Path:
    runs = folder / "fake"
    if not runs.exists():
        for method in ("ft", "rtl-eo"):
            make_run(runs, method, 0, np.full((12, 2), 1.0))
    return runs


def printing_a_table(folder, table):
    return ["rtl_tf.cli.evaluate", "--table", "1", "--runs", fake_runs(folder)]


def drawing_a_figure(folder, table):
    return ["rtl_tf.cli.evaluate", "--figure", "6", "--runs", fake_runs(folder), "--output", folder / "figures"]


def suggesting(folder, table):
    shutil.copytree(table, folder / "unlabelled")  # what its data label lies elsewhere
    return ["rtl_tf.cli.suggest", folder / "run", folder / "unlabelled", "--output", folder / "suggested.csv"]


WRITTEN = {
    converting: "out.tps",
    checking: "check/suspects.csv",
    choosing_frames: "frames/a_000001.png",
    printing_a_table: "fake/synthetic/reports/table1.csv",
    drawing_a_figure: "figures/*",
    suggesting: "suggested.csv",
}


@pytest.mark.parametrize("words", WRITTEN, ids=lambda words: words.__name__)
def test_a_command(blocked, trained, table, words):
    command(blocked, "-m", *words(blocked, table))
    assert list(blocked.glob(WRITTEN[words]))


def opened(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=300) as answer:
        return answer.read()


def test_the_page_of_a_detector_answers_and_asks_nobody(blocked, trained, table):
    """Serving on this machine is no connection of its own; a guess is asked for, so that the detector runs."""
    pytest.importorskip("uvicorn")
    words = [sys.executable, "-m", "rtl_tf.app", str(trained), str(table), "--journal", str(blocked / "journal.jsonl")]
    with subprocess.Popen(
        words, cwd=blocked, env=environment(blocked), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as serving:
        try:
            said = "".join(itertools.takewhile(lambda line: not line.startswith("Ctrl-C"), serving.stdout))
            address = re.search(r"http://127\.0\.0\.1:\d+/\S+/", said)
            assert address, said
            assert opened(address[0]) and opened(address[0] + "images/0/overview")
            while (guess := json.loads(opened(address[0] + "images/0/guess")))["waiting"]:
                assert serving.poll() is None
            assert set(guess.get("points", ())) == {"exocanthion", "endocanthion", "nasion"}, guess
        finally:
            serving.kill()
    require_nothing_left(blocked)
