"""How a number of a table is written: digits, spreads, intervals, p-values, daggers."""

import math
from dataclasses import dataclass

from rtl_tf.evaluation.statistics import FEWEST_TRAININGS
from rtl_tf.reports.cells import SIGNIFICANT, Cells
from rtl_tf.reports.paper import landmark_labels
from rtl_tf.runs.selection import Row

MISSING = "–"
THESE = "‡"  # an interval of these trainings alone
UNITS = {"heatmap_px": "heatmap px", "input_px": "input px", "mm": "mm"}
FORMATS = {"mre": "{:.3f}", "landmark": "{:.2f}", "fr": "{:.2%}", "auc": "{:.3f}"}
PAPER_FORMATS = FORMATS | {"mre": "{:.2f}", "auc": "{:.2f}"}


@dataclass(frozen=True)
class Line:
    """What a printed line takes its numbers from: a row of the table, in one group of images."""

    index: int
    row: Row
    seeds: int
    cells: Cells

    def get(self, name: str, metric: str) -> float:
        """A number of `Cells`: `line.get("low", "mre")`."""
        return float(getattr(self.cells, name)[self.index, self.cells.metrics.index(metric)])


def number(value: float, template: str = "{:.3f}") -> str:
    """A formatted number, MISSING where it is undefined."""
    return MISSING if math.isnan(value) else template.format(value).replace("-", "−")


def metric_title(metric: str) -> str:
    """`FR 1.2`, `AUC 1.2`, `L3 nasion`, and for the mean radial error `average`, as Table II has it."""
    kind, _, rest = metric.replace("@", ".", 1).partition(".")
    if kind == "landmark":
        return f"{landmark_labels().get(rest, '')} {rest}".strip()
    return f"{kind.upper()} {rest}" if rest else "average"


def mean(line: Line, metric: str) -> str:
    """A mean alone, as a rate is written."""
    return number(line.get("mean", metric), FORMATS[_kind(metric)])


def mean_and_std(line: Line, metric: str, template: str | None = None) -> str:
    """`0.655±0.25`, the spread over images; a failure rate alone, whose spread would say nothing new."""
    value = line.get("mean", metric)
    if math.isnan(value) or _kind(metric) == "fr":
        return mean(line, metric)
    return f"{number(value, template or FORMATS[_kind(metric)])}±{line.get('std_images', metric):.2f}"


def interval(line: Line, metric: str, template: str | None = None) -> str:
    """`0.621–0.689`, `5.1–10.4%`, `0.621–0.689‡` of few trainings."""
    low, high = line.get("low", metric), line.get("high", metric)
    if math.isnan(low):
        return MISSING
    these = THESE if line.seeds < FEWEST_TRAININGS else ""
    if _kind(metric) == "fr":
        return f"{100 * low:.1f}–{100 * high:.1f}%{these}"
    template = template or FORMATS[_kind(metric)]
    return f"{number(low, template)}–{number(high, template)}{these}"


def difference_interval(line: Line, metric: str) -> str:
    """`−0.015 to −0.006`."""
    low, high = (line.get(f"difference_{end}", metric) for end in ("low", "high"))
    if math.isnan(low):
        return MISSING
    these = THESE if line.get("pairs", metric) < FEWEST_TRAININGS else ""
    return f"{number(low, '{:+.3f}')} to {number(high, '{:+.3f}')}{these}"


def p_value(value: float) -> str:
    """Three digits."""
    return "<0.001" if value < 0.001 else number(value)


def dagger(line: Line, metric: str) -> str:
    """A dagger for a difference from the reference; a blank where another cell has one, to keep digits in line."""
    if line.get("p_holm", metric) < SIGNIFICANT:
        return "†"
    return " " if (line.cells.p_holm < SIGNIFICANT).any() else ""


def paper_value(row: Row, metric: str) -> str:
    """As the paper prints it; MISSING where it does not."""
    if metric not in row.paper:
        return MISSING
    text = number(row.paper[metric], PAPER_FORMATS[_kind(metric)])
    return f"{text}±{row.paper[f'{metric}.std']:.2f}" if f"{metric}.std" in row.paper else text


def _kind(metric: str) -> str:
    return metric.partition("@")[0].partition(".")[0]
