"""From runs with out-of-fold errors to the figure of their confidence on the test part, and its numbers."""

from collections.abc import Sequence

import numpy as np

from rtl_tf.conformal import LEVELS
from rtl_tf.evaluation.coverage import BOXES_HEEDED, Judged, judge_confidence, observed, risk_curve
from rtl_tf.evaluation.metrics import per_image
from rtl_tf.exceptions import InputError
from rtl_tf.known import mean_of_known
from rtl_tf.measurement import USE
from rtl_tf.reports.figures.confidence_panels import Promises, Risks, confidence_figure
from rtl_tf.reports.figures.of_runs import Drawing, of_rows
from rtl_tf.reports.grid import Grid, as_text
from rtl_tf.reports.subgroups import groups_by, order_of
from rtl_tf.runs import layout
from rtl_tf.runs.confidence import read_confidence
from rtl_tf.runs.run import Run
from rtl_tf.runs.selection import Selection

FLAGS = ("by",)
TOLD = {0.8, 0.9, 0.95}  # coverages that the screen tells
BY = 0.9
UNIT = "input px"


def confidence(selection: Selection, by: str | None = None) -> Drawing:
    """Of all seeds of the first row whose runs know their confidence.

    by: a column of the data table, whose groups are told apart.
    """
    warnings: list[str] = []
    found = of_rows(selection, _judged, warnings)
    name, pairs = next(iter(found.items()))
    runs, judged = [run for run, _ in pairs], [one for _, one in pairs]
    people, landmarks = runs[0].predictions.subjects, runs[0].predictions.landmarks
    levels = [level for level in LEVELS if np.isfinite([one.radii[level] for one in judged]).any()]  # people allow them
    if not levels:
        raise InputError(f"{runs[0].folder}: its folds had too few people for any radius")
    by_level = {level: observed([one.hits[level] for one in judged], people) for level in levels}
    by_landmark = {level: mean_of_known([one.hits[level] for one in judged], axis=(0, 1)) for level in levels}
    mean, low, high = np.array(list(by_level.values())).T
    seeds = f"{len(runs)} seed{'s' * (len(runs) > 1)}"
    title = f"{name}, {seeds}: {len(people)} test images of {len(set(people))} people"
    flagged, note = _flagged(judged)
    heeded = [BOXES_HEEDED] if any(run.heeds_boxes for run in runs) else []
    figure = confidence_figure(
        Promises(np.array(levels), mean, low, high, np.array(list(by_landmark.values()))),
        _risks(judged), UNIT, title, [note, *heeded, USE],
    )  # fmt: skip
    grids = [_levels(title, judged, by_level, by_landmark, landmarks), flagged]
    if by:
        grids.append(_groups(by, runs, judged))
    header = ["landmark", "coverage", "observed", "mean_radius_input_px"]
    rows = [
        [landmark, level, by_landmark[level][index], mean_of_known([one.radii[level][:, index] for one in judged])]
        for index, landmark in enumerate(landmarks)
        for level in levels
    ]
    return Drawing(figure, ["\n\n".join([*map(as_text, grids), *heeded])], warnings, (header, rows))


def _judged(run: Run) -> tuple[Run, Judged]:
    """InputError for a run that was trained without folds, or tested by nothing else."""
    if run.cross_validated:
        raise InputError(f"{run.folder} has no test part: its radii were learned from the errors that would judge them")
    confidence = read_confidence(run.folder / layout.CONFIDENCE, len(run.predictions.landmarks))
    if confidence is None:
        problem = f"{run.folder} has no {layout.CONFIDENCE}; train.py --folds 5 makes it"
        raise InputError(run.packed_without_folds or problem)
    return run, judge_confidence(run.predictions, confidence, LEVELS)


def _risks(judged: list[Judged]) -> Risks:
    """Means over trainings; images without a label have no error."""
    curves = []
    for one in judged:
        known = ~np.isnan(one.errors)
        errors = one.errors[known]
        curves.append([risk_curve(errors, np.argsort(values)) for values in (one.expected[known], errors)])
    return Risks(*np.mean(curves, axis=0))


def _levels(
    title: str,
    judged: list[Judged],
    by_level: dict[float, tuple[float, float, float]],
    by_landmark: dict[float, np.ndarray],
    landmarks: Sequence[str],
) -> Grid:
    rows = []
    for level in sorted(by_level.keys() & TOLD):
        held = by_landmark[level]
        ends = [f"{landmarks[at]} {100 * held[at]:.1f}" for at in (int(np.nanargmin(held)), int(np.nanargmax(held)))]
        radius = mean_of_known([one.radii[level] for one in judged])
        rows.append([f"{100 * level:.0f}", *_with_interval(*by_level[level]), *ends, f"{radius:.2f}"])
    header = ["Asked, %", "Held, %", "95 %", "least, landmark", "most, landmark", f"mean radius, {UNIT}"]
    return Grid(f"Coverage of radii. {title}", header, rows, 0)


def _with_interval(mean: float, low: float, high: float) -> list[str]:
    """Two cells, of shares in percent."""
    return [f"{100 * mean:.1f}", "–" if np.isnan(low) else f"{100 * low:.1f}–{100 * high:.1f}"]


def _flagged(judged: list[Judged]) -> tuple[Grid, str]:
    parts = {
        name: np.concatenate([one.errors[one.flagged == marked] for one in judged])
        for name, marked in (("flagged", True), ("not flagged", False))
    }
    total = sum(map(len, parts.values()))
    rows = [
        [name, f"{100 * len(errors) / total:.1f}", f"{mean_of_known(errors):.2f}" if len(errors) else "–"]
        for name, errors in parts.items()
    ]
    note = "; ".join(f"{name} {share} % of the images, mean error {mean} {UNIT}" for name, share, mean in rows)
    note = note if len(parts["flagged"]) else "no image is flagged"
    return Grid("Flags", ["Images", "%", f"mean error, {UNIT}"], rows), note


def _groups(by: str, runs: list[Run], judged: list[Judged]) -> Grid:
    groups, people = np.array(groups_by(by, runs)), np.array(runs[0].predictions.subjects)
    rows = []
    for group in order_of(groups.tolist()):
        inside = groups == group
        share = observed([one.hits[BY][inside] for one in judged], people[inside].tolist())
        radius = mean_of_known([per_image(one.radii[BY])[inside] for one in judged])
        counts = [str(inside.sum()), str(len(set(people[inside])))]
        rows.append([group, *counts, *_with_interval(*share), f"{radius:.2f}"])
    header = [by, "Images", "People", "Held, %", "95 %", f"mean radius, {UNIT}"]
    return Grid(f"Coverage where {100 * BY:.0f} % were asked for, by {by}", header, rows)
