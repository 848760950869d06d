"""Labelled images as records: `load` finds out which format lies at a path; one line in DATASETS a format.

Examples:
    >>> DATASETS["table"].description
    'a CSV table (landmarks.csv)'
"""

import dataclasses
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rtl_tf.datasets import coco, deeplabcut, label_studio, labelme, morphoj, pts, slicer, table, tps, youtube_faces
from rtl_tf.datasets.json_files import is_coco, json_files
from rtl_tf.datasets.subject_codes import checked_people
from rtl_tf.exceptions import InputError
from rtl_tf.records import Sample, Samples, image_names
from rtl_tf.schema import load_schema
from rtl_tf.system.faults import require_none_set_aside
from rtl_tf.system.hashing import file_hash
from rtl_tf.system.notes import warn_once
from rtl_tf.system.progress import in_threads

SYNTHETIC = "synthetic"
SYNTHETIC_SCHEMA = "fas14"
SHEETS = {".xlsx", ".xls", ".xlsm", ".ods", ".numbers"}  # of spreadsheet programs


class Reader(NamedTuple):
    """A format: whether it lies at a path, its samples, the schema when none is asked for, and its description."""

    recognises: Callable[[Path], bool]
    read: Callable[[Path, str | None], list[Sample]]
    default_schema: Callable[[Path], str]
    description: str


DATASETS = {
    "youtube_faces": Reader(
        youtube_faces.recognises, youtube_faces.read, youtube_faces.default_schema, "training_frames_keypoints.csv"
    ),
    "deeplabcut": Reader(
        deeplabcut.recognises, deeplabcut.read, deeplabcut.default_schema, "DeepLabCut's CollectedData_*.csv"
    ),
    "table": Reader(table.recognises, table.read, table.default_schema, "a CSV table (landmarks.csv)"),
    "pts": Reader(pts.recognises, pts.read, pts.default_schema, "300-W .pts files"),
    "tps": Reader(tps.recognises, tps.read, tps.default_schema, "one .tps file"),
    "morphoj": Reader(morphoj.recognises, morphoj.read, morphoj.default_schema, "one MorphoJ .txt file"),
    "slicer": Reader(slicer.recognises, slicer.read, slicer.default_schema, "3D Slicer's .mrk.json files"),
    "labelme": Reader(labelme.recognises, labelme.read, labelme.default_schema, "LabelMe's .json files"),
    "label_studio": Reader(
        label_studio.recognises, label_studio.read, label_studio.default_schema, "one Label Studio .json export"
    ),
    "coco": Reader(coco.recognises, coco.read, coco.default_schema, "one COCO keypoints .json file"),
}


def load(
    name_or_path: str | Path,
    schema: str | None = None,
    *,
    size: int = 128,
    seed: int = 0,
    subjects_as_written: bool = False,
) -> Samples:
    """The samples of a data set, in an order that depends on its files alone.

    Examples:
        >>> samples = load("my_faces")
        >>> samples[0].image.name, samples[0].points.shape, samples[0].attributes
        ('000.png', (14, 2), {'site': 'here'})

    Args:
        name_or_path: a folder or file in one of the formats of DATASETS; or `synthetic`, also with numbers:
            `synthetic:subjects=200,scans=2`.
        schema: landmarks to read; None = `default_schema`.
        size: side of synthetic images, px.
        seed: of synthetic faces.
        subjects_as_written: codes of people that differ in case or leading zeros alone are different people.
    Raises:
        InputError: nothing known lies there, a file or row is bad, or a person is written in two ways; one line that
            names it.
    """
    if is_synthetic(name_or_path):
        return Samples(_synthetic(_synthetic_options(name_or_path), schema or SYNTHETIC_SCHEMA, size, seed))
    if schema is not None:
        load_schema(schema)  # here, as what is wrong with it is no fault of the data
    path = Path(name_or_path)
    samples = Samples(_reader(path).read(path, schema))
    require_none_set_aside()
    try:
        samples[:] = checked_people(samples, subjects_as_written, samples.names)
    except InputError as problem:
        raise InputError(f"{path}: {problem}") from problem
    return samples


def default_schema(name_or_path: str | Path) -> str:
    """The schema that `load` uses when none is asked for. InputError as `load`."""
    if is_synthetic(name_or_path):
        return SYNTHETIC_SCHEMA
    path = Path(name_or_path)
    return _reader(path).default_schema(path)


def is_table(name_or_path: str | Path) -> bool:
    """Whether `load` reads a CSV table of one's own here: not every `.csv` file is one. InputError as `load`."""
    return not is_synthetic(name_or_path) and _reader(Path(name_or_path)) is DATASETS["table"]


def dataset_name(name_or_path: str | Path) -> str:
    """A short name that can be a folder's: the data folder's, or the file's without suffix."""
    if is_synthetic(name_or_path):
        return "-".join([SYNTHETIC, *(f"{key}{value}" for key, value in _synthetic_options(name_or_path).items())])
    path = Path(name_or_path).resolve()
    name = path.parent.name if path.name == table.TABLE else path.name if path.is_dir() else path.stem
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "data"


