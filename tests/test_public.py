"""What `import rtl_tf` offers: loaded late, complete, and the same as what the commands do."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_runs import make_run

import rtl_tf
from rtl_tf import api
from rtl_tf.config import Asked
from rtl_tf.exceptions import InputError
from rtl_tf.runs.run import read_run

SOURCE = Path(rtl_tf.__file__).read_text(encoding="utf-8")


def test_every_public_name_is_there_and_known_to_type_checkers():
    assert set(rtl_tf.__all__) == set(rtl_tf._HOMES) <= set(dir(rtl_tf))
    for name in rtl_tf.__all__:
        assert getattr(rtl_tf, name) is not None
    (block,) = [node for node in ast.walk(ast.parse(SOURCE)) if isinstance(node, ast.If)][:1]
    told = {
        alias.asname or alias.name: (node.module, alias.name) for node in block.body for alias in node.names
    }  # what stands under TYPE_CHECKING
    assert told == {name: (home[0], *(home[1:] or (name,))) for name, home in rtl_tf._HOMES.items()}


def test_an_unknown_name_is_no_attribute():
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        rtl_tf.trian  # noqa: B018


@pytest.mark.parametrize("name", ["SOURCES", "evaluate", "load_samples", "train"])
def test_what_needs_no_tensorflow_does_not_load_it(name):
    code = f"import sys, rtl_tf; rtl_tf.{name}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture
def asked(monkeypatch) -> list[tuple]:
    """What the experiment was called with, instead of running it."""
    from rtl_tf.experiments import experiment

    calls = []

    def run_experiment(settings, **options):
        calls.append((settings, options))
        return Path(settings.output)

    monkeypatch.setattr(experiment, "run_experiment", run_experiment)
    return calls


def test_train_asks_for_what_the_command_asks_for(tmp_path, asked):
    folder = make_run(tmp_path, "rtl-sam", 0, np.ones((4, 2)))
    run = rtl_tf.train(
        method="rtl-sam", reg_weight=np.float64(0.02), data=tmp_path, sigma=2, output=folder, validation_only=True
    )
    expected = Asked(method="rtl-sam", reg_weight=0.02, data=str(tmp_path), sigma=2, output=str(folder))
    assert asked == [(expected, {"resume": False, "tensorboard": False, "validation_only": True})]
    assert json.dumps(asked[0][0].given)  # can be written into config.json
    assert run == read_run(folder)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lamda": 0.1}, "lamda: no setting is called so; there are method, preset, reg_weight"),
        ({"epochs": "12"}, r"epochs='12': must be int"),
        ({"reg_weight": -1}, "--lambda -1: must be a number at least 0"),
    ],
)
def test_bad_settings_are_one_line(settings, message, asked):
    with pytest.raises(InputError, match=message):
        api.train(**settings)
    assert not asked


def test_evaluate_gives_the_metrics_of_a_run_or_its_folder(tmp_path):
    folder = make_run(tmp_path, "ft", 0, np.array([[1.0, 3.0], [0.0, 0.0]]))
    metrics = rtl_tf.evaluate(folder)
    assert metrics["images"] == 2 and metrics["paper.heatmap_px.mre.mean"] == 1.0
    assert metrics["paper.heatmap_px.fr@1.4"] == 0.5 and metrics["clinical.mm.mre.mean"] == 1.0
    assert rtl_tf.evaluate(read_run(folder)) == rtl_tf.evaluate(str(folder)) == metrics
    with pytest.raises(InputError, match="no run folder"):
        rtl_tf.evaluate(tmp_path / "nothing")
