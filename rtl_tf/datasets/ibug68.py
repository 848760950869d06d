"""The 68-point scheme as a sample: all of its points, or the half of the face that is turned to the camera."""

from pathlib import Path

import numpy as np

from rtl_tf.datasets.annotations import inside_image, require_crop, require_placed
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_size
from rtl_tf.records import Sample
from rtl_tf.schema import load_schema

SCHEMAS = ("fas12", "ibug68")
IBUG68 = load_schema("ibug68")
MOST_OUTSIDE = 34  # half of the face; a jaw that is cut off has 17

# 0-based index of each fas12 landmark, in the order of the schema: on the right half of the face, on the left half.
# The crests of the philtrum keep their side: left is 52, right is 50, whichever half is seen.
FAS12_INDICES = {
    "exocanthion": (36, 45),
    "endocanthion": (39, 42),
    "nasion": (27, 27),
    "pronasale": (30, 30),
    "alare": (31, 35),
    "subnasale": (33, 33),
    "crista_philtri_left": (52, 52),
    "labiale_superius": (51, 51),
    "crista_philtri_right": (50, 50),
    "cheilion": (48, 54),
    "labiale_inferius": (57, 57),
    "gnathion": (8, 8),
}


def schema_read(schema: str) -> str:
    """That of SCHEMAS which `schema` is, or is a file of: each run keeps one. InputError for another."""
    name = load_schema(schema).identity
    if name not in SCHEMAS:
        raise InputError(f"schema {schema}: data with 68 points are read as {' or '.join(SCHEMAS)}")
    return name


def left_half_is_seen(points: np.ndarray) -> bool:
    """Whether the left half of the face is turned to the camera, of 68 points (68, 2).

    It is where the tip of the nose, along the line of the eyes, is farther from the outer corner of the left eye
    than from that of the right eye: the tip protrudes, so it shows a turn of the head most.
    """
    right_eye, left_eye, tip = points[36], points[45], points[30]
    return bool((left_eye - tip) @ (left_eye - right_eye) > (tip - right_eye) @ (left_eye - right_eye))


def sample(image: Path, points: np.ndarray, subject: str, schema: str) -> Sample:
    """A sample of 68 points (68, 2) in original px.

    With `fas12` a sample whose left half is seen is marked `mirrored`, so that all crops show a right half; with
    `ibug68` none is. Points outside the image become missing: these public sets mark, here and there, where a hidden
    jaw must be.

    Raises:
        InputError: the image is missing or unreadable, most points lie outside it, or too few are left.
    """
    size = read_size(image)
    inside = inside_image(points, size)
    if np.count_nonzero(~inside) > MOST_OUTSIDE:
        outside = np.count_nonzero(~inside)
        raise InputError(
            f"{outside} of its 68 points lie outside its image of {size[0]} x {size[1]} px: is it another?"
        )
    require_placed(points, IBUG68.names)
    visible = np.where(inside[:, None], points, np.nan).astype(np.float32)
    mirrored = schema == "fas12" and left_half_is_seen(points)
    if schema == "fas12":
        visible = visible[[pair[mirrored] for pair in FAS12_INDICES.values()]]
    require_crop(visible)
    return Sample(image, visible, subject, mirrored=mirrored)
