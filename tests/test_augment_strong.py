"""The strong augmentation as a whole: what is drawn, and that it is a function of (seed, epoch, index)."""

import math

import numpy as np
import pytest
import tensorflow as tf
from toys import SCHEMA, toy_samples

from rtl_tf import augment, augment_strong
from rtl_tf.augment_strong import DRAWS, PARAMETERS, PARTS, augmented, changed, context_px, drawn
from rtl_tf.config import KINDS, Settings
from rtl_tf.pipeline import AUGMENTATIONS, Preparation, load_crops, training_batches

SIZE = 64
NEUTRAL = {name: lacking for name, (*_, lacking) in PARAMETERS.items()}
SWAP = [1, 0, 2]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    samples = toy_samples(tmp_path_factory.mktemp("toys"))
    return load_crops(samples, SCHEMA, size=SIZE, margin=0.25, context=context_px(SIZE))


def batches(data, seed=0, epoch=0, batch_size=4):
    prepare = Preparation(SIZE, sigma=1.5, permutation=SCHEMA.mirror_permutation, augmentation="strong")
    raw = training_batches(data, batch_size=batch_size, seed=seed, epoch=lambda: epoch, augmentation="strong")
    images, targets = zip(*(prepare(batch) for batch in raw), strict=True)
    return np.concatenate(images), 4 * np.concatenate([target["points"] for target in targets])


def made(data, **values):
    """One toy image changed by some of PARAMETERS."""
    of = {name: tf.constant([value], tf.float32) for name, value in (NEUTRAL | values).items()}
    images, points = changed(tf.constant(data.images[:1]), tf.constant(data.points[:1]), of, SWAP, SIZE)
    return np.asarray(images)[0], np.asarray(points)[0]


def test_the_setting_names_the_augmentations_and_each_has_what_the_pipeline_asks_for():
    assert KINDS["augment"] is str
    assert Settings.__dataclass_fields__["augment"].metadata["choices"] == tuple(AUGMENTATIONS)
    assert AUGMENTATIONS["paper"] is augment and AUGMENTATIONS["strong"] is augment_strong


def test_neutral_values_give_the_plain_crop(data):
    image, points = made(data)
    np.testing.assert_allclose(image, data.plain[0], atol=2e-3)
    np.testing.assert_array_equal(points, data.points[0])


def test_each_value_does_its_own(data):
    plain = data.plain[0].astype(float)
    np.testing.assert_allclose(made(data, sign=-1)[0], plain[:, ::-1], atol=2e-3)
    mirrored = np.stack([SIZE - 1 - data.points[0, :, 0], data.points[0, :, 1]], axis=1)[SWAP]
    np.testing.assert_allclose(made(data, sign=-1)[1], mirrored, atol=1e-5)
    middle = (SIZE - 1) / 2
    np.testing.assert_allclose(made(data, zoom=math.log(1.1))[1], (data.points[0] - middle) / 1.1 + middle, atol=1e-4)
    shifted = data.points[0] - SIZE * np.array([0.05, -0.02])
    np.testing.assert_allclose(made(data, shift_x=0.05, shift_y=-0.02)[1], shifted, atol=1e-4)
    np.testing.assert_allclose(made(data, gain=0.5)[0], 0.5 * plain, atol=2e-3)
    occluder = {"width": 0.25, "height": 0.125, "left": 1.0, "top": 0.0, "occluder_red": 1.0, "occluder_blue": 0.5}
    image, points = made(data, **occluder)
    np.testing.assert_array_equal(image[:8, 48:], np.broadcast_to([255, 0, 127.5], (8, 16, 3)))
    np.testing.assert_array_equal(points, data.points[0])  # what is hidden is still there
    noisy, again, other = (made(data, gain=0, offset=0.5, deviation=0.02, first_key=key)[0] for key in (0.1, 0.1, 0.2))
    assert noisy.std() == pytest.approx(0.02 * 255, rel=0.03) and noisy.mean() == pytest.approx(127.5, abs=0.3)
    np.testing.assert_array_equal(noisy, again)
    assert abs(np.corrcoef(noisy.ravel(), other.ravel())[0, 1]) < 0.05


def test_a_blur_is_in_shares_of_the_side(data):
    image = np.zeros_like(data.images[:1])
    centre = image.shape[1] // 2
    image[0, centre, centre] = 255
    of = {name: tf.constant([value], tf.float32) for name, value in (NEUTRAL | {"sigma": 2 / SIZE}).items()}
    found = np.asarray(changed(tf.constant(image), tf.constant(data.points[:1]), of, None, SIZE)[0])[0, ..., 0]
    column = found.sum(axis=0) / found.sum()
    place = np.arange(SIZE)
    assert (column * (place - (column * place).sum()) ** 2).sum() == pytest.approx(2**2, rel=1e-3)


