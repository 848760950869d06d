"""The fused Adam against Keras's and against the algorithm in NumPy; its state outlives a file."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rtl_tf.training.optimizer import Adam

STEPS = 7


def gradients(step):
    rng = np.random.default_rng(step)
    return [tf.constant(rng.normal(size=shape), tf.float32) for shape in ((3, 4), (4,))]


def variables():
    rng = np.random.default_rng(99)
    return [keras.Variable(rng.normal(size=shape), name=name) for shape, name in (((3, 4), "kernel"), ((4,), "bias"))]


def train(optimizer, start=0, stop=STEPS, trained=None):
    trained = trained or variables()
    optimizer.build(trained)
    update = tf.function(lambda given: optimizer.apply(given, trained))
    for step in range(start, stop):
        update(gradients(step))
    return trained


@pytest.mark.parametrize("weight_decay", [None, 0.1])
def test_updates_are_those_of_keras(weight_decay):
    def make(kind):
        rate = keras.optimizers.schedules.PolynomialDecay(0.01, 10, 0.0)
        return kind(rate, beta_1=0.8, beta_2=0.95, epsilon=1e-8, weight_decay=weight_decay)

    ours, keras_own = make(Adam), make(keras.optimizers.Adam)
    for found, wanted in zip(train(ours), train(keras_own), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7)
    for found, wanted in zip(ours.variables, keras_own.variables, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7, err_msg=found.path)


def test_updates_follow_kingma_and_ba():
    found = train(Adam(0.01, epsilon=1e-8))
    expected = [np.asarray(variable, np.float64) for variable in variables()]
    mean, square = [0.0, 0.0], [0.0, 0.0]
    for step in range(STEPS):
        for i, gradient in enumerate(np.asarray(g, np.float64) for g in gradients(step)):
            mean[i] = 0.9 * mean[i] + 0.1 * gradient
            square[i] = 0.999 * square[i] + 0.001 * gradient**2
            corrected = mean[i] / (1 - 0.9 ** (step + 1)), square[i] / (1 - 0.999 ** (step + 1))
            expected[i] -= 0.01 * corrected[0] / (np.sqrt(corrected[1]) + 1e-8)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4)


def test_state_moved_to_another_optimizer_goes_on_with_the_same_bits():
    whole = train(Adam(0.01))
    first = Adam(0.01)
    half = train(first, stop=3)
    second = Adam(0.01)
    second.build(half)
    for target, value in zip(second.variables, first.variables, strict=True):
        target.assign(value)
    for one, other in zip(whole, train(second, start=3, trained=half), strict=True):
        np.testing.assert_array_equal(one, other)
