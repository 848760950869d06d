"""split.csv: the part of each image of the data set."""

from collections.abc import Sequence
from pathlib import Path

from rtl_tf.csv_rows import read_own_rows, write_rows
from rtl_tf.documents import File
from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample, Split, image_names

COLUMNS = ("image", "subject", "part")
UNUSED = "unused"


def write_split(path: str | Path, samples: Sequence[Sample], parts: Split) -> None:
    """CSV `image, subject, part`, a row for each sample; part: training, validation, test or unused."""
    part_of = {index: part for part, indices in parts.parts.items() for index in indices}
    names = image_names(samples)
    ordered = sorted(range(len(samples)), key=names.__getitem__)
    write_rows(path, COLUMNS, ((names[i], samples[i].subject, part_of.get(i, UNUSED)) for i in ordered))


def read_split(path: str | Path, samples: Sequence[Sample]) -> Split:
    """The split of `write_split`, for the same samples in any order.

    Raises:
        InputError: the file is not such a table, or its images or subjects are not those of the samples.
    """
    path = Path(path)
    index_of = {name: index for index, name in enumerate(image_names(samples))}
    members: dict[str, list[int]] = {"training": [], "validation": [], "test": [], UNUSED: []}
    for row in read_own_rows(path, COLUMNS):
        cells = row.cells
        index = index_of.pop(cells["image"], None)
        if index is None:
            raise row.error(f"image {cells['image']} is not in the data, or appears twice")
        if cells["subject"] != samples[index].subject:
            raise row.error(f"in the data the subject is {samples[index].subject}")
        if cells["part"] not in members:
            raise row.error(f"part '{cells['part']}' is none of {', '.join(members)}")
        members[cells["part"]].append(index)
    if index_of:
        raise InputError(f"{path}: image {min(index_of)} of the data is missing; make a new split")
    return Split(*(tuple(members[part]) for part in ("training", "validation", "test")))


def part_size(path: File, part: str) -> int:
    """How many images a part has, without a look at the data. InputError: no such table."""
    return sum(row.cells["part"] == part for row in read_own_rows(path, ["part"]))
