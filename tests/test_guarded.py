"""Weight files, saved models and exported detectors that hang, crash, fill the memory or reach out are refused."""

import json
import os
import re
import sys
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from rtl_tf.exceptions import InputError, in_one_line
from rtl_tf.networks import saved
from rtl_tf.networks.archive_check import require_safe
from rtl_tf.networks.weight_check import require_whole
from rtl_tf.networks.weight_files import load_into
from rtl_tf.system import guarded

CHILD = """
import sys
from pathlib import Path
from rtl_tf.exceptions import InputError
from rtl_tf.system.guarded import serve

def read(path):
    what = path.read_text()
    if what == "hang":
        while True: pass
    if what == "memory":
        bytearray(8 * 2**30)
    if what == "crash":
        import os, signal
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "refuse":
        print("words of a library", flush=True)
        raise InputError(f"{path}: no good: \\udcff ü")

serve(read)
"""


def refusal(call, *arguments) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def child(tmp_path, monkeypatch):
    """A module that does what the file says, and a limit of one second."""
    (tmp_path / "child_of_test.py").write_text(CHILD, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(guarded, "SECONDS", 1.0)
    return "child_of_test"


@pytest.mark.skipif(sys.platform == "win32", reason="limits and signals of Unix")
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("hang", "stopped or crashed|takes longer than"),
        ("memory", "too much memory"),
        ("crash", "crashed"),
        ("refuse", re.escape(r"no good: \udcff")),
    ],
)
def test_a_child_with_limits_reads_first(child, tmp_path, what, words):
    (tmp_path / "file").write_text(what)
    assert re.search(words, refusal(guarded.require_readable, child, tmp_path / "file"))


def test_a_good_file_is_read_once(child, tmp_path):
    file = tmp_path / "file"
    file.write_text("fine")
    guarded.require_readable(child, file)
    Path(tmp_path / "child_of_test.py").unlink()
    guarded.require_readable(child, file)
    file.write_text("another")
    assert "crashed" in refusal(guarded.require_readable, child, file)


def test_what_is_read_with_a_file_counts_too(child, tmp_path):
    file, weights = tmp_path / "detector.xml", tmp_path / "detector.bin"
    file.write_text("fine")
    weights.write_bytes(bytes(2**20))
    guarded.require_readable(child, file, beside=[weights])
    Path(tmp_path / "child_of_test.py").unlink()
    guarded.require_readable(child, file, beside=[weights])
    weights.write_bytes(bytes(2**20 - 1))
    assert "crashed" in refusal(guarded.require_readable, child, file, guarded.MEMORY, [weights])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "best.keras")
    assert "not a regular file" in refusal(saved.read, tmp_path / "best.keras")


def test_weights_are_numbers_that_the_file_holds(tmp_path):
    good = tmp_path / "good.h5"
    with h5py.File(good, "w") as file:
        file.attrs["layer_names"] = ["a"]
        file["a/kernel"] = np.ones((3, 4), np.float32)
        file.create_dataset("a/packed", data=np.arange(3000) % 7, compression="gzip")
        file["a/step"] = np.int64(3)
    require_whole(good)

    def refused(write):
        path = tmp_path / "bad.h5"
        with h5py.File(path, "w") as file:
            file["a/kernel"] = np.ones(3, np.float32)
            write(file)
        return refusal(require_whole, path)

    def soft(file):
        file["b"] = h5py.SoftLink("/a")

    def external(file):
        file["b"] = h5py.ExternalLink("/etc/passwd", "/")

    def stored_elsewhere(file):
        file.create_dataset("b", (4,), "u1", external=[("/etc/passwd", 0, 4)])

    def virtual(file):
        layout = h5py.VirtualLayout((3,), "f4")
        layout[:] = h5py.VirtualSource(str(good), "a/kernel", (3,))
        file.create_virtual_dataset("b", layout)

    def circle(file):
        file["a/b"] = file["a"]

    def bomb(file):
        file.create_dataset("b", (2**40,), "f4", chunks=(2**20,), compression="gzip")

    def words(file):
        file["b"] = "import os"

    assert "'b' refers to another place" in refused(soft) and "'b' refers to another place" in refused(external)
    assert "refers to another file" in refused(stored_elsewhere) and "refers to another file" in refused(virtual)
    assert "stands in the file twice" in refused(circle)
    assert "declares 4398046511104 bytes and does not hold them" in refused(bomb)
    assert "not of numbers" in refused(words)
    good.write_bytes(good.read_bytes()[:-100])
    assert "damaged, or no weight file in HDF5 format" in refusal(require_whole, good)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "best.keras"
    image = keras.Input((8, 8, 3))
    keras.Model(image, {"heatmaps": keras.layers.Conv2D(2, 3, padding="same", name="heatmaps")(image)}).save(path)
    return path


