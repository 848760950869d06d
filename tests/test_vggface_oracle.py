"""Our ResNet-50 against the unmodified keras-vggface package, with weights that it saved."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from rtl_tf.exceptions import InputError
from rtl_tf.networks import resnet50
from rtl_tf.networks.sources import load_keras_vggface, load_source

pytestmark = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("keras_vggface", "keras_applications", "tf_keras")),
    reason="keras-vggface, keras-applications and tf-keras are test extras",
)


@pytest.fixture(scope="module")
def oracle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("oracle")
    script = Path(__file__).with_name("vggface_oracle.py")
    result = subprocess.run([sys.executable, str(script), str(folder)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
    yield folder
    (folder / "weights.h5").unlink()


def test_class_probabilities_at_224(oracle):
    loaded = load_source("vggface2", 224, weights=oracle / "weights.h5", classifier=True)
    logits = loaded.classifier(loaded.encoder(np.load(oracle / "images_224.npy"))[-1])
    expected = np.load(oracle / "probabilities_224.npy")
    assert expected.max() < 0.9
    np.testing.assert_allclose(keras.ops.softmax(logits), expected, atol=2e-6)


@pytest.mark.parametrize("stride", [32, 16])
def test_features_at_256(oracle, stride):
    loaded = load_source("vggface2", 256, weights=oracle / "weights.h5", encoder_stride=stride, classifier=True)
    expected = np.load(oracle / "features_256.npy")
    features = loaded.encoder(np.load(oracle / "images_256.npy"))[-1]
    if stride == 16:
        assert features.shape == (1, 16, 16, 1024)
        rest = keras.Model(loaded.classifier.input, loaded.classifier.get_layer("conv5_3_relu").output)
        features = rest(features)
    assert expected.shape == (1, 8, 8, 2048)
    np.testing.assert_allclose(features, expected, atol=1e-4 * np.ptp(expected))


def test_wrong_architecture_is_refused_by_name_on_either_side(oracle):
    encoder = resnet50.encoder(32, stride=16)
    before = encoder.get_weights()
    with pytest.raises(InputError, match="the network lacks: conv5_1_1x1_increase/kernel"):
        load_keras_vggface(encoder, oracle / "weights.h5")
    more = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Conv2D(1, 1, name="extra")])
    with pytest.raises(InputError, match="no weights for extra/bias, extra/kernel"):
        load_keras_vggface(more, oracle / "weights.h5")
    for old, new in zip(before, encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_wrong_shape_is_refused(oracle):
    encoder = resnet50.encoder(32)
    classifier = resnet50.classifier(encoder, size=10)
    network = keras.Model(encoder.input, classifier(encoder.outputs[-1]))
    with pytest.raises(InputError, match="logits/kernel is"):
        load_keras_vggface(network, oracle / "weights.h5")


def test_file_without_the_classification_layer(oracle, tmp_path):
    notop = tmp_path / "notop.h5"
    with h5py.File(oracle / "weights.h5") as whole, h5py.File(notop, "w") as file:
        for layer in whole:
            if layer != "classifier":
                whole.copy(layer, file)
        file.attrs["layer_names"] = [name for name in whole.attrs["layer_names"] if name != "classifier"]
    loaded = load_source("vggface2", 256, weights=notop)
    expected = np.load(oracle / "features_256.npy")
    features = loaded.encoder(np.load(oracle / "images_256.npy"))[-1]
    np.testing.assert_allclose(features, expected, atol=1e-4 * np.ptp(expected))
    with pytest.raises(InputError, match="no classification branch"):
        load_source("vggface2", 256, weights=notop, classifier=True)
