"""The fused batch normalisation against Keras's layer and against its definition in NumPy; dropout that freezes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from rtl_tf.networks import saved
from rtl_tf.networks.normalization import BatchNormalization, fused

OPTIONS = {"momentum": 0.9, "epsilon": 1e-3, "name": "norm"}


def maps(seed=0, shape=(3, 5, 4, 6)):
    return np.random.default_rng(seed).normal(2, 3, shape).astype(np.float32)


def layer(kind=BatchNormalization):
    made = kind(**OPTIONS)
    made.build((None, 5, 4, 6))
    made.set_weights([np.linspace(low, high, 6) for low, high in ((0.5, 2), (-1, 1), (-3, 3), (0.1, 4))])
    return made


def step(norm, x, weight):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = norm(x, training=True)
        loss = tf.reduce_sum(weight * tf.cast(y, tf.float32) ** 2)
    return y, tape.gradient(loss, [x, norm.gamma.value, norm.beta.value])


@pytest.mark.parametrize("graph", [False, True])
def test_training_gives_keras_outputs_gradients_and_statistics(graph):
    ours, keras_own = layer(), layer(keras.layers.BatchNormalization)
    call = tf.function(step) if graph else step
    x, weight = tf.constant(maps()), tf.constant(maps(1))
    (y, gradients), (expected, expected_gradients) = call(ours, x, weight), call(keras_own, x, weight)
    np.testing.assert_allclose(y, expected, atol=1e-5)
    for found, wanted in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5 * np.abs(wanted).max())
    for found, wanted in zip(ours.get_weights(), keras_own.get_weights(), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_training_follows_the_definition():
    norm, x = layer(), maps()
    gamma, beta, mean, variance = norm.get_weights()
    y = norm(x, training=True)
    batch_mean, batch_variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    np.testing.assert_allclose(y, gamma * (x - batch_mean) / np.sqrt(batch_variance + 1e-3) + beta, atol=1e-5)
    np.testing.assert_allclose(norm.moving_mean, 0.9 * mean + 0.1 * batch_mean, atol=1e-5)
    np.testing.assert_allclose(norm.moving_variance, 0.9 * variance + 0.1 * batch_variance, atol=1e-5)


def test_one_value_a_channel_keeps_finite_statistics():
    norm = layer()
    norm(maps(shape=(1, 1, 1, 6)), training=True)
    np.testing.assert_allclose(norm.moving_variance, 0.9 * np.linspace(0.1, 4, 6), rtol=1e-5)


@pytest.mark.parametrize("trainable, training", [(True, False), (False, True)])
def test_inference_and_frozen_layers_use_and_keep_the_moving_statistics(trainable, training):
    norm, x = layer(), maps()
    norm.trainable = trainable
    gamma, beta, mean, variance = before = norm.get_weights()
    y = norm(x, training=training)
    np.testing.assert_allclose(y, gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta, atol=1e-4)
    for one, other in zip(before, norm.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_half_precision_maps_keep_float32_statistics():
    norm = BatchNormalization(**OPTIONS, dtype="mixed_bfloat16")
    x = maps() + 1000
    y = norm(x, training=True)
    assert y.dtype == tf.bfloat16
    assert norm.moving_mean.dtype == "float32"
    rounded = np.asarray(tf.cast(tf.cast(x, tf.bfloat16), tf.float32))
    np.testing.assert_allclose(norm.moving_mean, 0.1 * rounded.mean((0, 1, 2)), rtol=1e-4)


def test_a_network_is_rebuilt_with_equal_answers():
    image = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(6, 3, use_bias=False, name="conv")(image)
    network = keras.Model(image, keras.layers.BatchNormalization(name="norm")(x))
    network.layers[-1].set_weights(layer().get_weights())
    copy = fused(network)
    assert type(copy.get_layer("norm")) is BatchNormalization
    pixels = maps(shape=(2, 8, 8, 3))
    np.testing.assert_array_equal(copy(pixels), network(pixels))


def test_a_frozen_network_drops_nothing_in_training(tmp_path):
    image = keras.Input((4, 4, 3))
    kept = keras.layers.Dropout(0.5, noise_shape=(None, 1, 1, 1), seed=0, name="drop")(image)
    saved.write(fused(keras.Model(image, kept)), tmp_path / "network.keras")
    network, pixels = saved.read(tmp_path / "network.keras"), maps(shape=(8, 4, 4, 3))
    dropped = np.asarray(network(pixels, training=True))
    assert {float(np.abs(each).max()) > 0 for each in dropped} == {False, True}  # whole images, as EfficientNet does
    network.trainable = False
    np.testing.assert_array_equal(network(pixels, training=True), pixels)
