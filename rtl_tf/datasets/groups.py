"""Which samples must stay together in a split: those of one person or one scan, and all faces of one photograph."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence

from rtl_tf.images import image_hash, read_size
from rtl_tf.records import Sample, image_names


def groups_of(samples: Sequence[Sample], indices: Iterable[int], by: str) -> dict[str, list[int]]:
    """The indices, in their order, of each subject (scan) with all that may not be parted from it; see `grouped`."""
    return grouped(
        samples, [sample.subject for sample in samples] if by == "subject" else image_names(samples), indices
    )


def companions(samples: Sequence[Sample], indices: Iterable[int], by: str) -> frozenset[int]:
    """The indices, and those of all that may not be parted from one of them."""
    chosen = set(indices)
    groups = groups_of(samples, range(len(samples)), by).values()
    return frozenset(index for group in groups if chosen & set(group) for index in group)


def grouped(samples: Sequence[Sample], keys: Sequence[str], order: Iterable[int]) -> dict[str, list[int]]:
    """Indices of the samples that may not be parted, in `order`, under the least of their keys.

    Samples of one key belong together (a person's, a scan's), and so do the faces of one photograph, so that two
    people who were photographed together share a group.
    """
    root = {key: key for key in keys}

    def root_of(key: str) -> str:
        while root[key] != key:
            key = root[key]
        return key

    for photograph in shared_photographs(samples):
        least, *others = sorted({root_of(keys[index]) for index in photograph})
        for other in others:
            root[other] = least
    groups = defaultdict(list)
    for index in order:
        groups[root_of(keys[index])].append(index)
    return groups


def shared_photographs(samples: Sequence[Sample]) -> list[list[int]]:
    """Indices of the samples of each photograph that has several: of one file, or, of faces, with equal pixels."""
    photographs: dict[Hashable, list[int]] = defaultdict(list)
    for index, sample in enumerate(samples):
        photographs[sample.image].append(index)
    faces = {sample.image for sample in samples if sample.face}
    copies = defaultdict(list)
    for image in faces:
        copies[read_size(image)].append(image)
    for images in copies.values():
        if len(images) > 1:
            for image in images:
                photographs[image_hash(image)] += photographs[image]
    return [indices for indices in photographs.values() if len(indices) > 1]
