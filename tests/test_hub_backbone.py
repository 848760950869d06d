"""Vision transformers of KerasHub as sources, with random weights; what is said where KerasHub is not installed."""

import json
import sys

import numpy as np
import pytest

from rtl_tf.config import Asked
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.building import load_networks
from rtl_tf.experiments.resolving import resolve
from rtl_tf.methods import METHODS
from rtl_tf.networks import saved
from rtl_tf.networks.hub_backbone import PatchTokens
from rtl_tf.networks.sources import load_source
from rtl_tf.training.model import build_network

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)


def test_without_keras_hub_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(InputError, match=r'not installed: pip install -e "\.\[hub\]"$'):
        load_source("hub:dinov2_small", 64)


@pytest.fixture
def hub():
    return pytest.importorskip("keras_hub")


@pytest.fixture
def preset(hub, tmp_path):
    """A tiny DINOv2 with register tokens, saved as KerasHub keeps presets."""
    sizes = {"num_layers": 2, "hidden_dim": 16, "num_heads": 2, "intermediate_dim": 24, "num_register_tokens": 3}
    backbone = hub.models.DINOV2Backbone(
        patch_size=14, **sizes, image_shape=(70, 70, 3), position_embedding_shape=(70, 70, 3)
    )
    backbone.save_to_preset(tmp_path / "preset")
    converter = hub.layers.DINOV2ImageConverter(scale=[0.01, 0.02, 0.04], offset=[-1.0, -2.0, -3.0])
    converter.save_to_preset(tmp_path / "preset")
    return tmp_path / "preset" / "model.weights.h5"


def test_tokens_become_a_map(hub, preset):
    source = load_source("hub:dinov2_small", 64, weights=preset)
    assert [features.shape[1:] for features in source.encoder.outputs] == [(4, 4, 16)]
    assert (source.source.name, source.source.encoder_stride, source.stride) == ("hub:dinov2_small", 16, 16)
    prepared = source.encoder.get_layer("preprocess")(IMAGES)
    np.testing.assert_allclose(prepared, IMAGES * [0.01, 0.02, 0.04] - [1, 2, 3], rtol=1e-4, atol=1e-5)
    network = hub.models.Backbone.from_preset(str(preset.parent), image_shape=(56, 56, 3))
    flat = np.full((1, 64, 64, 3), 100, np.uint8)  # alike in any size
    tokens = network({"images": np.full((1, 56, 56, 3), 100, np.float32) * [0.01, 0.02, 0.04] - [1, 2, 3]})
    (features,) = source.maps(flat)
    np.testing.assert_allclose(features, np.reshape(tokens[:, 4:], (1, 4, 4, 16)), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("DINOV3Backbone", {"patch_size": 16, "intermediate_dim": 24, "num_register_tokens": 4}),
        ("ViTBackbone", {"patch_size": (8, 8), "mlp_dim": 24}),
    ],
)
def test_the_other_kinds(hub, kind, options):
    layer = PatchTokens(kind, {"num_layers": 1, "hidden_dim": 16, "num_heads": 2, **options})
    assert layer(IMAGES.astype(np.float32)).shape == (2, 4, 4, 16)
    assert PatchTokens.from_config(layer.get_config()).options == layer.options


def test_a_run_of_it_is_loaded_again(preset, tmp_path):
    start = load_source("hub:dinov2_small", 64, weights=preset)
    detector = build_network(start, 3, filters=4, skip=False, seed=0, with_classifier=False)
    assert detector.output["heatmaps"].shape == (None, 16, 16, 3)
    saved.write(detector, tmp_path / "best.keras")
    again = load_source(tmp_path, 64)
    np.testing.assert_allclose(again.maps(IMAGES)[0], start.maps(IMAGES)[0], rtol=1e-5, atol=1e-6)
    assert again.source.encoder_stride == 16
    with pytest.raises(InputError, match="--image-size 96: .* is for images of 64 px"):
        load_source(tmp_path, 96)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"skip_connections": True}, "--skip-connections: --source hub:dinov2_small has one map only"),
        ({"method": "ftp"}, "--method ftp: --source hub:dinov2_small has no convolution that could be trained"),
        ({"encoder_stride": 32}, "--encoder-stride 32: the encoder of --source hub:dinov2_small ends at stride 16"),
        ({"method": "rtl-co"}, "hub:dinov2_small: has no classification branch, which RTL-CO needs"),
    ],
)
def test_what_it_lacks_is_refused(preset, options, message):
    asked = Asked(
        **{"method": "ft", "source": "hub:dinov2_small", "source_weights": str(preset), "image_size": 64} | options
    )
    with pytest.raises(InputError, match=message):
        load_networks(resolve(asked), METHODS[asked.method])


def test_a_folder_of_something_else_is_refused(preset, tmp_path):
    with pytest.raises(InputError, match=r"give the model\.weights\.h5 of a KerasHub preset's folder"):
        (tmp_path / "other.h5").write_bytes(b"")
        load_source("hub:dinov2_small", 64, weights=tmp_path / "other.h5")
    config = preset.parent / "config.json"
    document = json.loads(config.read_text())
    for change, message in (
        ({"registered_name": "other>Thing"}, r"config\.json: registered_name: expected one of DINOV2Backbone"),
        ({"config": {"name": {"class_name": "Lambda"}}}, r"config\.json: config\.name: expected a number, a text"),
    ):
        config.write_text(json.dumps(document | change))
        with pytest.raises(InputError, match=message):
            load_source("hub:dinov2_small", 64, weights=preset)
