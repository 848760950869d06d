"""The paper preset's network at its full size: ResNet-50, 256x256, batch 2, one step of every method."""

import keras
import numpy as np
import pytest

from rtl_tf import heatmaps
from rtl_tf.methods import METHODS
from rtl_tf.networks import resnet50
from rtl_tf.networks.sources import SOURCES, SourceNetwork
from rtl_tf.training.model import RegularizedDetector, build_network, build_source, freeze

SIZE, LANDMARKS = 256, 14


def vggface2_network() -> SourceNetwork:
    """As `--source vggface2` builds it, with random weights: the published file is not to be had offline."""
    encoder = resnet50.encoder(SIZE)
    return SourceNetwork(SOURCES["vggface2"], encoder, resnet50.classifier(encoder))


@pytest.fixture(scope="module")
def networks():
    return (
        build_network(vggface2_network(), LANDMARKS, skip=False, seed=0, with_classifier=True),
        build_source(vggface2_network(), with_classifier=True),
    )


@pytest.mark.parametrize("name", METHODS)
def test_one_step_at_full_width(name, networks):
    network, source = networks
    freeze(network, METHODS[name].trains, "batch")
    network.get_layer("classifier").trainable = METHODS[name].uses_classifier
    detector = RegularizedDetector(network, source=source, method=METHODS[name], reg_weight=0.002)
    detector.compile(keras.optimizers.Adam(1e-5, epsilon=1e-8))
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (2, SIZE, SIZE, 3)).astype(np.float32)
    points = rng.uniform(5, 58, (2, LANDMARKS, 2)).astype(np.float32)
    maps = np.asarray(heatmaps.encode(points, SIZE // 4, 1.5))
    answers = detector(images)
    assert answers["heatmaps"].shape == (2, 64, 64, LANDMARKS)
    assert answers["features"].shape == (2, 8, 8, 2048) and answers["logits"].shape == (2, 8631)
    kernel = network.get_layer("decoder").get_layer("heatmaps").kernel
    before = np.array(kernel)
    logs = detector.train_on_batch(images, {"points": points, "heatmaps": maps}, return_dict=True)
    # The zero heatmap's loss, 2 pi sigma^2 / 2 of 64 * 64 entries: why lambda = 0.002 wants the mean.
    assert logs["heatmap_loss"] == pytest.approx(np.pi * 1.5**2 / 64**2, rel=0.2)
    assert np.isfinite(logs["loss"]) and not np.array_equal(before, kernel)
