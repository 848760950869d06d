"""Shapes of groups drawn: components with their extremes, mean shapes, a thin-plate spline grid, centroid sizes."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from rtl_tf.evaluation.shape_components import Components
from rtl_tf.evaluation.shape_study import ShapeStudy
from rtl_tf.evaluation.thin_plate import grid_lines, warp
from rtl_tf.reports.figures.style import COLOURS, PAGE, bare, new_figure, styled

MARKS = ("o", "^", "s", "D", "v", "P")
DEVIATIONS = 2.0  # from the mean to an extreme shape, along a component
CELLS, MARGIN = 14, 0.18  # of a grid around a face
SHOWN = 0.12  # of a face's centroid size: what the largest move in a grid of two means is magnified to, at most
MOST_TIMES = 5  # that a difference is magnified
LINE, NARROW = 120, 44  # characters over the page, and over a third of it
FAINT = "0.65"


@dataclass(frozen=True)
class Panels:
    """What the figure needs beside the study.

    Attributes:
        groups: names in order.
        column: of the data table, "" where there is one group.
        header, footer: lines above and below.
        sizes: (N,) centroid sizes of images.
        unit: theirs.
    """

    groups: Sequence[str]
    column: str
    header: Sequence[str]
    footer: Sequence[str]
    sizes: np.ndarray
    unit: str


@styled
def shape_figure(study: ShapeStudy, panels: Panels) -> Figure:
    """Above: people in the plane of two components, and shapes at their ends. Below: people's landmarks with the
    groups' means, the grid from one mean to another where there are several, and sizes."""
    several = len(panels.groups) > 1
    figure = new_figure(PAGE, 7.0)
    above = [[*["people"] * 6, *[f"PC{axis}-"] * 3, *[f"PC{axis}+"] * 3] for axis in (1, 2)]
    below = [*["means"] * 4, *["grid"] * 4, *["sizes"] * 4] if several else [*["means"] * 6, *["sizes"] * 6]
    cells = figure.subplot_mosaic([*above, below], height_ratios=(1, 1, 1.5))  # type: ignore[list-item]
    _people(cells["people"], study, panels)
    _extremes({name: cell for name, cell in cells.items() if name.startswith("PC")}, study.components)
    _means(cells["means"], study, panels)
    if several:
        _grid(cells["grid"], study, panels)
    _sizes(cells["sizes"], study, panels)
    figure.suptitle(_wrapped(panels.header), fontsize=8)
    figure.supxlabel(_wrapped(panels.footer), fontsize=7)
    return figure


def _wrapped(lines: Sequence[str]) -> str:
    return "\n".join(textwrap.fill(line, LINE) for line in lines)


def _people(axes: Axes, study: ShapeStudy, panels: Panels) -> None:
    scores, shares = study.components.scores(study.person_shapes), study.components.shares
    centres = study.components.scores(study.means.means)
    for index, name in enumerate(panels.groups):
        own = scores[study.people == index]
        look: dict[str, Any] = {"marker": MARKS[index], "color": COLOURS[index]}
        label = f"{name} ({len(own)})" if panels.column else f"people ({len(own)})"
        axes.scatter(own[:, 0], _second(own), s=12, alpha=0.7, linewidths=0, label=label, **look)
        if panels.column:
            axes.scatter(centres[index, 0], _second(centres)[index], s=70, edgecolors="white", linewidths=1.2, **look)
    axes.set_xlabel(f"PC1, {shares[0]:.0%} of variance")
    axes.set_ylabel(f"PC2, {shares[1]:.0%} of variance" if len(shares) > 1 else "")
    axes.set_title("people" + (", large: mean of the group" if panels.column else ""))
    axes.margins(0.08)
    axes.locator_params(nbins=6)
    axes.legend(title=panels.column or None, loc="best", handletextpad=0.2, borderpad=0.3)


def _second(scores: np.ndarray) -> np.ndarray:
    """Scores along the second component, 0 where there is but one."""
    return scores[:, 1] if scores.shape[1] > 1 else np.zeros(len(scores))


