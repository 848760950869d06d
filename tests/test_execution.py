"""How a training is executed (several steps at a time, XLA) changes nothing about what it learns."""

import dataclasses
import sys
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.config import disable_op_determinism, is_op_determinism_enabled
from test_method_contract import make
from test_training import SETTINGS, SIZE, Kill, Killed, batch, compile_with, make_detector
from toys import SCHEMA, toy_samples

from rtl_tf import heatmaps, losses, regularizers
from rtl_tf.augment import context_px
from rtl_tf.networks import hourglass
from rtl_tf.pipeline import load_crops
from rtl_tf.system import progress
from rtl_tf.training import determinism, model
from rtl_tf.training import fit as fitting
from rtl_tf.training.epoch_bar import EpochBar
from rtl_tf.training.optimizer import Adam

STEPS = 4  # of an epoch


@pytest.fixture
def deterministic():
    tf.config.experimental.enable_op_determinism()


@pytest.fixture
def xla():
    """Keras declines XLA where operations are asked to be deterministic."""
    disable_op_determinism()
    yield
    tf.config.experimental.enable_op_determinism()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    samples = toy_samples(tmp_path_factory.mktemp("toys"))
    training = load_crops(samples[:8], SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    return training, load_crops(samples[8:], SCHEMA, size=SIZE, margin=0.25)


def run(data, folder, callbacks=(), **changes):
    folder.mkdir(exist_ok=True)
    detector = make_detector("rtl-sam", reg_weight=0.01)
    settings = dataclasses.replace(SETTINGS, batch_size=8 // STEPS, **changes)
    rows = fitting.fit(detector, *data, SCHEMA, settings, folder, callbacks=callbacks)
    return detector, [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def same(one, other):
    """Bit for bit: history and weights."""
    assert one[1] == other[1]
    for first, second in zip(one[0].weights, other[0].weights, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.fixture(scope="module")
def one_by_one(data, tmp_path_factory):
    tf.config.experimental.enable_op_determinism()
    return run(data, tmp_path_factory.mktemp("one"))


@pytest.mark.parametrize("count", [2, 3, 5])
def test_several_steps_at_a_time_are_the_same_steps(data, tmp_path, count, one_by_one, deterministic):
    several = run(data, tmp_path / "several", steps_per_execution=count)
    assert several[0].optimizer.iterations == STEPS * SETTINGS.epochs
    same(one_by_one, several)


def test_several_steps_at_a_time_resume(data, tmp_path, one_by_one, deterministic):
    with pytest.raises(Killed):
        run(data, tmp_path / "killed", (Kill(after=2),), steps_per_execution=3)
    same(one_by_one, run(data, tmp_path / "killed", steps_per_execution=3))


@pytest.mark.parametrize(("count", "shown"), [(1, [0, 0, 1, 2, 3]), (3, [0, 0, 3])])
def test_the_progress_bar_counts_steps(data, tmp_path, capsys, monkeypatch, count, shown):
    monkeypatch.setattr(progress, "INTERVAL", -1.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    run(data, tmp_path, steps_per_execution=count, epochs=1)
    *live, cleared, final = capsys.readouterr().err.split("\r")[1:]
    assert [line.count("█") for line in live if line.strip()][: len(shown)] == [24 * step // STEPS for step in shown]
    assert ["loss 0.0" in line for line in live[: len(shown)]] == [step > 0 for step in shown]
    assert all("epoch 1/1" in line for line in live[: len(shown)])
    assert not cleared.strip() and "validation" in final


def test_a_log_tells_a_long_epoch_without_asking_the_device(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(progress, "INTERVAL", -1.0)
    monkeypatch.setattr(progress, "LINE_INTERVAL", 0.0)
    run(data, tmp_path, epochs=1)
    *lines, final = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == [f"epoch 1/1: {step}/{STEPS}" for step in range(4)]
    assert not any("loss" in line for line in lines) and "validation" in final


@pytest.mark.parametrize("callback", [fitting.Recorder, EpochBar])
def test_no_step_waits_for_a_callback(callback):
    """Keras fetches every step's loss at once if one callback has a method for the end of a step."""
    assert callback.on_train_batch_end is keras.callbacks.Callback.on_train_batch_end


# A frozen source beside the network, a network from random weights, and one that is trained by coordinates.
@pytest.mark.parametrize(("name", "steps"), [("rtl-co-eo", 1), ("unet", 1), ("dsnt", 1), ("ft", 3)])
def test_compiled_losses_are_the_plain_ones(xla, monkeypatch, name, steps):
    monkeypatch.setattr(model, "on_gpu", lambda: True)

    def losses(jit_compile):
        detector = make((name, None))
        compile_with(detector, Adam(1e-3, epsilon=1e-8), jit_compile=jit_compile, steps_per_execution=steps)
        assert detector.jit_compile is jit_compile
        return [detector.train_on_batch(*batch(seed), return_dict=True)["loss"] for seed in range(4)]

    np.testing.assert_allclose(losses(True), losses(False), rtol=1e-4)


def test_what_a_process_trained_before_decides_on_nothing(monkeypatch):
    monkeypatch.setattr(determinism, "on_gpu", lambda: False)
    for jit_compile in (False, True, False):
        determinism.make_deterministic(0, jit_compile)
        detector = make_detector()
        compile_with(detector, Adam(1e-3), jit_compile=jit_compile)
        assert detector.jit_compile is jit_compile
        assert is_op_determinism_enabled() is not jit_compile


def compiled_and_plain(function, *values):
    """Value and gradients of a function of float32 arrays, with XLA and without."""

    def both(*given):
        with tf.GradientTape() as tape:
            tape.watch(given)
            value = tf.reduce_sum(function(*given))
        return value, *tape.gradient(value, given)

    given = [tf.constant(value, tf.float32) for value in values]
    return [[np.asarray(part) for part in tf.function(both, jit_compile=jit)(*given)] for jit in (True, False)]


def assert_alike(compiled, plain):
    assert np.abs(plain[-1]).max() > 0
    for one, other in zip(compiled, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "name", ["classifier_cross_entropy", "encoder_output", "spatial_attention", "channel_attention"]
)
def test_compiled_regularizers_are_the_plain_ones(xla, name):
    source, target = np.random.default_rng(0).uniform(0.1, 1, (2, 4, 4, 4, 8))
    if name.startswith("classifier"):
        source, target = source[:, 0, 0], target[:, 0, 0]
    assert_alike(*compiled_and_plain(partial(getattr(regularizers, name), source.astype(np.float32)), target))


def test_a_compiled_hourglass_is_a_plain_one(xla):
    """One that halves once, without norms' statistics, and the loss of both stacks: what no other method has."""
    image = keras.Input((8, 8, 8))
    one = keras.Model(image, hourglass._hourglass(image, 1, "one", seed=0))
    truth = batch()[1]["heatmaps"][:, :8, :8]

    def loss(images):
        maps = one(images)[..., :3]
        return losses.of_both_stacks({"heatmaps": truth}, {"heatmaps": maps, "intermediate_heatmaps": 2 * maps})

    assert_alike(*compiled_and_plain(loss, np.random.default_rng(0).normal(size=(4, 8, 8, 8))))


@pytest.mark.parametrize("together", [False, True])
def test_a_compiled_training_is_a_plain_one(data, tmp_path, xla, monkeypatch, together):
    """Augmentation, targets, step and validation through XLA; later epochs drift by rounding, as any training.

    together: three steps, and the one that is left, as programs of their own, as on a GPU.
    """
    plain = run(data, tmp_path / "plain", epochs=2)[1]
    monkeypatch.setattr(model, "on_gpu", lambda: together)
    detector, compiled = run(data, tmp_path / "compiled", epochs=2, jit_compile=True, steps_per_execution=3)
    assert detector.optimizer.iterations == 2 * STEPS
    assert ("compiled_steps" in detector.train_function.__qualname__) == together
    for one, other in zip(plain, compiled, strict=True):
        np.testing.assert_allclose([*one.values()], [*other.values()], rtol=5e-3)


@pytest.mark.parametrize("name", heatmaps.DECODINGS)
def test_compiled_decoding_is_the_plain_one(name):
    points = np.random.default_rng(0).uniform(1, 14, (6, 3, 2)).astype(np.float32)
    maps = heatmaps.encode(points, 16, 1.5) + np.random.default_rng(1).uniform(0, 0.05, (6, 16, 16, 3))
    compiled = tf.function(lambda given: heatmaps.decode(given, name, 1.5), jit_compile=True)
    np.testing.assert_allclose(compiled(maps), heatmaps.decode(maps, name, 1.5), atol=1e-4)
