"""Losses and validation errors over the epochs of training."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from rtl_tf.reports.figures.style import COLOURS, PAGE, curve_style, new_figure, styled

TRAINING = {"color": COLOURS[1], "linestyle": "-"}
VALIDATION = {"color": COLOURS[2], "linestyle": "--"}

History = Sequence[Mapping[str, float]]


@styled
def history_figure(histories: Mapping[str, Sequence[History]]) -> Figure:
    """Training and validation loss of each method in a panel, and the validation errors of all in one. Fig. 12.

    Lines are means over seeds, bands reach from the lowest to the highest seed, dots are each seed's best epoch.

    Args:
        histories: title -> for each seed the rows of history.csv, with `epoch, heatmap_loss, val_loss` (both of
            heatmaps, without regularizer) and `val_error` (heatmap px); the same epochs for all seeds of a title.
    """
    panels = len(histories) + 1
    columns = min(panels, 2)
    rows = -(-panels // columns)
    figure = new_figure(PAGE, 2.1 * rows + 0.4)
    cells = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, (title, seeds) in zip(cells, histories.items(), strict=False):
        if panel is not cells[0]:
            panel.sharey(cells[0])
        _plot(panel, seeds, "heatmap_loss", TRAINING, "training (augmented)")
        _plot(panel, seeds, "val_loss", VALIDATION, "validation")
        panel.set(title=title, xlabel="epoch", ylabel="heatmap loss")
        panel.legend()
    errors = cells[len(histories)]
    for index, (title, seeds) in enumerate(histories.items()):
        best = [min(rows, key=lambda row: row["val_error"]) for rows in seeds]
        label = f"{title}: best {np.mean([row['val_error'] for row in best]):.2f}"
        style = curve_style(title, index)
        _plot(errors, seeds, "val_error", style, label)
        errors.plot(*_columns(best, "epoch", "val_error"), "o", color=style["color"], markersize=3.5)
    errors.set(title="validation error", xlabel="epoch", ylabel="mean radial error (heatmap px)")
    errors.legend()
    for panel in cells[:panels]:
        panel.set_yscale("log")
        panel.yaxis.set(
            major_locator=LogLocator(subs=(1, 2, 5)), major_formatter="{x:g}", minor_formatter=NullFormatter()
        )
        panel.grid(color="0.9")
        panel.xaxis.get_major_locator().set_params(integer=True)
    for panel in cells[panels:]:
        panel.set_visible(False)
    several = any(len(seeds) > 1 for seeds in histories.values())
    lines = "lines: means over seeds; bands: from the lowest to the highest seed; " if several else ""
    figure.supxlabel(f"{lines}dots: the best epoch{' of each seed' if several else ''}", fontsize=7)
    return figure


def _columns(rows: History, *names: str) -> np.ndarray:
    return np.array([[row[name] for row in rows] for name in names], float)


def _plot(axes: Axes, seeds: Sequence[History], name: str, style: dict, label: str) -> None:
    values = np.concatenate([_columns(rows, name) for rows in seeds])
    (epochs,) = _columns(seeds[0], "epoch")
    axes.plot(epochs, values.mean(axis=0), label=label, **style)
    if len(seeds) > 1:
        axes.fill_between(epochs, values.min(axis=0), values.max(axis=0), color=style["color"], alpha=0.2, linewidth=0)
