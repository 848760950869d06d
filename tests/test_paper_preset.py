"""The paper preset's networks at their full size: 256x256, batch 2, one step of each network.

What the other methods freeze and compare is shown on toys (test_training.py, test_method_contract.py).
"""

import keras
import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from rtl_tf import heatmaps
from rtl_tf.experiments.building import network_of
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


def batch():
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (2, SIZE, SIZE, 3)).astype(np.float32)
    points = rng.uniform(5, 58, (2, LANDMARKS, 2)).astype(np.float32)
    return images, {"points": points, "heatmaps": np.asarray(heatmaps.encode(points, SIZE // 4, 1.5))}


# The zero heatmap's loss, 2 pi sigma^2 / 2 of 64 * 64 entries: why lambda = 0.002 wants the mean.
ZERO_HEATMAP = np.pi * 1.5**2 / 64**2


def first_loss_of_dsnt(truth) -> float:
    """Even maps: coordinates in the middle, and the divergence of a Gaussian from the even distribution."""
    distances = np.linalg.norm(truth["points"] - 31.5, axis=-1) * 2 / 64
    gaussians = truth["heatmaps"] / truth["heatmaps"].sum(axis=(1, 2), keepdims=True)
    even = np.full((64, 64), 1 / 64**2)
    divergences = [
        jensenshannon(maps[..., k].ravel(), even.ravel()) ** 2 for maps in gaussians for k in range(LANDMARKS)
    ]
    return np.mean(distances) + np.mean(divergences)


@pytest.mark.parametrize("name", ["hg", "unet", "dsnt"])
def test_one_step_from_random_weights(name):
    detector = RegularizedDetector(network_of(METHODS[name])(SIZE, LANDMARKS), method=METHODS[name])
    detector.compile(keras.optimizers.Adam(1e-5, epsilon=1e-8), run_eagerly=True)
    images, truth = batch()
    kernel = next(variable for variable in detector.trainable_variables if variable.ndim == 4)
    before = np.array(kernel)
    logs = detector.train_on_batch(images, truth, return_dict=True)
    expected = {"hg": 2 * ZERO_HEATMAP, "unet": ZERO_HEATMAP, "dsnt": first_loss_of_dsnt(truth)}[name]
    assert logs["loss"] == logs["heatmap_loss"] == pytest.approx(expected, rel=0.2)
    assert not np.array_equal(before, kernel)


@pytest.mark.parametrize("name", ["fe", "rtl-co-eo"])
def test_one_step_at_full_width(name, networks):
    network, source = networks
    freeze(network, METHODS[name].trains, "batch")
    network.get_layer("classifier").trainable = METHODS[name].uses_classifier
    detector = RegularizedDetector(network, source=source, method=METHODS[name], reg_weight=0.002)
    detector.compile(keras.optimizers.Adam(1e-5, epsilon=1e-8))
    images, truth = batch()
    answers = detector(images)
    assert answers["heatmaps"].shape == (2, 64, 64, LANDMARKS)
    assert answers["features"].shape == (2, 8, 8, 2048) and answers["logits"].shape == (2, 8631)
    kernel = network.get_layer("decoder").get_layer("heatmaps").kernel
    before = np.array(kernel)
    logs = detector.train_on_batch(images, truth, return_dict=True)
    assert logs["heatmap_loss"] == pytest.approx(ZERO_HEATMAP, rel=0.2)
    assert np.isfinite(logs["loss"]) and not np.array_equal(before, kernel)
