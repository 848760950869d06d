"""The source network's kept answers: the same training as asking in every step, without asking."""

import errno
import itertools
import os
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from test_training import SIZE, make_detector
from toys import SCHEMA, toy_samples, toy_source

from rtl_tf import augment
from rtl_tf.augment import context_px
from rtl_tf.config import Asked
from rtl_tf.exceptions import InputError
from rtl_tf.methods import METHODS as METHODS_BY_NAME
from rtl_tf.networks.edge_padding import edge_padded
from rtl_tf.pipeline import Preparation, load_crops, training_batches
from rtl_tf.system.cache import SOURCE_CACHE
from rtl_tf.training import fit as fitting
from rtl_tf.training import source_cache
from rtl_tf.training.objective import objective_of
from rtl_tf.training.source_cache import source_answers, weights_key

METHODS = ("rtl-co", "rtl-eo", "rtl-sam", "rtl-cam", "rtl-co-sam")


CACHE = Path(SOURCE_CACHE)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RTL_TF_CACHE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    samples = toy_samples(tmp_path_factory.mktemp("toys"))
    training = load_crops(samples[:8], SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))
    return training, load_crops(samples[8:], SCHEMA, size=SIZE, margin=0.25)


def keep(detector, training, source=None, **options):
    source = source or toy_source(SIZE).encoder
    usual = {"augmentation": "paper", "jitter": 0.0, "flips": True, "epochs": 40, "limit_gb": 1.0}
    return source_answers(detector, training, source, CACHE, **usual | options)


@pytest.mark.parametrize("name", METHODS)
def test_the_answers_are_those_for_the_views_that_the_pipeline_shows(data, name):
    detector = make_detector(name, reg_weight=1.0)
    answers, decision = keep(detector, data[0])
    assert "asked once" in decision and [len(array) for array in answers] == [8] * len(detector.objective.terms)
    prepare, seen = Preparation(SIZE, sigma=1.5, permutation=SCHEMA.mirror_permutation), set()
    epochs = [
        training_batches(data[0], batch_size=4, seed=0, epoch=lambda epoch=epoch: epoch, source_answers=answers)
        for epoch in range(6)
    ]
    for image, target in (prepare(batch) for batches in epochs for batch in batches):
        for kept, asked in zip(target["source"], detector.source_answers(image), strict=True):
            scale = np.abs(asked).max()
            np.testing.assert_allclose(kept, asked, atol=scale * (1e-3 if kept.dtype == np.float16 else 1e-5))
        seen |= {(float(p[0, 0]), float(p[0, 1])) for p in target["points"].numpy()}
    assert len(seen) > 16  # of the 8 * 4 views


def test_without_flips_two_views_are_asked_for_and_training_meets_no_other(data, monkeypatch):
    detector, asked, ask = make_detector("rtl-sam", reg_weight=1.0), [], source_cache._ask
    monkeypatch.setattr(source_cache, "_ask", lambda *given: asked.append(given[3]) or ask(*given))
    (answers,), _ = keep(detector, data[0], flips=False)
    assert asked[1:] == [(False, 1.0), (False, 0.8)] and answers.shape[:2] == (8, 2)  # the first: for the shape
    prepare = Preparation(SIZE, sigma=1.5, permutation=SCHEMA.mirror_permutation)
    epoch = itertools.count()
    batches = training_batches(
        data[0], batch_size=4, seed=0, epoch=lambda: next(epoch), source_answers=[answers], flips=False
    )
    for image, target in (prepare(batch) for _ in range(3) for batch in batches):
        (wanted,) = detector.source_answers(image)
        np.testing.assert_allclose(target["source"][0], wanted, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize("name", METHODS)
def test_training_with_kept_answers_follows_the_same_loss_curve(data, name, tmp_path):
    def curve(folder, kept):
        folder.mkdir()
        detector = make_detector(name, reg_weight=0.1)
        answers = keep(detector, data[0])[0] if kept else ()
        settings = Asked(epochs=3, batch_size=4, image_size=SIZE, crop_jitter=0.0).resolved()
        rows = fitting.fit(detector, *data, SCHEMA, settings, folder, source_answers=answers)
        return [(row["loss"], row["regularizer"]) for row in rows]

    np.testing.assert_allclose(curve(tmp_path / "kept", True), curve(tmp_path / "asked", False), rtol=1e-4)


def test_a_second_run_does_not_ask_again_and_other_weights_do(data, monkeypatch):
    detector = make_detector("rtl-sam", reg_weight=1.0)
    first, _ = keep(detector, data[0])
    monkeypatch.setattr(source_cache, "_fill", lambda *_: pytest.fail("asked again"))
    again, _ = keep(make_detector("rtl-sam", reg_weight=0.5), data[0])
    np.testing.assert_array_equal(first[0], again[0])
    for other in (
        {"source": toy_source(SIZE, seed=9).encoder},
        {"source": edge_padded(toy_source(SIZE).encoder)},
        {"detector": make_detector("rtl-cam", reg_weight=1.0)},
        {"data": data[1]},
    ):
        with pytest.raises(pytest.fail.Exception, match="asked again"):
            keep(other.get("detector", detector), other.get("data", data[0]), other.get("source"))


def test_interrupted_filling_leaves_no_cache(data, monkeypatch):
    detector = make_detector("rtl-sam", reg_weight=1.0)
    monkeypatch.setattr(source_cache, "progress", interrupted)
    with pytest.raises(KeyboardInterrupt):
        keep(detector, data[0])
    assert not CACHE.exists()


def interrupted(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"augmentation": "strong"}, "with --augment strong every view is new"),
        ({"jitter": 0.02}, "with crop jitter every view is new"),
        ({"limit_gb": 1e-6}, "--cache-gb is 1e-06"),
        ({"limit_gb": 0}, "--cache-gb is 0"),
        ({"epochs": 4}, "from epoch 5 on"),
        ({"epochs": 2, "flips": False}, "from epoch 3 on"),
    ],
)
def test_otherwise_the_source_is_asked_in_every_step_and_it_is_said(data, options, message):
    answers, decision = keep(make_detector("rtl-eo", reg_weight=1.0), data[0], **options)
    assert answers == () and message in decision


