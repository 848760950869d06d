"""Attention maps and their drift, against values worked by hand."""

import keras
import numpy as np
from toys import toy_source

from rtl_tf.inference import attention
from rtl_tf.networks.precision import computing_in
from rtl_tf.training.model import build_source


def network(*kernel: float) -> keras.Model:
    """Gives the red, green and blue of each px, multiplied by `kernel`, as features."""
    image = keras.Input((2, 2, 3))
    return keras.Model(image, {"features": image * np.array(kernel, np.float32)})


def test_maps_are_sums_of_squares_over_their_maximum():
    features = np.zeros((1, 2, 2, 3), np.float32)
    features[0, 0, 0] = 1, 2, 2  # 9
    features[0, 1, 1] = 0, 0, -6  # 36
    np.testing.assert_allclose(attention.attention_maps(features), [[[0.25, 0], [0, 1]]])
    np.testing.assert_allclose(attention.attention_maps(1e20 * features), [[[0.25, 0], [0, 1]]])


def test_drift_is_the_squared_distance_of_unit_maps_for_each_image():
    crops = np.zeros((70, 2, 2, 3), np.uint8)  # more than two batches
    crops[:, 0, 0] = 1, 0, 0
    crops[:, 1, 1] = 0, 1, 0
    crops[40:, 1, 1] = 0, 0, 1
    # Source (1, 1)/sqrt(2); target (1, 4)/sqrt(17), and where the second place is blue (1, 0).
    drift = attention.attention_drift(network(1, 1, 1), network(1, 2, 0), crops)
    cosine = np.where(np.arange(70) < 40, 5 / np.sqrt(34), 1 / np.sqrt(2))
    np.testing.assert_allclose(drift, 2 - 2 * cosine, rtol=1e-6)


def test_drift_ignores_scale_and_is_2_for_maps_without_a_common_place():
    crops = np.zeros((1, 2, 2, 3), np.uint8)
    crops[0, 0, 0], crops[0, 1, 1] = (1, 0, 0), (0, 1, 0)
    np.testing.assert_allclose(attention.attention_drift(network(1, 1, 1), network(3, 3, 0), crops), 0, atol=1e-6)
    np.testing.assert_allclose(attention.attention_drift(network(1, 0, 0), network(0, 1, 0), crops), 2, rtol=1e-6)
    drift, exploded = (
        attention.attention_drift(network(1, 1, 1), network(scale, 2 * scale, 0), crops) for scale in (1, 1e20)
    )
    np.testing.assert_allclose(exploded, drift, rtol=1e-6)


def test_rounding_of_mixed_precision_is_no_drift():
    """A frozen encoder (FE) has none: it is saved in float32, and its source computed in half precision beside it."""
    with computing_in(True):
        source = build_source(toy_source(32), with_classifier=False)
    crops = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    saved = build_source(toy_source(32), with_classifier=False)
    np.testing.assert_array_equal(attention.attention_drift(source, saved, crops), [0, 0])
