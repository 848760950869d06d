"""The feature pyramid as a decoder."""

import keras
import numpy as np
import pytest

from rtl_tf.config import Asked
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.building import load_networks
from rtl_tf.methods import METHODS
from rtl_tf.networks import feature_pyramid, resnet50


def encoder() -> keras.Model:
    image = keras.Input((32, 32, 3))
    maps = [keras.layers.AveragePooling2D(stride)(image) for stride in (4, 8, 16)]
    return keras.Model(image, maps)


def test_every_map_counts_and_seeds_repeat():
    maps = encoder()(np.random.default_rng(0).uniform(0, 1, (2, 32, 32, 3)).astype(np.float32))
    decoder = feature_pyramid.decoder(encoder().outputs, 5, 8, seed=3)
    heatmaps = decoder(maps)
    assert heatmaps.shape == (2, 8, 8, 5)
    for number in range(3):
        other = [maps[i] + (1.0 if i == number else 0.0) for i in range(3)]
        assert np.abs(decoder(other) - heatmaps).max() > 1e-7
    np.testing.assert_array_equal(feature_pyramid.decoder(encoder().outputs, 5, 8, seed=3)(maps), heatmaps)


def test_the_map_of_an_unpadded_pool_is_padded():
    maps = resnet50.encoder(64, 16, width=0.02).outputs
    assert [features.shape[1] for features in maps] == [15, 8, 4]
    decoder = feature_pyramid.decoder(maps, 5, 8)
    assert decoder.output.shape == (None, 16, 16, 5)
    seen = decoder.get_layer("pad0")(np.ones((1, 15, 15, 8), np.float32))
    assert float(np.sum(seen)) == 15 * 15 * 8 and float(np.abs(seen[0, 15]).max()) == 0


def test_parameters_are_those_of_the_paper_and_of_the_normalisation():
    decoder = feature_pyramid.decoder(encoder().outputs, 5, 8)
    laterals, merges, normalised, head = 3 * 3 * 8, 2 * 9 * 8 * 8, (3 + 2) * 4 * 8, 8 * 5 + 5
    assert decoder.count_params() == laterals + merges + normalised + head


def test_the_scale_of_the_maps_does_not_matter_when_training_begins():
    images = np.random.default_rng(0).uniform(0, 1, (2, 32, 32, 3)).astype(np.float32)
    maps = encoder()(images)
    decoder = feature_pyramid.decoder(encoder().outputs, 5, 8)
    plain, larger = (decoder([scale * one for one in maps], training=True) for scale in (10.0, 1000.0))
    assert np.std(plain) > 1e-4
    np.testing.assert_allclose(larger, plain, atol=1e-2 * float(np.std(plain)))


def test_a_pyramid_has_its_own_connections():
    settings = Asked(method="ft", decoder="pyramid", skip_connections=True, source="random", image_size=32).resolved(
        encoder_stride=16
    )
    with pytest.raises(InputError, match="--skip-connections: a pyramid joins the maps of all strides as it is"):
        load_networks(settings, METHODS["ft"])
