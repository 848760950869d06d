"""Nothing that handles photographs opens a connection or leaves anything in the home that the README does not name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
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


def command(folder: Path, *words) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name not in ("CI", "KERAS_HOME", "MPLCONFIGDIR")
    }
    environment |= {"HOME": str(folder / "home"), "CONNECTIONS": str(folder / "connections")}
    environment |= {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, *map(str, words)], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert not (folder / "connections").exists(), (folder / "connections").read_text(encoding="utf-8")
    left = [path.relative_to(folder / "home") for path in (folder / "home").rglob("*") if path.is_file()]
    assert all(any(path.is_relative_to(name) for name in IN_HOME) for path in left), left


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
