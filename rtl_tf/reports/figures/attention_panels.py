"""Where networks look: spatial attention maps (Eq. 6) over faces."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from rtl_tf.reports.figures.faces import draw_face
from rtl_tf.reports.figures.style import PAGE, bare, new_figure, styled


class Panel(NamedTuple):
    """One picture.

    Attributes:
        title: above it, "" = none.
        crop: uint8 (S, S, 3).
        attention: (h, w), 0 to 1, of encoder output px; None = the face alone.
    """

    title: str
    crop: np.ndarray
    attention: np.ndarray | None


@styled
def attention_figure(rows: Sequence[Sequence[Panel | None]], labels: Sequence[str], note: str) -> Figure:
    """Attention maps over grey faces, each map from 0 to its own maximum. Figs. 4 and 9.

    Args:
        rows: of equal length; None leaves a place empty.
        labels: of the rows.
        note: what stands below, words that break at new lines.
    """
    columns = len(rows[0])
    titled = [any(panel and panel.title for panel in row) for row in rows]
    tile = PAGE / columns
    figure = new_figure(PAGE, tile * len(rows) + 0.32 * sum(titled) + 0.72, "compressed")
    cells = figure.subplots(len(rows), columns, squeeze=False)
    shown = None
    for row, of_row, label in zip(rows, cells, labels, strict=True):
        for panel, cell in zip(row, of_row, strict=True):
            if panel is None:
                bare(cell)
                cell.text(0.5, 0.5, "not trained", ha="center", va="center", transform=cell.transAxes, color="0.4")
                cell.set_box_aspect(1)
            else:
                shown = _draw(cell, panel) or shown
        of_row[0].set_ylabel(label)
    if shown is not None:
        bar = figure.colorbar(shown, ax=cells, location="bottom", fraction=0.03, aspect=40, pad=0.02)
        bar.set_label(note)
    return figure


def _draw(axes: Axes, panel: Panel) -> AxesImage | None:
    shown = None
    if panel.attention is None:
        draw_face(axes, panel.crop)
    else:
        draw_face(axes, panel.crop.mean(axis=-1))
        height, width = panel.crop.shape[:2]
        shown = axes.imshow(
            panel.attention,
            extent=(-0.5, width - 0.5, height - 0.5, -0.5),  # the map's px cover the picture
            cmap="inferno",
            vmin=0,
            vmax=1,
            alpha=0.6,
            interpolation="bilinear",
        )
    axes.set_title(panel.title)
    return shown
