"""Eqs. 4-9 against numbers worked by hand, independent NumPy, and finite differences."""

import numpy as np
import pytest
import tensorflow as tf

from rtl_tf import regularizers
from rtl_tf.methods import METHODS
from rtl_tf.training.objective import objective_of

FEATURES = {
    "encoder_output": regularizers.encoder_output,
    "spatial_attention": regularizers.spatial_attention,
    "channel_attention": regularizers.channel_attention,
}


def features(*rows):
    """One image of height 1: a list of positions, each a list of channels -> (1, 1, W, B)."""
    return np.array([[rows]], np.float32)


def test_classifier_output_by_hand():
    # softmax((2 ln 3, 0) / 2) = (3/4, 1/4); softmax((0, 0) / 2) = (1/2, 1/2)
    source, target = np.array([[2 * np.log(3), 0.0]]), np.array([[0.0, 0.0]])
    np.testing.assert_allclose(regularizers.classifier_output(source, target), [2 * 0.25**2], rtol=1e-6)


def test_classifier_output_without_softmax_compares_descriptors():
    value = regularizers.classifier_output(np.array([[1.0, 2.0]]), np.array([[0.0, 4.0]]), temperature=None)
    np.testing.assert_allclose(value, [5.0])


def test_classifier_output_of_points_is_a_mean():
    source, target = np.array([[1.0, 2.0, 0.0, 0.0]]), np.array([[0.0, 4.0, 0.0, 1.0]])
    value = regularizers.classifier_output(source, target, temperature=None, average=True)
    np.testing.assert_allclose(value, [6 / 4])


def test_classifier_cross_entropy_by_hand():
    # softmax((2 ln 3, 0) / 2) = (3/4, 1/4) against (1/2, 1/2)
    source, target = np.array([[2 * np.log(3), 0.0]]), np.array([[0.0, 0.0]])
    np.testing.assert_allclose(regularizers.classifier_cross_entropy(source, target), [np.log(2)], rtol=1e-6)
    # against (1/4, 3/4)
    other = 0.75 * np.log(4) + 0.25 * np.log(4 / 3)
    np.testing.assert_allclose(regularizers.classifier_cross_entropy(source, source[:, ::-1]), [other], rtol=1e-6)


def test_gradient_of_cross_entropy_by_hand():
    # (softmax of target - softmax of source) / temperature: zero where the two agree, in whatever units
    source = np.array([[2 * np.log(3), 0.0], [5.0, 5.0]])
    target = tf.Variable(np.array([[0.0, 0.0], [-7.0, -7.0]]))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(regularizers.classifier_cross_entropy(source, target, temperature=2.0))
    np.testing.assert_allclose(tape.gradient(total, target), [[-1 / 8, 1 / 8], [0, 0]], atol=1e-7)


def test_encoder_output_by_hand():
    # (1, 0, 0, 1) and (1, 0, 1, 0): cosine 1/2
    value = regularizers.encoder_output(features([1, 0], [0, 1]), features([1, 0], [1, 0]))
    np.testing.assert_allclose(value, [0.5], rtol=1e-6)


def test_spatial_attention_by_hand():
    # Sums of squares: source (9, 12), of norm 15; target (1, 0)
    source = features([3, 0], [2, np.sqrt(8)])
    target = features([1, 0], [0, 0])
    np.testing.assert_allclose(regularizers.spatial_attention(source, target), [0.4**2 + 0.8**2], rtol=1e-6)


def test_channel_attention_by_hand():
    # Channel means of |activation|: source (3, 4) / 5, target (1, 0)
    source = features([-3, 4], [3, -4])
    target = features([2, 0], [0, 0])
    np.testing.assert_allclose(regularizers.channel_attention(source, target), [0.4**2 + 0.8**2], rtol=1e-6)


@pytest.mark.parametrize("name", FEATURES)
def test_against_independent_numpy_image_by_image(name):
    rng = np.random.default_rng(3)
    source, target = rng.normal(size=(2, 4, 3, 5, 7)).astype(np.float32)

    def unit(vector):
        return vector / np.linalg.norm(vector)

    expected = []
    for s, t in zip(source.astype(np.float64), target.astype(np.float64), strict=True):
        if name == "encoder_output":
            expected.append(1 - s.ravel() @ t.ravel() / (np.linalg.norm(s) * np.linalg.norm(t)))
        else:
            collect = {
                "spatial_attention": lambda e: np.einsum("hwb,hwb->hw", e, e).ravel(),
                "channel_attention": lambda e: np.abs(e).mean((0, 1)),
            }[name]
            expected.append(np.sum((unit(collect(s)) - unit(collect(t))) ** 2))
    value = FEATURES[name](source, target)
    assert value.shape == (4,)
    np.testing.assert_allclose(value, expected, rtol=2e-5)


