"""Figures from arrays: cumulative error distributions, faces with predictions, heatmaps, learning curves.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart; every curve also differs in its dashes or
markers, so that a grey print stays readable. Each figure is saved as PNG and as PDF.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rtl_tf.coordinates import HEATMAP_STRIDE
from rtl_tf.evaluation.metrics import auc, ced
from rtl_tf.exceptions import InputError

# Yellow (#F0E442) is left out: too light for a thin line on white.
COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (6, 1.5, 1, 1.5, 1, 1.5)))
MARKERS = ("", "o", "^")
TRUTH, PREDICTED = "#56B4E9", "#D55E00"


def save(figure: Figure, path: str | Path) -> list[Path]:
    """Write `path` as .png and as .pdf (whatever suffix it has) and return both paths."""
    paths = [Path(path).with_suffix(suffix) for suffix in (".png", ".pdf")]
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    for target in paths:
        figure.savefig(target, dpi=150)
    return paths


def ced_figure(
    curves: Mapping[str, np.ndarray],
    path: str | Path,
    limit: float = 2.0,
    auc_threshold: float = 1.2,
    unit: str = "heatmap px",
) -> list[Path]:
    """Share of images below each error, one curve a method. Fig. 6.

    Args:
        curves: title -> (N,) mean radial errors of images, in `unit`; NaN has no vote.
        limit: right end of the axis, in `unit`.
        auc_threshold: for the areas in the legend, in `unit`.
    """
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.subplots()
    thresholds = np.linspace(0, limit, 401)
    for index, (title, errors) in enumerate(curves.items()):
        round_, dash = divmod(index, len(DASHES))
        area, mean = auc(errors, auc_threshold), np.nanmean(errors)
        axes.plot(
            thresholds,
            100 * ced(errors, thresholds),
            color=COLOURS[index % len(COLOURS)],
            linestyle=DASHES[dash],
            marker=MARKERS[round_ % len(MARKERS)],
            markevery=(8 * dash, 40),
            markersize=4,
            linewidth=1.6,
            label=f"{title}: {mean:.2f}, {area:.2f}",
        )
    axes.set(
        xlabel=f"mean radial error of an image ({unit})",
        ylabel="images (%)",
        xlim=(0, limit),
        ylim=(0, 101),
        title="Cumulative error distribution",
    )
    axes.grid(color="0.9")
    axes.legend(title=f"mean error, AUC up to {auc_threshold} {unit}", fontsize=8, title_fontsize=8, handlelength=4)
    return save(figure, path)


def faces_figure(examples: Mapping[str, np.ndarray], path: str | Path, columns: int = 4, limit: int = 12) -> list[Path]:
    """A sheet of test faces with truth (rings) and predictions (dots).

    Args:
        examples: `image_names` (M,), `crops` uint8 (M, S, S, 3), `truth` and `points` (M, K, 2) in input px, `errors`
            (M,) in heatmap px, paper protocol.
        columns: faces in a row.
        limit: faces at most.
    """
    count = min(len(examples["crops"]), limit)
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = Figure(figsize=(2.2 * columns, 2.45 * rows + 0.6), layout="constrained")
    cells = figure.subplots(rows, columns, squeeze=False).ravel()
    for cell in cells:
        _bare(cell)
    for index in range(count):
        _draw_face(cells[index], examples, index)
        cells[index].set_title(f"{_short(examples['image_names'][index])}: {examples['errors'][index]:.2f}", fontsize=8)
    _legend(figure, cells[0], "mean radial error in heatmap px above each face")
    return save(figure, path)


def methods_figure(examples: Mapping[str, Mapping[str, np.ndarray]], path: str | Path) -> list[Path]:
    """Faces with predictions, each beside its heatmaps, a row a method. Fig. 7.

    The columns show the same three faces for all methods: best, median and worst by the mean of the methods' errors
    over the faces that all of them kept.

    Args:
        examples: title -> what `faces_figure` takes, and `heatmaps` (M, H/4, W/4, K).
    """
    names = _common_images(examples)
    where = {title: [list(kept["image_names"]).index(name) for name in names] for title, kept in examples.items()}
    errors = np.mean([kept["errors"][where[title]] for title, kept in examples.items()], axis=0)
    order = np.argsort(errors)[: max(1, np.isfinite(errors).sum())]  # faces without labels sort last
    chosen = {"best": order[0], "median": order[len(order) // 2], "worst": order[-1]}
    figure = Figure(figsize=(12, 2.15 * len(examples) + 0.9), layout="constrained")
    cells = figure.subplots(len(examples), 2 * len(chosen), squeeze=False)
    for row, (title, kept) in enumerate(examples.items()):
        for column, (rank, face) in enumerate(chosen.items()):
            index = where[title][face]
            left, right = cells[row, 2 * column], cells[row, 2 * column + 1]
            _draw_face(left, kept, index)
            _draw_heatmaps(right, kept, index)
            heading = f"{rank}: {_short(names[face])}\n" if row == 0 else ""
            left.set_title(f"{heading}{kept['errors'][index]:.2f} heatmap px", fontsize=8)
        cells[row, 0].set_ylabel(title, fontsize=10)
    for cell in cells.ravel():
        _bare(cell)
    note = (
        f"best, median and worst of {len(names)} kept test faces; beside each all its heatmaps in one (maximum, 0 to 1)"
    )
    _legend(figure, cells[0, 0], note)
    return save(figure, path)


def history_figure(history: Sequence[Mapping[str, str | float]], path: str | Path) -> list[Path]:
    """Training and validation loss, and validation error, over epochs. Fig. 12.

    Args:
        history: rows of history.csv, with `epoch, loss, val_loss, val_error` (heatmap px).
    """
    epochs, loss, val_loss, val_error = (
        np.array([float(row[name]) for row in history]) for name in ("epoch", "loss", "val_loss", "val_error")
    )
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    losses, errors = figure.subplots(1, 2)
    losses.plot(epochs, loss, color=COLOURS[1], linestyle="-", label="training")
    losses.plot(epochs, val_loss, color=COLOURS[2], linestyle="--", label="validation")
    losses.set(xlabel="epoch", ylabel="loss", yscale="log")
    losses.legend(fontsize=8)
    best = int(np.nanargmin(val_error)) if np.isfinite(val_error).any() else 0
    errors.plot(epochs, val_error, color=COLOURS[2], linestyle="--", label="validation")
    errors.plot(
        *(epochs[best], val_error[best]),
        color=COLOURS[0],
        marker="o",
        linestyle="",
        label=f"best: {val_error[best]:.2f} heatmap px, epoch {epochs[best]:.0f}",
    )
    errors.set(xlabel="epoch", ylabel="mean radial error (heatmap px)", ylim=(0, None))
    errors.legend(fontsize=8)
    for axes in (losses, errors):
        axes.grid(color="0.9")
    return save(figure, path)


def _common_images(examples: Mapping[str, Mapping[str, np.ndarray]]) -> list[str]:
    first, *others = ([str(name) for name in kept["image_names"]] for kept in examples.values())
    common = [name for name in first if all(name in names for names in others)]
    if not common:
        raise InputError(f"no test face was kept by all of {', '.join(examples)}: their examples cannot be compared")
    return common


def _short(name: str) -> str:
    """File name without folder and suffix, cut to fit above a face."""
    stem = Path(str(name)).stem
    return stem if len(stem) <= 20 else stem[:19] + "…"


def _draw_face(axes: Axes, examples: Mapping[str, np.ndarray], index: int) -> None:
    axes.imshow(examples["crops"][index], interpolation="bilinear")
    truth, points = examples["truth"][index], examples["points"][index]
    axes.plot(
        *truth.T, linestyle="", marker="o", markersize=6, markerfacecolor="none", color="black", markeredgewidth=1.8
    )
    axes.plot(*truth.T, linestyle="", marker="o", markersize=6, markerfacecolor="none", color=TRUTH, label="truth")
    axes.plot(
        *points.T,
        linestyle="",
        marker="o",
        markersize=3,
        color=PREDICTED,
        markeredgecolor="white",
        markeredgewidth=0.4,
        label="prediction",
    )
    _frame(axes, examples["crops"][index])


def _draw_heatmaps(axes: Axes, examples: Mapping[str, np.ndarray], index: int) -> None:
    """All landmarks' heatmaps over the grey face: their maximum, because sums of near landmarks saturate."""
    crop = examples["crops"][index]
    highest = np.clip(examples["heatmaps"][index].astype(np.float32).max(axis=-1), 0, 1)
    # heatmap px j is the centre of the input px from 4j - 2 to 4j + 2
    height, width = highest.shape
    half = HEATMAP_STRIDE / 2
    extent = (-half, width * HEATMAP_STRIDE - half, height * HEATMAP_STRIDE - half, -half)
    axes.imshow(crop.mean(axis=-1), cmap="gray", vmin=0, vmax=255)
    axes.imshow(
        highest, extent=extent, cmap="inferno", vmin=0, vmax=1, alpha=0.2 + 0.7 * highest, interpolation="nearest"
    )
    _frame(axes, crop)


def _bare(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _frame(axes: Axes, crop: np.ndarray) -> None:
    """Keep the view on the image, also where a point lies outside."""
    height, width = crop.shape[:2]
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))


def _legend(figure: Figure, axes: Axes, note: str) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=2, fontsize=8, frameon=False, title=note, title_fontsize=8
    )
