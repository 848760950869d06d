"""What is no error in a run, and yet what nobody would want: of its data before the training, of its outcome after."""

from collections.abc import Collection, Sequence
from itertools import compress

import numpy as np

from rtl_tf.config import Settings
from rtl_tf.datasets.annotations import outside_own_box, unlabelled
from rtl_tf.records import Sample, image_names
from rtl_tf.schema import Schema, undeclared_sides
from rtl_tf.system.notes import first_of

SHOWN = 8  # names in a line
NO_PEAK, PEAK = 0.1, 0.3  # median heights: of a landmark that was not learned, of one that was
EMPTY = 0.01  # that of a network whose training failed: it answers everything with nearly nothing


def cautions(samples: Sequence[Sample], training: Sequence[int], schema: Schema, settings: Settings) -> list[str]:
    """A line for each: landmarks that are never learnt, or taught each other's place, or outside their own box.

    Args:
        samples: of the whole data set.
        training: indices of those that are trained on.
    """
    lines = []
    if never := unlabelled(np.stack([samples[index].points for index in training]), schema.names):
        lines.append(f"labelled in no training image, so never learnt: {first_of(never, SHOWN)}")
    is_mirrored = any(samples[index].mirrored for index in training)  # with names swapped, whatever is flipped
    if (is_mirrored or (settings.flips and settings.flip_swap)) and (pairs := undeclared_sides(schema)):
        names = first_of([f"{first} and {second}" for first, second in pairs], SHOWN)
        lines.append(f"schema {schema.name}: no mirrored_pairs of {names}: flipped images teach each the other's place")
    outside = [int(outside_own_box(sample.points, sample.box).sum()) for sample in samples]
    if any(outside):
        images = [name for name, count in zip(image_names(samples), outside, strict=True) if count]
        lines.append(
            f"{sum(outside)} landmarks lie outside their own box, in {len(images)} images: {first_of(images, SHOWN)}"
        )
    return lines


def not_learned(peaks: np.ndarray, names: Sequence[str], never_labelled: Collection[str] = ()) -> list[str]:
    """Of N images' peaks (N, K): the landmarks whose heatmaps stayed flat while half of the others learned theirs; all
    of them where every heatmap is as good as empty. What was never labelled is none of them."""
    taught = [name not in never_labelled for name in names]
    names, heights = list(compress(names, taught)), np.nanmedian(peaks[:, taught], axis=0)
    if np.nanmax(heights) < EMPTY:
        return names
    learned = np.nanmedian(heights) > PEAK
    return [name for name, height in zip(names, heights, strict=True) if learned and height < NO_PEAK]