def test_fine_tuning_needs_no_source(data):
    assert keep(make_detector("ft"), data[0]) == ((), "")
    assert keep(make_detector("rtl-eo", reg_weight=0.0), data[0]) == ((), "")


@pytest.mark.parametrize(("flips", "count"), [(True, 4), (False, 2)])
def test_views_are_numbered_as_listed(flips, count):
    flip, scale = zip(*augment.views(flips), strict=True)
    np.testing.assert_array_equal(augment.view_numbers(np.array(flip), np.array(scale), flips), range(count))
    assert any(flip) == flips


def test_the_key_follows_the_weights():
    one, same = make_detector("ft"), make_detector("ft")
    assert weights_key(one) == weights_key(same)
    one.get_layer("encoder").get_layer("conv1").kernel.assign_add(np.full((5, 5, 3, 8), 1e-3))
    assert weights_key(one) != weights_key(same)


def strided_source(stride):
    """A frozen source of one convolution, the same weights whatever the stride."""
    image = keras.Input((SIZE, SIZE, 3))
    ones = keras.initializers.Constant(0.01)
    features = keras.layers.Conv2D(4, 5, stride, "same", kernel_initializer=ones, name="conv")(image)
    return keras.Model(image, {"features": features})


def test_strides_of_one_source_do_not_share_answers(data):
    for stride in (4, 8):
        source = strided_source(stride)
        asked = SimpleNamespace(
            regularized=True,
            objective=objective_of(METHODS_BY_NAME["rtl-eo"]),
            source_answers=lambda images, source=source: (source(tf.cast(images, tf.float32))["features"],),
        )
        (answers,), _ = keep(asked, data[0], source)
        assert answers.shape == (8, 4, SIZE // stride, SIZE // stride, 4)
    assert len(list(CACHE.iterdir())) == 2


def cut(file):
    file.write_bytes(file.read_bytes()[:-10])


@pytest.mark.parametrize(
    "damage",
    [cut, lambda file: file.unlink(), lambda file: file.write_bytes(b""), lambda file: np.save(file, np.zeros((2, 4)))],
    ids=["cut off", "gone", "empty", "another shape"],
)
def test_answers_that_are_not_whole_are_asked_for_again(data, damage):
    detector = make_detector("rtl-sam", reg_weight=1.0)
    (whole,), _ = keep(detector, data[0])
    whole = np.array(whole)
    damage(next(CACHE.glob("*/0.npy")))
    (again,), _ = keep(detector, data[0])
    np.testing.assert_array_equal(again, whole)


def test_the_limit_is_of_all_answers_and_the_least_recently_used_make_room(data):
    detector = make_detector("rtl-sam", reg_weight=1.0)
    (first,), _ = keep(detector, data[0])
    limit = 1.5 * first.nbytes / 2**30
    (old,) = CACHE.iterdir()
    os.utime(old, (0, 0))
    keep(detector, data[0], limit_gb=limit)
    assert old.stat().st_mtime > 0  # used again
    keep(detector, data[0], toy_source(SIZE, seed=9).encoder, limit_gb=limit)
    assert len(list(CACHE.iterdir())) == 1 and not old.exists()


def test_a_full_disk_is_told_and_leaves_nothing(data, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(source_cache, "allocate", full)
    message = f"cache {CACHE}: No space left on device; --cache-gb 0 does without"
    with pytest.raises(InputError, match=message):
        keep(make_detector("rtl-sam", reg_weight=1.0), data[0])
    assert not CACHE.exists()
