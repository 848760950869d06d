"""People of whom a file tells nothing: they are called like their images, which must not make one person of two."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from rtl_tf.datasets.files import composed
from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample, image_names
from rtl_tf.system.notes import warn_once


def called_like_images(path: Path, samples: Sequence[Sample], called: Sequence[str], subject: str) -> list[Sample]:
    """The samples, those without a subject as people who are called so; an InputWarning says how many these are.

    Args:
        path: the data set, for messages.
        called: a name for each sample, which has folders before it if it is to keep them.
        subject: what would tell a person, for a message: "an ID".
    Raises:
        InputError: two images have one name in two folders, or differ in what an upload put before it: visits of a
            person, or two people?
    """
    untold = [index for index, sample in enumerate(samples) if not sample.subject]
    first: dict[str, int] = {}
    for index in untold:
        other = first.setdefault(PurePosixPath(called[index]).name, index)
        if samples[other].image.with_suffix("") != samples[index].image.with_suffix(""):
            names = image_names(samples)
            both = f"images {names[other]} and {names[index]}"
            raise InputError(f"{path}: {both}: one person or two? Give each {subject}")
    if len(untold) > 1:
        of = f"{len(untold)} of {len(samples)} faces" if len(untold) < len(samples) else f"all {len(samples)} faces"
        warn_once(f"{path} people", f"{path}: no subject is told of {of}: each counts as a person, by its image's name")
    return [replace(sample, subject=sample.subject or name) for sample, name in zip(samples, called, strict=True)]


def is_made_up(subject: str, image: Path, face: str = "") -> bool:
    """Whether a subject is nobody's code, but what readers and `rtl-app --export` call one of whom nothing is told:
    the image's name, perhaps with folders, perhaps without suffix, perhaps with the `face` behind it.

    Examples:
        >>> [is_made_up(name, Path("photos/a.jpg"), "1") for name in ("a.jpg", "photos/a", "a_1", "a#1", "a_2")]
        [True, True, True, True, False]
    """
    names = {subject, *(subject.removesuffix(f"{mark}{face}") for mark in "#_" if face)}
    ends = [f"/{composed(name)}" for name in names if name]
    paths = [composed(f"/{one.as_posix()}") for one in (image, image.with_suffix(""))]
    return any(path.endswith(end) for path in paths for end in ends)
