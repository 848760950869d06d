"""The networks that start from random weights: sizes, structure, seeds, first answers."""

import keras
import numpy as np
import pytest

from rtl_tf.exceptions import InputError
from rtl_tf.networks import dsnt, hourglass, unet

NETWORKS = {"hourglass": hourglass.network, "unet": unet.network, "dsnt": dsnt.network}
# What each takes as its features: stride of the map, channels at full width.
FEATURES = {"hourglass": (4, 256), "unet": (16, 1024), "dsnt": (32, 512)}
NARROW = 1 / 32


def images(size, count=2, seed=0):
    return np.random.default_rng(seed).uniform(0, 255, (count, size, size, 3)).astype(np.float32)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("size", [32, 96, 160, 256])
def test_every_multiple_of_32_ends_on_the_heatmap_grid(name, size):
    outputs = NETWORKS[name](size, 5, width=NARROW).output
    stride, filters = FEATURES[name]
    assert outputs["heatmaps"].shape == (None, size // 4, size // 4, 5)
    assert outputs["features"].shape == (None, size // stride, size // stride, filters // 32)


@pytest.mark.parametrize("name", NETWORKS)
def test_other_sizes_are_refused(name):
    with pytest.raises(InputError, match="--image-size 100: not a multiple of 32"):
        NETWORKS[name](100, 5, width=NARROW)


@pytest.mark.parametrize(("name", "millions"), [("hourglass", 6.6), ("unet", 30.3), ("dsnt", 13.6)])
def test_full_width_is_the_published_size(name, millions):
    # Newell's two stacks have 6.7 million weights for 16 points; U-Net has 31.0 million with the two levels above
    # stride 4, which its expanding path has not here.
    assert NETWORKS[name](256, 14).count_params() == pytest.approx(millions * 1e6, rel=0.01)


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_follow_the_seed_alone(name):
    def weights(seed):
        return NETWORKS[name](64, 3, width=NARROW, seed=seed).get_weights()

    assert all(np.array_equal(one, other) for one, other in zip(weights(1), weights(1), strict=True))
    differ = [
        not np.array_equal(one, other) for one, other in zip(weights(1), weights(2), strict=True) if one.ndim == 4
    ]
    assert differ and all(differ)


@pytest.mark.parametrize("name", ["hourglass", "unet"])
def test_starts_near_the_zero_heatmap(name):
    outputs = NETWORKS[name](64, 14, width=1 / 8)(images(64), training=True)
    for maps in (value for key, value in outputs.items() if "heatmaps" in key):
        assert 0 < np.abs(maps).max() < 0.1


def test_dsnt_starts_from_the_middle():
    points = dsnt.network(64, 14, width=1 / 8)(images(64), training=True)["points"]
    np.testing.assert_allclose(points, 7.5, atol=0.1)


def test_an_hourglass_halves_four_times_or_as_often_as_it_can():
    def smallest(size):
        network = hourglass.network(size, 3, width=NARROW)
        return min(layer.output.shape[1] for layer in network.layers)

    assert {size: smallest(size) for size in (32, 64, 96, 224, 256)} == {32: 1, 64: 1, 96: 3, 224: 7, 256: 4}


def test_the_second_hourglass_sees_the_firsts_heatmaps():
    network = hourglass.network(64, 3, width=NARROW)
    before = network(images(64))
    head = network.get_layer("intermediate_heatmaps")
    head.bias.assign([1.0, 0.0, 0.0])
    after = network(images(64))
    np.testing.assert_allclose(
        after["intermediate_heatmaps"][..., 0], before["intermediate_heatmaps"][..., 0] + 1, atol=1e-5
    )
    assert np.abs(after["heatmaps"] - before["heatmaps"]).max() > 0


def test_unet_joins_the_maps_of_strides_4_and_8():
    network = unet.network(64, 3, width=NARROW)
    for stride, count in ((8, 16), (4, 8)):
        join = network.get_layer(f"join{stride}")
        assert [tensor.shape[1:] for tensor in join.input] == [(64 // stride, 64 // stride, count)] * 2
    deconvolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2DTranspose)]
    assert [layer.name for layer in deconvolutions] == ["double8", "double4"]
