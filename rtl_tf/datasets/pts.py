"""300-W: a `.pts` file with 68 points beside every image."""

from pathlib import Path

import numpy as np

from rtl_tf.datasets import ibug68
from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")


def recognises(path: Path) -> bool:
    """Whether `path` is a folder with `.pts` files, in subfolders too."""
    return path.is_dir() and any(path.rglob("*.pts"))


def default_schema(path: Path) -> str:
    """fas12: the half of the face that is turned to the camera."""
    return "fas12"


def read(path: Path, schema: str | None = None) -> list[Sample]:
    """A sample for every `.pts` file under a folder, with the image of the same stem beside it.

    The files count pixels from 1, so 1 is subtracted. Every image is taken for a person of its own: the subject is
    the file's path without suffix. Points outside their image become missing.

    Raises:
        InputError: there is no `.pts` file, one is malformed, or has no image; names the file.
    """
    schema = schema or default_schema(path)
    ibug68.require_schema(schema)
    files = sorted(path.rglob("*.pts"))
    if not files:
        raise InputError(f"{path}: no .pts file in this folder")
    samples = []
    for file in files:
        subject = file.relative_to(path).with_suffix("").as_posix()
        try:
            samples.append(ibug68.sample(_image_beside(file), _read_points(file), subject, schema))
        except InputError as problem:
            raise InputError(f"{file}: {problem}") from problem
    return samples


def _image_beside(file: Path) -> Path:
    for image in sorted(file.parent.glob(f"{file.stem}.*")):
        if image.stem == file.stem and image.suffix.lower() in IMAGE_SUFFIXES:
            return image
    raise InputError(f"no image {file.stem}{{{','.join(IMAGE_SUFFIXES)}}} beside it")


def _read_points(file: Path) -> np.ndarray:
    """float64 (68, 2), pixel centres on integers from 0."""
    text = file.read_text(encoding="utf-8", errors="replace")
    try:
        values = np.array(text[text.index("{") + 1 : text.index("}")].split(), np.float64)
        return values.reshape(68, 2) - 1
    except ValueError:
        raise InputError("expected 68 points, as lines of x and y between braces") from None