@pytest.mark.parametrize("name", FEATURES)
def test_zero_at_the_source_unmoved_by_scale_and_positive_elsewhere(name):
    source = np.random.default_rng(4).uniform(0.1, 1, (2, 3, 3, 4)).astype(np.float32)
    np.testing.assert_allclose(FEATURES[name](source, 3 * source), 0, atol=1e-6)
    assert (np.asarray(FEATURES[name](source, source[:, ::-1, :, ::-1])) > 1e-3).all()


@pytest.mark.parametrize("name", [*FEATURES, "classifier_output", "classifier_cross_entropy"])
def test_gradient_against_finite_differences_and_none_into_the_source(name):
    rng = np.random.default_rng(5)
    shape = (2, 6) if name.startswith("classifier") else (2, 2, 3, 4)
    function = getattr(regularizers, name)
    source, start = tf.Variable(rng.normal(size=shape)), rng.normal(size=shape)
    target = tf.Variable(start)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(function(source, target))
    gradient, of_source = tape.gradient(total, [target, source])
    assert of_source is None
    direction = rng.normal(size=shape)
    step = 1e-5
    difference = sum(function(source, start + step * direction)) - sum(function(source, start - step * direction))
    assert float(tf.reduce_sum(gradient * direction)) == pytest.approx(float(difference) / (2 * step), rel=1e-4)


def test_gradient_of_encoder_output_by_hand():
    # d/dt (1 - s.t / (|s||t|)) at s = (1, 0), t = (0, 1): -(1, 0)
    source, target = tf.constant(features([1, 0])), tf.Variable(features([0, 1]))
    with tf.GradientTape() as tape:
        value = regularizers.encoder_output(source, target)
    np.testing.assert_allclose(tape.gradient(value, target).numpy().ravel(), [-1, 0], atol=1e-6)


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("power", [-66, -17, 10, 24, 25, 50, 66])
def test_faint_and_exploded_features_are_compared_to_the_last_bit(name, power):
    # From 1e-20 to 1e20, whose squares leave float32 at both ends; zeros among them, as a ReLU leaves them.
    source, other = np.random.default_rng(6).uniform(0.1, 1, (2, 2, 3, 3, 4)).astype(np.float32)
    source[..., 0], other[:, 0] = 0, 0
    factor = np.float32(2.0**power)
    target, moved = tf.Variable(other), tf.Variable(other * factor)
    with tf.GradientTape(persistent=True) as tape:
        value, of_moved = FEATURES[name](source, target), FEATURES[name](source * factor, moved)
    np.testing.assert_array_equal(of_moved, value)
    gradient = tape.gradient(of_moved, moved) * 2.0**power
    np.testing.assert_array_equal(gradient, tape.gradient(value, target))
    assert np.abs(gradient).max() > 1e-3


@pytest.mark.parametrize("name", FEATURES)
def test_one_silent_image_leaves_the_others_as_they_are(name):
    source, target = np.random.default_rng(7).uniform(1e-6, 1e-5, (2, 3, 2, 2, 4)).astype(np.float32)
    alone = FEATURES[name](source[1:], target[1:])
    target[0] = 0
    np.testing.assert_array_equal(FEATURES[name](source, target)[1:], alone)
    assert (np.asarray(alone) > 1e-3).all()


@pytest.mark.parametrize("method", ["rtl-eo", "rtl-sam", "rtl-cam"])
@pytest.mark.parametrize("factor", [1e-20, 1e-5, 1.0, 1e15])
def test_answers_that_are_kept_give_the_distance_whatever_the_scale(method, factor):
    (term,) = objective_of(METHODS[method]).terms
    source, target = np.random.default_rng(8).uniform(0.1, 1, (2, 2, 3, 3, 4)).astype(np.float32)
    kept = np.asarray(term.answer(source * np.float32(factor))).astype("f2" if term.half else "f4")
    found = term.from_answer(kept.astype("f4"), target * np.float32(factor))
    wanted = getattr(regularizers, term.name)(source, target)
    np.testing.assert_allclose(found, wanted, rtol=2e-3 if term.half else 1e-5)


@pytest.mark.parametrize("name", FEATURES)
def test_a_silent_encoder_is_pulled_nowhere(name):
    # The direction of a zero vector is not defined: it counts as zero, and no gradient comes from the division.
    target = tf.Variable(np.zeros((2, 1, 2, 3), np.float32))
    with tf.GradientTape() as tape:
        value = FEATURES[name](np.ones((2, 1, 2, 3), np.float32), target)
    np.testing.assert_allclose(value, [1.0, 1.0], rtol=1e-6)
    np.testing.assert_array_equal(tape.gradient(value, target), np.zeros(target.shape))
