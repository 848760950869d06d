"""Sources by name and by path, and every way in which asking for one can fail."""

import importlib.machinery
import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest

from rtl_tf.exceptions import InputError
from rtl_tf.networks import dlib_resnet, simple_baseline, weight_files
from rtl_tf.networks.sources import SOURCES, load_source
from rtl_tf.training.model import build_source

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """An empty Keras cache, and downloads that fail as without a connection."""

    def fail(name, url, **kwargs):
        raise Exception(f"URL fetch failure on {url}: None -- [Errno -3] Temporary failure in name resolution")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.utils, "get_file", fail)
    return tmp_path


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """What a finished run leaves: a detector with its encoder and its classification branch."""
    folder = tmp_path_factory.mktemp("run")
    encoder = dlib_resnet.encoder(64, seed=5)
    classifier = dlib_resnet.classifier(encoder, size=6, kind="softmax", seed=5)
    image = keras.Input((64, 64, 3))
    maps = encoder(image)
    heatmaps = simple_baseline.decoder(encoder.outputs, 3, filters=8)(maps)
    keras.Model(image, [heatmaps, classifier(maps[-1])]).save(folder / "best.keras")
    return folder


def test_every_source_says_what_it_is():
    assert set(SOURCES) >= {"vggface2", "imagenet", "youtube_faces", "dlib", "random"}
    for name, source in SOURCES.items():
        assert source.name == name
        assert source.task
        assert source.licence or source.weights is None
        assert (source.classifier is None) == (source.classes is None)
        assert set(source.preprocess) == {"mean", "scale", "channel_order"}


