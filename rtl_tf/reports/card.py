"""The model card of a run: what it was trained on, in counts, what it can do, and for whom nobody knows.

In the order of Mitchell et al. 2019, *Model cards for model reporting*. It can be shown to anybody: no file name, no
person, no pixel, and no group of people so small that it could point at one of them.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rtl_tf.coordinates import crop_around
from rtl_tf.csv_rows import read_own_rows
from rtl_tf.evaluation.coverage import judge_confidence, observed
from rtl_tf.evaluation.errors import errors_by_unit
from rtl_tf.evaluation.metrics import THRESHOLDS, failures, per_image
from rtl_tf.evaluation.statistics import estimate, interval, rate_interval, rounded
from rtl_tf.exceptions import InputError
from rtl_tf.known import mean_of_known
from rtl_tf.methods import METHODS
from rtl_tf.reports.subgroups import EMPTY, groups_by, has_quarters, order_of
from rtl_tf.reports.tables import PROTOCOL_OF
from rtl_tf.runs import layout
from rtl_tf.runs.attributes import read_attributes
from rtl_tf.runs.confidence import read_confidence
from rtl_tf.runs.environment import last_environment, versions_of
from rtl_tf.runs.run import Run
from rtl_tf.runs.settings import SOURCE_HASH
from rtl_tf.schema import UNLABELLED
from rtl_tf.system.hashing import file_hash

VERSION = 1
FEWEST = 5  # people of a group that is told apart
COVERAGES = (0.8, 0.9, 0.95)
MOST_GROUPS = 12  # of a column; one with more tells people apart, not groups
# Settings that are names of somebody's files or folders, or of no one's interest.
PRIVATE = ("data", "output", "source", "source_weights", "schema", "memory_gb", "cache_gb", "subjects_as_written")
FACTS = ("data_name", UNLABELLED)
MEAN = ("mean", "low", "high")
USE = (
    "Research on faces by people who can look at each result. No diagnosis follows from a landmark or a measurement, "
    "and none was tested here."
)


def make_card(run: Run) -> dict[str, Any]:
    """Of a run that has predicted its test part. InputError where a file of it is missing or damaged."""
    folder, errors = Path(run), errors_by_unit(run.predictions)
    settings = {name: value for name, value in run.resolved.items() if name not in (*PRIVATE, *FACTS)}
    hashes = {name: settings.pop(name) for name in [*settings] if name.endswith("_hash")}
    people, parts = run.predictions.subjects, _parts(run)
    return {
        "card": VERSION,
        "detector": {
            "method": METHODS[run.method].title,
            "source": _source(run),
            "landmarks": list(run.predictions.landmarks),
            "never_labelled": run.resolved.get(UNLABELLED, []),
            "heeds_boxes": run.heeds_boxes,
            "fitted": run.fitted,
        },
        "data": {"parts": parts, "test_images_with_scale": int(np.isfinite(run.predictions.mm_per_px).sum())},
        "judged_on": "training part, by its folds" if run.cross_validated else "test part",
        "protocol": {name: value for name, value in settings.items() if value is not None},
        "metrics": {unit: _metrics(values, people, unit) for unit, values in errors.items()},
        "landmarks": _of_landmarks(run.predictions.landmarks, errors["input_px"], people),
        "coverage": _coverage(run),
        "subgroups": _subgroups(run, per_image(errors["input_px"])),
        "intended_use": USE,
        "limits": _limits(run, parts),
        "versions": versions_of(last_environment(folder / layout.ENVIRONMENT)),
        "hashes": hashes | _networks(folder),
    }


def _networks(folder: Path) -> dict[str, str]:
    """Of the run's network, and of that which looks at parts of faces, if there is one."""
    hashes = {"network_sha256": file_hash(folder / layout.NETWORK)}
    of_parts = folder / layout.FACE_PARTS / layout.NETWORK
    return hashes | ({"parts_network_sha256": file_hash(of_parts)} if of_parts.is_file() else {})


def _source(run: Run) -> str:
    """A source by its name; one of the user's own files has none that could be told."""
    source, weights = (run.resolved.get(name) for name in ("source", "source_weights"))
    if not source:
        return "random weights"
    is_file = "/" in source or "\\" in source or source.endswith(".keras")  # where an older run kept no hash of it
    return "a network of one's own" if is_file or (run.resolved.get(SOURCE_HASH) and not weights) else source


def _parts(run: Run) -> dict[str, dict[str, int]]:
    """Images and people of each part of the split."""
    people: dict[str, Counter[str]] = {}
    for row in read_own_rows(run.folder / layout.SPLIT, ["subject", "part"]):
        people.setdefault(row.cells["part"], Counter())[row.cells["subject"]] += 1
    return {part: {"images": found.total(), "people": len(found)} for part, found in sorted(people.items())}


