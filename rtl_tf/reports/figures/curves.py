"""Curves over test images: cumulative error distributions, areas under them, learning curves."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from rtl_tf.evaluation.metrics import auc, ced
from rtl_tf.evaluation.statistics import rounded
from rtl_tf.reports.figures.style import COLUMN, curve_style, legend_below, new_figure, styled

LIMIT = 2.0  # right end of the axis in the paper, heatmap px
AREA_TO = 1.2  # heatmap px, the threshold of the paper's Tables III and IV
POINTS = 400  # of a curve


class Legend(NamedTuple):
    """What stands behind a curve's name: numbers of its (N,) errors, and what they are."""

    title: str
    numbers: Callable[[np.ndarray], str]


MEAN_AND_AREA = Legend(
    f"mean error, AUC up to {AREA_TO} heatmap px",
    lambda errors: f"{rounded(np.nanmean(errors)):.2f}, {rounded(auc(errors, AREA_TO)):.2f}",
)
MEAN_AND_STD = Legend(
    "mean±std over images, heatmap px",
    lambda errors: f"{rounded(np.nanmean(errors)):.2f}±{rounded(np.nanstd(errors)):.2f}",
)
AREA = Legend(f"AUC up to {AREA_TO} heatmap px", lambda errors: f"{rounded(auc(errors, AREA_TO)):.3f}")


class Means(NamedTuple):
    """A learning curve: mean errors at numbers of training images (ascending), and paired differences to FT's.

    Both in heatmap px, with their 95 % intervals; NaN = undefined, as are FT's differences.
    """

    images: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    difference: np.ndarray
    difference_low: np.ndarray
    difference_high: np.ndarray


def ced_figure(
    curves: Mapping[str, np.ndarray], title: str = "Cumulative error distribution", legend: Legend = MEAN_AND_AREA
) -> Figure:
    """Share of images below each error, one curve a method or setting. Figs. 6, 10 and 11.

    Args:
        curves: name -> (N,) mean radial errors of images, heatmap px; NaN has no vote.
    """

    def shares(errors: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
        return 100 * ced(errors, thresholds)

    figure, axes = _over_thresholds(curves, shares, legend, title)
    axes.set(xlabel="mean radial error of an image (heatmap px)", ylabel="images (%)", ylim=(0, 101))
    return figure


def auc_figure(curves: Mapping[str, np.ndarray], title: str = "Area under the CED up to a threshold") -> Figure:
    """AUC against the threshold that it is taken up to, one curve a method. Fig. 8.

    Args:
        curves: as for `ced_figure`.
    """

    def areas(errors: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
        return np.array([auc(errors, threshold) if threshold else 0.0 for threshold in thresholds])

    figure, axes = _over_thresholds(curves, areas, AREA, title)
    axes.set(xlabel="error threshold (heatmap px)", ylabel="AUC", ylim=(0, None))
    return figure


@styled
def _over_thresholds(
    curves: Mapping[str, np.ndarray], function: Callable, legend: Legend, title: str
) -> tuple[Figure, Axes]:
    figure = new_figure(COLUMN, 2.9 + 0.14 * -(-len(curves) // 2))
    axes = figure.subplots()
    limit = _right_end(curves)
    thresholds = np.linspace(0, limit, POINTS + 1)
    for index, (name, errors) in enumerate(curves.items()):
        label = f"{name}: {legend.numbers(errors)}"
        axes.plot(thresholds, function(errors, thresholds), label=label, **curve_style(name, index))
    axes.set(xlim=(0, limit), title=title)
    axes.grid(color="0.9")
    legend_below(figure, axes, legend.title)
    return figure, axes


def _right_end(curves: Mapping[str, np.ndarray]) -> float:
    """The paper's, or where half of the curves have reached 95 % of the images, if that is further."""
    reached = [np.nanquantile(rounded(errors), 0.95) for errors in curves.values()]
    return max(LIMIT, np.ceil(2 * np.median(reached)) / 2)


@styled
def learning_curve(curves: Mapping[str, Means], speaks_for: str) -> Figure:
    """Mean error against the number of training images, one curve a method, and below it the difference to FT.

    Args:
        speaks_for: whom the intervals are for, as the legend says it.

    The interval of a method covers how hard people are, that of the difference does not: it is the one to judge by.
    """
    compared = [name for name, means in curves.items() if np.isfinite(means.difference).any()]
    height, ratios = (4.2, (3, 2)) if compared else (3.0, (1,))
    figure = new_figure(COLUMN, height)
    panels = figure.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)[:, 0]
    sizes = sorted({int(size) for means in curves.values() for size in means.images})
    for index, (name, means) in enumerate(curves.items()):
        x = means.images * 1.03 ** (index - (len(curves) - 1) / 2)  # side by side a little
        style = curve_style(name, index) | {"marker": "os^Dv"[index % 5], "markevery": None}
        _points(panels[0], x, *means[1:4], label=name, **style)
        if name in compared:
            _points(panels[1], x, *means[4:], **style)
    panels[0].set(ylabel="mean radial error (heatmap px)", title="Learning curve")
    if compared:
        panels[1].axhline(0, color="0.3", linewidth=0.9)
        panels[1].set(ylabel="difference to FT")
    panels[-1].set(xscale="log", xlabel="training images", xlim=(sizes[0] / 1.4, sizes[-1] * 1.4))
    panels[-1].xaxis.set(major_locator=FixedLocator(sizes), minor_locator=NullLocator(), major_formatter="{x:.0f}")
    for panel in panels:
        panel.grid(color="0.9")
    figure.align_ylabels(panels)
    legend_below(figure, panels[0], f"bars: 95 % interval, for {speaks_for}", columns=3)
    return figure


def _points(axes: Axes, x: np.ndarray, mean: np.ndarray, low: np.ndarray, high: np.ndarray, **style) -> None:
    bars = np.nan_to_num(np.stack([mean - low, high - mean]))
    axes.errorbar(x, mean, bars, capsize=2, elinewidth=0.9, **style)
