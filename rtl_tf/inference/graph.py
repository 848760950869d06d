"""The graphs that predicting runs: from crops, which is what is exported, and from whole images."""

from typing import TypeAlias

import keras
import tensorflow as tf

from rtl_tf.coordinates import heatmap_to_input
from rtl_tf.heatmaps import read

# Operations after the heatmaps; quantisation leaves them alone.
DECODING_SCOPE = "decoding"

Compiled: TypeAlias = tf.types.experimental.PolymorphicFunction  # what `tf.function` makes


def locate_in_crops(network: keras.Model, image_size: int, sigma: float) -> Compiled:
    """A compiled function: uint8 crops (N, S, S, 3) -> what `Located` has, by its names."""

    @tf.function(input_signature=[tf.TensorSpec((None, image_size, image_size, 3), tf.uint8, name="crops")])
    def locate(crops):
        outputs = network(tf.cast(crops, tf.float32), training=False)
        features = tf.reduce_mean(outputs["features"], axis=(1, 2))
        with tf.name_scope(DECODING_SCOPE):
            found = read(outputs, sigma)
            return {
                "points": heatmap_to_input(found.points),
                "heatmap_points": found.grid_points,
                "peaks": found.peaks,
                "rivals": found.rivals,
                "features": features,
            }

    return locate


def locate_in_image(network: keras.Model, image_size: int, sigma: float) -> Compiled:
    """A compiled function: (uint8 image (H, W, 3), box (left, top, side)) -> as `locate_in_crops`, for N = 1.

    Cropping is a part of the graph: one call from a frame to its landmarks, for video.
    """
    in_crops = locate_in_crops(network, image_size, sigma)

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, None, 3), tf.uint8, name="image"),
            tf.TensorSpec((3,), tf.float32, name="box"),
        ]
    )
    def locate(image, box):
        return in_crops(crop(image, box, image_size)[None])

    return locate


def crop(image, box, size: int):
    """uint8 (H, W, 3) and (left, top, side) -> uint8 (size, size, 3), what `images.crop_image` gives, in a graph.

    Up to one grey level: Pillow rounds twice, after columns and after rows.
    """
    left, top, side = tf.unstack(box)
    scale = size / side
    reach = tf.math.ceil(tf.maximum(1.0, 1 / scale)) + 1
    first_row, first_column = tf.floor(top) - reach, tf.floor(left) - reach
    offsets = tf.range(tf.math.ceil(side) + 2 * reach + 2)
    # Indices held to the image repeat its edge.
    rows, columns = (
        tf.clip_by_value(tf.cast(first + offsets, tf.int32), 0, length - 1)
        for first, length in zip((first_row, first_column), tf.unstack(tf.shape(image)[:2]), strict=True)
    )
    region = tf.gather(tf.gather(image, rows, axis=0), columns, axis=1)
    # From edge to edge: position p of the region, counted from its edge, is seen at scale * p + translation.
    seen = tf.raw_ops.ScaleAndTranslate(
        images=tf.cast(region, tf.float32)[None],
        size=[size, size],
        scale=tf.stack([scale, scale]),
        translation=-scale * tf.stack([top + 0.5 - first_row, left + 0.5 - first_column]),
        kernel_type="triangle",
        antialias=True,
    )[0]
    return tf.cast(tf.round(seen), tf.uint8)
