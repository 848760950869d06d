"""Mixed precision: 16-bit layers, float32 weights, losses and files."""

import json
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from test_execution import data, deterministic, run, same  # noqa: F401  (fixtures)
from test_method_contract import make
from test_training import SIZE, Kill, Killed, batch, compile_with, make_detector
from toy_table import flags
from toys import toy_source

from rtl_tf.cli.train import main
from rtl_tf.networks import precision
from rtl_tf.networks.precision import compute_types, computing_in, in_float32
from rtl_tf.networks.sources import load_source
from rtl_tf.training.model import inference_network
from rtl_tf.training.source_cache import source_answers


@pytest.fixture(params=["mixed_bfloat16", "mixed_float16"])
def policy(request, monkeypatch):
    monkeypatch.setattr(precision, "mixed_policy", lambda: request.param)
    return request.param


def mixed_detector(name, reg_weight):
    with computing_in(True):
        return make_detector(name, reg_weight=reg_weight)


def test_the_policy_holds_inside_and_ends_with_an_error():
    with pytest.raises(KeyError), computing_in(True):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        raise KeyError
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize(
    ("gpus", "name"),
    [
        ([], "mixed_bfloat16"),
        ([(8, 6)], "mixed_bfloat16"),
        ([(9, 0), (7, 5)], "mixed_float16"),
        ([None], "mixed_bfloat16"),
    ],
)
def test_float16_is_for_gpus_before_ampere(monkeypatch, gpus, name):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    details = lambda gpu: {"compute_capability": gpu} if gpu else {}  # noqa: E731
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details)
    assert precision.mixed_policy() == name


def test_weights_heads_and_pixels_stay_in_float32(policy):
    detector = mixed_detector("rtl-co-eo", 0.1)
    assert compute_types(detector) == {"float32", policy.removeprefix("mixed_")}
    assert {variable.dtype for variable in detector.variables} == {"float32"}
    images, _ = batch()
    outputs = detector(images, training=False)
    assert outputs["heatmaps"].dtype == tf.float32 and outputs["features"].dtype == policy.removeprefix("mixed_")
    # 90.1 and 90.2 are the same bfloat16, less their mean of 90 they are not: pixels must not be cast before.
    close = [tf.fill(images.shape, value) for value in (90.1, 90.2)]
    one, other = (detector.get_layer("encoder")(tf.cast(pixels, tf.float32))[0] for pixels in close)
    assert tf.cast(close[0], tf.bfloat16)[0, 0, 0, 0] == tf.cast(close[1], tf.bfloat16)[0, 0, 0, 0]
    assert tf.reduce_any(one != other)


# float16 has the narrow range, so that it meets every regularizer.
@pytest.mark.parametrize(
    ("policy", "name"),
    [("mixed_bfloat16", "ft"), ("mixed_bfloat16", "rtl-co-eo")]
    + [("mixed_float16", name) for name in ("rtl-co-eo", "rtl-sam", "rtl-cam")],
    indirect=["policy"],
)
def test_a_mixed_step_is_a_float32_step_to_rounding(policy, name):
    """Loss scaling, where there is any, comes and goes: the losses told and the step made are the unscaled ones."""
    reg_weight = 0.0 if name == "ft" else 0.1

    def step(detector):
        before = [np.array(variable) for variable in detector.trainable_variables]
        compile_with(detector, keras.optimizers.SGD(1.0))
        logs = detector.train_on_batch(*batch(), return_dict=True)
        assert isinstance(detector.optimizer, keras.optimizers.LossScaleOptimizer) == (
            detector.dtype_policy.name == "mixed_float16"
        )
        moved = [np.asarray(v) - old for v, old in zip(detector.trainable_variables, before, strict=True)]
        return logs, np.concatenate([part.ravel() for part in moved])

    logs, moved = step(mixed_detector(name, reg_weight))
    expected_logs, expected = step(make_detector(name, reg_weight=reg_weight))
    for key, value in expected_logs.items():
        assert logs[key] == pytest.approx(value, rel=0.03, abs=1e-5), key
    assert np.linalg.norm(moved - expected) < 0.05 * np.linalg.norm(expected)


