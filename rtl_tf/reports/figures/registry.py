"""Every figure as data: which runs it is of, or which built-in faces, and what draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from rtl_tf.exceptions import InputError
from rtl_tf.reports.figures import of_attention, of_confidence, of_runs, of_shapes
from rtl_tf.reports.figures.anatomy import anatomy_figure
from rtl_tf.reports.figures.faces import data_figure
from rtl_tf.reports.figures.of_runs import Drawing
from rtl_tf.reports.tables import LEARNING_CURVE_METHODS, TABLES, method_titles, rows_of
from rtl_tf.runs.designs import lambda_grid, load_study
from rtl_tf.runs.run import Run
from rtl_tf.runs.selection import Row
from rtl_tf.runs.settings import applies, setting
from rtl_tf.schema import load_schema

STUDIED = "rtl-eo"  # the method of the paper's Figs. 10 and 11


class Renderer(Protocol):
    """The built-in faces, as `rtl_tf.datasets.synthetic.portraits` gives them."""

    def portrait(self, size: int) -> tuple[np.ndarray, np.ndarray]: ...

    def people(self, count: int, size: int) -> tuple[np.ndarray, np.ndarray]: ...


@dataclass(frozen=True)
class Figure:
    """A figure of the paper, or one that it lacks.

    Attributes:
        title: a few words.
        draw: from the runs of its rows; None: it is of built-in faces alone.
        rows: of all runs, the rows that it wants, as a table's.
        varied: settings that differ between rows, or come with one that does.
        one_row: a single row is enough.
        part: whose predictions it shows, "test" or "validation".
        rendered: draws it from built-in faces, where there is no run, or runs of no other faces.
        takes: flags of its own that `draw` takes by name.
    """

    title: str
    draw: Callable[..., Drawing] | None = None
    rows: Callable[[list[Run]], tuple[Row, ...]] = lambda runs: ()
    varied: tuple[str, ...] = ("method",)
    one_row: bool = False
    part: str = "test"
    rendered: Callable[[Renderer], Drawing] | None = None
    takes: tuple[str, ...] = ()


def _methods(*names: str) -> Callable[[list[Run]], tuple[Row, ...]]:
    titles = method_titles()
    rows = tuple(Row((titles[name],), {"method": name}) for name in names or titles)
    return lambda runs: rows


def _table(name: str) -> Callable[[list[Run]], tuple[Row, ...]]:
    return lambda runs: rows_of(TABLES[name], runs)


def _studied(runs: list[Run], name: str) -> tuple[str, list[Run]]:
    """RTL-EO, or the only method that has the setting, as `--where method=` leaves it, and its runs."""
    methods = {run.method for run in runs if applies(name, run.method)}
    method = methods.pop() if len(methods) == 1 else STUDIED
    return method, [run for run in runs if run.method == method]


def _lambdas(runs: list[Run]) -> tuple[Row, ...]:
    """FT stands for lambda 0, which is the same training, where the method has no run of it."""
    method, studied = _studied(runs, "lambda")
    values = {value for run in studied if isinstance(value := setting(run, "lambda"), float | int)}
    has_zero = any(setting(run, "lambda") == 0 and run.judged("validation") for run in studied)
    none: dict[str, Any] = {"method": method, "lambda": 0.0} if has_zero else {"method": "ft"}
    more = sorted({*lambda_grid(), *values} - {0})
    return (Row(("λ = 0",), none), *(Row((f"λ = {value:g}",), {"method": method, "lambda": value}) for value in more))


def _sigmas(runs: list[Run]) -> tuple[Row, ...]:
    method, studied = _studied(runs, "sigma")
    values = {one["sigma"] for one in load_study("figure", "11").configurations}
    values |= {value for run in studied if isinstance(value := setting(run, "sigma"), float | int)}
    return tuple(Row((f"σ = {value:g}",), {"method": method, "sigma": value}) for value in sorted(values))


def _anatomy(renderer: Renderer) -> Drawing:
    return Drawing(anatomy_figure(*renderer.portrait(640), load_schema("fas14")))


def _people(renderer: Renderer) -> Drawing:
    crops, points = renderer.people(12, 256)
    return Drawing(data_figure(crops, points, f"{len(crops)} people of the built-in data with their landmarks"))


FIGURES = {
    "2": Figure("landmarks", rendered=_anatomy),
    "3": Figure("faces of the data", of_runs.data_sheet, _methods(), one_row=True, rendered=_people),
    "4": Figure("attention maps of methods", of_attention.of_methods, _methods(*LEARNING_CURVE_METHODS)),
    "6": Figure("cumulative errors", of_runs.cumulative_errors, _table("1")),
    "7": Figure("predictions and heatmaps on faces", of_runs.predictions, _table("1")),
    "8": Figure("areas under the curve of regularizers", of_runs.areas, _table("2")),
    "9": Figure("attention maps of source networks", of_attention.of_sources, _table("3"), TABLES["3"].varied),
    "10": Figure(
        "cumulative errors for each lambda", of_runs.lambdas, _lambdas, ("method", "lambda"), part="validation"
    ),
    "11": Figure("cumulative errors for each sigma", of_runs.sigmas, _sigmas, ("sigma",), part="validation"),
    "12": Figure("training and validation loss", of_runs.losses, _methods(*LEARNING_CURVE_METHODS)),
    "samples": Figure("learning curve", of_runs.training_sizes, _table("samples"), TABLES["samples"].varied),
    "confidence": Figure("confidence", of_confidence.confidence, _methods(), one_row=True, takes=of_confidence.FLAGS),
    "shape": Figure("shapes of groups", of_shapes.shapes, _methods(), one_row=True, takes=of_shapes.FLAGS),
}


def get_figure(name: str) -> Figure:
    """A figure by its number or name; InputError that lists them."""
    if name not in FIGURES:
        raise InputError(f"unknown figure {name}: choose --figure {', '.join(FIGURES)}")
    return FIGURES[name]