def _extremes(cells: dict[str, Axes], found: Components) -> None:
    """The mean warped to the shapes at both ends of two components, all at one scale."""
    drawn = {}
    for name, axes in cells.items():
        axis, sign = int(name[2]) - 1, 1 if name[3] == "+" else -1
        if axis >= len(found.variances):
            axes.set_visible(False)
            continue
        score = sign * DEVIATIONS * np.sqrt(found.variances[axis])
        drawn[name] = _warped(axes, found.mean, found.shape(axis, score))
        axes.set_title(f"{name[:3]} {score:+.2f}, {DEVIATIONS:g} sd".replace("-", "−"))
    for name in drawn:
        _upright(cells[name], np.concatenate([*drawn.values()]))


def _warped(axes: Axes, start: np.ndarray, end: np.ndarray, colour: str = COLOURS[1]) -> np.ndarray:
    """A square grid around `start` as the spline to `end` bends it; both shapes' landmarks. (M, 2): all its points."""
    lines = [warp(line, start, end) for line in grid_lines(start, CELLS, MARGIN)]
    axes.add_collection(LineCollection(lines, colors=FAINT, linewidths=0.4))
    ring: dict[str, Any] = {"markerfacecolor": "white", "markeredgecolor": "0.3", "markeredgewidth": 0.6}
    axes.plot(*start.T, linestyle="", marker="o", markersize=2.6, **ring)
    axes.add_collection(LineCollection(list(np.stack([start, end], axis=1)), colors=colour, linewidths=0.9))
    axes.plot(*end.T, linestyle="", marker="o", markersize=2.6, color=colour)
    return np.concatenate(lines)


def _upright(axes: Axes, points: np.ndarray) -> None:
    """All of points (M, 2), with little room around them; y points down, as in photographs."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.03 * (high - low).max()
    axes.set(xlim=(low[0] - room, high[0] + room), ylim=(high[1] + room, low[1] - room), aspect="equal")
    bare(axes)


def _means(axes: Axes, study: ShapeStudy, panels: Panels) -> None:
    for index in range(len(panels.groups)):
        own = study.person_shapes[study.people == index].reshape(-1, 2)
        axes.scatter(own[:, 0], own[:, 1], s=1.5, color=COLOURS[index], alpha=0.4, linewidths=0)
    for index, mean in enumerate(study.means.means):
        axes.scatter(
            mean[:, 0],
            mean[:, 1],
            s=16,
            marker=MARKS[index],
            facecolors="none",
            edgecolors=COLOURS[index],
            linewidths=0.9,
        )
    axes.set_title("people superimposed\nopen: mean" + ("s" if panels.column else ""))
    _upright(axes, study.person_shapes.reshape(-1, 2))


def _grid(axes: Axes, study: ShapeStudy, panels: Panels) -> None:
    """From the mean of one group to that of another: of the two that differ most."""
    most = max(study.differences, key=lambda one: one.distance)
    start, end = study.means.means[most.first], study.means.means[most.second]
    largest = np.linalg.norm(end - start, axis=1).max()
    times = float(np.clip(np.floor(SHOWN / largest), 1, MOST_TIMES)) if largest else 1.0
    _upright(axes, _warped(axes, start, start + times * (end - start), COLOURS[most.second]))
    p = "no test" if np.isnan(most.p) else f"p {most.p:.3f}"
    names = f"{panels.groups[most.first]} (rings) to {panels.groups[most.second]} (dots)"
    magnified = f"\ndrawn {times:.0f} times" if times > 1 else ""
    title = f"{textwrap.fill(names, NARROW)}\nProcrustes distance {most.distance:.4f}, {p}"
    axes.set_title(title + magnified, fontsize=7)


def _sizes(axes: Axes, study: ShapeStudy, panels: Panels) -> None:
    sizes = [panels.sizes[study.group == index] for index in range(len(panels.groups))]
    thin: dict[str, Any] = dict.fromkeys(("boxprops", "whiskerprops", "capprops"), {"linewidth": 0.7})
    axes.boxplot(sizes, widths=0.5, sym="", medianprops={"color": "black"}, **thin)
    for index, own in enumerate(sizes):
        beside = index + 1 + np.linspace(-0.18, 0.18, len(own))
        axes.scatter(beside, own, s=5, color=COLOURS[index], marker=MARKS[index], alpha=0.6, linewidths=0)
    names = panels.groups if panels.column else ["images"]
    width = max(5, NARROW // len(names) - 1)  # a character between two names
    axes.set_xticks(range(1, len(sizes) + 1), [textwrap.fill(name, width) for name in names])
    axes.set_title(f"centroid size of images, {panels.unit}")
