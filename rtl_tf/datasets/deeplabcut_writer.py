"""DeepLabCut, written: labeled-data/<folder>/CollectedData_<scorer>.csv beside copies of the images."""

import re
from collections import defaultdict
from pathlib import Path

import numpy as np

from rtl_tf.csv_rows import as_line
from rtl_tf.datasets.collection import Collection, Writing, by_image, image_stems, places
from rtl_tf.datasets.table_cells import number
from rtl_tf.records import Sample

FOLDER, SCORER, NOBODY = "labeled-data", "rtl_tf", "frames"


def write(collection: Collection, output: Path) -> Writing:
    """A project's `labeled-data`, with a folder of images for each person. Missing landmarks are empty cells; several
    faces of an image are individuals, whose persons cannot be told."""
    samples = collection.samples
    faces = list(dict.fromkeys(sample.face for sample in samples if sample.face))
    individuals = faces if len(faces) > 1 else [""]
    scorer = "-".join([SCORER, *(re.sub(r"\W", "", name)[:8] for name in collection.detectors[:1])])
    folders, stems = folder_names(samples), image_stems(samples)
    files: dict[str, bytes | Path] = {}
    lines: dict[str, list[str]] = defaultdict(
        lambda: [as_line(row) for row in _header(collection, individuals, scorer)]
    )
    for image, indices in by_image(samples).items():
        folder, name = folders[samples[indices[0]].subject], f"{stems[image]}{image.suffix}"
        files[f"{FOLDER}/{folder}/{name}"] = image
        shown = {
            samples[index].face if individuals[0] and samples[index].face else individuals[0]: samples[index]
            for index in indices
        }
        lines[folder].append(as_line([FOLDER, folder, name, *_cells(collection, individuals, shown)]))
    files |= {f"{FOLDER}/{folder}/CollectedData_{scorer}.csv": "".join(rows).encode() for folder, rows in lines.items()}
    carried = {"unlabelled"} | (
        {"face"} if all(bool(sample.face) == bool(individuals[0]) for sample in samples) else set()
    )
    if not individuals[0] and len(folders) > 1 and all(subject == folder for subject, folder in folders.items()):
        carried.add("subject")
    notes = [f"the scorer is {scorer}; DeepLabCut wants the one of the project's config.yaml"]
    return Writing(files, frozenset(carried), notes)


def folder_names(samples: list[Sample]) -> dict[str, str]:
    """A folder for each subject, which no other has: its code, if that can be one."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for subject in dict.fromkeys(sample.subject for sample in samples):
        name = plain = re.sub(r"[^\w.-]+", "-", subject).strip(".-") or NOBODY
        count = 1
        while name.casefold() in taken:
            count += 1
            name = f"{plain}-{count}"
        taken.add(name.casefold())
        names[subject] = name
    return names


def _header(collection: Collection, individuals: list[str], scorer: str) -> list[list[str]]:
    columns = [
        (scorer, owner, name, axis) for owner in individuals for name in collection.schema.names for axis in "xy"
    ]
    scorers, owners, names, axes = (list(row) for row in zip(*columns, strict=True))
    rows = (
        {"scorer": scorers} | ({"individuals": owners} if individuals[0] else {}) | {"bodyparts": names, "coords": axes}
    )
    return [[title, "", "", *row] for title, row in rows.items()]


def _cells(collection: Collection, individuals: list[str], shown: dict[str, Sample]) -> list[str]:
    nothing = np.full((len(collection.schema), 2), np.nan)
    points = [places(shown[individual]) if individual in shown else nothing for individual in individuals]
    return [number(value) for value in np.ravel(points)]
