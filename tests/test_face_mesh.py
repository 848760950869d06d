"""MediaPipe's Face Mesh as a source: equal to LiteRT's answers, its points for RTL-CO, other files, training."""

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from PIL import Image
from tflite_files import edited, halve

from rtl_tf import heatmaps
from rtl_tf.config import Asked
from rtl_tf.datasets import synthetic
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.building import build, load_networks
from rtl_tf.methods import get_method
from rtl_tf.networks import face_mesh, saved, simple_baseline, weight_files
from rtl_tf.networks.catalogue import FACE_MESH
from rtl_tf.networks.layers import head_kind
from rtl_tf.networks.sources import load_source
from rtl_tf.training.model import build_network, freeze, inference_network

SIZE = 192


@pytest.fixture(scope="module")
def published():
    return weight_files.locate(FACE_MESH)


@pytest.fixture(scope="module")
def source():
    return load_source("face_mesh", SIZE, classifier=True)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """uint8 (7, 192, 192, 3): built-in faces, noise, and smooth random pictures."""
    cache = tmp_path_factory.mktemp("faces")
    faces = [
        np.asarray(Image.open(sample.image).convert("RGB"))
        for sample in synthetic.samples(subjects=3, scans=1, size=SIZE, seed=3, cache=cache)
    ]
    rng = np.random.default_rng(0)
    noise = list(rng.integers(0, 256, (2, SIZE, SIZE, 3), np.uint8))
    coarse = rng.integers(0, 256, (2, 6, 6, 3), np.uint8)
    smooth = [np.asarray(Image.fromarray(picture).resize((SIZE, SIZE), Image.BICUBIC)) for picture in coarse]
    return np.stack([*faces, *noise, *smooth])


def by_litert(file, pictures) -> np.ndarray:
    """(N, 1404): what LiteRT makes of a network with the published one's inputs and outputs."""
    interpreter = Interpreter(str(file))
    interpreter.allocate_tensors()
    (image,) = interpreter.get_input_details()
    output = max(interpreter.get_output_details(), key=lambda output: np.prod(output["shape"]))
    answers = []
    for picture in pictures:
        interpreter.set_tensor(image["index"], picture[None].astype(np.float32) / 255)
        interpreter.invoke()
        answers.append(interpreter.get_tensor(output["index"]).ravel())
    return np.stack(answers)


def points(source, pictures) -> np.ndarray:
    return np.asarray(source.logits(source.encoder(pictures)[-1]))


def test_points_are_those_of_litert(published, source, pictures):
    expected = by_litert(published, pictures)
    assert expected[:, ::3].std(axis=1).min() > 5  # px: a face each, not all in one place
    assert np.abs(expected[0] - expected[1]).max() > 3
    np.testing.assert_allclose(points(source, pictures), expected, atol=1e-3)


@pytest.mark.parametrize("stride", face_mesh.ENCODER_STRIDES)
def test_where_the_encoder_ends_changes_no_point(source, pictures, stride):
    split = load_source("face_mesh", SIZE, encoder_stride=stride, classifier=True)
    assert [maps.shape[1:] for maps in split.encoder.outputs] == [
        shape for shape in ((48, 48, 32), (24, 24, 64), (12, 12, 128), (6, 6, 128)) if SIZE // shape[0] <= stride
    ]
    np.testing.assert_allclose(points(split, pictures[:2]), points(source, pictures[:2]), atol=1e-3)


def test_a_file_in_half_precision_is_the_users_own_copy(published, pictures, tmp_path):
    file = edited(published, halve, tmp_path / "own.tflite")
    own = load_source("face_mesh", SIZE, weights=file, classifier=True)
    np.testing.assert_allclose(points(own, pictures), by_litert(file, pictures), atol=1e-3)


def test_at_another_size_it_is_the_same_encoder_without_points(source):
    small = load_source("face_mesh", 64)
    assert small.encoder.outputs[-1].shape[1:] == (2, 2, 128) and small.classifier is None
    for mine, theirs in zip(small.encoder.get_weights(), source.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    with pytest.raises(InputError, match=r"^--image-size 64: .* use --image-size 192$"):
        load_source("face_mesh", 64, classifier=True)
    with pytest.raises(InputError, match="--encoder-stride 4: the encoder of Face Mesh ends at stride 8, 16 or 32"):
        load_source("face_mesh", 64, encoder_stride=4)


def stride_one(model):
    model.subgraphs[0].operators[0].builtinOptions.strideH = 1


def stem_of_five(model):
    """The first kernel, 16 x 3 x 3 x 3, as 16 x 1 x 9 x 3."""
    model.subgraphs[0].tensors[1].shape = np.array([16, 1, 9, 3], np.int32)


def without_the_last(model):
    """The operator before the points is left out: its input goes into theirs."""
    *rest, activation, _, points = model.subgraphs[0].operators
    points.inputs = np.array([activation.inputs[0], *points.inputs[1:]], np.int32)
    model.subgraphs[0].operators = [*rest, points]


def ending_early(model):
    """The points are the first convolution's output."""
    graph = model.subgraphs[0]
    graph.outputs = graph.operators[0].outputs
    graph.tensors[graph.outputs[0]].shape = np.array([1, 1404], np.int32)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (stride_one, "stem_conv is CONV_2D with stride 1, not CONV_2D with stride 2"),
        (stem_of_five, r"stem_conv/kernel is \(1, 9, 3, 16\), not \(3, 3, 3, 16\)"),
        (without_the_last, "branch_block1_prelu is CONV_2D with stride 3, not PRELU with stride 1"),
        (ending_early, "layers with weights: 1, not 59"),
    ],
)
def test_another_architecture_is_refused_and_says_what_does_not_fit(published, tmp_path, change, message):
    file = edited(published, change, tmp_path / "other.tflite")
    with pytest.raises(InputError, match=rf"^{file}: wrong architecture, {message}"):
        load_source("face_mesh", SIZE, weights=file)


