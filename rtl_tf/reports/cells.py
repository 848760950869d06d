"""The numbers of a table: for each row and metric the mean over seeds, two spreads, an interval, and a test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import product

import numpy as np

from rtl_tf.evaluation.errors import errors_by_unit
from rtl_tf.evaluation.metrics import areas, failures, per_image
from rtl_tf.evaluation.statistics import (
    FEWEST_TRAININGS,
    Estimate,
    estimate,
    holm,
    interval,
    p_values,
    rate_interval,
    rounded,
)
from rtl_tf.known import mean_of_known, of_known
from rtl_tf.reports.paper import landmark_labels
from rtl_tf.reports.subgroups import order_of
from rtl_tf.reports.tables import PAPER_UNIT, Table, metrics_of
from rtl_tf.runs.run import Run
from rtl_tf.runs.selection import Selection

SIGNIFICANT = 0.05
RATE = "fr"  # the metrics that are shares of images


@dataclass(frozen=True)
class Cells:
    """The numbers of one unit and one group of test images. Arrays are (R, M), NaN = undefined.

    Attributes:
        unit: of errors; the protocol is PROTOCOL_OF[unit].
        group: value of the `--by` column, None = all images.
        metrics: M names as in `tables.metrics_of`.
        images, subjects: in the group.
        mean: over images and seeds.
        std_images: standard deviation over images (ddof 0), mean over seeds.
        std_seeds: standard deviation of the seeds' means (ddof 1).
        low, high: 95 % interval of the mean, see `evaluation.statistics`: for other people and trainings where the row
            has FEWEST_TRAININGS seeds, else for other people alone.
        difference, difference_low, difference_high: to the row's reference, with its 95 % interval, likewise; over the
            seeds that both rows have, undefined where they share none.
        pairs: the number of these seeds.
        p, p_holm: of this difference, undefined for fewer than FEWEST_TRAININGS pairs; corrected over all cells of the
            unit.
        best: bool; better than each competing row, the 95 % interval of every paired difference, over FEWEST_TRAININGS
            pairs or more, excluding 0.
    """

    unit: str
    group: str | None
    metrics: tuple[str, ...]
    images: int
    subjects: int
    mean: np.ndarray
    std_images: np.ndarray
    std_seeds: np.ndarray
    low: np.ndarray
    high: np.ndarray
    difference: np.ndarray
    difference_low: np.ndarray
    difference_high: np.ndarray
    pairs: np.ndarray
    p: np.ndarray
    p_holm: np.ndarray
    best: np.ndarray


def judge(table: Table, selection: Selection, groups: Sequence[str] | None = None) -> list[Cells]:
    """All numbers of a table: for each unit, and each group of images in it, the cells.

    Args:
        groups: N values of the `--by` column; None = no subgroups.
    """
    if not selection.all_runs:
        return [_nothing(table, len(selection.rows))]
    predictions = selection.all_runs[0].predictions
    group_of = np.asarray(groups if groups is not None else [""] * len(predictions.images))
    columns = [(unit, metric) for unit in table.units for metric in metrics_of(table, unit, predictions.landmarks)]
    values = [[_values(run, columns) for run in runs] for runs in selection.runs]
    judged = []
    for name in order_of(group_of.tolist()):
        chosen = group_of == name
        subjects = np.asarray(predictions.subjects)[chosen]
        of_group = [[of_seed[chosen] for of_seed in of_row] for of_row in values]
        arrays = _arrays(table, selection, of_group, subjects, [metric for _, metric in columns])
        for unit in table.units:
            own = [index for index, column in enumerate(columns) if column[0] == unit]
            metrics = tuple(columns[index][1] for index in own)
            of_unit = {key: array[:, own] for key, array in arrays.items()}
            judged.append(Cells(unit, name or None, metrics, len(subjects), len(set(subjects)), **of_unit))
    known = [
        unit for unit in table.units if any(np.isfinite(cells.mean).any() for cells in judged if cells.unit == unit)
    ]
    corrected = [cells for unit in known for cells in _corrected([cells for cells in judged if cells.unit == unit])]
    return corrected or [_nothing(table, len(selection.rows))]


def _corrected(of_unit: list[Cells]) -> list[Cells]:
    corrected = holm(np.stack([cells.p for cells in of_unit]))
    return [replace(cells, p_holm=p) for cells, p in zip(of_unit, corrected, strict=True)]


def _nothing(table: Table, rows: int) -> Cells:
    """The cells of a table without any run, for the paper's values to stand beside."""
    metrics = metrics_of(table, PAPER_UNIT, tuple(landmark_labels()))
    undefined = np.full((rows, len(metrics)), np.nan)
    names = [field.name for field in fields(Cells) if field.type is np.ndarray]
    return Cells(PAPER_UNIT, None, metrics, 0, 0, **dict.fromkeys(names, undefined) | {"best": undefined > 0})


def references(table: Table, selection: Selection) -> list[int | None]:
    """For each row the index of the row it is compared with; None: it is the reference, or there is none."""
    found = []
    for index, row in enumerate(selection.rows):
        if table.reference is None:
            found.append(index - 1 if index else None)
            continue
        wanted = {**row.settings, **table.reference}
        others = [other for other, candidate in enumerate(selection.rows) if candidate.settings == wanted]
        found.append(others[0] if others and others[0] != index else None)
    return found


