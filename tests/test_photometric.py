"""Light, blur, noise and occluders, each against what it should be."""

import numpy as np
import pytest
import tensorflow as tf
from scipy.ndimage import gaussian_filter

from rtl_tf.photometric import blurred, lit, noise, occluded

SIZE = 48
NEUTRAL = {"gain": 1.0, "offset": 0.0, "contrast": 1.0, "gamma": 1.0, "cast": (1.0, 1.0, 1.0), "grey": 0.0}


@pytest.fixture
def image():
    return np.random.default_rng(0).uniform(20, 235, (SIZE, SIZE, 3)).astype(np.float32)


def light(image, **changes):
    return lit(tf.constant(image[None]), **{name: tf.constant([value]) for name, value in (NEUTRAL | changes).items()})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, lambda x: x),
        ({"gain": 0.7}, lambda x: 0.7 * x),
        ({"offset": -0.05}, lambda x: x - 0.05 * 255),
        ({"gain": 1.2}, lambda x: 1.2 * x),
        ({"contrast": 1.2}, lambda x: 1.2 * (x - x.mean()) + x.mean()),
        ({"gamma": 1.3}, lambda x: 255 * (x / 255) ** 1.3),
        ({"cast": (0.9, 1.0, 1.1)}, lambda x: x * np.array([0.9, 1.0, 1.1])),
        ({"grey": 1.0}, lambda x: np.repeat(x.mean(axis=2, keepdims=True), 3, axis=2)),
    ],
)
def test_each_change_of_light_is_what_it_says(image, changes, expected):
    np.testing.assert_allclose(light(image, **changes)[0], np.clip(expected(image), 0, 255), atol=2e-3)


def test_all_changes_of_light_in_their_order(image):
    changes = {
        "gain": 0.9, "offset": 0.1, "contrast": 1.25, "gamma": 0.8, "cast": (1.1, 0.95, 0.9), "grey": 0.5
    }  # fmt: skip
    values = 0.9 * image / 255 + 0.1
    values = (1.25 * (values - values.mean()) + values.mean()) * [1.1, 0.95, 0.9]
    values = np.clip(0.5 * values + 0.5 * values.mean(axis=2, keepdims=True), 0, 1)
    np.testing.assert_allclose(light(image, **changes)[0], 255 * values**0.8, atol=2e-3)


def test_each_image_has_its_own_light(image):
    """The contrast is about its own mean, whatever else is in the batch."""
    images, contrast, gain = np.stack([image, image / 2]), (1.25, 0.8), (0.9, 1.1)
    neutral = {name: tf.constant([value] * 2) for name, value in NEUTRAL.items()}
    together = lit(tf.constant(images), **neutral | {"contrast": tf.constant(contrast), "gain": tf.constant(gain)})
    for number in (0, 1):
        alone = light(images[number], contrast=contrast[number], gain=gain[number])
        np.testing.assert_allclose(together[number], alone[0], atol=1e-3)


def test_black_stays_black_and_white_white():
    image = np.zeros((2, 2, 3), np.float32)
    image[0] = 255
    np.testing.assert_allclose(light(image, gamma=0.75)[0], image, atol=1e-3)


def test_the_blur_of_a_dot_is_the_gaussian():
    dots = np.zeros((3, SIZE, SIZE, 3), np.float32)
    dots[:, 20, 30] = 255, 100, 50
    sigma = np.array([0.5, 1.3, 2.0], np.float32)
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    for found, width in zip(np.asarray(blurred(tf.constant(dots), tf.constant(sigma))), sigma, strict=True):
        expected = np.exp(-((y - 20) ** 2 + (x - 30) ** 2) / (2 * width**2))
        expected = expected[..., None] / expected.sum() * [255, 100, 50]
        np.testing.assert_allclose(found, expected, atol=1e-3)
        np.testing.assert_allclose(found.sum(axis=(0, 1)), [255, 100, 50], rtol=1e-5)


def test_the_blur_is_scipys_away_from_the_border_and_keeps_an_even_field(image):
    found = blurred(tf.constant(image[None]), tf.constant([1.5]))[0]
    expected = gaussian_filter(image, (1.5, 1.5, 0), truncate=8)
    np.testing.assert_allclose(found[13:-13, 13:-13], expected[13:-13, 13:-13], atol=1e-2)
    even = tf.fill((1, SIZE, SIZE, 3), 77.0)
    np.testing.assert_allclose(blurred(even, tf.constant([1.5])), even, rtol=1e-5)


def test_without_blur_an_image_is_the_same(image):
    np.testing.assert_allclose(blurred(tf.constant(image[None]), tf.constant([0.0]))[0], image, rtol=1e-6)


def test_noise_has_mean_0_and_deviation_1_and_is_another_for_every_key():
    keys = np.random.default_rng(0).random((6, 2)).astype(np.float32)
    keys[1, 0], keys[2, 1] = keys[0, 0], keys[0, 1]  # half a key is not the key
    fields = np.asarray(noise(tf.constant(keys), 64)).reshape(6, -1)
    np.testing.assert_allclose(fields.mean(axis=1), 0, atol=0.04)
    np.testing.assert_allclose(fields.std(axis=1), 1, atol=0.02)
    assert np.abs(fields).max() <= 6**0.5
    others = np.corrcoef(fields) - np.eye(6)
    assert np.abs(others).max() < 0.04  # 12288 values: a standard deviation of 0.009


def test_noise_of_neighbours_and_channels_is_independent():
    (field,) = np.asarray(noise(tf.constant([[0.25, 0.75]]), 64))
    pairs = [(field[1:], field[:-1]), (field[:, 1:], field[:, :-1]), (field[..., 0], field[..., 1])]
    for one, other in pairs:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.05


def test_noise_depends_on_its_key_alone():
    keys = tf.constant([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
    np.testing.assert_array_equal(noise(keys, 16)[2], noise(keys[2:], 16)[0])


def test_an_occluder_has_its_place_area_and_colour(image):
    where = {"left": [0.0, 1.0, 0.5], "top": [0.0, 1.0, 0.25]}
    where |= {"width": [0.25, 0.125, 0.0], "height": [0.125, 0.25, 0.0]}
    colour = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.float32)
    images = np.repeat(image[None], 3, axis=0)
    found = np.asarray(
        occluded(tf.constant(images), colour=tf.constant(colour), **{k: tf.constant(v) for k, v in where.items()})
    )
    expected = images.copy()
    expected[0, :6, :12] = colour[0]
    expected[1, 36:, 42:] = colour[1]
    np.testing.assert_array_equal(found, expected)
