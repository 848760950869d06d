"""What is seen of a turned, scaled, displaced and mirrored square, and where its points are."""

import numpy as np
import pytest
import tensorflow as tf
from skimage.transform import AffineTransform, warp

from rtl_tf import augment
from rtl_tf.warp import Squares, moved, seen

SIZE, BORDER = 64, 16
MIDDLE = (SIZE - 1) / 2
POINTS = np.array([[20.0, 30.0], [35.5, 22.25], [41.0, 44.0]])
# sign, turn, side, shift in x and y
SQUARES = [
    (1, 0.0, 1.0, 0.0, 0.0),
    (1, 0.2, 1.0, 0.0, 0.0),
    (-1, 0.0, 1.0, 0.0, 0.0),
    (1, 0.0, 1.125, 0.06, -0.04),
    (-1, -0.2, 0.86, -0.06, 0.05),
    (-1, 0.15, 1.13, 0.03, 0.06),
]


def squares(*rows) -> Squares:
    sign, turn, side, *shift = np.array(rows, np.float32).T
    return Squares(tf.constant(sign), tf.constant(turn), tf.constant(side), tf.constant(np.stack(shift, axis=1)))


def to_crop(sign, turn, side, *shift) -> np.ndarray:
    """3x3: from px of what is seen to px of the plain crop, written as a product of simple maps."""

    def shifted(x, y):
        return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])

    turned = np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    placed = shifted(*(MIDDLE + SIZE * np.array(shift)))
    return placed @ np.diag([side, side, 1]) @ turned @ np.diag([sign, 1.0, 1]) @ shifted(-MIDDLE, -MIDDLE)


@pytest.mark.parametrize("square", SQUARES)
def test_images_are_those_of_scikit_images_warp(square):
    """An independent bilinear sampler, which repeats the edge too: the large square looks beyond the border."""
    width = SIZE + 2 * BORDER
    image = np.random.default_rng(0).integers(0, 256, (width, width, 3)).astype(np.uint8)
    for border in (BORDER, 0):
        part = image[BORDER - border : width - BORDER + border, BORDER - border : width - BORDER + border]
        inside = np.array([[1, 0, border], [0, 1, border], [0, 0, 1.0]]) @ to_crop(*square)
        expected = warp(
            part, AffineTransform(inside), output_shape=(SIZE, SIZE), order=1, mode="edge", preserve_range=True
        )
        found = seen(tf.constant(part[None]), squares(square), SIZE)[0]
        np.testing.assert_allclose(found, expected, atol=0.01)


def test_points_are_exact():
    for square in SQUARES:
        found = np.asarray(moved(tf.constant(POINTS[None], tf.float32), squares(square), SIZE)[0])
        back = to_crop(*square) @ np.concatenate([found, np.ones((3, 1))], axis=1).T
        np.testing.assert_allclose(back[:2].T, POINTS, atol=2e-5)


def test_a_turn_is_from_x_to_y_about_the_squares_centre():
    points = tf.constant([[[MIDDLE + 10, MIDDLE], [MIDDLE, MIDDLE + 10]]])
    (found,) = np.asarray(moved(points, squares((1, np.pi / 6, 1.0, 0, 0)), SIZE))
    half, root = 10 * 0.5, 10 * 3**0.5 / 2
    np.testing.assert_allclose(found - MIDDLE, [[root, half], [-half, root]], atol=1e-5)


@pytest.mark.parametrize("square", SQUARES)
def test_drawn_dots_are_found_again_where_their_points_went(square):
    y, x = np.mgrid[0 : SIZE + 2 * BORDER, 0 : SIZE + 2 * BORDER]
    squared = [(x - BORDER - px) ** 2 + (y - BORDER - py) ** 2 for px, py in POINTS]
    image = np.round(255 * np.exp(-np.stack(squared, axis=-1) / 8)).astype(np.uint8)
    found = np.asarray(seen(tf.constant(image[None]), squares(square), SIZE)[0])
    (points,) = np.asarray(moved(tf.constant(POINTS[None], tf.float32), squares(square), SIZE))
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    for channel, point in zip(found.transpose(2, 0, 1), points, strict=True):
        centroid = np.array([(channel * x).sum(), (channel * y).sum()]) / channel.sum()
        np.testing.assert_allclose(centroid, point, atol=0.1)


def test_the_crop_itself_is_unchanged_and_each_image_has_its_own_square():
    image = np.random.default_rng(1).integers(0, 256, (1, 96, 96, 3)).astype(np.uint8)
    images = tf.constant(np.repeat(image, len(SQUARES), axis=0))
    together = seen(images, squares(*SQUARES), SIZE)
    np.testing.assert_array_equal(together[0], image[0, BORDER:-BORDER, BORDER:-BORDER])
    np.testing.assert_array_equal(together[2], image[0, BORDER:-BORDER, BORDER:-BORDER][:, ::-1])
    for number, square in enumerate(SQUARES):
        np.testing.assert_array_equal(together[number], seen(images[:1], squares(square), SIZE)[0])


def test_missing_points_stay_missing():
    points = np.array([[[10.0, 20.0], [np.nan, np.nan]]], np.float32)
    found = np.asarray(moved(tf.constant(points), squares(SQUARES[-1]), SIZE))
    assert np.isfinite(found[0, 0]).all() and np.isnan(found[0, 1]).all()


def test_upright_squares_are_those_of_the_papers_augmentation():
    """Which interpolates along one axis after the other, and shifts px after it has scaled."""
    context = augment.context_px(SIZE)
    images = np.random.default_rng(0).integers(0, 256, (8, SIZE + 2 * context, SIZE + 2 * context, 3), np.uint8)
    draws = tf.random.stateless_uniform((8, augment.DRAWS), seed=(1, 2))
    flip, scale, shift = augment.transforms(draws, 0.25, SIZE)
    points = np.tile(POINTS.astype(np.float32), (8, 1, 1))
    expected, places = augment.apply(images, points, flip, scale, shift, None, SIZE)
    assert len(set(flip.numpy())) == len({bool(one < 0.9) for one in scale.numpy()}) == 2
    same = Squares(tf.where(flip, -1.0, 1.0), tf.zeros(8), 1 / scale, -shift / (SIZE * scale[:, None]))
    np.testing.assert_allclose(seen(images, same, SIZE), expected, atol=0.05)  # grey levels
    np.testing.assert_allclose(moved(points, same, SIZE), places, atol=1e-4)
