"""dlib's recognition network: the reader, the arithmetic, calibration, and recognition of real and synthetic people."""

import keras
import numpy as np
import pytest
from face_chips import IBUG68_FIVE, LEFT_HALF, RIGHT_HALF, balanced_accuracy, chip, pair_distances
from PIL import Image

from rtl_tf import datasets
from rtl_tf.datasets import synthetic
from rtl_tf.exceptions import InputError
from rtl_tf.inference.attention import attention_maps
from rtl_tf.networks import dlib_resnet, dlib_weights, weight_files
from rtl_tf.networks.calibration import calibrate
from rtl_tf.networks.catalogue import DLIB
from rtl_tf.networks.layers import ZeroPaddedAdd
from rtl_tf.networks.sources import load_source
from rtl_tf.pipeline import load_crops
from rtl_tf.schema import load_schema


@pytest.fixture(scope="module")
def dlib_file():
    return weight_files.locate(DLIB)


@pytest.fixture(scope="module")
def recognizer(dlib_file):
    network = dlib_resnet.recognizer()
    dlib_weights.load(network, dlib_file)
    return network


@pytest.fixture(scope="module")
def crops():
    """Smooth random pictures: neighbouring pixels alike, as in photographs."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (12, 8, 8, 3), np.uint8)
    return np.stack([np.asarray(Image.fromarray(picture).resize((64, 64), Image.BICUBIC)) for picture in coarse])


def test_sizes_of_the_dense_encoder():
    shapes = [features.shape[1:] for features in dlib_resnet.encoder(128, 32).outputs]
    assert shapes == [(32, 32, 32), (16, 16, 64), (8, 8, 128), (4, 4, 256)]


def test_sizes_to_the_letter():
    network = dlib_resnet.recognizer()
    sizes = [network.get_layer(f"stride{stride}_block1_relu2").output.shape[1] for stride in (4, 8, 16, 32, 64)]
    # 150 -> 72 -> 35 unpadded; then 17, 8, max(3, 4) and max(1, 2): the shortcut's pool is larger than the convolution
    assert sizes == [35, 17, 8, 4, 2]
    assert network.output.shape == (None, 128)


def test_file_holds_the_published_network(dlib_file):
    weights = dlib_weights.read(dlib_file)
    assert len(weights.convolutions) == len(weights.affines) == len(dlib_resnet.convolution_names()) == 29
    assert weights.convolutions[0][0].shape == (7, 7, 3, 32)
    assert weights.convolutions[7][0].shape == (3, 3, 32, 64)
    assert weights.convolutions[-1][0].shape == (3, 3, 256, 256)
    assert weights.dense.shape == (256, 128)


def test_first_convolution_and_affine_by_hand(dlib_file, recognizer):
    weights = dlib_weights.read(dlib_file)
    (kernel, bias), (gamma, beta) = weights.convolutions[0], weights.affines[0]
    image = np.random.default_rng(0).integers(0, 256, (1, 150, 150, 3), np.uint8)
    patch = (image[0, 4:11, 6:13].astype(np.float64) - (122.782, 117.001, 104.298)) / 256
    expected = gamma * (np.einsum("ijc,ijcf->f", patch, kernel.astype(np.float64)) + bias) + beta
    stem = keras.Model(recognizer.input, recognizer.get_layer("stem_norm").output)
    np.testing.assert_allclose(np.asarray(stem(image))[0, 2, 3], expected, rtol=1e-4, atol=1e-5)


def test_shortcut_is_padded_at_its_end():
    main = np.zeros((1, 1, 1, 3), np.float32)
    shortcut = np.arange(1, 9, dtype=np.float32).reshape(1, 2, 2, 2)
    total = np.asarray(ZeroPaddedAdd()([main + 10, shortcut]))
    np.testing.assert_array_equal(total[0, 0, 0], [11, 12, 10])
    np.testing.assert_array_equal(total[0, 1, 1], [7, 8, 0])


def frame_share(features) -> np.ndarray:
    """Of encoder outputs (N, h, w, B): the share of their attention maps' energy in the last row and column, (N,).

    TensorFlow pads convolutions that stride there, with zeros. Even maps have (h + w - 1) / (h w).
    """
    energy = np.square(attention_maps(features), dtype=np.float64)
    return 1 - energy[:, :-1, :-1].sum(axis=(1, 2)) / energy.sum(axis=(1, 2))


def test_the_frame_of_its_attention_goes_with_the_zeros(dlib_file, real_faces):
    """Half of the energy lies in 15 of 64 cells; without zeros an eighth, less than of even maps."""
    samples = datasets.load(str(real_faces), "fas12", size=128, seed=0)[::100]
    crops = load_crops(samples, load_schema("fas12"), size=128, margin=0.4).plain
    source = load_source("dlib", 128)
    zeros, edge = (float(np.mean(frame_share(network.maps(crops)[-1]))) for network in (source, source.edge_padded()))
    print(f"share of the last row and column: {zeros:.3f} with zeros, {edge:.3f} with repeated edges")
    assert edge < 0.16 and 0.45 < zeros < 0.55


@pytest.mark.parametrize("damage", ["cut", "text", "missing"])
def test_damaged_file_is_refused(dlib_file, tmp_path, damage):
    path = tmp_path / "weights.dat"
    if damage == "cut":
        path.write_bytes(dlib_file.read_bytes()[:9_000_000])
    elif damage == "text":
        path.write_text("not weights")
    with pytest.raises(InputError, match="weights.dat"):
        dlib_weights.load(dlib_resnet.recognizer(), path)


def test_network_without_its_descriptor_branch_is_refused(dlib_file):
    with pytest.raises(InputError, match="the network lacks: descriptor/kernel"):
        dlib_weights.load(dlib_resnet.encoder(64), dlib_file)


def test_saved_and_loaded_gives_equal_descriptors(dlib_file, crops, tmp_path):
    source = load_source("dlib", 64, classifier=True)
    source.encoder.save(tmp_path / "encoder.keras")
    source.classifier.save(tmp_path / "classifier.keras")
    encoder = keras.saving.load_model(tmp_path / "encoder.keras")
    classifier = keras.saving.load_model(tmp_path / "classifier.keras")
    expected = source.classifier(source.encoder(crops)[-1])
    np.testing.assert_array_equal(classifier(encoder(crops)[-1]), expected)


def test_calibration_changes_the_statistics_and_not_the_answer(dlib_file, crops):
    source = load_source("dlib", 64, classifier=True)
    features = np.asarray(source.encoder(crops)[-1])
    descriptors = np.asarray(source.classifier(features))
    uncalibrated = np.asarray(source.encoder(crops, training=True)[-1])
    source = load_source("dlib", 64, classifier=True)
    source.calibrate(crops, batch_size=6)

    stem = source.encoder.get_layer("stem_norm")
    responses = keras.Model(source.encoder.input, source.encoder.get_layer("stem_conv").output)(crops)
    np.testing.assert_allclose(stem.moving_mean, np.mean(responses, axis=(0, 1, 2)), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(stem.moving_variance, np.var(responses, axis=(0, 1, 2)), rtol=1e-3, atol=1e-6)

    calibrated = np.asarray(source.encoder(crops)[-1])
    np.testing.assert_allclose(calibrated, features, atol=1e-4)
    np.testing.assert_allclose(source.classifier(calibrated), descriptors, atol=1e-4)
    in_training = np.asarray(source.encoder(crops, training=True)[-1])
    assert np.abs(in_training - features).max() < 1e-2 < np.abs(uncalibrated - features).max()


def test_calibration_needs_images(crops):
    with pytest.raises(ValueError, match="at least one image"):
        calibrate(dlib_resnet.encoder(64), crops[:0])


def test_recognises_real_people(recognizer, real_faces):
    """Published: 0.6 tells two people apart. On all 3462 frames the balanced accuracy is 0.92."""
    table = np.genfromtxt(real_faces / "training_frames_keypoints.csv", delimiter=",", skip_header=1, dtype=str)
    people = np.array([name.rsplit("_", 1)[0] for name in table[:, 0]])
    rows = [row for person in np.unique(people)[:60] for row in np.flatnonzero(people == person)[:3]]
    points = table[:, 1:].astype(float).reshape(-1, 68, 2)
    chips = []
    for row in rows:
        with Image.open(real_faces / "training" / table[row, 0]) as picture:
            chips.append(chip(np.asarray(picture.convert("RGB")), points[row, IBUG68_FIVE], list(range(5))))
    same, different = pair_distances(recognizer.predict(np.stack(chips), verbose=0), people[rows])
    print(f"same person {same.mean():.2f}±{same.std():.2f}, different {different.mean():.2f}±{different.std():.2f}")
    print(f"balanced accuracy at 0.6: {balanced_accuracy(same, different):.3f}")
    assert same.mean() < 0.55
    assert different.mean() > 0.75
    assert balanced_accuracy(same, different) > 0.85


def test_recognises_synthetic_people(recognizer, tmp_path):
    """Drawn heads are more alike than people (0.34 and 0.49 instead of 0.47 and 0.81), yet the network knows them."""
    scans = synthetic.samples(subjects=10, scans=3, size=128, seed=7, cache=tmp_path)
    schema = load_schema("fas14")
    anchors = [schema.index(name) for name in ("exocanthion", "endocanthion", "subnasale")]
    chips = []
    for scan in scans:
        rows = LEFT_HALF if scan.attributes["side"] == "left" else RIGHT_HALF
        with Image.open(scan.image) as picture:
            chips.append(chip(np.asarray(picture.convert("RGB")), scan.points[anchors], rows))
    people = np.array([scan.subject for scan in scans])
    descriptors = recognizer.predict(np.stack(chips), verbose=0)
    same, different = pair_distances(descriptors, people)
    print(f"same subject {same.mean():.2f}±{same.std():.2f}, different {different.mean():.2f}±{different.std():.2f}")
    print(f"balanced accuracy at 0.6: {balanced_accuracy(same, different):.3f}")
    assert same.mean() < different.mean() - 0.1
    # How often a pair of one subject lies nearer than a pair of two (the area under the ROC curve; chance is 0.5).
    nearer = np.mean(same[:, None] < different[None])
    print(f"pairs ranked rightly {nearer:.2f}")
    assert nearer > 0.85
