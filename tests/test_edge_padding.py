"""A frozen source without a frame: equal where zeros do not reach, constant where the image is, and nowhere trained."""

import keras
import numpy as np
import pytest
from toys import toy_source

from rtl_tf.config import Asked
from rtl_tf.exceptions import InputError
from rtl_tf.experiments import building
from rtl_tf.methods import METHODS
from rtl_tf.networks import dlib_resnet, efficientnet_lite, face_mesh, keras_backbone, resnet50
from rtl_tf.networks.edge_padding import EdgePadding, edge_padded, pads

SIZE = 64
BUILDERS = {
    "dlib": lambda: dlib_resnet.encoder(SIZE, 32),
    "face_mesh": lambda: face_mesh.encoder(SIZE, 32),
    "efficientnet_lite0": lambda: efficientnet_lite.encoder(SIZE, 32),
    "resnet50": lambda: resnet50.encoder(SIZE, 32),
    "keras:MobileNetV2": lambda: keras_backbone.split(  # of layers of zeros before convolutions that stride
        keras_backbone.build("keras:MobileNetV2", SIZE, top=False), 32, "keras:MobileNetV2"
    )[0],
}


def random_images(count=2, size=SIZE):
    return np.random.default_rng(0).uniform(0, 255, (count, size, size, 3)).astype(np.float32)


def branched():
    """Convolutions of all kinds, a branch whose paths are of different length, and poolings."""
    seed = iter(range(10))

    def made(kind, *arguments, **options):
        name = "kernel_initializer" if kind is keras.layers.Conv2D else "depthwise_initializer"
        initializer = {name: keras.initializers.GlorotUniform(next(seed))}
        return kind(*arguments, padding="same", **options, **initializer)

    image = keras.Input((2 * SIZE, 2 * SIZE, 3))
    x = made(keras.layers.Conv2D, 4, 7, strides=2)(image)
    x = keras.layers.MaxPooling2D(3, 2, "same")(x)
    short = made(keras.layers.Conv2D, 4, 3)(x)
    long = made(keras.layers.Conv2D, 4, 3, dilation_rate=2)(x)
    long = made(keras.layers.DepthwiseConv2D, (3, 5))(long)
    x = keras.layers.Concatenate()([long, short])
    return keras.Model(image, keras.layers.AveragePooling2D(3, 2, "same")(x))


def test_edges_are_repeated():
    maps = np.arange(6, dtype=np.float32).reshape(1, 2, 3, 1)
    padded = np.asarray(EdgePadding(((2, 3), (0, 1)))(maps))
    np.testing.assert_array_equal(padded, np.pad(maps, ((0, 0), (2, 3), (0, 1), (0, 0)), mode="edge"))
    assert padded.shape == EdgePadding(((2, 3), (0, 1))).compute_output_shape(maps.shape)


@pytest.mark.parametrize(
    ("size", "kernel", "stride"), [(8, 7, 2), (8, 3, 2), (9, 3, 2), (8, 3, 1), (8, 2, 4), (8, 1, 2)]
)
def test_a_convolution_pads_as_much_as_tensorflow_does_and_on_the_same_sides(size, kernel, stride):
    image = keras.Input((size, size, 1))
    layer = keras.layers.Conv2D(1, kernel, stride, "same", use_bias=False, kernel_initializer="glorot_uniform")
    network = keras.Model(image, layer(image))
    maps = np.random.default_rng(0).normal(size=(1, size, size, 1)).astype(np.float32)
    # Zeros around maps whose edge is zero are their repeated edge.
    maps[:, [0, -1]] = maps[:, :, [0, -1]] = 0
    np.testing.assert_allclose(edge_padded(network)(maps), network(maps), atol=1e-6)


def test_far_from_the_border_nothing_changes():
    network = branched()
    images = random_images(size=2 * SIZE)
    zeros, edge = network(images), edge_padded(network)(images)
    assert zeros.shape == edge.shape == (2, 16, 16, 8)
    # What lies beyond the border reaches 3 px from the left, and 4 from the right, where strides pad more.
    np.testing.assert_allclose(edge[:, 3:-4, 3:-4], zeros[:, 3:-4, 3:-4], rtol=1e-5, atol=1e-3)
    assert np.abs(edge - zeros)[:, -1].max() > 1


@pytest.mark.parametrize("name", BUILDERS)
def test_a_picture_of_one_colour_gives_maps_of_one_value(name):
    network = BUILDERS[name]()
    assert pads(network)
    grey = np.full((1, SIZE, SIZE, 3), 200, np.float32)
    framed, unframed = network(grey), edge_padded(network)(grey)
    assert [maps.shape for maps in framed] == [maps.shape for maps in unframed]
    for with_zeros, with_edges in zip(framed, unframed, strict=True):
        extent = np.abs(with_zeros).max()
        assert np.ptp(with_edges, axis=(1, 2)).max() < 1e-3 * extent < np.ptp(with_zeros, axis=(1, 2)).max()


def load(monkeypatch, made, **settings):
    monkeypatch.setattr(building, "load_source", lambda *_, **__: made())
    asked = Asked(image_size=SIZE, source_frame="edge", **settings).resolved()
    method = METHODS[asked.method]
    return asked, method, building.load_networks(asked, method)


@pytest.mark.parametrize("name", ["rtl-sam", "rtl-co-eo"])
def test_the_frozen_source_has_no_frame_and_the_trained_network_keeps_its_zeros(monkeypatch, name):
    asked, method, networks = load(monkeypatch, lambda: toy_source(SIZE), method=name)
    detector, source = building.build(asked, method, networks, random_images().astype(np.uint8), 3)
    grey = np.full((1, SIZE, SIZE, 3), 200, np.float32)
    assert np.ptp(source(grey)["features"], axis=(1, 2)).max() < 1e-3
    assert np.ptp(detector(grey)["features"], axis=(1, 2)).max() > 1e-1
    assert not any(isinstance(layer, EdgePadding) for layer in detector.get_layer("encoder").layers)
    assert not source.trainable_weights


def test_a_source_that_pads_nothing_is_refused(monkeypatch):
    def made():
        source = toy_source(SIZE)
        image = keras.Input((SIZE, SIZE, 3))
        tokens = keras.layers.Conv2D(4, 16, 16, name="patches")(image)
        return type(source)(source.source, keras.Model(image, [tokens], name="encoder"))

    with pytest.raises(InputError, match="--source-frame edge: the encoder of --source dlib pads nothing, leave"):
        load(monkeypatch, made, method="rtl-sam")


@pytest.mark.parametrize("method", ["ft", "rtl-co", "unet"])
def test_a_method_that_compares_no_maps_has_no_such_setting(method):
    with pytest.raises(InputError, match=f"--source-frame edge: method {method} compares no encoder outputs"):
        Asked(method=method, source_frame="edge")
    assert not Asked(method=method).resolved().source_frame
