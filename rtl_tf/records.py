"""The records that travel through the package: a labelled image, which images are for what, and a detector's answer."""

import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

Thing = TypeVar("Thing")

ENDING = r"\.[A-Za-z]\w{1,4}$"  # of an image file's name


@dataclass(frozen=True)
class Sample:
    """One labelled image.

    Attributes:
        image: file of the photograph. Its pixels, after the EXIF rotation is applied, are the *original pixels*.
        points: float32 (K, 2), (x, y) in original px, pixel centres on integers, NaN = not labelled.
        subject: the person; scans of one person share it.
        box: square (left, top, side) in original px that the crop shall show, edges at half-integers; None =
            a square around the landmarks with the run's margin.
        mirrored: the crop shows the mirrored image (so that all crops of a data set show the same half of the
            face). `points` keep the names and the pixels of the image as it is.
        mm_per_px: scale of the original image in the plane of the face; NaN = unknown.
        attributes: further columns of the data table (site, age_group, ...), their cells as written.
        face: which of several faces of one photograph ("1", "2", ...); empty where the image shows one.
        place: where its labels stand in their file, for messages (`row 3`); no part of what the sample is.
    """

    image: Path
    points: np.ndarray
    subject: str
    box: tuple[float, float, float] | None = None
    mirrored: bool = False
    mm_per_px: float = float("nan")
    attributes: dict[str, str] = field(default_factory=dict)
    face: str = ""
    place: str = field(default="", compare=False)


class Samples(list[Sample]):
    """All samples of a data set, as `datasets.load` gives them; nobody changes the list, so their names stay too."""

    @cached_property
    def names(self) -> list[str]:
        """Of `image_names`, worked out once."""
        return _names(self)


def image_names(samples: Sequence[Sample]) -> list[str]:
    """Each sample's image relative to the folder that all share, and `#face` behind it where it has several.

    With forward slashes and accents in Unicode's composed form: the same on every machine. Whole paths where the images
    share no folder.
    """
    return samples.names if isinstance(samples, Samples) else _names(samples)


def _names(samples: Sequence[Sample]) -> list[str]:
    root = shared_folder([sample.image.parent for sample in samples])
    paths = (os.path.relpath(sample.image, root) if root else os.path.abspath(sample.image) for sample in samples)
    names = [Path(path).as_posix() for path in paths]
    faces = [f"#{sample.face}" if sample.face else "" for sample in samples]
    return [unicodedata.normalize("NFC", name + face) for name, face in zip(names, faces, strict=True)]


def shared_folder(folders: Sequence[Path]) -> str:
    """The innermost folder that holds all of them, absolute; "" where there is none: on Windows, on two drives."""
    try:
        return os.path.commonpath(list(map(os.path.abspath, folders)))
    except ValueError:
        return ""


def photograph_of(name: str) -> str:
    """The image of a name that `image_names` gave, without the `#face`.

    A # of the file's own name stays: the file's ending comes behind it, while a face's number comes behind that.

    Examples:
        >>> photograph_of("a.jpg#2"), photograph_of("case12#front.jpg"), photograph_of("case12#front.jpg#2")
        ('a.jpg', 'case12#front.jpg', 'case12#front.jpg')
    """
    if re.search(ENDING, name):
        return name
    images = (name[: mark.start()] for mark in re.finditer("#", name))
    return next((image for image in images if re.search(ENDING, image)), name)


@dataclass(frozen=True)
class Split:
    """Indices of samples in each part, in the order of the images' names."""

    training: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]

    @property
    def parts(self) -> dict[str, tuple[int, ...]]:
        """Indices under the name of their part, which files use too."""
        return {"training": self.training, "validation": self.validation, "test": self.test}


def evenly(things: Sequence[Thing], most: int) -> list[Thing]:
    """`most` of them, or all where there are fewer; evenly, the first and the last among them.

    Examples:
        >>> evenly("abcdefghij", 4)
        ['a', 'd', 'g', 'j']
    """
    return [things[index] for index in np.unique(np.linspace(0, len(things) - 1, most).astype(int))]


OF_LANDMARKS = ("points", "peaks", "spread", "rivals")  # what is told of each, by a `Prediction` and many in one


@dataclass(frozen=True)
class Prediction:
    """A detector's answer for one image.

    Attributes:
        points: float32 (K, 2), (x, y) in original px, sub-pixel decoding (DSNT: its coordinates).
        peaks: float32 (K,), height of each heatmap's maximum: near 1 where the detector is sure.
        heatmap_points: float32 (K, 2), heatmap px of the crop that the network saw, by argmax (DSNT: rounded).
        spread: float32 (K,), original px: how far apart the answers are that `points` are the mean of (views, the
            calibrated mesh), as a root mean square distance from it; None of a single answer.
        rivals: float32 (K,), see `heatmaps.rivals`: the larger, the more another place speaks for itself.
        unlikeness: of the face to those that the detector was trained on, see `FamiliarFaces`; NaN = not known.
        yaw: of the head, degrees, see `head_turn.yaw_of`; NaN = not known.
        mirrored: whether the network saw it mirrored.
    """

    points: np.ndarray
    peaks: np.ndarray
    heatmap_points: np.ndarray
    spread: np.ndarray | None = None
    rivals: np.ndarray | None = None
    unlikeness: float = float("nan")
    yaw: float = float("nan")
    mirrored: bool = False


def blanked(predictions: Any, known: np.ndarray, names: Sequence[str] = OF_LANDMARKS) -> dict[str, Any]:
    """What `predictions` have under these names, with NaN for the landmarks that bool (K,) `known` is False of.

    Args:
        predictions: a `Prediction`, or many in one: arrays (..., K), those called points (..., K, 2), None = not known.
    """
    found: dict[str, Any] = {}
    for name in names:
        values, where = getattr(predictions, name), known[:, None] if name.endswith("points") else known
        found[name] = None if values is None else np.where(where, values, np.float32(np.nan))
    return found