def fingerprint(name_or_path: str | Path, samples: Sequence[Sample]) -> str:
    """SHA-256 of a data set: names, subjects, points, boxes, scales, and of each image file size and first 64 KiB.

    Independent of the order of the samples and of where the data set lies; `images_hash` tells the images' other bytes.
    Of the built-in faces it is the recipe: between two processors one in 40 000 of their grey values differs, and runs
    of both belong into one table.
    """
    if is_synthetic(name_or_path):
        from rtl_tf.datasets.synthetic import recipe

        return hashlib.sha256(json.dumps(recipe(**_synthetic_options(name_or_path))).encode()).hexdigest()
    digest = hashlib.sha256()
    for name, sample in sorted(zip(image_names(samples), samples, strict=True), key=lambda pair: pair[0]):
        with open(sample.image, "rb") as file:
            head = hashlib.sha256(file.read(65536)).hexdigest()
        points = np.asarray(sample.points, np.float64).tolist()
        record = (sample.subject, points, sample.box, sample.mirrored, sample.mm_per_px)
        digest.update(json.dumps([name, *record, sample.image.stat().st_size, head]).encode())
    return digest.hexdigest()


def images_hash(samples: Sequence[Sample]) -> str:
    """SHA-256 of every byte of every image file, with its name; about a second a gigabyte."""
    files = sorted(set(zip(image_names(samples), (sample.image for sample in samples), strict=True)))
    hashes = in_threads(file_hash, [file for _, file in files], "hashing images")
    named = [(name, value) for (name, _), value in zip(files, hashes, strict=True)]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()


def content_hashes(name_or_path: str | Path, samples: Sequence[Sample]) -> dict[str, str]:
    """What a run's config.json tells of its data's content: `dataset_hash`, by `fingerprint`, and `images_hash`.

    Older runs know the first one alone, and the recipe of the built-in faces says it all.
    """
    hashes = {"dataset_hash": fingerprint(name_or_path, samples)}
    return hashes if is_synthetic(name_or_path) else hashes | {"images_hash": images_hash(samples)}


def is_synthetic(name_or_path: str | Path) -> bool:
    """Whether this names the built-in faces, which `load` renders or takes from the cache, not files."""
    return str(name_or_path).partition(":")[0] == SYNTHETIC


def _synthetic_options(name: str | Path) -> dict[str, int]:
    options = {}
    for setting in filter(None, str(name).partition(":")[2].split(",")):
        key, _, value = setting.partition("=")
        if key not in ("subjects", "scans") or not value.isdecimal() or int(value) < 1:
            raise InputError(f"data '{name}': write it as synthetic:subjects=200,scans=2")
        options[key] = int(value)
    return options


def _synthetic(options: dict[str, int], schema: str, size: int, seed: int) -> list[Sample]:
    """Synthetic samples with the landmarks of `schema`, out of those that are rendered."""
    # Imported here: reading photographs needs none of the renderer.
    from rtl_tf.datasets import synthetic

    rendered = load_schema(SYNTHETIC_SCHEMA)
    columns = [rendered.index(name) for name in load_schema(schema).names]
    samples = synthetic.samples(**options, size=size, seed=seed, cache=None)
    return [dataclasses.replace(sample, points=sample.points[columns]) for sample in samples]


def _reader(path: Path) -> Reader:
    """The first format of DATASETS that lies at a path; a note where a folder holds another one too."""
    if not path.exists():
        raise InputError(f"data {path}: no such file or folder (nor '{SYNTHETIC}')")
    found = {name: reader for name, reader in DATASETS.items() if reader.recognises(path)}
    if not found:
        formats = ", ".join(reader.description for reader in DATASETS.values())
        is_sheet = any(file.suffix.lower() in SHEETS for file in _files_of(path))
        advice = "; a spreadsheet is read once it is saved as 'CSV UTF-8'" if is_sheet else ""
        raise InputError(f"data {path}: no data set in a known format here{_content(path)}: {formats}{advice}")
    first, *others = found
    if path.is_dir():
        # Any one .json file counts as COCO, so that its reader says what is wrong with it.
        others = [name for name in others if name != "coco" or any(map(is_coco, json_files(path)))]
        if others:
            left_out = " and ".join(found[name].description for name in others)
            warn_once(f"{path} formats", f"data {path}: read as {found[first].description}; {left_out} left aside")
    return found[first]


def _files_of(path: Path) -> list[Path]:
    """A file itself; what lies in a folder and is not hidden."""
    return [file for file in path.iterdir() if not file.name.startswith(".")] if path.is_dir() else [path]


def _content(path: Path) -> str:
    """What kinds of files a folder holds, for a message: " (2 .json, 1 .csv)"."""
    if not path.is_dir():
        return ""
    files = sorted(file.suffix.lower() for file in _files_of(path) if file.suffix)
    kinds = ", ".join(f"{count} {kind}" for kind, count in Counter(files).most_common(4))
    return f" ({kinds})" if kinds else ""