def _values(run: Run, columns: Sequence[tuple[str, str]]) -> np.ndarray:
    """(N, M) values of which the metrics (unit, metric) are the means over images."""
    errors = errors_by_unit(run.predictions)
    of_images = {unit: per_image(of_unit) for unit, of_unit in errors.items()}
    nothing = np.full(len(run.predictions.images), np.nan)

    def column(unit: str, metric: str) -> np.ndarray:
        kind, _, limit = metric.partition("@")
        if unit not in errors:  # mm, where no image has a scale
            return nothing
        if kind == "fr":
            return failures(of_images[unit], float(limit))
        if kind == "auc":
            return areas(of_images[unit], float(limit))
        if kind == "mre":
            return of_images[unit]
        return errors[unit][:, run.predictions.landmarks.index(metric.removeprefix("landmark."))]

    return np.stack([column(unit, metric) for unit, metric in columns], axis=-1)


def _arrays(
    table: Table, selection: Selection, values: list[list[np.ndarray]], subjects: np.ndarray, metrics: Sequence[str]
) -> dict[str, np.ndarray]:
    """The arrays of Cells, p_holm still undefined, from the (N, M) values of each row's seeds."""
    of_seeds = [
        dict(zip((run.seed for run in runs), of_row, strict=True))
        for runs, of_row in zip(selection.runs, values, strict=True)
    ]

    @cache
    def compared(row: int, other: int) -> tuple[int, Estimate]:
        """The number of seeds that two rows share, and their differences over these."""
        both = sorted(of_seeds[row].keys() & of_seeds[other].keys())
        differences = [of_seeds[row][seed] - of_seeds[other][seed] for seed in both]
        unknown = np.full((len(subjects), 1, len(metrics)), np.nan)
        return len(both), estimate(np.stack(differences, axis=1) if both else unknown, subjects)

    names = [field.name for field in fields(Cells) if field.type is np.ndarray and field.name != "best"]
    numbers = {name: np.full((len(values), len(metrics)), np.nan) for name in names}

    def fill(row: int, found: dict[str, np.ndarray]) -> None:
        for name, of_metrics in found.items():
            numbers[name][row] = of_metrics

    for row, other in enumerate(references(table, selection)):
        if values[row]:
            fill(row, _of_a_row(np.stack(values[row], axis=1), subjects, metrics))
        if other is not None:
            fill(row, _of_a_difference(*compared(row, other)))
    best = _best(table, selection, metrics, numbers["mean"], compared)
    return {name: rounded(array) for name, array in numbers.items()} | {"best": best}


def _of_a_row(values: np.ndarray, subjects: np.ndarray, metrics: Sequence[str]) -> dict[str, np.ndarray]:
    """What Cells says of (N, T, M) values of T trainings, each (M,)."""
    means, low_high = mean_of_known(values, axis=0), _intervals(values, subjects, metrics)
    found = {"mean": mean_of_known(values.mean(axis=1), axis=0), "std_images": of_known(np.nanstd, values).mean(axis=0)}
    if len(means) > 1:
        found["std_seeds"] = means.std(axis=0, ddof=1)
    return found | dict(zip(("low", "high"), low_high, strict=True))


def _of_a_difference(pairs: int, differences: Estimate) -> dict[str, np.ndarray]:
    """What Cells says of the differences of two rows over some pairs of seeds, each (M,)."""
    if not pairs:
        return {}
    low, high = interval(differences)
    found = {"difference": differences.mean, "difference_low": low, "difference_high": high}
    found["pairs"] = np.full(low.shape, pairs)
    return found | ({"p": p_values(differences)} if pairs >= FEWEST_TRAININGS else {})


def _intervals(values: np.ndarray, subjects: np.ndarray, metrics: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """95 % intervals (M,) of the means of (N, T, M) values, within what these can be; rates have their own."""
    most = [1 if metric.startswith("auc") else np.inf for metric in metrics]
    low, high = interval(estimate(values, subjects), least=0, most=most)
    rates = np.array([metric.startswith(RATE) for metric in metrics])
    if rates.any():
        low[rates], high[rates] = rate_interval(values[..., rates], subjects)
    return low, high


def _best(
    table: Table,
    selection: Selection,
    metrics: Sequence[str],
    mean: np.ndarray,
    compared: Callable[[int, int], tuple[int, Estimate]],
) -> np.ndarray:
    best = np.zeros(mean.shape, bool)
    leagues = [tuple(row.settings.get(name) for name in table.best_within) for row in selection.rows]
    for league, (column, metric) in product(set(leagues), enumerate(metrics)):
        sign = -1 if metric.startswith("auc") else 1  # an error is best when it is low
        rivals = [row for row, own in enumerate(leagues) if own == league and not np.isnan(mean[row, column])]
        if len(rivals) > 1:
            winner = min(rivals, key=lambda row: sign * mean[row, column])
            rivals.remove(winner)
            behind = [compared(rival, winner) for rival in rivals]
            best[winner, column] = all(
                pairs >= FEWEST_TRAININGS and min(sign * end[column] for end in interval(found)) > 0
                for pairs, found in behind
            )
    return best