# One of each kind: the encoder frozen, trained, with a source beside it; and each network of its own.
@pytest.mark.parametrize("name", ["fe", "ft", "rtl-co-sam", "hg", "unet", "dsnt"])
def test_every_kind_of_method_computes_in_mixed_precision(name):
    def losses(mixed):
        with computing_in(mixed):
            detector = make((name, None))
        assert len(compute_types(detector)) == 1 + mixed
        assert all(value.dtype == "float32" for key, value in detector.output.items() if key != "features")
        return [*detector.test_on_batch(*batch(), return_dict=True).values()][:1] + [
            *detector.train_on_batch(*batch(), return_dict=True).values()
        ]

    np.testing.assert_allclose(losses(True), losses(False), rtol=0.05, atol=1e-5)


def test_a_mixed_training_is_saved_in_float32_and_resumes(policy, data, tmp_path, deterministic):  # noqa: F811
    with computing_in(True):
        whole = run(data, tmp_path / "whole", epochs=2)
        with pytest.raises(Killed):
            run(data, tmp_path / "killed", (Kill(after=1),), epochs=2)
        resumed = run(data, tmp_path / "killed", epochs=2)
    same(whole, resumed)
    for one, other in zip(whole[0].optimizer.variables, resumed[0].optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, other)  # of float16 the loss scale too
    assert "float16" not in zipfile.ZipFile(tmp_path / "whole" / "best.keras").read("config.json").decode()
    assert compute_types(keras.saving.load_model(tmp_path / "whole" / "best.keras", compile=False)) == {"float32"}


def test_a_copy_in_float32_has_the_weights_and_outputs_of_a_float32_network():
    plain, mixed = make_detector("rtl-co"), inference_network(mixed_detector("rtl-co", 0.1))
    images, _ = batch()
    for name, output in mixed(images, training=False).items():
        np.testing.assert_array_equal(output, plain(images, training=False)[name], err_msg=name)
    assert in_float32(mixed) is mixed


def test_calibration_and_saved_sources_do_not_lose_digits(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (8, SIZE, SIZE, 3)).astype(np.uint8)

    def calibrated(mixed):
        with computing_in(mixed):
            source = load_source("dlib", SIZE, classifier=True)
            source.calibrate(images)
        return source

    plain, mixed = calibrated(False), calibrated(True)
    for one, other in zip(plain.encoder.weights, mixed.encoder.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(plain.classifier.weights, mixed.classifier.weights, strict=True):
        np.testing.assert_array_equal(one, other)

    features = plain.encoder(plain.encoder.input)[-1]
    keras.Model(plain.encoder.input, plain.classifier(features)).save(tmp_path / "source.keras")
    with computing_in(True):
        loaded = load_source(tmp_path, SIZE, classifier=True)
    assert compute_types(loaded.encoder) == {"bfloat16"}
    assert loaded.classifier.layers[-1].compute_dtype == "float32"


def test_kept_answers_tell_the_precision_apart(data, tmp_path):  # noqa: F811
    kept = {}
    for mixed in (False, True):
        with computing_in(mixed):
            detector, source = make_detector("rtl-sam", reg_weight=1.0), toy_source(SIZE).encoder
            (kept[mixed],), _ = source_answers(
                detector,
                data[0],
                source,
                tmp_path,
                augmentation="paper",
                jitter=0.0,
                flips=True,
                epochs=40,
                limit_gb=1.0,
            )
    assert len(list(tmp_path.iterdir())) == 2
    assert kept[True].dtype == np.float32 and not np.array_equal(kept[True], kept[False])
    np.testing.assert_allclose(kept[True], kept[False], atol=0.03 * kept[False].max())


def test_the_flags_make_a_run_that_serves_as_detector_and_source(table, tmp_path):
    from rtl_tf.inference import Detector

    folder = tmp_path / "run"
    main(flags(table, folder, "--mixed-precision", "--steps-per-execution", "3"))
    resolved = json.loads((folder / "config.json").read_text())["resolved"]
    assert (resolved["mixed_precision"], resolved["jit_compile"], resolved["steps_per_execution"]) == (True, False, 3)
    detector = Detector.load(folder)
    assert compute_types(detector.network) == {"float32"}
    assert np.isfinite(detector.predict([table / "000.png"])[0].points).all()
    main(flags(table, tmp_path / "second", "--source", str(folder), "--mixed-precision", epochs=1))
    assert (tmp_path / "second" / "metrics.json").exists()
    assert keras.config.dtype_policy().name == "float32"