def _metrics(errors: np.ndarray, people: Sequence[str], unit: str) -> dict[str, Any]:
    """Mean, median and 95th percentile over images, and shares of images beyond thresholds."""
    of_images = per_image(errors)
    known = of_images[~np.isnan(of_images)]
    quantiles = {"median": np.median(known), "p95": np.percentile(known, 95)} if known.size else {}
    found: dict[str, Any] = {"protocol": PROTOCOL_OF[unit], **_mean(of_images, people)}
    found |= {name: float(rounded(value)) for name, value in quantiles.items()}
    for limit in THRESHOLDS[unit]:
        beyond = np.where(np.isnan(of_images), np.nan, failures(of_images, limit))
        low, high = (float(end[0]) for end in rate_interval(beyond[:, None], people))
        share = float(mean_of_known(beyond))
        found[f"above_{limit}"] = {"share": _known(share), "low": _known(low), "high": _known(high)}
    return found


def _mean(values: np.ndarray, people: Sequence[str]) -> dict[str, Any]:
    """(N,) errors -> mean and its 95 % interval for other people, of this training alone."""
    if np.isnan(values).all():
        return dict.fromkeys(MEAN)
    found = estimate(values[:, None], people, other_trainings=False)
    ends = interval(found, least=0)
    return {name: _known(float(value[0])) for name, value in zip(MEAN, (found.mean, *ends), strict=True)}


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(rounded(value))


def _of_landmarks(names: Sequence[str], errors: np.ndarray, people: Sequence[str]) -> dict[str, dict[str, Any]]:
    return {name: {"unit": "input_px"} | _mean(errors[:, index], people) for index, name in enumerate(names)}


def _subgroups(run: Run, values: np.ndarray) -> list[dict[str, Any]]:
    """Of each column of the data table with few groups, those of FEWEST people and more; clinical, input px."""
    try:
        columns = read_attributes(run.folder / layout.ATTRIBUTES, run.predictions.images)
    except InputError:
        return []
    found, subjects = [], np.array(run.predictions.subjects)
    for column in sorted(columns):
        groups = np.array(groups_by(column, [run]))
        names, quarters = order_of(groups.tolist()), has_quarters(columns[column])
        if not 1 < len(names) <= MOST_GROUPS:
            continue
        for place, name in enumerate(names, 1):
            inside = groups == name
            people = subjects[inside]
            if len(set(people)) >= FEWEST:
                counts = {"images": int(inside.sum()), "people": len(set(people)), "unit": "input_px"}
                shown = f"quarter {place}" if quarters and name != EMPTY else name  # a range's ends are single people's
                found.append({"column": column, "group": shown} | counts | _mean(values[inside], people.tolist()))
    return found


def _coverage(run: Run) -> list[dict[str, Any]]:
    """Whether radii held what they promised on the test part, where there is one; nothing for a run without folds."""
    confidence = read_confidence(run.folder / layout.CONFIDENCE, len(run.predictions.landmarks))
    if confidence is None:
        return []
    judged = judge_confidence(run.predictions, confidence, COVERAGES)
    found = []
    for asked in COVERAGES:
        held: dict[str, float | None] = dict.fromkeys(MEAN)
        if not run.cross_validated:  # else they were learned from these very errors
            share = observed([judged.hits[asked]], run.predictions.subjects)
            held = dict(zip(MEAN, map(_known, share), strict=True))
        radius = _known(float(mean_of_known(judged.radii[asked])))
        found.append({"asked": asked, "held": held, "mean_radius_input_px": radius})
    return found


def _limits(run: Run, parts: dict[str, dict[str, int]]) -> list[str]:
    """What this run cannot tell, by what it was trained and judged on."""
    people = parts.get("training", {}).get("people", 0)
    lines = [
        f"Trained on {people} people: of faces unlike theirs (age, ancestry, pose, camera) nothing is known.",
        "Its errors are those against the labels of one data set, with whatever the labels are off by.",
        "The intervals are for other people of the same kind, and of this training alone.",
    ]
    if np.isnan(run.predictions.mm_per_px).all():
        lines.append("No test image has a scale: errors in mm are not known.")
    if run.cross_validated:
        lines.append("Nobody was held out: errors are those of networks that each lacked a part of the people.")
    if run.resolved.get("split_by") == "scan":
        lines.append("Split by scan: people of the test part were seen in training; of new people errors are larger.")
    if run.resolved.get("face_boxes", "given") == "given":
        heeded = ", whose places the detector heeds" if run.heeds_boxes and not run.cross_validated else ""
        lines.append(f"Judged in squares {_squares(run)}{heeded}; where faces have to be found, errors may be larger.")
    return lines


def _squares(run: Run) -> str:
    """What the squares are, by whose sides errors were measured: those around labels are as large as these ask for."""
    predictions, margin = run.predictions, run.resolved["crop_margin"]
    sides = [crop_around(points, 1, margin).side for points in predictions.truth]
    around = np.isclose(sides, run.resolved["image_size"] / predictions.input_px_per_px, rtol=1e-3)
    if around.all():
        return "around labels"
    return "around labels, or that the data give" if around.any() else "that the data give"
