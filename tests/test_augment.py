import numpy as np
import pytest
import tensorflow as tf

from rtl_tf import augment

SIZE = 64
CONTEXT = augment.context_px(SIZE)


def blob_image(points, width):
    """uint8 (width, width, 3) with a Gaussian of standard deviation 2 at each point; each point its own channel."""
    y, x = np.mgrid[0:width, 0:width]
    image = np.zeros((width, width, 3))
    for channel, (px, py) in enumerate(points):
        image[..., channel] = 255 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 8)
    return image.astype(np.uint8)


def centroid(channel):
    y, x = np.mgrid[0 : channel.shape[0], 0 : channel.shape[1]]
    return np.array([(channel * x).sum(), (channel * y).sum()]) / channel.sum()


def apply(points, flip, scale, shift, permutation=None):
    images = blob_image(points + CONTEXT, SIZE + 2 * CONTEXT)[None]
    return augment.apply(
        tf.constant(images),
        tf.constant(points[None], tf.float32),
        tf.constant([flip]),
        tf.constant([scale], tf.float32),
        tf.constant([shift], tf.float32),
        permutation,
        SIZE,
    )


POINTS = np.array([[20.0, 30.0], [35.5, 22.25], [41.0, 44.0]])


def test_the_identity_gives_the_plain_crop():
    images, points = apply(POINTS, False, 1.0, (0, 0))
    expected = blob_image(POINTS + CONTEXT, SIZE + 2 * CONTEXT)[CONTEXT : CONTEXT + SIZE, CONTEXT : CONTEXT + SIZE]
    np.testing.assert_array_equal(images[0], expected)
    np.testing.assert_allclose(points[0], POINTS)


def test_scale_and_shift_by_hand():
    _, points = apply(np.array([[31.5, 31.5], [41.5, 31.5], [31.5, 21.5]]), False, 0.8, (1.0, -2.0))
    np.testing.assert_allclose(points[0], [[32.5, 29.5], [40.5, 29.5], [32.5, 21.5]], rtol=1e-6)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(("scale", "shift"), [(1.0, (0, 0)), (0.8, (0, 0)), (0.84, (2.5, -1.5)), (1.05, (-3.0, 2.0))])
def test_points_stay_on_what_they_mark(flip, scale, shift):
    images, points = apply(POINTS, flip, scale, shift)
    for channel in range(3):
        np.testing.assert_allclose(centroid(np.asarray(images[0, ..., channel])), points[0, channel], atol=0.05)


def test_a_flip_swaps_the_mirrored_pair_only_when_asked():
    swap = tf.constant([2, 1, 0])
    _, kept = apply(POINTS, True, 1.0, (0, 0))
    _, swapped = apply(POINTS, True, 1.0, (0, 0), swap)
    mirrored = np.stack([SIZE - 1 - POINTS[:, 0], POINTS[:, 1]], axis=1)
    np.testing.assert_allclose(kept[0], mirrored)
    np.testing.assert_allclose(swapped[0], mirrored[[2, 1, 0]])
    _, unflipped = apply(POINTS, False, 1.0, (0, 0), swap)
    np.testing.assert_allclose(unflipped[0], POINTS)


def test_missing_points_stay_missing():
    points = POINTS.copy()
    points[1] = np.nan
    images = np.zeros((1, SIZE + 2 * CONTEXT, SIZE + 2 * CONTEXT, 3), np.uint8)
    _, moved = augment.apply(
        tf.constant(images), tf.constant(points[None], tf.float32), tf.constant([True]), tf.constant([0.8]),
        tf.zeros((1, 2)), None, SIZE,
    )  # fmt: skip
    assert np.isnan(moved[0, 1]).all() and np.isfinite(np.asarray(moved)[0, [0, 2]]).all()


def test_without_jitter_an_image_has_the_papers_four_variants():
    draws = tf.random.stateless_uniform((400, augment.DRAWS), seed=(1, 2))
    flip, scale, shift = (np.asarray(part) for part in augment.transforms(draws, 0.0, SIZE))
    variants, counts = np.unique(np.stack([flip, scale], axis=1), axis=0, return_counts=True)
    np.testing.assert_allclose(variants, [[0, 0.8], [0, 1], [1, 0.8], [1, 1]])
    assert counts.min() > 60
    assert not shift.any()


def test_jitter_keeps_its_bounds():
    draws = tf.random.stateless_uniform((400, augment.DRAWS), seed=(3, 4))
    _, scale, shift = (np.asarray(part) for part in augment.transforms(draws, 0.1, SIZE))
    zoom = np.where(scale < 0.89, scale / 0.8, scale)
    assert 0.9 <= zoom.min() < 0.92 and 1.08 < zoom.max() <= 1.1
    assert np.abs(shift).max() <= 0.1 * SIZE and np.abs(shift).max() > 0.09 * SIZE


def test_the_border_covers_the_scaled_face():
    assert augment.context_px(128) == 16 and augment.context_px(256) == 32
    for size in (32, 128, 256, 512):
        assert size / augment.SCALE <= size + 2 * augment.context_px(size)


def test_images_are_those_of_tensorflows_projective_transform():
    """An independent bilinear sampler, edges included: shifts of a quarter leave the border."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, SIZE + 2 * CONTEXT, SIZE + 2 * CONTEXT, 3)).astype(np.uint8)
    draws = tf.random.stateless_uniform((40, augment.DRAWS), seed=(5, 6))
    flip, scale, shift = augment.transforms(draws, 0.25, SIZE)
    found, _ = augment.apply(tf.constant(images), tf.zeros((40, 1, 2)), flip, scale, shift, None, SIZE)
    sign, middle = tf.where(flip, -1.0, 1.0), (SIZE - 1) / 2
    # x_out = sign * (scale * (x_in - middle) + shift) + middle, solved for x_in
    left = (-sign * middle - shift[:, 0]) / scale + middle + CONTEXT
    top = (-middle - shift[:, 1]) / scale + middle + CONTEXT
    zero = tf.zeros_like(scale)
    expected = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(images, tf.float32),
        transforms=tf.stack([sign / scale, zero, left, zero, 1 / scale, top, zero, zero], axis=1),
        output_shape=[SIZE, SIZE],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
    np.testing.assert_allclose(found, expected, atol=2e-3)
