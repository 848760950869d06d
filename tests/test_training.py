"""The custom train_step and the loop around it, on tiny photographs and a tiny network."""

import dataclasses
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import SCHEMA, toy_samples, toy_source

from rtl_tf import heatmaps, losses, regularizers
from rtl_tf.augment import context_px
from rtl_tf.config import Asked
from rtl_tf.exceptions import InputError
from rtl_tf.methods import METHODS
from rtl_tf.pipeline import load_crops
from rtl_tf.training import fit as fitting
from rtl_tf.training.model import (
    RegularizedDetector,
    build_network,
    build_source,
    freeze,
    inference_network,
    last_convolution,
)
from rtl_tf.training.optimizer import make_optimizer
from rtl_tf.training.state import restore_state, write_state

SIZE = 64
SETTINGS = Asked(epochs=4, batch_size=4, image_size=SIZE).resolved()


@pytest.fixture(scope="module", autouse=True)
def deterministic():
    keras.utils.set_random_seed(0)
    tf.config.experimental.enable_op_determinism()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    samples = toy_samples(tmp_path_factory.mktemp("toys"))
    training = load_crops(samples[:8], SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    return training, load_crops(samples[8:], SCHEMA, size=SIZE, margin=0.25)


def make_detector(method="ft", reg_weight=0.0, batch_norm="batch", start=None, **options):
    method = METHODS[method]
    start, frozen = start or toy_source(SIZE), toy_source(SIZE)
    network = build_network(start, 3, skip=False, seed=0, with_classifier=method.uses_classifier)
    freeze(network, method.trains, batch_norm)
    source = build_source(frozen, method.uses_classifier)
    return RegularizedDetector(network, source=source, method=method, reg_weight=reg_weight, **options)


def batch(seed=0, count=4):
    rng = np.random.default_rng(seed)
    images = rng.uniform(0, 255, (count, SIZE, SIZE, 3)).astype(np.float32)
    points = rng.uniform(2, 13, (count, 3, 2)).astype(np.float32)
    points[0, 1] = np.nan
    return images, {"points": points, "heatmaps": np.asarray(heatmaps.encode(points, SIZE // 4, 1.5))}


def compile_with(detector, optimizer, **options):
    """As a run does it: with the optimizer's variables made. A step that makes them is traced twice and never freed."""
    detector.compile(optimizer, **options)
    detector.optimizer.build(detector.trainable_variables)


def train(detector, steps=3, rate=1e-3, run_eagerly=False):
    compile_with(detector, keras.optimizers.Adam(rate, epsilon=1e-8), run_eagerly=run_eagerly)
    dataset = tf.data.Dataset.from_tensors(batch()).repeat(steps)
    return detector.fit(dataset, epochs=1, steps_per_epoch=steps, shuffle=False, verbose=0).history


def weights(model):
    return {variable.path: np.asarray(variable) for variable in model.variables}


def changed(before, after):
    return {path for path in before if not np.array_equal(before[path], after[path])}


@pytest.mark.parametrize("name", ["rtl-co", "rtl-eo", "rtl-sam", "rtl-cam"])
def test_lambda_zero_is_fine_tuning_bit_for_bit(name):
    plain, regularized = make_detector("ft"), make_detector(name, reg_weight=0.0)
    first, second = train(plain), train(regularized)
    assert first["loss"] == second["loss"]
    for part in ("encoder", "decoder"):
        for one, other in zip(plain.get_layer(part).weights, regularized.get_layer(part).weights, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if method.regularizers])
def test_the_loss_is_heatmap_loss_plus_lambda_times_the_regularizers(name):
    detector = make_detector(name, reg_weight=0.5)
    history = train(detector, steps=2)
    assert history["regularizer"][0] > 0
    expected = history["heatmap_loss"][0] + 0.5 * history["regularizer"][0]
    assert history["loss"][0] == pytest.approx(expected, rel=1e-5)


def test_a_step_follows_the_gradient_of_equation_3():
    """One step of plain gradient descent against a gradient taken outside the model."""
    detector = make_detector("rtl-sam", reg_weight=0.3)
    images, truth = batch()
    with tf.GradientTape() as tape:
        target = detector(images, training=True)
        source = detector.source_outputs(images)
        loss = losses.heatmap(truth["heatmaps"], target["heatmaps"])
        loss += 0.3 * tf.reduce_mean(regularizers.spatial_attention(source["features"], target["features"]))
    gradients = tape.gradient(loss, detector.trainable_variables)
    expected = [
        np.asarray(v) - 0.1 * np.asarray(g) for v, g in zip(detector.trainable_variables, gradients, strict=True)
    ]
    compile_with(detector, keras.optimizers.SGD(0.1))
    detector.train_on_batch(images, truth)
    for variable, value in zip(detector.trainable_variables, expected, strict=True):
        np.testing.assert_allclose(variable, value, atol=2e-5)


def test_the_step_is_one_graph_and_gives_what_eager_mode_gives():
    graph, eager = train(make_detector("rtl-co-eo", 0.1)), train(make_detector("rtl-co-eo", 0.1), run_eagerly=True)
    for name in ("loss", "heatmap_loss", "regularizer"):
        np.testing.assert_allclose(graph[name], eager[name], rtol=1e-4, err_msg=name)


def test_regularizing_keeps_the_encoder_nearer_to_its_source():
    def drift(reg_weight):
        detector = make_detector("rtl-eo", reg_weight)
        train(detector, steps=8)
        images, _ = batch()
        target = detector(images, training=False)["features"]
        value = regularizers.encoder_output(detector.source_outputs(images)["features"], target)
        return float(np.mean(value))

    assert drift(10.0) < 0.7 * drift(0.0)


def test_the_source_is_frozen_and_stays_out_of_the_models_weights():
    detector = make_detector("rtl-co", reg_weight=1.0)
    images, _ = batch()
    before = detector.source_outputs(images)["logits"]
    train(detector)
    np.testing.assert_array_equal(before, detector.source_outputs(images)["logits"])
    assert not any("source" in variable.path for variable in detector.variables)
    names = [layer.name for layer in detector.layers]
    assert {"encoder", "decoder", "classifier"} <= set(names)


def test_fe_trains_the_decoder_alone_and_keeps_the_encoders_statistics():
    detector = make_detector("fe")
    encoder = detector.get_layer("encoder")
    before, decoder_before = weights(encoder), weights(detector.get_layer("decoder"))
    train(detector)
    assert not changed(before, weights(encoder))
    assert changed(decoder_before, weights(detector.get_layer("decoder")))
    images, _ = batch()
    np.testing.assert_array_equal(encoder(images, training=True)[-1], encoder(images, training=False)[-1])


LAYERS = keras.layers
ENDS = {  # of encoders, with the layers that are its last convolution
    "pointwise": ([LAYERS.Conv2D(6, 3), LAYERS.DepthwiseConv2D(3), LAYERS.Conv2D(5, 1, name="last"), LAYERS.ReLU()], 1),
    "depthwise": ([LAYERS.Conv2D(6, 1, name="last"), LAYERS.DepthwiseConv2D(3, name="behind")], 2),
    "grouped": ([LAYERS.Conv2D(6, 1), LAYERS.Conv2D(6, 3, groups=2, name="last")], 1),
    "ConvNeXt": ([LAYERS.Conv2D(6, 3, groups=6), LAYERS.Dense(12), LAYERS.Dense(6, name="last")], 1),
    "separable": ([LAYERS.Conv2D(6, 1), LAYERS.SeparableConv2D(6, 3, name="last")], 1),
    "single channels": ([LAYERS.DepthwiseConv2D(3), LAYERS.Conv2D(6, 3, groups=6)], 0),
    "none": ([LAYERS.Flatten(), LAYERS.Dense(6)], 0),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_last_convolution_joins_channels(end):
    layers, count = ENDS[end]
    encoder = keras.Sequential([keras.Input((8, 8, 6)), *layers])
    assert [layer.name for layer in last_convolution(encoder)] == ["last", "behind"][:count]


def test_ftp_trains_the_encoders_last_convolution_alone():
    detector = make_detector("ftp")
    encoder = detector.get_layer("encoder")
    before = weights(encoder)
    train(detector)
    assert {path.split("/")[-2] for path in changed(before, weights(encoder))} == {"conv3"}


def test_ft_trains_every_convolution_and_moves_the_statistics():
    detector = make_detector("ft")
    before = weights(detector)
    train(detector)
    still = set(before) - changed(before, weights(detector))
    assert not [path for path in still if path.endswith("kernel")]
    assert any(path.endswith("moving_mean") for path in changed(before, weights(detector)))


def test_frozen_batch_norm_keeps_its_statistics_while_convolutions_train():
    detector = make_detector("ft", batch_norm="frozen")
    encoder = detector.get_layer("encoder")
    before = weights(encoder)
    train(detector)
    moved = changed(before, weights(encoder))
    assert moved and all(path.endswith("kernel") for path in moved)


def test_a_missing_landmark_moves_no_weight():
    def heatmap_weights(points):
        detector = make_detector("fe")
        images, _ = batch()
        truth = {"points": points, "heatmaps": np.asarray(heatmaps.encode(points, SIZE // 4, 1.5))}
        compile_with(detector, keras.optimizers.SGD(10.0))
        before = np.array(detector.get_layer("decoder").get_layer("heatmaps").kernel)
        detector.train_on_batch(images, truth)
        return np.asarray(detector.get_layer("decoder").get_layer("heatmaps").kernel) - before

    points = np.full((4, 3, 2), 5.0, np.float32)
    points[:, 1] = np.nan
    moved = np.abs(heatmap_weights(points)).max(axis=(0, 1, 2))
    assert moved[0] > 0 and moved[2] > 0 and moved[1] == 0


def test_validation_error_is_the_paper_protocols():
    from rtl_tf.evaluation.errors import radial_errors
    from rtl_tf.evaluation.metrics import mean_radial_error

    detector = make_detector("ft")
    train(detector, steps=6)
    images, truth = batch(seed=5)
    detector.compile(keras.optimizers.Adam())
    result = detector.evaluate(tf.data.Dataset.from_tensors((images, truth)), return_dict=True, verbose=0)
    predicted = np.asarray(heatmaps.decode(detector(images, training=False)["heatmaps"]))
    expected = mean_radial_error(radial_errors(np.floor(truth["points"] + 0.5), predicted))
    assert result["error"] == pytest.approx(expected, rel=1e-5)


def test_l2_penalty_counts_the_trained_kernels():
    detector = make_detector("fe", l2=0.01)
    images, truth = batch()
    penalty = sum(float(np.sum(np.square(v))) for v in detector.get_layer("decoder").trainable_variables if v.ndim == 4)
    compile_with(detector, keras.optimizers.SGD(0.0))
    logs = detector.train_on_batch(images, truth, return_dict=True)
    assert logs["loss"] == pytest.approx(logs["heatmap_loss"] + 0.01 * penalty, rel=1e-4)


def test_decoupled_decay_shrinks_kernels_and_nothing_else():
    detector = make_detector("ft")
    settings = dataclasses.replace(SETTINGS, weight_decay=0.5, learning_rate=0.1)
    optimizer = make_optimizer(detector, settings, steps=10)
    before = weights(detector)
    # Adam divides zero gradients by epsilon: what moves, moves by decay alone, by rate * decay of its value.
    optimizer.apply([tf.zeros(variable.shape) for variable in detector.trainable_variables])
    moved = changed(before, weights(detector))
    kernels = {v.path for v in detector.trainable_variables if v.path.endswith("kernel")}
    assert moved == kernels
    path = next(iter(sorted(kernels)))
    np.testing.assert_allclose(weights(detector)[path], before[path] * (1 - 0.1 * 0.5), rtol=1e-5)


def test_kernels_of_all_convolutions_decay():
    """Keras calls those of a separable one by names of their own."""
    image = keras.Input((8, 8, 4))
    layers = [
        *(LAYERS.SeparableConv2D(6, 3, name="separable"), LAYERS.DepthwiseConv2D(3, name="depthwise")),
        *(LAYERS.BatchNormalization(name="norm"), LAYERS.PReLU(name="prelu"), LAYERS.Conv2D(2, 1, name="conv")),
    ]
    network = keras.Model(image, {"heatmaps": keras.Sequential(layers, name="all")(image)})
    detector = RegularizedDetector(network, method=METHODS["ft"])
    kernels = {"separable/depthwise_kernel", "separable/pointwise_kernel", "depthwise/kernel", "conv/kernel"}
    assert {"/".join(kernel.path.split("/")[-2:]) for kernel in detector.decayed_kernels()} == kernels
    settings = dataclasses.replace(SETTINGS, weight_decay=0.5, learning_rate=0.1)
    before = weights(detector)
    optimizer = make_optimizer(detector, settings, steps=10)
    optimizer.apply([tf.zeros(variable.shape) for variable in detector.trainable_variables])
    assert {"/".join(path.split("/")[-2:]) for path in changed(before, weights(detector))} == kernels


def test_the_rate_decays_linearly():
    settings = dataclasses.replace(SETTINGS, final_learning_rate=1e-4)
    rate = make_optimizer(make_detector("fe"), settings, steps=100)._learning_rate
    np.testing.assert_allclose([rate(0), rate(50), rate(100)], [1e-3, 5.5e-4, 1e-4], rtol=1e-5)


class Killed(Exception):
    pass


class Kill(keras.callbacks.Callback):
    def __init__(self, after):
        super().__init__()
        self.after = after

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.after:
            raise Killed


def run(data, folder, callbacks=(), start=None):
    folder.mkdir(exist_ok=True)
    detector = make_detector("rtl-sam", reg_weight=0.01, start=start)
    rows = fitting.fit(detector, *data, SCHEMA, SETTINGS, folder, callbacks=callbacks)
    return detector, rows


@pytest.fixture(scope="module")
def uninterrupted(data, tmp_path_factory):
    """The detector of a whole training and its history."""
    return run(data, tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize(("interval", "kept"), [(0.0, ["state-0002.npz"]), (1e9, [])])
def test_a_resumed_training_equals_an_uninterrupted_one(data, tmp_path, monkeypatch, uninterrupted, interval, kept):
    whole, rows = uninterrupted
    monkeypatch.setattr(fitting, "STATE_INTERVAL", interval)
    with pytest.raises(Killed):
        run(data, tmp_path / "killed", (Kill(after=2),))
    assert [p.name for p in (tmp_path / "killed").glob("state*")] == kept
    resumed, resumed_rows = run(data, tmp_path / "killed")
    for one, other in zip(whole.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    strip = [{k: v for k, v in row.items() if k != "seconds"} for row in rows]
    assert strip == [{k: v for k, v in row.items() if k != "seconds"} for row in resumed_rows]
    assert not list((tmp_path / "killed").glob("state*"))


def test_what_takes_long_is_saved_less_often(data, tmp_path, monkeypatch):
    """A save of 3 s, twice a LONG_SAVE: the next one is due after 60 s, not 30."""
    now = [0.0]
    monkeypatch.setattr(fitting.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(fitting, "write_state", lambda *given: now.__setitem__(0, now[0] + 3.0))
    monkeypatch.setattr(fitting.saved, "write", lambda *given: None)
    recorder = fitting.Recorder(tmp_path, epochs=9)
    recorder.set_model(make_detector("ft"))
    recorder.model.compile("adam")
    recorder.on_train_begin()
    saves = []
    for epoch in range(8):
        recorder.on_epoch_begin(epoch)
        now[0] += 20.0
        begun = now[0]
        names = ("loss", "heatmap_loss", "regularizer", "val_heatmap_loss")
        recorder.on_epoch_end(epoch, dict.fromkeys(names, 1.0) | {"val_error": 1.0})
        saves.append(now[0] > begun)
    assert saves == [False, True, False, False, False, True, False, False]


def dropping_source():
    """A toy whose encoder drops half of its features while it is trained, as that of an EfficientNet of Keras does."""
    source = toy_source(SIZE)
    *maps, last = source.encoder.output
    dropped = keras.layers.Dropout(0.5, seed=3, name="dropout")(last)
    return dataclasses.replace(source, encoder=keras.Model(source.encoder.input, [*maps, dropped], name="encoder"))


def test_a_resumed_training_drops_what_an_uninterrupted_one_drops(data, tmp_path, monkeypatch):
    """An earlier version's state lacks the seeds: that is gone on from, with those of the first epoch."""
    whole, rows = run(data, tmp_path / "whole", start=dropping_source())
    monkeypatch.setattr(fitting, "STATE_INTERVAL", 0.0)
    with pytest.raises(Killed):
        run(data, tmp_path / "killed", (Kill(after=2),), dropping_source())
    earlier = tmp_path / "earlier"
    shutil.copytree(tmp_path / "killed", earlier)
    resumed, resumed_rows = run(data, tmp_path / "killed", start=dropping_source())
    for one, other in zip(whole.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert [row["loss"] for row in resumed_rows] == [row["loss"] for row in rows]
    with np.load(earlier / "state-0002.npz") as state:
        assert state["seeds"].shape == (1, 2)
        kept = {name: state[name] for name in state.files if name != "seeds"}
    np.savez(earlier / "state-0002.npz", **kept)
    _, other_rows = run(data, earlier, start=dropping_source())
    same = [one["loss"] == other["loss"] for one, other in zip(rows, other_rows, strict=True)]
    assert same == [True, True, False, False]


def test_a_state_that_an_earlier_version_wrote_is_gone_on_from(data, tmp_path, monkeypatch, uninterrupted):
    whole, _ = uninterrupted
    monkeypatch.setattr(fitting, "STATE_INTERVAL", 0.0)
    older = "state-{:04d}.weights.h5".format
    monkeypatch.setattr(fitting, "write_state", lambda to, epoch, model: model.save_weights(to / older(epoch)))
    with pytest.raises(Killed):
        run(data, tmp_path / "killed", (Kill(after=2),))
    monkeypatch.undo()
    assert [p.name for p in (tmp_path / "killed").glob("state*")] == [older(2)]
    resumed, _ = run(data, tmp_path / "killed")
    for one, other in zip(whole.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_validation_images_the_last_epoch_is_kept(data, tmp_path, monkeypatch, capsys):
    """Also by a training that goes on; no error of training images stands for one of others."""
    training, _ = data
    whole, rows = run((training, None), tmp_path / "whole")
    assert all(np.isnan([row["val_loss"], row["val_error"]]).all() for row in rows) and len(rows) == 4
    assert "validation" not in capsys.readouterr().out
    monkeypatch.setattr(fitting, "STATE_INTERVAL", 0.0)
    with pytest.raises(Killed):
        run((training, None), tmp_path / "killed", (Kill(after=2),))
    run((training, None), tmp_path / "killed")
    for folder in ("whole", "killed"):
        kept = keras.saving.load_model(tmp_path / folder / "best.keras")
        for one, other in zip(kept.weights, whole.weights, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_state_of_another_network_is_refused(data, tmp_path, monkeypatch):
    monkeypatch.setattr(fitting, "STATE_INTERVAL", 0.0)
    with pytest.raises(Killed):
        run(data, tmp_path, (Kill(after=2),))
    np.savez(tmp_path / "state-0002.npz", **{"0": np.zeros(3)})
    with pytest.raises(InputError, match="state-0002.npz: missing or damaged, the run cannot go on; start it anew"):
        run(data, tmp_path)


def test_a_state_keeps_what_scales_the_loss_in_float16(tmp_path):
    def scaled():
        detector = make_detector("ft")
        detector.compile(keras.mixed_precision.LossScaleOptimizer(make_optimizer(detector, SETTINGS, 10)))
        detector.optimizer.build(detector.trainable_variables)
        return detector

    one, other = scaled(), scaled()
    for number, variable in enumerate(one.optimizer.variables):
        variable.assign(np.full(variable.shape, number + 1))
    write_state(tmp_path, 1, one)
    restore_state(tmp_path / "state-0001.npz", other)
    assert float(other.optimizer.dynamic_scale) == float(one.optimizer.dynamic_scale) != 2**15
    for left, right in zip(one.optimizer.variables, other.optimizer.variables, strict=True):
        np.testing.assert_array_equal(left, right)


def test_a_state_older_than_the_history_is_where_a_training_goes_on(data, tmp_path, monkeypatch, uninterrupted):
    whole, rows = uninterrupted
    monkeypatch.setattr(fitting, "STATE_INTERVAL", 0.0)
    with pytest.raises(Killed):
        run(data, tmp_path / "killed", (Kill(after=1),))
    monkeypatch.setattr(fitting, "STATE_INTERVAL", 1e9)
    with pytest.raises(Killed):
        run(data, tmp_path / "killed", (Kill(after=3),))
    assert [p.name for p in (tmp_path / "killed").glob("state*")] == ["state-0001.npz"]
    resumed, resumed_rows = run(data, tmp_path / "killed")
    assert [row["epoch"] for row in resumed_rows] == [row["epoch"] for row in rows]
    for one, other in zip(whole.weights, resumed.weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("interval", [0.0, 1e9])
def test_the_saved_network_is_the_best_epochs(data, tmp_path, monkeypatch, interval):
    monkeypatch.setattr(fitting, "STATE_INTERVAL", interval)
    detector, rows = run(data, tmp_path)
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    saved = keras.saving.load_model(tmp_path / "best.keras", compile=False)
    from rtl_tf.evaluation.errors import radial_errors
    from rtl_tf.evaluation.metrics import mean_radial_error

    validation = data[1]
    predicted = np.asarray(heatmaps.decode(saved(validation.plain.astype(np.float32))["heatmaps"]))
    error = mean_radial_error(radial_errors(np.floor(validation.points / 4 + 0.5), predicted))
    assert error == pytest.approx(min(row["val_error"] for row in rows), abs=1e-4)
    assert {layer.name for layer in saved.layers} >= {"encoder", "decoder"}
    np.testing.assert_allclose(rows[0]["learning_rate"], 1e-3 * 0.75, rtol=1e-4)


def test_a_source_saved_from_a_frozen_encoder_can_be_trained(tmp_path):
    from rtl_tf.networks.sources import load_source

    frozen = make_detector("fe")
    inference_network(frozen).save(tmp_path / "best.keras")
    start = load_source(tmp_path, SIZE)
    network = build_network(start, 3, skip=False, seed=0, with_classifier=False)
    freeze(network, "all", "batch")
    assert len(network.get_layer("encoder").trainable_variables) == 9


def test_frozen_batch_norm_reaches_the_classification_branch():
    from rtl_tf.networks.sources import load_source

    start = load_source("dlib", SIZE, classifier=True)
    network = build_network(start, 3, skip=False, seed=0, with_classifier=True)
    freeze(network, "all", "frozen")
    norms = [layer for layer in network.get_layer("classifier").layers if "norm" in layer.name]
    assert norms and not any(layer.trainable for layer in norms)


def test_a_training_that_diverges_stops_and_says_so(data, tmp_path):
    settings = dataclasses.replace(SETTINGS, learning_rate=1e30)
    with pytest.raises(InputError, match="epoch [1-4]: the loss is not finite any more; lower --learning-rate"):
        fitting.fit(make_detector("ft"), *data, SCHEMA, settings, tmp_path)
