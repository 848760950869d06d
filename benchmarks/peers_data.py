"""The runs that `peers.py` judges, and their images, with boxes that are off."""

import dataclasses
from pathlib import Path

import numpy as np

from rtl_tf.exceptions import InputError


def load_runs(folders: list[Path]) -> list:
    """Runs of one method that were trained and tested on the same images of fas12."""
    from rtl_tf.runs.run import read_run
    from rtl_tf.runs.settings import condition_of, require_comparable

    runs = [read_run(folder) for folder in folders]
    require_comparable(runs)
    first = runs[0]
    if first.resolved["schema"] != "fas12":
        raise InputError(f"{first.folder}: schema {first.resolved['schema']}; the mesh is compared on fas12")
    for run in runs:
        if not (run.folder / "split.csv").is_file():
            raise InputError(f"no file {run.folder / 'split.csv'}: it says which images the run was trained on")
        same_split = (run.folder / "split.csv").read_bytes() == (first.folder / "split.csv").read_bytes()
        if (run.method, condition_of(run)) != (first.method, condition_of(first)) or not same_split:
            raise InputError(f"{first.folder} and {run.folder}: not seeds of one method with one choice of settings")
    if len({run.seed for run in runs}) < len(runs):
        raise InputError(f"{first.folder.parent}: a seed is there twice")
    return runs


def load_parts(run, judged: str, jitter: float) -> tuple:
    """Training and judged crops of a run, their boxes shifted and zoomed by up to `jitter`; people of the judged."""
    from rtl_tf import datasets
    from rtl_tf.pipeline import load_crops
    from rtl_tf.runs.parts import read_split
    from rtl_tf.schema import load_schema

    config = run.resolved
    size, margin = config["image_size"], config["crop_margin"]
    samples = datasets.load(config["data"], config["schema"], size=size)
    if datasets.fingerprint(config["data"], samples) != config["dataset_hash"]:
        raise InputError(f"{config['data']}: not the data that the run in {run.folder} was trained on")
    parts = read_split(run.folder / "split.csv", samples).parts
    random, schema, crops = np.random.default_rng(0), load_schema(config["schema"]), []
    for name in ("training", judged):
        part = [displaced(samples[index], size, margin, jitter, random) for index in parts[name]]
        crops.append(load_crops(part, schema, size=size, margin=margin, label=f"reading {name} images"))
    return *crops, [sample.subject for sample in part]


def displaced(sample, size: int, margin: float, jitter: float, random: np.random.Generator):
    """The sample with its crop as a box, shifted along x and y and zoomed by up to `jitter`, a share of its side."""
    from rtl_tf.inference import box_evidence
    from rtl_tf.pipeline import sample_crop

    box = box_evidence.displaced(sample_crop(sample, size, margin), jitter, random)
    return dataclasses.replace(sample, box=(box.left, box.top, box.side))
