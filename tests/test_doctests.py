"""The examples in docstrings, README and docs/ run, and every public name has one."""

import dataclasses
import doctest
import importlib
import re
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from fake_runs import make_run
from PIL import Image
from toy_table import write_table
from toys import toy_samples

import rtl_tf
from rtl_tf.evaluation import errors, metrics
from rtl_tf.experiments import experiment
from rtl_tf.inference.detector import Detector
from rtl_tf.methods import Method
from rtl_tf.networks.catalogue import Source
from rtl_tf.networks.sources import load_keras_vggface
from rtl_tf.schema import load_schema

MODULES = [
    *("rtl_tf", "rtl_tf.api", "rtl_tf.datasets", "rtl_tf.heatmaps", "rtl_tf.losses", "rtl_tf.regularizers"),
    *("rtl_tf.methods", "rtl_tf.evaluation.errors", "rtl_tf.evaluation.metrics", "rtl_tf.networks.catalogue"),
    *("rtl_tf.networks.vggface_weights", "rtl_tf.inference.detector", "rtl_tf.inference.predictor"),
]
FINDER = doctest.DocTestFinder(exclude_empty=True)
EXAMPLES = [found for module in MODULES for found in FINDER.find(importlib.import_module(module)) if found.examples]
ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))
BLOCKS = [
    pytest.param(page.name, code, id=f"{page.name} {number}")
    for page in PAGES
    for number, code in enumerate(re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S))
]
DATA = {"METHODS": Method, "SOURCES": Source}  # described by the class of their values


@pytest.fixture(scope="module")
def my_faces(tmp_path_factory) -> Path:
    """A folder as examples see it: photographs in my_faces/, a run trained on them, and a new face."""
    folder = tmp_path_factory.mktemp("examples")
    names = load_schema("fas14").names
    table = folder / "my_faces"
    table.mkdir()
    places = np.random.default_rng(0).uniform(10, 38, (len(names), 2))
    write_table(table, [dataclasses.replace(sample, points=places) for sample in toy_samples(table, 4)], names)
    run = make_run(
        folder / "runs",
        *("rtl-sam", 0, np.full((10, len(names)), 1.5)),  # of five people
        **{"data": "my_faces", "landmarks": names, "image_size": 64, "sigma": 1.5},
    )
    shutil.copy(Path(rtl_tf.__file__).parent / "schemas" / "fas14.toml", run / "schema.toml")
    image = keras.Input((64, 64, 3))
    maps = keras.layers.Conv2D(len(names), 4, strides=4)(image)
    keras.Model(image, {"heatmaps": maps, "features": maps}).save(run / "best.keras")
    Image.fromarray(np.full((900, 1000, 3), 90, np.uint8)).save(folder / "new_face.jpg")
    return folder


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example(example, my_faces, monkeypatch):
    monkeypatch.chdir(my_faces)
    problems = []
    doctest.DocTestRunner().run(example, out=problems.append, clear_globs=False)
    assert not problems, "".join(problems)


@pytest.mark.parametrize(("page", "code"), BLOCKS)
def test_python_of_a_page(page, code, my_faces, monkeypatch, tmp_path):
    """As it stands there, but that a training is not waited for: a run is there already."""
    monkeypatch.setattr(experiment, "run_experiment", lambda *asked, **flags: Path("runs/my_faces/rtl-sam/seed0"))
    shutil.copytree(my_faces, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    shutil.copytree("runs/my_faces/rtl-sam", "runs/my_faces/rtl-eo")
    exec(compile(code, page, "exec"), {})


def test_what_is_skipped_says_why():
    skipped = [line.source for found in EXAMPLES for line in found.examples if line.options.get(doctest.SKIP)]
    assert skipped and all(re.search(r"  # [^#]+  # doctest: \+SKIP\s*$", line) for line in skipped), skipped


@pytest.mark.parametrize(
    "function",
    [
        *(DATA.get(name, getattr(rtl_tf, name)) for name in rtl_tf.__all__),
        *(rtl_tf.heatmaps.encode, rtl_tf.heatmaps.decode, rtl_tf.losses.heatmap, errors.radial_errors),
        *(metrics.mean_radial_error, metrics.failure_rate, metrics.ced, metrics.auc, load_keras_vggface),
        *(rtl_tf.datasets, Detector.load, Detector.predict),
    ],
    ids=lambda function: getattr(function, "__qualname__", function.__name__),
)
def test_every_public_docstring_has_an_example(function):
    assert ">>> " in function.__doc__
