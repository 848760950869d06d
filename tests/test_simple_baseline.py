"""The simple-baseline decoder: shapes, initialisation, skip connections, saving."""

import keras
import numpy as np
import pytest
from toys import toy_source

from rtl_tf.config import Asked
from rtl_tf.experiments.building import build
from rtl_tf.methods import METHODS
from rtl_tf.networks import dlib_resnet, resnet50, simple_baseline


@pytest.mark.parametrize(("stride", "deconvolutions"), [(16, 2), (32, 3)])
@pytest.mark.parametrize("skip", [False, True])
def test_ends_at_stride_four(stride, deconvolutions, skip):
    encoder = dlib_resnet.encoder(64, stride)
    decoder = simple_baseline.decoder(encoder.outputs, 14, skip=skip)
    assert decoder(encoder(np.zeros((2, 64, 64, 3), np.uint8))).shape == (2, 16, 16, 14)
    layers = [layer for layer in decoder.layers if isinstance(layer, keras.layers.Conv2DTranspose)]
    assert [(layer.filters, layer.kernel_size, layer.strides) for layer in layers] == [
        (256, (4, 4), (2, 2))
    ] * deconvolutions
    assert not any(layer.use_bias for layer in layers)


def test_skip_connections_pad_the_unpadded_pool():
    encoder = resnet50.encoder(256, width=1 / 16)
    assert encoder.outputs[0].shape == (None, 63, 63, 16)
    decoder = simple_baseline.decoder(encoder.outputs, 3, skip=True, filters=8)
    assert decoder.output.shape == (None, 64, 64, 3)
    # heatmaps read the 8 deconvolved channels and the 16 of the stride-4 map
    assert decoder.get_layer("heatmaps").kernel.shape == (1, 1, 24, 3)
    padded = decoder.get_layer("skip3_pad")(np.ones((1, 63, 63, 1), np.float32))
    assert float(np.sum(padded)) == 63 * 63
    assert float(padded[0, 63, 0, 0]) == 0


def test_without_skip_only_the_last_map_matters():
    encoder = dlib_resnet.encoder(64)
    rng = np.random.default_rng(0)
    maps = [rng.normal(size=(1, *features.shape[1:])).astype(np.float32) for features in encoder.outputs]
    changed = [maps[0] + 1, maps[1] + 1, maps[2]]
    plain = simple_baseline.decoder(encoder.outputs, 3, filters=8)
    joined = simple_baseline.decoder(encoder.outputs, 3, skip=True, filters=8)
    np.testing.assert_array_equal(plain(maps), plain(changed))
    assert np.abs(joined(maps) - joined(changed)).max() > 0


def test_starts_near_the_zero_heatmap_and_from_its_seed_alone():
    outputs = dlib_resnet.encoder(64).outputs
    decoder = simple_baseline.decoder(outputs, 14, seed=3)
    again = simple_baseline.decoder(outputs, 14, seed=3)
    other = simple_baseline.decoder(outputs, 14, seed=4)
    for name, stddev in (("deconv1", (2 / (4 * 128)) ** 0.5), ("heatmaps", 1e-3)):
        kernel = np.asarray(decoder.get_layer(name).kernel)
        assert kernel.std() == pytest.approx(stddev, rel=0.05)
        np.testing.assert_array_equal(kernel, again.get_layer(name).kernel)
        assert not np.array_equal(kernel, other.get_layer(name).kernel)
    assert not np.any(decoder.get_layer("heatmaps").bias)


def test_saved_and_loaded_with_its_encoder(tmp_path):
    encoder = dlib_resnet.encoder(64)
    image = keras.Input((64, 64, 3))
    detector = keras.Model(image, simple_baseline.decoder(encoder.outputs, 5, skip=True, filters=8)(encoder(image)))
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    detector.save(tmp_path / "detector.keras")
    np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "detector.keras")(images), detector(images))


def test_a_run_has_the_filters_that_were_asked_for():
    settings = Asked(method="ft", image_size=64, decoder_filters=8).resolved(reg_weight=0.0)
    networks = (toy_source(64), toy_source(64))
    detector, _ = build(settings, METHODS["ft"], networks, np.zeros((2, 64, 64, 3), np.uint8), 3)
    layers = detector.get_layer("decoder").layers
    assert {layer.filters for layer in layers if isinstance(layer, keras.layers.Conv2DTranspose)} == {8}
