"""From the runs of a figure to the figure: what each takes from them, and what it says besides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from matplotlib.figure import Figure

from rtl_tf.evaluation.errors import protocol_errors
from rtl_tf.evaluation.metrics import per_image
from rtl_tf.evaluation.statistics import FEWEST_TRAININGS, rounded
from rtl_tf.exceptions import InputError
from rtl_tf.methods import METHODS
from rtl_tf.reports.cells import judge
from rtl_tf.reports.figures import curves, faces
from rtl_tf.reports.figures.curves import Means
from rtl_tf.reports.figures.histories import history_figure
from rtl_tf.reports.grid import Grid, as_text
from rtl_tf.reports.tables import TABLES
from rtl_tf.runs import layout
from rtl_tf.runs.examples import read_examples
from rtl_tf.runs.predictions import Predictions
from rtl_tf.runs.run import Run
from rtl_tf.runs.selection import Selection

Value = TypeVar("Value")


@dataclass
class Drawing:
    """A figure, its numbers as lines for the screen, and a line for each run or row that is left out of it.

    Attributes:
        numbers: header and rows of a CSV beside it.
    """

    figure: Figure
    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    numbers: tuple[list[str], list[list]] | None = None


def image_errors(predictions: Predictions, protocol: str = "paper", unit: str = "heatmap_px") -> np.ndarray:
    """(N,) mean radial errors of images, in `unit`."""
    return per_image(protocol_errors(predictions, protocol)[unit])


def good(read: Callable[[Run], Value], runs: Sequence[Run], warnings: list[str], at_most: int | None = None) -> list:
    """What `read` gives of the runs, of no more than `at_most`; a line in `warnings` for each run that it refuses."""
    values: list[Value] = []
    for run in runs:
        if len(values) == at_most:
            break
        try:
            values.append(read(run))
        except InputError as problem:
            warnings.append(str(problem))
    return values


def of_rows(
    selection: Selection, read: Callable[[Run], Value], warnings: list[str], at_most: int | None = None
) -> dict[str, list[Value]]:
    """Row -> what `read` gives of its runs, see `good`; InputError if no run has it."""
    found = {
        " ".join(row.labels): values
        for row, runs in zip(selection.rows, selection.runs, strict=True)
        if (values := good(read, runs, warnings, at_most))
    }
    if not found:
        raise InputError(f"no run has what the figure shows: {warnings[0]}")
    return found


def cumulative_errors(selection: Selection) -> Drawing:
    """CED over the test images of all seeds. Fig. 6."""
    return Drawing(curves.ced_figure(_pooled(selection, lambda run: image_errors(run.predictions))))


def areas(selection: Selection) -> Drawing:
    """AUC over the test images of all seeds. Fig. 8."""
    return Drawing(curves.auc_figure(_pooled(selection, lambda run: image_errors(run.predictions))))


def lambdas(selection: Selection) -> Drawing:
    """CED over the validation images of all seeds, for the choice of lambda. Fig. 10."""
    return _choice(selection)


def sigmas(selection: Selection) -> Drawing:
    """CED over the validation images of all seeds, for the choice of sigma. Fig. 11."""
    return _choice(selection, ", σ in heatmap px")


def _choice(selection: Selection, unit: str = "") -> Drawing:
    title = f"{METHODS[str(selection.rows[-1].settings['method'])].title} on validation images{unit}"
    errors = _pooled(selection, lambda run: image_errors(run.validation))
    clinical = _pooled(selection, lambda run: image_errors(run.validation, "clinical", "input_px"))
    header = ["", "paper, heatmap px", "clinical, input px"]
    rows = [
        [name, *(f"{rounded(one.mean()):.3f}±{rounded(one.std()):.2f}" for one in (errors[name], clinical[name]))]
        for name in errors
    ]
    numbers = Grid(f"{title}: mean radial error, mean±std over images", header, rows)
    return Drawing(curves.ced_figure(errors, title, curves.MEAN_AND_STD), [as_text(numbers), ""])


def _pooled(selection: Selection, read: Callable[[Run], np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.concatenate(errors) for name, errors in of_rows(selection, read, []).items()}


def predictions(selection: Selection) -> Drawing:
    """The faces of each method's first run that kept some. Fig. 7."""
    warnings: list[str] = []
    kept = {title: first for title, (first,) in of_rows(selection, read_examples, warnings, at_most=1).items()}
    return Drawing(faces.methods_figure(kept), warnings=warnings)


def data_sheet(selection: Selection) -> Drawing:
    """Faces of different people among those that a run kept. Fig. 3."""
    warnings: list[str] = []

    found = of_rows(selection, lambda run: (run, read_examples(run)), warnings, at_most=1)
    ((run, kept),) = next(iter(found.values()))
    subject_of = dict(zip(run.predictions.images, run.predictions.subjects, strict=True))
    subjects = [subject_of.get(str(name), str(name)) for name in kept["image_names"]]
    first = [subjects.index(subject) for subject in dict.fromkeys(subjects)]
    note = f"test images of {len(first)} people of {run.resolved['data_name']} with their landmarks"
    return Drawing(faces.data_figure(kept["crops"][first], kept["truth"][first], note), warnings=warnings)


def losses(selection: Selection) -> Drawing:
    """Histories of all seeds. Fig. 12."""
    warnings: list[str] = []
    return Drawing(history_figure(of_rows(selection, lambda run: run.history, warnings)), warnings=warnings)


def training_sizes(selection: Selection) -> Drawing:
    """The learning curve of the table `samples`: means over seeds with the table's intervals."""
    (cells,) = judge(replace(TABLES["samples"], units=("heatmap_px",)), selection)
    column = cells.metrics.index("mre")
    warnings: list[str] = []
    points: dict[str, list[tuple[float, ...]]] = {}
    for index, (row, runs) in enumerate(zip(selection.rows, selection.runs, strict=True)):
        if not runs:
            continue
        images = runs[0].training_images
        if images is None:
            warnings.append(f"{runs[0].folder} has no {layout.SPLIT} that tells the number of training images")
            continue
        numbers = [getattr(cells, name)[index, column] for name in Means._fields[1:]]
        points.setdefault(row.labels[-1], []).append((images, *numbers))
    if not points:
        raise InputError(f"no run has what the figure shows: {warnings[0]}")
    found = {method: Means(*np.array(sorted(of_method)).T) for method, of_method in points.items()}
    few = any(0 < len(runs) < FEWEST_TRAININGS for runs in selection.runs)
    speaks_for = "other people, of these trainings" if few else "other people and trainings"
    return Drawing(curves.learning_curve(found, speaks_for), warnings=warnings)
