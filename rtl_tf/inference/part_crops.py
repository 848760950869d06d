"""Crops of the parts of labelled faces: what the network is trained on that looks at them."""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from rtl_tf.coordinates import Crop
from rtl_tf.images import crop_image, read_image, read_size
from rtl_tf.inference.face_parts import FacePart, FaceParts
from rtl_tf.inference.recipe import Recipe
from rtl_tf.pipeline import Crops, labels_in
from rtl_tf.records import Sample
from rtl_tf.schema import Schema
from rtl_tf.system.image_memory import room
from rtl_tf.system.progress import in_threads

Part = tuple[FacePart, Crop]


def load_part_crops(
    samples: Sequence[Sample],
    squares: Sequence[Crop],
    recipe: Recipe,
    schema: Schema,
    *,
    context: int = 0,
    label: str = "reading",
    memory_gb: float = 4.0,
) -> Crops | None:
    """Each part of each face around its labels; of other parts' landmarks a crop has none. None where there is no part.

    Args:
        squares: of the faces, as the first network sees them.
        recipe: with its parts.
        context, label, memory_gb: see `pipeline.load_crops`.
    """
    assert recipe.parts is not None
    parts = [parts_of(*face, recipe.parts) for face in zip(samples, squares, strict=True)]
    crops = [crop for face in parts for _, crop in face]
    if not crops:
        return None
    side = crops[0].size + 2 * context
    images = room((len(crops), side, side, 3), memory_gb)

    def read(labelled: tuple[Sample, list[Part]]) -> list[np.ndarray]:
        sample, face = labelled
        if not face:
            return []
        image = read_image(sample.image)
        return [crop_image(image, crop.widened(context), sample.image) for _, crop in face]

    faces = in_threads(read, list(zip(samples, parts, strict=True)), label)
    for index, image in enumerate(chain.from_iterable(faces)):
        images[index] = image
    points = [
        _points(sample, part, crop, recipe.label_shift * square.side, schema)
        for sample, square, face in zip(samples, squares, parts, strict=True)
        for part, crop in face
    ]
    return Crops(images, np.stack(points), tuple(crops))


def parts_of(sample: Sample, square: Crop, parts: FaceParts) -> list[Part]:
    """Those of a face that are worth a second look, around its labels."""
    return parts.squares(square, sample.points, read_size(sample.image))


def _points(sample: Sample, part: FacePart, crop: Crop, shift: float, schema: Schema) -> np.ndarray:
    """float32 (K, 2) input px of the part's landmarks, NaN for the others."""
    points = np.full_like(sample.points, np.nan)
    chosen = list(part.landmarks)
    points[chosen] = sample.points[chosen]
    return labels_in(crop, points, schema, shift)
