"""Strong augmentation of a batch: square, flip, light, blur, noise and an occluder. Stateless: draws come in."""

import math

import numpy as np
import tensorflow as tf

from rtl_tf.photometric import WHITE, blurred, lit, noise, occluded
from rtl_tf.warp import Squares, moved, seen

TURN = 0.2  # rad, to either side
ZOOM = (-0.15, 0.12)  # logarithm of the side of the square that is seen, in sides of the crop
SHIFT = 0.06  # of its centre in x and y, in sides of the crop, to either side

# Part -> probability that an image has it.
PARTS = {
    "square": 1.0, "flip": 0.5, "light": 0.8, "cast": 0.5, "grey": 0.2, "blur": 0.4, "noise": 0.3, "occluder": 0.2,
}  # fmt: skip
FLIP = list(PARTS).index("flip")  # which of the draws decides; 1 does not flip
# Parameter -> (part, lowest, highest, value where an image lacks the part); see `warp` and `photometric`.
PARAMETERS = {
    "turn": ("square", -TURN, TURN, 0.0),
    "zoom": ("square", *ZOOM, 0.0),
    "shift_x": ("square", -SHIFT, SHIFT, 0.0),
    "shift_y": ("square", -SHIFT, SHIFT, 0.0),
    "sign": ("flip", -1.0, -1.0, 1.0),
    "gain": ("light", 0.7, 1.3, 1.0),
    "offset": ("light", -0.1, 0.1, 0.0),  # shares of white
    "contrast": ("light", 0.7, 1.3, 1.0),
    "gamma": ("light", 0.75, 1.33, 1.0),
    "red": ("cast", 0.88, 1.12, 1.0),
    "green": ("cast", 0.88, 1.12, 1.0),
    "blue": ("cast", 0.88, 1.12, 1.0),
    "grey": ("grey", 1.0, 1.0, 0.0),
    "sigma": ("blur", 0.002, 0.01, 0.0),  # sides of the crop
    "deviation": ("noise", 0.01, 0.05, 0.0),  # standard deviation, shares of white
    "first_key": ("noise", 0.0, 1.0, 0.0),
    "second_key": ("noise", 0.0, 1.0, 0.0),
    "width": ("occluder", 0.08, 0.26, 0.0),  # sides of the crop
    "height": ("occluder", 0.08, 0.26, 0.0),
    "left": ("occluder", 0.0, 1.0, 0.0),  # shares of the room that it leaves
    "top": ("occluder", 0.0, 1.0, 0.0),
    "occluder_red": ("occluder", 0.0, 1.0, 0.0),  # shares of white
    "occluder_green": ("occluder", 0.0, 1.0, 0.0),
    "occluder_blue": ("occluder", 0.0, 1.0, 0.0),
}
DRAWS = len(PARTS) + len(PARAMETERS)

# Input px added around a crop, as a share of its side, so that the largest square, turned and shifted most, still sees
# the photograph. (Crop jitter may look beyond: there the edge is repeated.)
CONTEXT = SHIFT + (math.exp(ZOOM[1]) * (math.cos(TURN) + math.sin(TURN)) - 1) / 2


def context_px(size: int) -> int:
    """Border kept around a training crop of `size` input px."""
    return math.ceil(size * CONTEXT)


def drawn(draws, jitter: float = 0.0) -> dict:
    """Draws (N, DRAWS), uniform in [0, 1) -> each of PARAMETERS, (N,).

    A crop jitter widens the ranges of zoom and shift by itself, to either side.
    """
    widened = np.array([jitter if name in ("zoom", "shift_x", "shift_y") else 0.0 for name in PARAMETERS])
    parts, lowest, highest, lacking = zip(*PARAMETERS.values(), strict=True)
    low, high = np.array(lowest, np.float32) - widened, np.array(highest, np.float32) + widened
    has = draws[:, : len(PARTS)] < tf.constant(list(PARTS.values()))
    has = tf.gather(has, [list(PARTS).index(part) for part in parts], axis=1)
    values = tf.constant(low, tf.float32) + tf.constant(high - low, tf.float32) * draws[:, len(PARTS) :]
    return dict(zip(PARAMETERS, tf.unstack(tf.where(has, values, tf.constant(lacking)), axis=1), strict=True))


def augmented(images, points, draws, jitter: float, permutation, size: int):
    """What `draws` make of a batch.

    Args:
        images: uint8 (N, S + 2c, S + 2c, 3), c = context_px(S).
        points: (N, K, 2) input px of the plain crop.
        draws, jitter: see `drawn`.
        permutation: int (K,) names of flipped points; None leaves them (the ablation without the swap).
        size: S.
    Returns:
        float32 images (N, S, S, 3), RGB 0 to 255, and points (N, K, 2).
    """
    return changed(images, points, drawn(draws, jitter), permutation, size)


def changed(images, points, of: dict, permutation, size: int):
    """`augmented` by the values of PARAMETERS."""

    def together(*names):
        return tf.stack([of[name] for name in names], axis=1)

    squares = Squares(of["sign"], of["turn"], tf.exp(of["zoom"]), together("shift_x", "shift_y"))
    points = moved(points, squares, size)
    if permutation is not None:
        points = tf.where(of["sign"][:, None, None] < 0, tf.gather(points, permutation, axis=1), points)
    images = seen(images, squares, size)
    light = {name: of[name] for name in ("gain", "offset", "contrast", "gamma", "grey")}
    images = blurred(lit(images, cast=together("red", "green", "blue"), **light), size * of["sigma"])
    field = noise(together("first_key", "second_key"), size)
    images = tf.clip_by_value(images + (WHITE * of["deviation"])[:, None, None, None] * field, 0.0, WHITE)
    place = {name: of[name] for name in ("left", "top", "width", "height")}
    colour = WHITE * together("occluder_red", "occluder_green", "occluder_blue")
    return occluded(images, colour=colour, **place), points
