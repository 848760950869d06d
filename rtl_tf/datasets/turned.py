"""Photographs that are displayed turned, by a tag of which some programs know nothing."""

from collections.abc import Iterable
from pathlib import Path

from rtl_tf.images import is_turned
from rtl_tf.records import Sample
from rtl_tf.system.notes import warn_once


def turned_among(images: Iterable[Path]) -> str:
    """How many of the images are displayed turned: "2 images are displayed turned, by a tag (EXIF)"; "" for none."""
    turned = sum(map(is_turned, set(images)))
    return f"{turned} {'image is' if turned == 1 else 'images are'} displayed turned, by a tag (EXIF)" if turned else ""


def with_turned_told(path: Path, samples: list[Sample]) -> list[Sample]:
    """The samples, with an InputWarning of those of turned images: for formats that do not tell the size at which an
    image was labelled, by which points of the stored pixels are known."""
    if turned := turned_among(sample.image for sample in samples):
        on = "points are taken as placed on the displayed image; of the stored pixels they would lie elsewhere"
        warn_once(f"{path} turned", f"{path}: {turned}: {on}")
    return samples
