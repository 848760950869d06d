"""The boxes in which a run looks: those of the data, or those that the face finder gives for the photograph alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from rtl_tf.datasets.groups import shared_photographs
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.training_faces import faces_on, learn_face_square
from rtl_tf.images import read_size
from rtl_tf.inference.face_finder import Face
from rtl_tf.inference.face_square import FaceSquare
from rtl_tf.inference.squares import central_square, square_of_largest
from rtl_tf.records import Sample
from rtl_tf.system.progress import in_threads

GIVEN, FOUND = "given", "found"  # values of the setting `face_boxes`


@dataclass(frozen=True, eq=False)
class FoundBoxes:
    """Samples with the boxes that were found, in the place of those around their labels.

    Attributes:
        samples: by their index in the data set.
        face_square: from found faces to these boxes.
    """

    samples: dict[int, Sample]
    face_square: FaceSquare


def find_boxes(
    samples: Sequence[Sample], training: Sequence[int], others: Sequence[int], margin: float, one_sided: bool = False
) -> FoundBoxes:
    """What a photograph without a box gets: the square of its largest face, as training images teach it, or, where no
    face is found, its largest central square. Which half of the face it shows is as the data say.

    Args:
        samples: of the whole data set.
        training, others: indices of the samples that are looked at; of the others no label is used.
        margin: of the squares around labels that training images teach, see `coordinates.crop_around`.
        one_sided: see `face_square.fit`.
    Raises:
        InputError: a photograph shows several of the faces, or hardly any is found in the training images.
    """
    for shared in shared_photographs(samples):
        name = samples[shared[0]].image.name
        raise InputError(
            f"--face-boxes found: {name} shows {len(shared)} labelled faces, and of a photograph the largest face is "
            "looked at; leave the flag out"
        )
    look = cache(faces_on)
    learned = learn_face_square([samples[index] for index in training], margin, look, one_sided)
    if learned is None:
        raise InputError("--face-boxes found: the face finder knows too few of the training images; leave the flag out")
    looked_at = [*training, *others]
    found = in_found_boxes([samples[index] for index in looked_at], learned, look)
    return FoundBoxes(dict(zip(looked_at, found, strict=True)), learned)


def in_found_boxes(
    samples: Sequence[Sample], learned: FaceSquare, faces_on: Callable[[Path], list[Face]] = faces_on
) -> list[Sample]:
    """The samples with the boxes that their photographs get; found in threads, with a progress bar."""

    def boxed(sample: Sample) -> Sample:
        found = square_of_largest(learned, faces_on(sample.image), sample.mirrored)
        return replace(sample, box=found.box if found else central_square(read_size(sample.image)))

    return list(in_threads(boxed, samples, "finding faces"))
