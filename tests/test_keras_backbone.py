"""Networks of keras.applications as sources: preprocessing, maps, branch, files, and the way through a saved run."""

import keras
import numpy as np
import pytest
from keras.src.applications import inception_resnet_v2

from rtl_tf.exceptions import InputError
from rtl_tf.networks import keras_backbone, saved
from rtl_tf.networks.families import find_source
from rtl_tf.networks.last_maps import last_maps
from rtl_tf.networks.layers import Preprocess
from rtl_tf.networks.sources import load_source
from rtl_tf.training.model import build_network, freeze, last_convolution

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
SMALL = {  # channels at strides 4, 8, 16 and 32, as published
    "MobileNetV3Small": [72, 96, 288, 576],  # operations that are no layers
    "EfficientNetB0": [144, 240, 672, 1280],
    "ConvNeXtTiny": [96, 192, 384, 768],  # layers of its own
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Random weights of each of `SMALL`, as `save_weights` writes them, and the networks that have them."""
    folder, networks = tmp_path_factory.mktemp("weights"), {}
    for name in SMALL:
        constructor = getattr(keras.applications, name)
        networks[name] = constructor(weights=None, input_shape=(64, 64, 3), classifier_activation=None)
        networks[name].save_weights(folder / f"{name}.weights.h5")
    return folder, networks


@pytest.mark.parametrize(
    ("name", "module"),
    [
        *(("ResNet50", "resnet"), ("VGG16", "vgg16")),  # BGR minus means
        *(("DenseNet121", "densenet"),),  # RGB, a deviation for each channel
        *(("MobileNetV2", "mobilenet_v2"), ("ResNet50V2", "resnet_v2"), ("Xception", "xception")),  # -1 to 1
        *(("ConvNeXtTiny", "convnext"), ("EfficientNetV2B0", "efficientnet_v2"), ("MobileNetV3Small", "mobilenet_v3")),
    ],
)
def test_preprocessing_is_the_networks_own(name, module):
    expected = getattr(keras.applications, module).preprocess_input(IMAGES.astype(np.float32))
    options = keras_backbone.preprocessing(getattr(keras.applications, name))
    np.testing.assert_allclose(Preprocess(**options)(IMAGES), expected, rtol=1e-5, atol=1e-4)


def test_preprocessing_that_keras_adds_to_published_weights_alone():
    """EfficientNet's own division by the deviations, with the mean and "variance" that its published files hold."""
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    network = keras_backbone.build("keras:EfficientNetB0", 64)
    normalization = next(layer for layer in network.layers if isinstance(layer, keras.layers.Normalization))
    normalization.set_weights([mean, deviation, np.array(0)])
    normalization.finalize_state()
    found = keras.Model(network.inputs, normalization.output)(IMAGES)
    np.testing.assert_allclose(found, (IMAGES / 255 - mean) / deviation, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", SMALL)
def test_it_is_kerass_network(weights, name):
    folder, networks = weights
    source = load_source(f"keras:{name}", 64, weights=folder / f"{name}.weights.h5", classifier=True)
    assert [features.shape[1:] for features in source.encoder.outputs] == [
        (64 // stride, 64 // stride, channels) for stride, channels in zip((4, 8, 16, 32), SMALL[name], strict=True)
    ]
    module = next(layer for layer in source.encoder.layers if layer.name == "preprocess")
    expected = networks[name](module(IMAGES))
    logits = source.classifier(source.encoder(IMAGES)[-1])
    np.testing.assert_allclose(logits, expected, rtol=1e-3, atol=1e-4)
    assert (source.source.name, source.source.head) == (f"keras:{name}", (1000, "softmax"))


@pytest.mark.parametrize(("name", "stride"), [("MobileNetV3Small", 16), ("ConvNeXtTiny", 32)])
def test_a_run_of_it_is_loaded_again(weights, tmp_path, name, stride):
    folder, _ = weights
    start = load_source(f"keras:{name}", 64, folder / f"{name}.weights.h5", encoder_stride=stride, classifier=True)
    detector = build_network(start, 3, filters=4, skip=stride == 32, seed=0, with_classifier=True)
    freeze(detector, "decoder", "frozen")
    assert detector.output["heatmaps"].shape == (None, 16, 16, 3)
    saved.write(detector, tmp_path / "best.keras")
    again = load_source(tmp_path, 96, classifier=True)
    assert (again.source.encoder_stride, again.source.classes) == (stride, 1000)
    assert all(layer.trainable for layer in again.encoder.layers)
    again = load_source(tmp_path, 64, classifier=True)
    expected = start.classifier(start.encoder(IMAGES)[-1])
    np.testing.assert_allclose(again.classifier(again.encoder(IMAGES)[-1]), expected, rtol=1e-4, atol=1e-5)


def test_a_file_without_the_classification_layers(tmp_path):
    network = keras.applications.MobileNetV3Small(weights=None, input_shape=(64, 64, 3), include_top=False)
    network.save_weights(tmp_path / "notop.weights.h5")
    source = load_source("keras:MobileNetV3Small", 64, tmp_path / "notop.weights.h5")
    np.testing.assert_allclose(source.encoder(IMAGES)[-1], network(IMAGES), rtol=1e-3, atol=1e-5)
    with pytest.raises(InputError, match="keras:MobileNetV3Small: has no classification branch, which RTL-CO needs"):
        load_source("keras:MobileNetV3Small", 64, tmp_path / "notop.weights.h5", classifier=True)


def test_a_branch_that_is_made_for_one_size():
    assert keras_backbone.build("keras:VGG16", 64).output.shape == (None, 2, 2, 512)
    assert keras_backbone.build("keras:MobileNetV3Small", 64).output.shape == (None, 1000)


def test_published_weights_are_kerass_own(monkeypatch):
    """With the constructor as it is asked for them; there is no connection in a test."""
    constructor, asked = keras.applications.MobileNetV3Small, []

    def MobileNetV3Small(weights, **options):  # noqa: N802
        asked.append((weights, options.get("include_top", True)))
        return constructor(weights=None, **options)

    MobileNetV3Small.__module__ = constructor.__module__
    monkeypatch.setattr(keras.applications, "MobileNetV3Small", MobileNetV3Small)
    load_source("keras:MobileNetV3Small", 64)
    assert asked == [(None, True), ("imagenet", True)]


@pytest.fixture
def no_connection(monkeypatch, tmp_path):
    """Downloads that fail, and a home in which none is kept."""
    from keras.src.applications import mobilenet_v3

    def fail(name, url, **_):
        raise Exception(f"URL fetch failure on {url}: None -- [Errno -3] Temporary failure in name resolution")

    monkeypatch.setattr(mobilenet_v3.file_utils, "get_file", fail)


@pytest.mark.usefixtures("no_connection")
def test_without_a_connection_one_sentence_says_what_to_do():
    with pytest.raises(InputError) as refusal:
        load_source("keras:MobileNetV3Small", 64)
    assert str(refusal.value).startswith(
        "--source keras:MobileNetV3Small: its weights could not be downloaded (URL fetch failure on https://storage."
    )
    assert str(refusal.value).endswith(
        "give --source-weights PATH, or work offline with --source dlib or efficientnet_lite0"
    )
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name_or_path": "keras:MobileNetV3"}, "has no MobileNetV3; it has for example MobileNet"),
        ({"name_or_path": "keras:preprocess_input"}, "keras.applications has no preprocess_input"),
        ({"image_size": 32}, "--image-size 32: --source keras:MobileNetV3Small needs at least 64"),
        ({"image_size": 100}, "--image-size 100: not a multiple of 32"),
        ({"weights": "no/such.h5"}, "--source-weights no/such.h5: no such file"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(arguments, message):
    with pytest.raises(InputError, match=message) as refusal:
        load_source(**{"name_or_path": "keras:MobileNetV3Small", "image_size": 64, **arguments})
    assert "\n" not in str(refusal.value)


def test_a_network_without_such_maps_is_refused():
    network = keras_backbone.build("keras:InceptionV3", 96)
    message = "--image-size 96: --source keras:InceptionV3 has no map of stride 32 there; use a larger one"
    with pytest.raises(InputError, match=message):
        keras_backbone.split(network, 32, "keras:InceptionV3")
    with pytest.raises(InputError, match="--image-size 64: --source keras:InceptionV3 cannot have it"):
        keras_backbone.build("keras:InceptionV3", 64)
    with pytest.raises(InputError, match="--encoder-stride 8: the encoder of --source keras:InceptionV3 ends at"):
        keras_backbone.split(network, 8, "keras:InceptionV3")


@pytest.mark.parametrize(
    ("name", "channels", "sides"),  # of the maps as the network has them, at 128 px
    [
        ("Xception", [128, 256, 728, 2048], [31, 16, 8, 4]),
        ("InceptionV3", [192, 288, 768, 2048], [28, 13, 6, 2]),
        ("NASNetMobile", [22, 264, 528, 1056], [32, 16, 8, 4]),
    ],
)
def test_maps_of_odd_sizes_are_framed_by_zeros(name, channels, sides):
    network = keras_backbone.build(f"keras:{name}", 128)
    image = np.random.default_rng(0).integers(0, 256, (1, 128, 128, 3), np.uint8)
    encoder, classifier = keras_backbone.split(network, 32, f"keras:{name}")
    maps = encoder(image)
    assert [one.shape[1:] for one in maps] == [
        (128 // stride, 128 // stride, count) for stride, count in zip((4, 8, 16, 32), channels, strict=True)
    ]
    own = [step.output for stride, step in sorted(last_maps(network).items()) if stride >= 4]
    for framed, plain, side in zip(maps, keras.Model(network.inputs, own)(image), sides, strict=True):
        start = (framed.shape[1] - side) // 2
        inside = np.zeros(framed.shape, bool)
        inside[:, start : start + side, start : start + side] = True
        np.testing.assert_allclose(framed[inside], np.ravel(plain), rtol=1e-3, atol=1e-5)
        assert not np.any(framed[~inside])
    np.testing.assert_allclose(classifier(maps[-1]), network(image), rtol=1e-3, atol=1e-4)
    assert last_convolution(encoder)
    alone = name != "NASNetMobile"  # whose cells also look at the cell before the last
    assert (keras_backbone.split(network, 16, f"keras:{name}")[1] is not None) == alone


@pytest.fixture(scope="module")
def inception(tmp_path_factory):
    """InceptionV3 with random weights, as a source at 128 px, and the folder of a run that has it."""
    keras.utils.set_random_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            keras_backbone, "_published", lambda source, constructor, top: constructor(weights=None, include_top=top)
        )
        start = load_source("keras:InceptionV3", 128, classifier=True)
    folder = tmp_path_factory.mktemp("run")
    saved.write(build_network(start, 3, filters=4, skip=True, seed=0, with_classifier=True), folder / "best.keras")
    return start, folder


def test_cells_of_framed_maps_stay_where_they_look(inception):
    """What a spot changes in a map has its middle where the spot is."""
    encoder = inception[0].encoder
    grey = np.full((1, 128, 128, 3), 128, np.uint8)
    spot, x, y = grey.copy(), 56, 72
    spot[:, y - 2 : y + 2, x - 2 : x + 2] = 255
    for stride, bright, plain in zip((4, 8), encoder(spot), encoder(grey), strict=False):
        changed = np.abs(np.asarray(bright - plain))[0].sum(axis=-1)
        middles = (np.arange(len(changed)) + 0.5) * stride
        found = [changed.sum(axis=axis) @ middles / changed.sum() for axis in (0, 1)]
        assert np.abs(np.subtract(found, (x, y))).max() < stride / 2


def test_a_run_with_framed_maps_is_loaded_again_at_other_sizes(inception):
    start, folder = inception
    image = np.random.default_rng(0).integers(0, 256, (1, 128, 128, 3), np.uint8)
    again = load_source(folder, 128, classifier=True)
    expected = start.classifier(start.encoder(image)[-1])
    np.testing.assert_allclose(again.classifier(again.encoder(image)[-1]), expected, rtol=1e-4, atol=1e-5)
    larger = load_source(folder, 192, classifier=True)
    assert [maps.shape[1] for maps in larger.encoder.outputs] == [48, 24, 12, 6]
    assert larger.classifier.output.shape == (None, 1000)


def test_inception_resnets_own_layer_is_one_that_saved_models_have(tmp_path):
    image = keras.Input((4, 4, 3))
    scaled = inception_resnet_v2.CustomScaleLayer(0.5)([image, keras.layers.ReLU()(image)])
    saved.write(keras.Model(image, scaled), tmp_path / "best.keras")
    ones = np.ones((1, 4, 4, 3), np.float32)
    np.testing.assert_array_equal(saved.read(tmp_path / "best.keras")(ones), 1.5 * ones)


def test_weights_of_another_network_are_refused(weights):
    folder, _ = weights
    with pytest.raises(InputError, match=r"EfficientNetB0\.weights\.h5: not this network's weights"):
        load_source("keras:MobileNetV3Small", 64, folder / "EfficientNetB0.weights.h5")


def test_names_of_families():
    assert find_source("keras:ConvNeXtTiny").name == "keras:ConvNeXtTiny"
    assert find_source("hub:dinov2_small").network == "hub"
    assert find_source("keras:") is find_source("keras:a/b") is find_source("other:a") is None
    assert find_source("dlib").network == "dlib_resnet"