def test_draws_keep_their_ranges_and_probabilities():
    of = {name: np.asarray(value) for name, value in drawn(tf.random.stateless_uniform((4000, DRAWS), (1, 2))).items()}
    assert list(of) == list(PARAMETERS)
    for name, (part, low, high, lacking) in PARAMETERS.items():
        values, share = of[name], PARTS[part]
        there = values[values != lacking] if low == high or not low <= lacking < high else values
        assert there.min() >= np.float32(low) and there.max() <= np.float32(high), name
        if low < high:
            assert there.min() < low + 0.02 * (high - low) and there.max() > high - 0.02 * (high - low), name
        assert (values != lacking).mean() == pytest.approx(share, abs=0.03), name
    together = np.corrcoef([of["sign"] < 0, of["gain"] != 1, of["sigma"] > 0, of["deviation"] > 0, of["width"] > 0])
    assert np.abs(together - np.eye(5)).max() < 0.06
    assert np.array_equal(of["width"] > 0, of["height"] > 0) and np.array_equal(of["red"] != 1, of["blue"] != 1)


def test_crop_jitter_widens_zoom_and_shift_and_nothing_else():
    draws = tf.random.stateless_uniform((4000, DRAWS), (3, 4))
    plain, wide = drawn(draws), drawn(draws, 0.05)
    for name in PARAMETERS:
        if name in ("zoom", "shift_x", "shift_y"):
            _, low, high, _ = PARAMETERS[name]
            assert low - 0.05 <= np.min(wide[name]) < low - 0.04 and high + 0.04 < np.max(wide[name]) <= high + 0.05
        else:
            np.testing.assert_array_equal(plain[name], wide[name])


def test_the_border_covers_the_largest_square_turned_and_shifted():
    for size in (32, 128, 256):
        turned = math.cos(augment_strong.TURN) + math.sin(augment_strong.TURN)
        reach = size * (math.exp(augment_strong.ZOOM[1]) * turned / 2 + augment_strong.SHIFT)
        assert size / 2 + context_px(size) >= reach > size / 2 + context_px(size) - 1
    assert context_px(128) == 29


def test_points_stay_on_what_they_mark(data):
    """Through everything that moves, drawn as in a training; the toys' spots are red, green and blue."""
    part = np.float32([0 if name in ("square", "flip") else 1 for name in PARTS])
    draws = np.random.default_rng(0).random((len(data.images), DRAWS)).astype(np.float32)
    draws[:, : len(PARTS)] = np.maximum(draws[:, : len(PARTS)], part)
    images, points = augmented(tf.constant(data.images), tf.constant(data.points), draws, 0.0, SWAP, SIZE)
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    flips = 0
    for image, marked, flip in zip(np.asarray(images), np.asarray(points), draws[:, 1] < 0.5, strict=True):
        spots = np.maximum(image - 120, 0)
        found = np.stack([[(spots[..., c] * a).sum() / spots[..., c].sum() for a in (x, y)] for c in range(3)])
        np.testing.assert_allclose(found[SWAP] if flip else found, marked, atol=1.2)
        flips += flip
    assert 2 < flips < 10


def test_an_image_depends_on_seed_epoch_and_index_alone(data):
    images, points = batches(data, batch_size=4)
    for other in (batches(data, batch_size=4), batches(data, batch_size=1)):
        np.testing.assert_allclose(images, other[0], atol=2e-3)
        np.testing.assert_array_equal(points, other[1])
    for other in (batches(data, epoch=1), batches(data, seed=1)):
        assert not np.isin(points[:, 0, 0], other[1][:, 0, 0]).any()


def test_the_papers_batches_are_drawn_as_before_there_was_another_augmentation(data):
    """Five draws an image, in the order of the shuffle: what a run of any version has seen."""
    (batch,) = training_batches(data, batch_size=12, seed=3, epoch=lambda: 4)
    order = tf.random.experimental.stateless_shuffle(tf.range(12), seed=[3, 4])
    draws = tf.gather(tf.random.stateless_uniform((12, 5), seed=[1_000_006, 4]), order)
    np.testing.assert_array_equal(batch["draws"], draws)
    image, target = Preparation(SIZE, sigma=1.5, jitter=0.05, permutation=np.array(SWAP))(batch)
    crops = tf.gather(data.images, order), tf.gather(data.points, order)
    expected, points = augment.apply(*crops, *augment.transforms(draws, 0.05, SIZE), SWAP, SIZE)
    np.testing.assert_array_equal(image, expected)
    np.testing.assert_array_equal(target["points"], points / 4)


def test_xla_compiles_it_to_the_same(data):
    draws = tf.random.stateless_uniform((12, DRAWS), (5, 6))
    arguments = tf.constant(data.images), tf.constant(data.points), draws, 0.02, SWAP, SIZE
    image, points = augmented(*arguments)
    compiled = tf.function(lambda *of: augmented(*of, *arguments[3:]), jit_compile=True)(*arguments[:3])
    np.testing.assert_allclose(compiled[0], image, atol=0.1)
    np.testing.assert_allclose(compiled[1], points, atol=1e-4)
