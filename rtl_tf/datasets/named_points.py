"""Faces with their points by name, as annotation tools export them: how they become samples."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath

import numpy as np

from rtl_tf.datasets.annotations import fitting_schema, require_usable
from rtl_tf.datasets.files import find_file
from rtl_tf.datasets.unnamed_people import called_like_images
from rtl_tf.exceptions import InputError
from rtl_tf.images import read_size
from rtl_tf.records import Sample
from rtl_tf.schema import Schema
from rtl_tf.system.faults import each_read


@dataclass(frozen=True)
class Face:
    """One labelled face.

    Attributes:
        origin: file and place, for messages.
        image: see `Sample`, as are face and mm_per_px.
        points: (x, y) in original px, pixel centres on integers, of the landmarks that are labelled; NaN where the file
            names one that is not.
        subject: see `Sample`; empty where the file tells nobody.
        called: a name for that person; empty = the image's, without suffix, and the face's behind it.
    """

    origin: str
    image: Path
    points: dict[str, tuple[float, float]]
    subject: str
    face: str = ""
    mm_per_px: float = float("nan")
    called: str = ""


def is_labelled(face: Face) -> bool:
    """Whether the face has a point."""
    return not all(map(math.isnan, chain(*face.points.values())))


def schema_of(path: Path, faces: Sequence[Face], schema: str | None, only_placed: bool = False) -> Schema:
    """The schema that the names of all points together fit; see `fitting_schema`. `path` is named in messages."""
    if not faces:
        raise InputError(f"{path}: no point is labelled here")
    try:
        names = list(dict.fromkeys(name for face in faces for name in face.points))
        return fitting_schema(names, schema, only_placed=only_placed)
    except InputError as problem:
        raise InputError(f"{path}: {problem}") from problem


def samples_of(
    path: Path, faces: Sequence[Face], schema: str | None, subject: str = "a subject", only_placed: bool = False
) -> list[Sample]:
    """As `nameless_samples_of`, with everybody called, see `called_like_images`, which has `subject` too."""
    pairs = nameless_samples_of(path, faces, schema, only_placed)
    called = [face.called or face.image.stem + (f"_{face.face}" if face.face else "") for face, _ in pairs]
    return called_like_images(path, [sample for _, sample in pairs], called, subject)


def nameless_samples_of(
    path: Path, faces: Sequence[Face], schema: str | None, only_placed: bool = False
) -> list[tuple[Face, Sample]]:
    """A sample for every face, beside it. Raises InputError as the readers do, with the face's origin."""
    fitting = schema_of(path, faces, schema, only_placed)
    origins: dict[tuple[Path, str], str] = {}

    def sample_of(face: Face) -> tuple[Face, Sample]:
        points = np.array([face.points.get(name, (np.nan, np.nan)) for name in fitting.names])
        try:
            other = origins.setdefault((face.image, face.face), face.origin)
            if other != face.origin:
                raise InputError(f"{face.image.name} is labelled in {other} already; remove one")
            require_usable(points, read_size(face.image), fitting.names)
        except InputError as problem:
            raise InputError(f"{face.origin}: {problem}") from problem
        points = points.astype(np.float32)
        return face, Sample(face.image, points, face.subject, mm_per_px=face.mm_per_px, face=face.face)

    return each_read(sample_of, faces)


def find_image(folder: Path, name: str, *more: Path) -> Path:
    """The image that a file in `folder` calls `name`, a path with slashes of either kind.

    Annotation tools run on another computer: where the path leads nowhere from `folder` or one of the folders `more`,
    the file of this name in `folder`, in `images/` there or in `images/` beside it is taken.

    Raises:
        InputError: there is no such file, or two different ones.
    """
    for start in (folder, *more):
        if at := find_file(start, name):
            return at
    last = PurePosixPath(name.replace("\\", "/")).name
    places = (folder, folder / "images", folder.parent / "images")
    found = list(filter(None, (find_file(place, last) for place in places))) if last else []
    if not found:
        raise InputError(f"no image {name}, nor {last} beside the file or in images/")
    if len(found) > 1:
        raise InputError(f"no image {name}, but both {found[0]} and {found[1]}; keep the one that is meant")
    return found[0]
