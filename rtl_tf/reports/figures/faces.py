"""Faces with their landmarks: true ones, predicted ones, and heatmaps."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rtl_tf.coordinates import HEATMAP_STRIDE
from rtl_tf.exceptions import InputError
from rtl_tf.reports.figures.style import PAGE, PREDICTED, TRUTH, bare, legend_below, new_figure, styled

Examples = Mapping[str, np.ndarray]


@styled
def faces_figure(examples: Examples, columns: int = 4, limit: int = 12) -> Figure:
    """A sheet of test faces with truth (rings) and predictions (dots).

    Args:
        examples: `image_names` (M,), `crops` uint8 (M, S, S, 3), `truth` and `points` (M, K, 2) in input px, `errors`
            (M,) in heatmap px, paper protocol.
        columns: faces in a row.
        limit: faces at most.
    """
    figure, cells = _sheet(min(len(examples["crops"]), limit), columns)
    for index, cell in enumerate(cells):
        draw_face(cell, examples["crops"][index])
        draw_truth(cell, examples["truth"][index])
        _draw_points(cell, examples["points"][index])
        cell.set_title(f"{_short(examples['image_names'][index])}: {examples['errors'][index]:.2f}")
    legend_below(figure, cells[0], "mean radial error in heatmap px above each face")
    return figure


@styled
def data_figure(crops: np.ndarray, truth: np.ndarray, note: str, columns: int = 4) -> Figure:
    """A sheet of faces with their true landmarks. Fig. 3.

    Args:
        crops: uint8 (M, S, S, 3).
        truth: (M, K, 2) in px of the crops.
        note: what stands below.
    """
    figure, cells = _sheet(len(crops), columns, titled=False)
    for cell, crop, points in zip(cells, crops, truth, strict=True):
        draw_face(cell, crop)
        draw_truth(cell, points, size=3)
    figure.supxlabel(note, fontsize=7)
    return figure


@styled
def methods_figure(examples: Mapping[str, Examples]) -> Figure:
    """Faces with predictions, each beside its heatmaps, a row a method. Fig. 7.

    The columns show the same three faces for all methods: best, median and worst by the mean of the methods' errors
    over the faces that all of them kept.

    Args:
        examples: title -> what `faces_figure` takes, and `heatmaps` (M, H/4, W/4, K).
    """
    names = common_images(examples)
    where = {title: [list(kept["image_names"]).index(name) for name in names] for title, kept in examples.items()}
    errors = np.mean([kept["errors"][where[title]] for title, kept in examples.items()], axis=0)
    order = np.argsort(errors)[: max(1, np.isfinite(errors).sum())]  # faces without labels sort last
    chosen = {"best": order[0], "median": order[len(order) // 2], "worst": order[-1]}
    figure = new_figure(PAGE, 1.36 * len(examples) + 0.65)
    cells = figure.subplots(len(examples), 2 * len(chosen), squeeze=False)
    for row, (title, kept) in enumerate(examples.items()):
        for column, (rank, face) in enumerate(chosen.items()):
            index = where[title][face]
            left, right = cells[row, 2 * column], cells[row, 2 * column + 1]
            draw_face(left, kept["crops"][index])
            draw_truth(left, kept["truth"][index], size=4)
            _draw_points(left, kept["points"][index], size=2)
            _draw_heatmaps(right, kept["crops"][index], kept["heatmaps"][index])
            left.set_title((f"{rank}\n" if row == 0 else "") + f"{kept['errors'][index]:.2f} heatmap px")
            if row == 0:
                right.set_title(_short(names[face], 18) + "\n")
        cells[row, 0].set_ylabel(title)
    note = (
        f"best, median and worst of {len(names)} kept test faces; beside each all its heatmaps in one (maximum, 0 to 1)"
    )
    legend_below(figure, cells[0, 0], note)
    return figure


def common_images(examples: Mapping[str, Examples]) -> list[str]:
    """Names of the faces that all have; InputError where there is none."""
    first, *others = ([str(name) for name in kept["image_names"]] for kept in examples.values())
    common = [name for name in first if all(name in names for names in others)]
    if not common:
        raise InputError(f"no test face was kept by all of {', '.join(examples)}: their examples cannot be compared")
    return common


def draw_face(axes: Axes, crop: np.ndarray) -> None:
    """The picture alone; the view stays on it, also where a point lies outside."""
    height, width = crop.shape[:2]
    grey: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 255} if crop.ndim == 2 else {}
    axes.imshow(crop, interpolation="bilinear", **grey)
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), autoscale_on=False)
    bare(axes)


def draw_truth(axes: Axes, points: np.ndarray, size: float = 5) -> None:
    """Rings, with a dark rim that shows on light skin; (K, 2) in px of the picture, rings of `size` points."""
    ring: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": size, "markerfacecolor": "none"}
    axes.plot(*points.T, color="black", markeredgewidth=size / 3, **ring)
    axes.plot(*points.T, color=TRUTH, markeredgewidth=size / 6, label="truth", **ring)


def _sheet(count: int, columns: int, titled: bool = True) -> tuple[Figure, list[Axes]]:
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = new_figure(PAGE * columns / 4, (2.02 * rows + 0.5) if titled else (1.78 * rows + 0.25))
    cells = list(figure.subplots(rows, columns, squeeze=False).ravel())
    for cell in cells[count:]:
        cell.set_visible(False)
    return figure, cells[:count]


def _short(name: str, length: int = 20) -> str:
    """File name without folder and suffix, cut to fit above a face."""
    stem = Path(str(name)).stem
    return stem if len(stem) <= length else stem[: length - 1] + "…"


def _draw_points(axes: Axes, points: np.ndarray, size: float = 2.5) -> None:
    axes.plot(
        *points.T,
        linestyle="",
        marker="o",
        markersize=size,
        color=PREDICTED,
        markeredgecolor="white",
        markeredgewidth=size / 7,
        label="prediction",
    )


def _draw_heatmaps(axes: Axes, crop: np.ndarray, heatmaps: np.ndarray) -> None:
    """All landmarks' heatmaps over the grey face: their maximum, because sums of near landmarks saturate."""
    highest = np.clip(heatmaps.astype(np.float32).max(axis=-1), 0, 1)
    # heatmap px j is the centre of the input px from 4j - 2 to 4j + 2
    height, width = highest.shape
    half = HEATMAP_STRIDE / 2
    extent = (-half, width * HEATMAP_STRIDE - half, height * HEATMAP_STRIDE - half, -half)
    draw_face(axes, crop.mean(axis=-1))
    axes.imshow(
        highest, extent=extent, cmap="inferno", vmin=0, vmax=1, alpha=0.2 + 0.7 * highest, interpolation="nearest"
    )
