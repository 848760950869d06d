"""Data sets as files of other formats: one line in WRITERS a format, beside its reader in `datasets.DATASETS`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rtl_tf import datasets
from rtl_tf.datasets import (
    coco_writer,
    deeplabcut_writer,
    found_faces,
    label_studio_predictions,
    label_studio_writer,
    labelme_writer,
    morphoj_writer,
    pts_writer,
    slicer_writer,
    table_writer,
    tps_writer,
)
from rtl_tf.datasets.collection import Collection, Writing, by_image
from rtl_tf.datasets.table_cells import unwritable
from rtl_tf.datasets.turned import turned_among
from rtl_tf.exceptions import InputError
from rtl_tf.records import Samples
from rtl_tf.schema import load_schema
from rtl_tf.system.atomic import write_together


class Writer(NamedTuple):
    """A format: what it makes of a collection and the output's path, how its one file ends ("" = a folder of files),
    and what it is called."""

    write: Callable[[Collection, Path], Writing]
    suffix: str
    name: str


WRITERS = {
    "table": Writer(table_writer.write, ".csv", "a CSV table"),
    "coco": Writer(coco_writer.write, ".json", "COCO keypoints"),
    "labelme": Writer(labelme_writer.write, "", "LabelMe"),
    "label_studio": Writer(label_studio_writer.write, ".json", "Label Studio"),
    "pts": Writer(pts_writer.write, "", "300-W .pts"),
    "deeplabcut": Writer(deeplabcut_writer.write, "", "DeepLabCut"),
    "tps": Writer(tps_writer.write, ".tps", "TPS"),
    "morphoj": Writer(morphoj_writer.write, ".txt", "MorphoJ"),
    "slicer": Writer(slicer_writer.write, "", "3D Slicer"),
}
# What faces can have beside their points, and how many of them do.
FIELDS: Mapping[str, Callable[[Collection], int]] = {
    "subject": lambda faces: sum(bool(sample.subject) for sample in faces.samples),
    "face": lambda faces: sum(bool(sample.face) for sample in faces.samples),
    "box": lambda faces: sum(sample.box is not None for sample in faces.samples),
    "mirrored": lambda faces: sum(sample.mirrored for sample in faces.samples),
    "mm_per_px": lambda faces: sum(not np.isnan(sample.mm_per_px) for sample in faces.samples),
    "peaks": lambda faces: len(faces.peaks),
    "radii": lambda faces: sum(bool(np.isfinite(radii).any()) for radii in faces.radii),
}


def collect(data: str | Path, schema: str | None, subjects_as_written: bool = False) -> Collection:
    """The faces of any data set that `datasets.load` reads, or of a file of predictions. InputError as they raise."""
    for reader in () if datasets.is_synthetic(data) else (found_faces, label_studio_predictions):
        if reader.holds_predictions(Path(data)):
            return reader.read_predictions(Path(data), schema, subjects_as_written)
    schema = schema or datasets.default_schema(data)
    return Collection(datasets.load(data, schema, subjects_as_written=subjects_as_written), load_schema(schema))


def convert(collection: Collection, kind: str, output: Path) -> tuple[list[Path], list[str]]:
    """Write the collection in a format of WRITERS: all files or none.

    Returns:
        the files, and lines that say what they do not hold and how to use them.
    Raises:
        InputError: the format cannot hold these faces, a file is there already, or `output` cannot be its name.
    """
    writer = WRITERS[kind]
    _require_name(writer, output)
    for image in by_image(collection.samples):
        if problem := unwritable(image):
            raise InputError(f"{image}: {problem}")
    writing = writer.write(collection, output)
    folder = output.parent if writer.suffix else output
    files = {name: content for name, content in writing.files.items() if not _lies_there(folder / name, content)}
    for name in files:
        if (folder / name).exists():
            raise InputError(f"--output {output}: {folder / name} is there already; remove it, or name another place")
    write_together(folder, files)
    copies = sum(isinstance(content, Path) for content in files.values())
    copied = [f"copies of the photographs among them, as the format looks for them there: {copies}"] if copies else []
    lines = [*_lost(collection, writer, writing), *copied, *writing.notes, *_turned(collection.samples)]
    return [folder / name for name in files], lines


def _require_name(writer: Writer, output: Path) -> None:
    if not writer.suffix and output.exists() and not output.is_dir():
        raise InputError(f"--output {output}: a file; name a folder for {writer.name}")
    if writer.suffix and (output.is_dir() or output.suffix.lower() != writer.suffix):
        raise InputError(f"--output {output}: name a {writer.suffix} file for {writer.name}")


def _lies_there(path: Path, content: bytes | Path) -> bool:
    """Whether this is an image that lies where a copy of it would."""
    return isinstance(content, Path) and path.exists() and path.samefile(content)


def _lost(collection: Collection, writer: Writer, writing: Writing) -> list[str]:
    """What these faces have and the format cannot carry, in one line; that the points are predictions, in another."""
    counts = {field: count(collection) for field, count in FIELDS.items() if field not in writing.carried}
    lost = [f"{field} ({count} face{'s' * (count != 1)})" for field, count in counts.items() if count]
    if "attributes" not in writing.carried:
        columns = dict.fromkeys(name for sample in collection.samples for name in sample.attributes)
        lost += [f"columns {', '.join(columns)}"] if columns else []
    if "unlabelled" not in writing.carried:
        points = np.stack([sample.points for sample in collection.samples])
        nowhere = np.isnan(points).any(axis=-1).all(axis=0).tolist()
        names = [name for name, missing in zip(collection.schema.names, nowhere, strict=True) if missing]
        lost += [f"landmarks that no face has: {', '.join(names)}"] if names else []
    lines = [f"not in it, as {writer.name} cannot carry it: {', '.join(lost)}"] if lost else []
    if collection.predicted and "predictions" not in writing.carried:
        what = "they are a detector's predictions"
        lines.append(f"{what}, which {writer.name} cannot tell from a person's labels: nobody has looked at them yet")
    return lines


def _turned(samples: Samples) -> list[str]:
    turned = turned_among(sample.image for sample in samples)
    on = "points are of the displayed image; a program that ignores the tag shows them elsewhere"
    return [f"{turned}: {on}"] if turned else []
