"""Squares seen in larger images: displaced, turned, scaled and mirrored, by one bilinear resampling on the device."""

from typing import NamedTuple

import tensorflow as tf


class Squares(NamedTuple):
    """For each image the square that is seen of it, in place of the plain crop of side S.

    Attributes:
        sign: (N,), -1 where what is seen is mirrored at the last, else 1.
        turn: (N,), by which the picture turns, rad; positive is from x towards y, on the screen clockwise.
        side: (N,), in sides of the crop: above 1 the face is smaller than in the crop.
        shift: (N, 2), of the square's centre from the crop's, in sides of the crop.
    """

    sign: tf.Tensor
    turn: tf.Tensor
    side: tf.Tensor
    shift: tf.Tensor


def moved(points, squares: Squares, size: int):
    """(N, K, 2) input px of the plain crop -> the same points in input px of what is seen; NaN stays NaN."""
    centre = (size - 1) / 2
    x, y = tf.unstack(points - centre - size * squares.shift[:, None, :], axis=-1)
    along, across, sign = (part[:, None] for part in (*_turned(squares, 1 / squares.side), squares.sign))
    return tf.stack([sign * (along * x - across * y), across * x + along * y], axis=-1) + centre


def seen(images, squares: Squares, size: int):
    """What is seen of images (N, H, H, 3), the plain crop in their middle: float32 (N, S, S, 3).

    Beyond the image its edge is repeated. H is below 4096: places are counted in float32, since a GPU computes none in
    int32.
    """
    height, centre = images.shape[1], (size - 1) / 2
    along, across = _turned(squares, squares.side)
    place = tf.range(size, dtype=tf.float32) - centre
    rightward, downward = squares.sign[:, None] * place, tf.tile(place[None], (tf.shape(along)[0], 1))
    middle = (height - 1) / 2 + size * squares.shift
    x = (along[:, None] * rightward + middle[:, :1])[:, None, :] + (across[:, None] * downward)[:, :, None]
    y = (middle[:, 1:] - across[:, None] * rightward)[:, None, :] + (along[:, None] * downward)[:, :, None]
    return _interpolated(images, x, y)


def _turned(squares: Squares, factor):
    return factor * tf.cos(squares.turn), factor * tf.sin(squares.turn)


def _interpolated(images, x, y):
    """Bilinear interpolation of (N, H, H, 3) at the places x, y (N, S, S), of gathers, which XLA can compile."""
    height = images.shape[1]
    last = float(height - 1)
    x, y = tf.clip_by_value(x, 0.0, last), tf.clip_by_value(y, 0.0, last)
    left, top = tf.floor(x), tf.floor(y)
    right, bottom = tf.minimum(left + 1, last), tf.minimum(top + 1, last)
    pixels = tf.reshape(tf.cast(images, tf.float32), (-1, height * height, 3))  # a GPU gathers no bytes

    def row(line):
        before, after = (
            tf.gather(pixels, tf.cast(line * height + column, tf.int32), batch_dims=1) for column in (left, right)
        )
        return before + (x - left)[..., None] * (after - before)

    above = row(top)
    return above + (y - top)[..., None] * (row(bottom) - above)