def test_another_network_of_the_package_is_refused(published):
    with pytest.raises(InputError, match="iris_landmark.tflite: wrong architecture, no output has 468 points"):
        load_source("face_mesh", SIZE, weights=published.with_name("iris_landmark.tflite"))


def make(method: str, size: int, **settings):
    """A detector as an experiment builds it, and its settings."""
    method = get_method(method)
    regularized = {} if method.regularizers else {"reg_weight": 0.0}
    asked = Asked(method=method.name, source="face_mesh", image_size=size, decoder_filters=8, **settings)
    asked = asked.resolved(**regularized)
    detector, _ = build(asked, method, load_networks(asked, method), np.zeros((2, size, size, 3), np.uint8), 3)
    detector.compile(keras.optimizers.Adam(1e-4), run_eagerly=True)
    return detector


def batch(size: int):
    rng = np.random.default_rng(0)
    places = rng.uniform(2, size // 4 - 3, (2, 3, 2)).astype(np.float32)
    images = rng.uniform(0, 255, (2, size, size, 3)).astype(np.float32)
    return images, {"points": places, "heatmaps": np.asarray(heatmaps.encode(places, size // 4, 1.5))}


@pytest.mark.parametrize(
    ("method", "size", "more"),
    [("ft", 64, {"skip_connections": True}), ("rtl-sam", 64, {}), ("rtl-co-eo", SIZE, {"encoder_stride": 16})],
)
def test_methods_train_from_it_and_are_saved(tmp_path, method, size, more):
    detector, history = make(method, size, **more), []
    for _ in range(5):
        detector.reset_metrics()
        history.append(detector.train_on_batch(*batch(size), return_dict=True))
    assert np.isfinite([step["loss"] for step in history]).all()
    assert history[-1]["heatmap_loss"] < history[0]["heatmap_loss"]
    assert abs(history[0]["regularizer"]) < 1e-6
    assert (history[-1]["regularizer"] > 0) == (method != "ft")
    images, _ = batch(size)
    inference_network(detector).save(tmp_path / "best.keras")
    loaded = saved.read(tmp_path / "best.keras")(images, training=False)
    for name, answer in detector(images, training=False).items():
        np.testing.assert_allclose(loaded[name], answer, rtol=1e-4, atol=1e-4, err_msg=name)


def test_rtl_co_is_the_mean_squared_distance_of_a_coordinate_in_px(source):
    detector = make("rtl-co", SIZE)
    images, _ = batch(SIZE)
    (answer,) = detector.source_answers(images)
    expected = points(source, images)
    np.testing.assert_allclose(answer, expected, atol=1e-3)
    moved = {"logits": expected + 3 * (np.arange(1404) % 3 == 0)}  # every x by 3 px
    np.testing.assert_allclose(detector.regularizer((answer,), moved), 9 / 3, rtol=1e-3)


def test_ftp_trains_the_last_convolution():
    network = build_network(load_source("face_mesh", 64), 3, filters=8, skip=False, seed=0, with_classifier=False)
    freeze(network, "last-convolution", "train")
    trained = [layer.name for layer in network.get_layer("encoder").layers if layer.trainable_weights]
    assert trained == ["stride32_block3_conv"]


def test_kernels_decay_and_nothing_else():
    names = {variable.path.split("/")[-2:][0] for variable in make("ft", 64).decayed_kernels()}
    assert {"stem_conv", "stride4_block1_depthwise", "stride32_block3_conv"} <= names
    assert not any("prelu" in name for name in names)


def test_cross_entropy_of_points_is_refused():
    with pytest.raises(InputError, match="--source face_mesh gives points, no class scores"):
        load_networks(
            Asked(method="rtl-co", source="face_mesh", image_size=SIZE, classifier_distance="cross-entropy").resolved(),
            get_method("rtl-co", "cross-entropy"),
        )


def test_a_saved_source_keeps_its_points_and_their_image_size(source, pictures, tmp_path):
    image = keras.Input((SIZE, SIZE, 3))
    maps = source.encoder(image)
    heads = simple_baseline.decoder(source.encoder.outputs, 3, filters=8)(maps)
    keras.Model(image, [heads, source.classifier(maps[-1])]).save(tmp_path / "best.keras")
    loaded = load_source(tmp_path, SIZE, classifier=True)
    assert (loaded.source.classifier, loaded.source.classes, head_kind(loaded.classifier)) == ("points", 1404, "points")
    np.testing.assert_allclose(points(loaded, pictures[:2]), points(source, pictures[:2]), atol=1e-4)
    assert load_source(tmp_path, 160).encoder.outputs[-1].shape[1:] == (5, 5, 128)
    with pytest.raises(InputError, match=r"^--image-size 160: the points of .* need --image-size 192$"):
        load_source(tmp_path, 160, classifier=True)
