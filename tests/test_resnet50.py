"""ResNet-50 as keras-vggface has it: sizes, preprocessing, seeds, saving."""

import keras
import numpy as np
import pytest

from rtl_tf.exceptions import InputError
from rtl_tf.networks import keras_resnet50, resnet50
from rtl_tf.networks.layers import Preprocess


@pytest.fixture(scope="module")
def narrow():
    return resnet50.encoder(64, width=1 / 16)


def test_published_sizes_at_256():
    encoder = resnet50.encoder(256)
    assert encoder.get_layer("conv1__7x7_s2").output.shape == (None, 128, 128, 64)
    shapes = [(None, 63, 63, 256), (None, 32, 32, 512), (None, 16, 16, 1024), (None, 8, 8, 2048)]
    assert [features.shape for features in encoder.outputs] == shapes
    # He et al.'s network has 23 508 032 trained parameters before its classifier, 2 x 26 560 of them in the norms.
    kernels = sum(layer.count_params() for layer in encoder.layers if isinstance(layer, keras.layers.Conv2D))
    assert kernels == 23_508_032 - 2 * 26_560
    assert encoder.count_params() - kernels == 4 * 26_560
    assert not any(layer.use_bias for layer in encoder.layers if isinstance(layer, keras.layers.Conv2D))
    norms = [layer for layer in encoder.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(norms) == 53
    assert {layer.epsilon for layer in norms} == {1e-3}


def test_stride_sits_on_the_first_1x1_and_the_projection(narrow):
    for name in ("conv3_1_1x1_reduce", "conv3_1_1x1_proj", "conv4_1_1x1_reduce", "conv5_1_1x1_proj"):
        assert narrow.get_layer(name).strides == (2, 2)
    for name in ("conv2_1_1x1_reduce", "conv3_1_3x3", "conv3_2_1x1_reduce"):
        assert narrow.get_layer(name).strides == (1, 1)


def test_preprocess_reorders_before_it_subtracts():
    layer = Preprocess(mean=(10, 20, 30), scale=0.5, channel_order="bgr")
    pixel = np.array([[[[130, 24, 14]]]], np.uint8)
    np.testing.assert_allclose(layer(pixel), [[[[2, 2, 50]]]])
    assert Preprocess.from_config(layer.get_config()).get_config() == layer.get_config()


def test_uint8_and_float_images_give_the_same(narrow):
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    np.testing.assert_array_equal(narrow(images)[-1], narrow(images.astype(np.float32))[-1])


def test_equal_seeds_give_equal_weights_whatever_was_built_before(narrow):
    keras.layers.Dense(3).build((1, 2))
    again = resnet50.encoder(64, width=1 / 16)
    other = resnet50.encoder(64, width=1 / 16, seed=1)
    kernel = "conv2_1_3x3"
    for mine, theirs in zip(narrow.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not np.array_equal(narrow.get_layer(kernel).kernel, other.get_layer(kernel).kernel)
    assert not np.array_equal(narrow.get_layer(kernel).kernel, narrow.get_layer("conv2_2_3x3").kernel)


def test_saved_and_loaded_gives_equal_maps(narrow, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    narrow.save(tmp_path / "encoder.keras")
    loaded = keras.saving.load_model(tmp_path / "encoder.keras")
    for expected, maps in zip(narrow(images), loaded(images), strict=True):
        np.testing.assert_array_equal(expected, maps)


def test_a_shorter_encoder_leaves_the_last_stage_to_the_classifier():
    whole = resnet50.encoder(64, width=1 / 16)
    short = resnet50.encoder(64, stride=16, width=1 / 16)
    head = resnet50.classifier(short, size=7, width=1 / 16)
    assert short.outputs[-1].shape == (None, 4, 4, 64)
    assert [layer.name for layer in head.layers if layer.name.startswith("conv5_1_1x1_reduce")]
    assert head.output.shape == (None, 7)
    images = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    logits = resnet50.classifier(whole, size=7, width=1 / 16)(whole(images)[-1])
    np.testing.assert_allclose(head(short(images)[-1]), logits, rtol=1e-5, atol=1e-6)


def test_keras_resnet50_in_two_parts_is_the_whole():
    encoder, classifier = keras_resnet50.split(keras_resnet50.build(64), stride=16)
    assert [features.shape[1:] for features in encoder.outputs] == [(16, 16, 256), (8, 8, 512), (4, 4, 1024)]
    images = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    prepared = keras.applications.resnet.preprocess_input(images.astype(np.float32))
    whole = keras.applications.ResNet50(weights=None, input_shape=(64, 64, 3), classifier_activation=None)
    whole.set_weights(encoder.get_weights() + classifier.get_weights())
    np.testing.assert_allclose(classifier(encoder(images)[-1]), whole(prepared), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [0, 100, -32])
def test_sizes_that_the_strides_do_not_divide_are_refused(size):
    with pytest.raises(InputError, match=f"--image-size {size}"):
        resnet50.encoder(size)


def test_unknown_encoder_stride_is_refused():
    with pytest.raises(InputError, match="--encoder-stride 7"):
        resnet50.encoder(64, stride=7)