def test_two_loads_are_two_networks_with_equal_weights():
    first, second = (load_source("dlib", 64, classifier=True) for _ in range(2))
    for part in ("encoder", "classifier"):
        mine, theirs = getattr(first, part), getattr(second, part)
        assert mine is not theirs
        for a, b in zip(mine.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
    assert first.source.classifier == "descriptor"


def test_encoder_stride_moves_the_boundary_and_nothing_else():
    descriptors = []
    for stride, channels in ((16, 128), (32, 256)):
        loaded = load_source("dlib", 64, encoder_stride=stride, classifier=True)
        assert loaded.source.encoder_stride == stride
        assert loaded.encoder.outputs[-1].shape[1:] == (64 // stride, 64 // stride, channels)
        descriptors.append(np.asarray(loaded.classifier(loaded.encoder(IMAGES)[-1])))
    np.testing.assert_allclose(descriptors[0], descriptors[1], atol=1e-5)


def test_random_depends_on_the_seed():
    kernels = [load_source("random", 64, seed=seed).encoder.get_layer("stem_conv").kernel for seed in (0, 0, 1)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])


def test_imagenet_from_a_file(tmp_path):
    whole = keras.applications.ResNet50(weights=None, input_shape=(64, 64, 3), classifier_activation=None)
    whole.save(tmp_path / "resnet50.h5")
    loaded = load_source("imagenet", 64, weights=tmp_path / "resnet50.h5", encoder_stride=16, classifier=True)
    expected = whole(keras.applications.resnet.preprocess_input(IMAGES.astype(np.float32)))
    np.testing.assert_allclose(loaded.classifier(loaded.encoder(IMAGES)[-1]), expected, rtol=1e-3, atol=1e-4)
    before = np.asarray(expected)
    loaded.calibrate(IMAGES)
    np.testing.assert_allclose(loaded.classifier(loaded.encoder(IMAGES)[-1]), before, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("as_folder", [True, False])
def test_a_run_becomes_a_source(run_folder, as_folder):
    loaded = load_source(run_folder if as_folder else run_folder / "best.keras", 64, classifier=True)
    encoder = dlib_resnet.encoder(64, seed=5)
    np.testing.assert_array_equal(loaded.encoder(IMAGES)[-1], encoder(IMAGES)[-1])
    logits = dlib_resnet.classifier(encoder, size=6, kind="softmax", seed=5)(encoder(IMAGES)[-1])
    np.testing.assert_array_equal(loaded.classifier(loaded.encoder(IMAGES)[-1]), logits)
    assert (loaded.source.encoder_stride, loaded.source.classifier, loaded.source.classes) == (16, "softmax", 6)


def test_a_run_is_rebuilt_for_another_image_size(run_folder):
    loaded = load_source(run_folder, 96, classifier=True)
    assert loaded.encoder.outputs[-1].shape[1:] == (6, 6, 128)
    images = np.zeros((1, 96, 96, 3), np.uint8)
    expected = dlib_resnet.encoder(96, seed=5)(images)[-1]
    np.testing.assert_array_equal(loaded.encoder(images)[-1], expected)
    assert loaded.classifier(expected).shape == (1, 6)


def test_a_saved_branch_that_does_not_fit_a_smaller_image_is_refused(tmp_path):
    encoder = dlib_resnet.encoder(128)
    image = keras.Input((128, 128, 3))
    keras.Model(image, dlib_resnet.classifier(encoder)(encoder(image)[-1])).save(tmp_path / "source.keras")
    assert load_source(tmp_path, 128, classifier=True).source.classifier == "descriptor"
    assert load_source(tmp_path, 64).encoder.outputs[-1].shape[1:] == (4, 4, 128)
    with pytest.raises(InputError, match="--image-size 64: too small"):
        load_source(tmp_path, 64, classifier=True)


@pytest.mark.parametrize(("name", "url"), [("vggface2", "github.com/rcmalli"), ("imagenet", "storage.googleapis")])
def test_without_a_connection_one_sentence_says_what_to_do(no_network, name, url):
    with pytest.raises(InputError) as refusal:
        load_source(name, 64)
    message = str(refusal.value)
    assert "\n" not in message
    assert url in message
    assert str(no_network / SOURCES[name].weights.cache_folder / SOURCES[name].weights.name) in message
    assert "--source-weights" in message
    assert "--source dlib" in message


def test_a_file_in_the_cache_needs_no_connection(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    weights = SOURCES["vggface2"].weights
    cached = tmp_path / weights.cache_folder / weights.name
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"anything")
    assert weight_files.locate(SOURCES["vggface2"]) == cached


def test_what_a_source_lacks_is_not_asked_of_it():
    with pytest.raises(ValueError, match=r"^random has random weights, no file$"):
        weight_files.locate(SOURCES["random"])
    with pytest.raises(ValueError, match=r"^random has no classification branch$"):
        _ = SOURCES["random"].head
    with pytest.raises(ValueError, match=r"^random: loaded without its classification branch$"):
        build_source(load_source("random", 32), with_classifier=True)


def test_missing_package_says_what_to_install(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "face_recognition_models" else find_spec(name)
    )
    with pytest.raises(InputError, match="pip install face_recognition_models"):
        load_source("dlib", 64)


def test_damaged_package_file_is_noticed(monkeypatch, tmp_path):
    path = tmp_path / SOURCES["dlib"].weights.package_path
    path.parent.mkdir()
    path.write_bytes(b"\0" * 100)
    spec = importlib.machinery.ModuleSpec("face_recognition_models", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(InputError, match="missing or damaged"):
        load_source("dlib", 64)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name_or_path": "no/such/folder"}, "no known source, .* holds best.keras or source.keras$"),
        (
            {"name_or_path": "Facemesh"},
            r"source\.keras; did you mean 'face_mesh'\? there are vggface2, imagenet, youtube_faces, dlib, face_mesh, "
            "efficientnet_lite0, random, random-resnet50, keras:NAME such as keras:ResNet50, hub:NAME such as hub:din",
        ),
        ({"name_or_path": "resnet"}, r"source\.keras; there are vggface2, .*, keras:NAME such as keras:ResNet50, hub:"),
        ({"name_or_path": "youtube_faces"}, "rtl_tf.cli.pretrain --task alignment"),
        ({"name_or_path": "random", "classifier": True}, "no classification branch"),
        ({"name_or_path": "random", "weights": "some.h5"}, "takes no file"),
        ({"name_or_path": "vggface2", "weights": "no/such/file.h5"}, "no/such/file.h5: no such file"),
        ({"name_or_path": "dlib", "encoder_stride": 12}, "--encoder-stride 12"),
        ({"name_or_path": "dlib", "image_size": 100}, "--image-size 100"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(arguments, message):
    with pytest.raises(InputError, match=message) as refusal:
        load_source(**{"image_size": 64, **arguments})
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["vggface2", "imagenet", "dlib"])
def test_files_that_are_no_weights_are_refused(tmp_path, name):
    broken = tmp_path / "broken.h5"
    broken.write_bytes(b"not weights")
    with pytest.raises(InputError, match="broken.h5") as refusal:
        load_source(name, 64, weights=broken)
    assert "\n" not in str(refusal.value)


def test_weights_of_another_architecture_are_refused(tmp_path):
    other = keras.applications.MobileNet(weights=None, input_shape=(64, 64, 3))
    other.save(tmp_path / "mobilenet.h5")
    for name in ("vggface2", "imagenet"):
        with pytest.raises(InputError, match="mobilenet.h5") as refusal:
            load_source(name, 64, weights=tmp_path / "mobilenet.h5")
        assert "\n" not in str(refusal.value)


def test_saved_models_that_are_no_source_are_refused(run_folder, tmp_path):
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]).save(tmp_path / "best.keras")
    with pytest.raises(InputError, match="no encoder"):
        load_source(tmp_path, 64)
    Path(tmp_path / "broken.keras").write_bytes(b"not a model")
    with pytest.raises(InputError, match="not a readable Keras model"):
        load_source(tmp_path / "broken.keras", 64)
    with pytest.raises(InputError, match="--encoder-stride 32: the encoder of .* ends at stride 16"):
        load_source(run_folder, 64, encoder_stride=32)
    with pytest.raises(InputError, match="--source-weights"):
        load_source(run_folder, 64, weights=run_folder / "best.keras")
