"""Whom a network was trained on: noted beside its weights, and asked when it becomes the source of another run."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rtl_tf.config import Settings
from rtl_tf.datasets import splits
from rtl_tf.datasets.groups import companions
from rtl_tf.exceptions import InputError
from rtl_tf.experiments.resolving import Dataset
from rtl_tf.images import image_hash, read_size
from rtl_tf.networks.catalogue import saved_file
from rtl_tf.networks.families import find_source
from rtl_tf.records import Sample, Split, image_names
from rtl_tf.runs import layout
from rtl_tf.runs.seen import Seen, read_seen, write_seen
from rtl_tf.system.progress import in_threads


def write_record(folder: Path, source: str, fingerprint: str, samples: Sequence[Sample], used: Iterable[int]):
    """Note the images of the training and validation part, `used`, and all that the network's own source has seen."""
    names, used = image_names(samples), sorted(used)
    hashes = _hashes([samples[index].image for index in used], "noting the training images")
    own = [
        Seen(fingerprint, names[index], samples[index].subject, _size(samples[index].image), pixels)
        for index, pixels in zip(used, hashes, strict=True)
    ]
    write_seen(folder / layout.TRAINED_ON, [*own, *read_record(source)])


def read_record(source: str) -> list[Seen]:
    """What a source of one's own has seen; nothing where it has none, or is older than this record."""
    if not source or find_source(source):
        return []
    return read_seen(saved_file(source).parent / layout.TRAINED_ON)


def with_unseen_test(settings: Settings, dataset: Dataset) -> Dataset:
    """The audit of a split, across runs: the source must know none of the people of the test part.

    People are known by their code where the data are the same: the data set's hash is, or some image has the same
    pixels as one that the source has seen, in whatever part and under whatever name. Codes of other data are other
    people's. Where scans are split, not people, only images count.

    A data set that has grown since the source, or that one's own source, was trained is split anew, and people whom it
    knows may come to be tested. These are trained on, and as many of the training part whom it does not know are tested
    instead; so it is with the validation part, as long as there are such people.

    Returns:
        The data set with that split, and with whom the source knows.
    Raises:
        InputError: names the image of the test part, its person, and the image that the source has seen: there are no
            others to be tested, or the data are the same, but otherwise split. Or two images, of a leak between the
            exchanged parts.
    """
    seen, by = read_record(settings.source), settings.split_by
    known = _known(seen, settings, dataset) if seen else {}
    if not known:
        return dataset
    split = dataset.split
    if {one.data for one in known.values()} != {dataset.hashes["dataset_hash"]}:  # it has grown
        split = splits.exchanged(split, dataset.samples, known, by, settings.split_seed) or split
    if tested := [index for index in split.test if index in known]:
        index = tested[0]
        raise InputError(
            f"--source {settings.source}: it was trained on a person of the test part, "
            f"{dataset.samples[index].subject} ({image_names(dataset.samples)[index]}; it has seen "
            f"{known[index].image}): take a source that was trained on others, as one with the same --split-seed"
        )
    if split != dataset.split:
        splits.audit(dataset.samples, split, by)
    return replace(dataset, split=split, known=companions(dataset.samples, known, by))


def acquaintances(before: Split, dataset: Dataset, used: Split, folds: int) -> list[str]:
    """A line for each thing to be known of a run whose source knows people.

    Args:
        before: the split that was made without a look at the source; dataset: of `with_unseen_test`.
        used: its split, thinned.
    """
    lines = []
    for part, place in (("test", "are tested"), ("validation", "choose the epoch")):
        if dataset.split.parts[part] != before.parts[part]:
            lines.append(f"people of the {part} part whom the source knows are trained on, and others {place} instead")
    if familiar := dataset.known.intersection(used.validation):
        lines.append(
            f"the source knows the people of {len(familiar)} of {len(used.validation)} validation images, which choose "
            "the epoch: their errors may be too low"
        )
    if folds and dataset.known.intersection(used.training):
        lines.append("--folds: of people whom the source does not know; the others are trained on beside each fold")
    return lines


def _known(seen: Sequence[Seen], settings: Settings, dataset: Dataset) -> dict[int, Seen]:
    """Index of a sample -> an image that a network has seen: the same, or of the same person."""
    samples = dataset.samples
    pixels = known_images([sample.image for sample in samples], seen)
    same_data = {dataset.hashes["dataset_hash"]} | {one.data for one in seen if one.pixels in pixels.values()}
    of_pixels = {one.pixels: one for one in seen}
    of_subject = {one.subject: one for one in seen if one.data in same_data and settings.split_by == "subject"}
    found = {index: of_pixels[value] for index, value in pixels.items()}
    people = {index: of_subject[one.subject] for index, one in enumerate(samples) if one.subject in of_subject}
    return people | found


def known_images(images: Sequence[Path], seen: Sequence[Seen]) -> dict[int, str]:
    """Places and hashes of the images whose pixels a network has seen. Only those of a size that it has are decoded."""
    sizes, known = {one.size for one in seen}, {one.pixels for one in seen}
    alike = [index for index, image in enumerate(images) if _size(image) in sizes]
    hashes = _hashes([images[index] for index in alike], "comparing with images that were seen")
    return {index: value for index, value in zip(alike, hashes, strict=True) if value in known}


def _hashes(images: Sequence[Path], label: str) -> list[str]:
    return list(in_threads(image_hash, images, label))


def _size(image: Path) -> str:
    width, height = read_size(image)
    return f"{width}x{height}"