def changed(model: Path, path: Path, config=lambda config: None, **members: bytes) -> Path:
    """The archive with another configuration or other members, checksums right."""
    with zipfile.ZipFile(model) as old, zipfile.ZipFile(path, "w") as new:
        content = {name: old.read(name) for name in old.namelist()} | members
        tree = json.loads(content["config.json"])
        config(tree)
        for name, data in (content | {"config.json": json.dumps(tree).encode()}).items():
            new.writestr(name, data)
    return path


def test_a_saved_model_loads(model, tmp_path):
    same = saved.read(changed(model, tmp_path / "best.keras"))
    np.testing.assert_array_equal(same.get_weights()[0], saved.read(model).get_weights()[0])


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ({"module": "keras.layers", "class_name": "Lambda"}, "keras.layers: Lambda is no layer that rtl_tf loads"),
        ({"module": "keras.layers", "class_name": "TFSMLayer"}, "keras.layers: TFSMLayer is no layer"),
        ({"module": "keras.layers", "class_name": "StringLookup"}, "keras.layers: StringLookup is no layer"),
        ({"module": "os", "class_name": "system"}, "os: system is no layer"),
        ({"module": "builtins", "class_name": "function"}, "builtins: function is no layer"),
        ({"class_name": "__lambda__"}, "keras.layers: __lambda__ is no layer"),
        ({"module": None, "class_name": "Mine", "registered_name": "mine>Mine"}, "no module: Mine is no layer"),
        ({"class_name": ["Conv2D"]}, "class_name: expected text, there is a list"),
    ],
)
def test_a_layer_that_is_not_known_is_never_made(model, tmp_path, layer, words):
    path = changed(model, tmp_path / "best.keras", lambda tree: tree["config"]["layers"][1].update(layer))
    message = refusal(saved.read, path)
    assert "best.keras: config.json: config.layers[1]" in message and words in message


def test_code_in_an_argument_of_a_known_layer_is_never_made(model, tmp_path):
    def add(tree):
        tree["config"]["layers"][1]["config"]["activation"] = {
            "class_name": "function",
            "config": "system",
            "module": "os",
        }

    assert "os: function is no layer" in refusal(saved.read, changed(model, tmp_path / "best.keras", add))


@pytest.mark.parametrize("key", ["filters", "kernel_size"])
def test_a_layer_larger_than_its_weights_is_refused(model, tmp_path, key):
    def enlarge(tree):
        tree["config"]["layers"][1]["config"][key] = 10**6

    assert f"{key} does not fit the weights" in refusal(saved.read, changed(model, tmp_path / "best.keras", enlarge))


def test_an_archive_is_what_keras_writes(model, tmp_path):
    path = tmp_path / "best.keras"
    changed(model, path, **{"assets/vocabulary.txt": b"x"})
    assert "not a readable Keras model: holds" in refusal(saved.read, path)
    with zipfile.ZipFile(model) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert "is compressed" in refusal(saved.read, path)
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert "model.weights.h5 is damaged" in refusal(saved.read, path)
    path.write_bytes(model.read_bytes()[:-30])
    assert "not a readable Keras model (cut off?" in refusal(require_safe, path)
    changed(model, path, **{"model.weights.h5": b"\x89HDF\r\n\x1a\n" + b"\0" * 500})
    assert "no weight file in HDF5 format" in refusal(saved.read, path)
    path.write_bytes(b"")
    assert "not a readable Keras model" in refusal(saved.read, path)


def test_a_configuration_that_is_nested_too_deep(model, tmp_path):
    path = tmp_path / "best.keras"
    with zipfile.ZipFile(model) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"[" * 100_000 if name == "config.json" else old.read(name))
    assert "nested too deep" in refusal(saved.read, path)


def test_a_keras_2_model_file_is_no_source(tmp_path):
    (tmp_path / "model.h5").write_bytes(b"anything")
    assert "end in .keras" in refusal(saved.read, tmp_path / "model.h5")


def test_weights_of_another_network_are_one_line(model, tmp_path):
    with h5py.File(tmp_path / "some.weights.h5", "w") as file:
        file["layers/conv2d/vars/0"] = np.ones(3)
    assert "not this network's weights" in refusal(load_into, saved.read(model), tmp_path / "some.weights.h5")
    assert "end in .h5" in refusal(load_into, saved.read(model), tmp_path / "some.weights.json")


def test_words_of_an_engine_in_one_line():
    problem = RuntimeError(
        "Exception from src/core.cpp:117:\nException from src/plugin.cpp:54:\nShapes do\n  not fit\n"
    )
    assert in_one_line(problem, without="Exception from ") == "Shapes do not fit"
    assert in_one_line(RuntimeError("Exception from x"), without="Exception from ") == "Exception from x"
    assert in_one_line(KeyError()) == "KeyError"
