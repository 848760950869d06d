import json
import math
import pickle
from pathlib import Path

import pytest

from rtl_tf.config import ALWAYS, COMMON, KINDS, LEFT_OPEN, PRESETS, Asked
from rtl_tf.exceptions import InputError
from rtl_tf.limits import AUTO, CHOSEN, RANGES, flag_name
from rtl_tf.methods import METHODS
from rtl_tf.runs.config_file import asked_to_json, check_types, from_json, read_config, to_json


def test_paper_preset_is_the_papers_protocol():
    settings = Asked(preset="paper", method="rtl-co").resolved()
    assert (settings.source, settings.image_size, settings.batch_size, settings.epochs) == ("vggface2", 256, 2, 150)
    assert (settings.reg_weight, settings.sigma, settings.temperature) == (0.002, 1.5, 2.0)
    assert (settings.learning_rate, settings.weight_decay, settings.crop_jitter) == (1e-3, 1e-4, 0.0)


def test_what_was_asked_wins_over_decisions_and_presets():
    settings = Asked(sigma=2.0, image_size=None).resolved(sigma=1.0, encoder_stride=16)
    assert (settings.sigma, settings.encoder_stride, settings.image_size) == (2.0, 16, 128)
    assert Asked(reg_weight=0.0).resolved().reg_weight == 0.0
    assert Asked(flip_swap=False).resolved().flip_swap is False


@pytest.mark.parametrize("method", ["hg", "unet", "dsnt"])
def test_a_method_without_source_has_no_setting_of_one(method):
    settings = Asked(method=method).resolved(encoder_stride=16)
    foreign = ("source", "encoder_stride", "batch_norm", "skip_connections", "temperature")
    assert {to_json(settings)[name] for name in foreign} == {None} and not settings.known().keys() & set(foreign)
    assert [getattr(settings, name) for name in foreign] == ["", 0, "", False, 0.0]
    assert from_json(to_json(settings)).resolved() == settings
    assert settings.width == {"hg": 0.375, "unet": 0.25, "dsnt": 0.5}[method]
    assert Asked(method=method, preset="paper").resolved().width == 1.0


def test_lambda_is_0_without_regularizer():
    assert Asked(method="ft").resolved().reg_weight == Asked(method="ft", reg_weight=0.0).resolved().reg_weight == 0.0
    assert Asked(method="rtl-eo").resolved().reg_weight == 0.002
    with pytest.raises(InputError, match="--lambda 0.1: method ft has no regularizer, leave the flag out"):
        Asked(method="ft", reg_weight=0.1).resolved()


def test_a_method_with_source_has_its_width():
    assert to_json(Asked(method="ft").resolved())["width"] is None
    assert to_json(Asked(method="rtl-co").resolved())["classifier_distance"] == "l2"
    assert to_json(Asked(method="rtl-eo").resolved())["classifier_distance"] is None


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("method", METHODS)
def test_every_resolved_setting_has_its_type(method, preset):
    settings = Asked(method=method, preset=preset).resolved(output="runs/a", schema="fas14")
    for name, kind in KINDS.items():
        value = getattr(settings, name)
        assert isinstance(value, kind) or (name in CHOSEN and value == AUTO), name


def test_what_nobody_decided_is_empty_and_null_in_json():
    settings = Asked().resolved()
    assert {"schema", "source_weights", "encoder_stride", "train_images", "validation_images", "output"} == LEFT_OPEN
    assert not any(getattr(settings, name) for name in LEFT_OPEN)
    assert {to_json(settings)[name] for name in LEFT_OPEN} == {None}
    zeros = {"crop_jitter": 0.0, "weight_decay": 0.0, "reg_weight": 0.0, "cache_gb": 0.0, "flip_swap": False}
    assert to_json(Asked(**zeros).resolved()).items() >= {
        "crop_jitter": 0.0, "weight_decay": 0.0, "lambda": 0.0, "cache_gb": 0.0, "flip_swap": False
    }.items()  # fmt: skip


def test_what_was_asked_is_kept_in_order_without_what_was_not_given():
    asked = Asked(sigma=2.0, method="ft", epochs=None)
    assert list(asked.given.items()) == [("method", "ft"), ("preset", "quick"), ("sigma", 2.0), ("seed", 0)]
    assert (asked.sigma, asked.epochs, asked.seed) == (2.0, None, 0)
    assert (
        asked.but(sigma=None, epochs=3)
        == Asked(method="ft", epochs=3)
        == pickle.loads(pickle.dumps(asked.but(sigma=None, epochs=3)))
    )
    with pytest.raises(AttributeError, match="colour"):
        asked.colour  # noqa: B018
    with pytest.raises(TypeError, match="no setting is called colour"):
        Asked(colour="red")


def test_every_setting_of_a_table_of_settings_exists():
    for names in (RANGES, ALWAYS, *PRESETS.values()):
        assert set(names) <= KINDS.keys()


def test_both_presets_decide_the_same_settings_and_none_twice():
    assert PRESETS["quick"].keys() == PRESETS["paper"].keys()
    assert not PRESETS["quick"].keys() & COMMON.keys()


