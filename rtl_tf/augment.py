"""The paper's augmentation of a batch, as one affine map an image: flip, scale 0.8, and crop jitter.

Stateless: draws come in. `warp` does the same, and turns as well. Squares that stay upright are interpolated here,
along one axis after the other, in 60 % of its time on a CPU: it is a part of each step of the paper's training.
"""

import numpy as np
import tensorflow as tf

FLIP_PROBABILITY = 0.5
SCALE_PROBABILITY = 0.5
SCALE = 0.8
DRAWS = 5  # flip, scale, zoom, shift in x, shift in y
FLIP = 0  # which of the draws decides; 1 does not flip

# Input px added around a crop, as a share of its side, so that a face at scale 0.8 stands before its own surroundings
# (where the photograph has none, as the built-in faces, its edge is repeated).
CONTEXT = (1 / SCALE - 1) / 2


def context_px(size: int) -> int:
    """Border kept around a training crop of `size` input px; whole, as sizes are multiples of 32."""
    return int(np.ceil(size * CONTEXT))


def transforms(draws, jitter: float, size: int):
    """Draws (N, 5), uniform in [0, 1) -> flip (N,) bool, scale (N,), shift (N, 2) in input px.

    Flip with probability 0.5; scale 0.8 with probability 0.5 (reading of IV-B), times a zoom of 1 +- jitter;
    shift by up to +- jitter of the side.
    """
    flip = draws[:, 0] < FLIP_PROBABILITY
    scale = tf.where(draws[:, 1] < SCALE_PROBABILITY, SCALE, 1.0) * (1 + jitter * (2 * draws[:, 2] - 1))
    shift = jitter * size * (2 * draws[:, 3:5] - 1)
    return flip, scale, shift


def views(flips: bool) -> tuple[tuple[bool, float], ...]:
    """Flip and scale of each view that an image has without jitter: four, or two where images are never flipped."""
    return tuple((flip, scale) for scale in (1.0, SCALE) for flip in ((False, True) if flips else (False,)))


def view_numbers(flip, scale, flips: bool):
    """Of `transforms` without jitter: int32 (N,), where each image's view stands in `views`."""
    return tf.cast(flip, tf.int32) + (2 if flips else 1) * tf.cast(scale < 1.0, tf.int32)


def augmented(images, points, draws, jitter: float, permutation, size: int):
    """`apply` of `transforms`: what `draws` make of a batch."""
    flip, scale, shift = transforms(draws, jitter, size)
    return apply(images, points, flip, scale, shift, permutation, size)


def apply(images, points, flip, scale, shift, permutation, size: int):
    """Scale about the centre, shift, then flip.

    Args:
        images: uint8 (N, S + 2c, S + 2c, 3), c = context_px(S).
        points: (N, K, 2) input px of the plain crop.
        flip, scale, shift: of `transforms`.
        permutation: int (K,) names of flipped points; None leaves them (the ablation without the swap).
        size: S.
    Returns:
        float32 images (N, S, S, 3) and points (N, K, 2).
    """
    context = (images.shape[1] - size) // 2
    centre = (size - 1) / 2
    moved = (points - centre) * scale[:, None, None] + centre + shift[:, None, :]
    mirrored = tf.stack([size - 1 - moved[..., 0], moved[..., 1]], axis=-1)
    if permutation is not None:
        mirrored = tf.gather(mirrored, permutation, axis=1)
    moved = tf.where(flip[:, None, None], mirrored, moved)

    # Where an output px lies in the input: x_in = a x_out + b.
    place = tf.range(size, dtype=tf.float32)
    start = tf.where(flip, float(size - 1), 0.0)
    left = (start - centre - shift[:, 0]) / scale + centre + context
    top = (-centre - shift[:, 1]) / scale + centre + context
    columns = (tf.where(flip, -1.0, 1.0) / scale)[:, None] * place + left[:, None]
    rows = (1 / scale)[:, None] * place + top[:, None]
    return _interpolated(_interpolated(images, rows, axis=1), columns, axis=2), moved


def _interpolated(maps, places, axis: int):
    """Linear interpolation of (N, H, W, C) along an axis at (N, S) places; beyond the edge the edge is repeated.

    One axis after the other is bilinear interpolation. Of gathers, since XLA lacks TensorFlow's projective transform.
    """
    # Cast at once, and held to the map while still floats: bytes and integers have no kernels of these on a GPU, which
    # would wait for the host.
    maps, before, last = tf.cast(maps, tf.float32), tf.floor(places), float(maps.shape[axis] - 1)
    share = tf.reshape(places - before, (-1, places.shape[1], 1, 1) if axis == 1 else (-1, 1, places.shape[1], 1))

    def at(index):
        index = tf.cast(tf.clip_by_value(index, 0.0, last), tf.int32)
        return tf.gather(maps, index, axis=axis, batch_dims=1)

    return (1 - share) * at(before) + share * at(before + 1)
