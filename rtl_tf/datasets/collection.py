"""What is written into a format: labelled faces or a detector's predictions, and the names of their files."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import numpy as np

from rtl_tf.datasets.table_cells import DECIMALS
from rtl_tf.documents import repeated
from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample, Samples, image_names
from rtl_tf.schema import Schema

NUMBER_OF_A_FACE = re.compile("0|[1-9][0-9]*")


@dataclass(frozen=True)
class Collection:
    """Faces with the schema of their points. Where a detector found them, its name of each and the peaks (K,) of each;
    where it knows its errors, the radii (K,) of each, original px.

    The subject of a prediction can be empty: nobody has told it.
    """

    samples: Samples
    schema: Schema
    detectors: Sequence[str] = ()
    peaks: Sequence[np.ndarray] = ()
    radii: Sequence[np.ndarray] = ()

    @property
    def predicted(self) -> bool:
        """Whether a detector has placed the points, not a person."""
        return bool(self.detectors)


@dataclass(frozen=True)
class Writing:
    """What a writer makes of a collection.

    Attributes:
        files: content, or the image that is copied, by path below the folder of the output.
        carried: which of the fields of `converting.FIELDS` the format can hold for all of these faces.
        notes: lines that say what a person must know of to use the files.
    """

    files: Mapping[str, bytes | Path]
    carried: frozenset[str]
    notes: Sequence[str] = field(default=())


def places(sample: Sample) -> np.ndarray:
    """float64 (K, 2): the points in px as they are written, to 1e-5; NaN = missing.

    None is (0, 0), which readers take for a landmark that was never placed.
    """
    points = sample.points.astype(np.float64).round(DECIMALS) + 0.0  # no -0
    points[(points == 0).all(axis=-1)] = 10.0**-DECIMALS
    return points


def by_image(samples: Sequence[Sample]) -> dict[Path, list[int]]:
    """Indices of the faces of each image."""
    images: dict[Path, list[int]] = defaultdict(list)
    for index, sample in enumerate(samples):
        images[sample.image].append(index)
    return images


def are_numbered(samples: Sequence[Sample]) -> bool:
    """Whether several faces of an image are called 1, 2, ... in their order, and the only one has no name."""
    return all(
        [samples[index].face for index in faces] == (_counted(faces) if len(faces) > 1 else [""])
        for faces in by_image(samples).values()
    )


def image_stems(samples: Samples) -> dict[Path, str]:
    """A name for each image that no other has, also where case makes no difference: without folder and suffix if it
    can be.

    Raises:
        InputError: two images would have one name.
    """
    images = by_image(samples)
    names = image_names([replace(samples[faces[0]], face="") for faces in images.values()])
    for name_of in (_stem, _path_stem, _path_name):
        stems = [name_of(PurePosixPath(name)) for name in names]
        if (double := repeated(map(str.casefold, stems))) is None:
            return dict(zip(images, stems, strict=True))
    raise InputError(f"two images would have files called {double}; rename one")


def _stem(path: PurePosixPath) -> str:
    return path.stem


def _path_stem(path: PurePosixPath) -> str:
    return "_".join(path.with_suffix("").parts)


def _path_name(path: PurePosixPath) -> str:
    return "_".join(path.parts)


def face_stems(samples: Samples) -> list[str]:
    """A name for each face: its image's, of several faces with `_1`, `_2`, ... behind it.

    Faces that are called by numbers keep them, if all of the image are. InputError as `image_stems`.
    """
    stems, names = image_stems(samples), [""] * len(samples)
    for image, faces in by_image(samples).items():
        numbers = numbers_of([samples[index] for index in faces])
        for index, number in zip(faces, numbers, strict=True):
            names[index] = stems[image] if len(faces) == 1 else f"{stems[image]}_{number}"
    taken = {stem: image for image, stem in stems.items()}
    for name, sample in zip(names, samples, strict=True):
        if taken.setdefault(name, sample.image) != sample.image:
            raise InputError(f"{sample.image}: its face {name} would be taken for {taken[name]}; rename one of the two")
    return names


def numbers_of(faces: Sequence[Sample]) -> list[str]:
    """Numbers of the faces of an image: their own if all have one, else 1, 2, ..."""
    own = [face.face for face in faces]
    return own if all(map(NUMBER_OF_A_FACE.fullmatch, own)) else _counted(own)


def keep_numbers(samples: Sequence[Sample]) -> bool:
    """Whether faces that are written by their `numbers_of` are read back as they were called."""
    groups = [[samples[index] for index in faces] for faces in by_image(samples).values()]
    return all([face.face for face in group] == (numbers_of(group) if len(group) > 1 else [""]) for group in groups)


def _counted(faces: Sequence) -> list[str]:
    return list(map(str, range(1, len(faces) + 1)))


def copies_beside(samples: Samples) -> dict[str, Path]:
    """The images by the names of their copies, for formats that know an image by where it lies."""
    return {f"{stem}{image.suffix}": image for image, stem in image_stems(samples).items()}