def test_json_both_ways_with_lambda_under_its_own_name():
    settings = Asked(method="rtl-sam", reg_weight=0.02, train_images=50).resolved()
    text = json.dumps(to_json(settings))
    assert json.loads(text)["lambda"] == 0.02 and "reg_weight" not in text
    assert from_json(json.loads(text) | {"dataset_hash": "abc"}).resolved() == settings
    assert asked_to_json(Asked(method="ft", seed=3)) == {"method": "ft", "preset": "quick", "seed": 3}


def test_whole_numbers_and_others_are_kept_as_settings_have_them():
    """The text of a setting tells runs apart: 12.0 epochs are 12, a sigma of 2 stays what was written."""
    assert json.dumps(check_types({"epochs": 12.0, "sigma": 2, "lambda": 0.5}, "here")) == (
        '{"epochs": 12, "sigma": 2, "lambda": 0.5}'
    )
    with pytest.raises(InputError, match="here: epochs: expected a whole number, there is 12.5"):
        check_types({"epochs": 12.5}, "here")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"output": ""}, "--output: nothing given; name one, or leave the flag out"),
        ({"reg_weight": -1.0}, "--lambda -1.0: must be a number at least 0"),
        ({"reg_weight": "0.002"}, "--lambda '0.002': must be a number at least 0, or auto"),
        (
            {"mesh_share": "half", "calibrated": True},
            "--mesh-share 'half': must be a number at least 0 and at most 1, or",
        ),
        ({"sigma": "auto"}, "--sigma 'auto': must be a number above 0 and at most 100$"),
        ({"reg_weight": math.nan}, "--lambda nan: must be a number"),
        ({"reg_weight": math.inf}, "--lambda inf"),
        ({"image_size": 100}, "--image-size 100: not a multiple of 32"),
        ({"image_size": 0}, "--image-size 0"),
        ({"encoder_stride": 8}, "--encoder-stride 8: use 16 or 32"),
        ({"sigma": 0.0}, "--sigma 0.0: must be a number above 0"),
        ({"sigma": 1e9}, "--sigma 1000000000.0: must be a number above 0 and at most 100"),
        ({"epochs": 0}, "--epochs 0"),
        ({"batch_size": 0}, "--batch-size 0"),
        ({"learning_rate": -0.1}, "--learning-rate"),
        ({"train_fraction": 1.5}, "--train-fraction 1.5: must be a number above 0 and at most 1"),
        ({"validation_images": 0}, "--validation-images 0: must be a number at least 1"),
        ({"weight_decay_mode": "adam"}, "--weight-decay-mode adam: use one of decoupled, l2"),
        ({"method": "rtl"}, "--method rtl: use one of fe"),
        ({"seed": -1}, "--seed -1"),
        ({"method": "hg", "width": 0.0}, "--width 0.0: must be a number above 0"),
        ({"method": "hg", "source": "dlib"}, "--source dlib: method hg starts from random weights, without a source"),
        ({"method": "unet", "source_weights": "x.h5"}, "--source-weights x.h5: method unet starts from random weights"),
        ({"method": "dsnt", "encoder_stride": 16}, "--encoder-stride 16: method dsnt starts from random weights"),
        ({"method": "unet", "skip_connections": True}, "--skip-connections: method unet starts from random weights"),
        ({"method": "hg", "batch_norm": "frozen"}, "--batch-norm frozen: method hg starts from random weights"),
        ({"method": "rtl-eo", "temperature": 2.0}, "--temperature 2.0: method rtl-eo compares no classifier outputs"),
        ({"method": "dsnt", "heatmap_loss": "sum"}, "--heatmap-loss sum: method dsnt is trained by coordinates"),
        ({"method": "ft", "width": 0.5}, "--width 0.5: method ft has its source network's width"),
        (
            {"method": "rtl-eo", "classifier_distance": "l2"},
            "--classifier-distance l2: method rtl-eo compares no classifier outputs",
        ),
    ],
)
def test_bad_values_name_the_flag(values, message):
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        Asked(**values)


def test_codes_as_written_are_a_setting_that_older_runs_lack():
    """And that tells no runs apart: where it is not given, the data have been found without doubtful codes."""
    from rtl_tf.cli.train import make_parser
    from rtl_tf.runs.run import Run
    from rtl_tf.runs.settings import condition_of

    assert make_parser().parse_args(["--subjects-as-written"]).subjects_as_written is True
    assert make_parser().parse_args([]).subjects_as_written is None
    assert Asked().resolved().subjects_as_written is Asked(preset="paper").resolved().subjects_as_written is False
    new = to_json(Asked(subjects_as_written=True).resolved())
    old = {name: value for name, value in new.items() if name != "subjects_as_written"}
    assert from_json(old).subjects_as_written is None
    assert condition_of(Run(Path("a"), {}, new)) == condition_of(Run(Path("b"), {}, old))


def test_flag_names():
    assert flag_name("reg_weight") == "--lambda"
    assert flag_name("image_size") == "--image-size"


def test_a_damaged_or_missing_config_is_named(tmp_path):
    with pytest.raises(InputError, match="config.json: no such file"):
        read_config(tmp_path / "config.json")
    (tmp_path / "config.json").write_text('{"asked": {}')
    with pytest.raises(InputError, match="config.json: not JSON"):
        read_config(tmp_path / "config.json")
    (tmp_path / "config.json").write_text('{"asked": {}}')
    with pytest.raises(InputError, match="config.json: 'resolved' is missing"):
        read_config(tmp_path / "config.json")
